"""Pointsman's own matcher, as `engine.decide.judging` uses it for the options of a line."""

from collections.abc import Mapping
from typing import Any

from engine.decide.matching import Judgement, StageMatcher
from rules.conditions import Condition
from rules.vocabulary import Stage
from tests.bench.cases import FIXED, VARYING, OptionSet
from tests.bench.rulebook import policies


class Ours:
    """What is shared is coded once, node, stock, service and route for each option; facts are the engine's own, with
    all that rules don't mention. Other than the peers' answers, its own are the rules' combined outcome as well.
    """

    engine = "Pointsman"
    form = "remembered"

    def __init__(self, conditions: Mapping[str, Condition]) -> None:
        self._matcher = StageMatcher(Stage.OPTION, policies(conditions))

    def shape(self, options: OptionSet) -> OptionSet:
        return options

    def match(self, facts: OptionSet) -> Any:
        matcher, shared = self._matcher, facts.fixed
        fixed = matcher.codes(shared, *FIXED)
        node_code, stock_code, service_code, route_code = [matcher.coders[group] for group in VARYING]
        answer = []
        for groups in facts.options:
            node, stock, service, route = groups
            codes = (*fixed, node_code(node), stock_code(stock), service_code(service), route_code(route))
            answer.append(matcher.judge(codes, lambda groups=groups: _merged(*shared.values(), *groups)))
        return answer

    def fired(self, answer: list[Judgement]) -> list[set[str]]:
        return [set(judgement.fired) for judgement in answer]

    def signatures(self, facts: OptionSet) -> list[tuple[int, ...]]:
        """What tells the options apart for these rules; equal where the answer is remembered."""
        fixed = self._matcher.codes(facts.fixed, *FIXED)
        return [
            (*fixed, *self._matcher.codes(dict(zip(VARYING, groups, strict=True)), *VARYING)) for groups in facts.options
        ]

    @property
    def incidents(self) -> int:
        return self._matcher.incidents

    def close(self) -> None:
        self._matcher.close()


def _merged(*groups: Mapping[str, Any]) -> dict[str, Any]:
    return {path: value for group in groups for path, value in group.items()}
