"""Pointsman's own matcher, as `engine.decide.judging` uses it for the options of a line."""

from collections.abc import Mapping
from typing import Any

from engine.decide.matching import Judgement, StageMatcher, option_judge
from rules.conditions import Condition
from rules.vocabulary import Stage
from tests.bench.cases import FIXED, VARYING, OptionSet
from tests.bench.rulebook import policies

FIRST_SIGHT, REMEMBERED = "first sight", "remembered"


class Ours:
    """What is shared is coded once, node, stock, service and route for each option; facts are the engine's own, with
    all that rules don't mention. Other than the peers' answers, its own are the rules' combined outcome as well.
    """

    engine = "Pointsman"
    form = REMEMBERED

    def __init__(self, conditions: Mapping[str, Condition]) -> None:
        self._matcher = StageMatcher(Stage.OPTION, policies(conditions))

    def shape(self, options: OptionSet) -> OptionSet:
        return options

    def match(self, facts: OptionSet) -> Any:
        judge = option_judge(self._matcher, facts.fixed)
        return [judge(*groups) for groups in facts.options]

    def fired(self, answer: list[Judgement]) -> list[set[str]]:
        return [set(judgement.fired) for judgement in answer]

    def signatures(self, facts: OptionSet) -> list[tuple[int, ...]]:
        """What tells the options apart for these rules; equal where the answer is remembered."""
        fixed = self._matcher.codes(facts.fixed, *FIXED)
        return [
            (*fixed, *self._matcher.codes(dict(zip(VARYING, groups, strict=True)), *VARYING))
            for groups in facts.options
        ]

    @property
    def incidents(self) -> int:
        return self._matcher.incidents

    def close(self) -> None:
        self._matcher.close()
