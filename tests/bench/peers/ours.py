"""Pointsman's own matcher, as `engine.decide.evaluation` uses it for the options of a line."""

from collections.abc import Mapping
from typing import Any

from engine.decide.matching.judge import Judgement
from engine.decide.matching.matcher import StageMatcher
from rules.conditions import Condition
from rules.vocabulary import Stage
from tests.bench.option_sets import OptionSet
from tests.bench.rulebook import policies

FIRST_SIGHT, REMEMBERED = "first sight", "remembered"


class Ours:
    """Shared facts are coded once, those of options in columns. The facts are the service's own, including those that
    no rule mentions. Unlike the peers' answers, ours contain the rules' combined outcome as well.
    """

    engine = "Pointsman"
    form = REMEMBERED

    def __init__(self, conditions: Mapping[str, Condition]) -> None:
        self._matcher = StageMatcher(Stage.OPTION, policies(conditions))

    def shape(self, options: OptionSet) -> OptionSet:
        return options

    def match(self, facts: OptionSet) -> Any:
        numbers = self._matcher.judge_rows(facts.fixed, facts.rows)
        return [self._matcher.table.judgements[number] for number in numbers.tolist()]

    def fired(self, answer: list[Judgement]) -> list[set[str]]:
        return [set(judgement.fired) for judgement in answer]

    @property
    def remembered(self) -> int:
        """For how many kinds of option, as these rules tell them apart, the answer is remembered."""
        return self._matcher.remembered

    @property
    def incidents(self) -> int:
        return self._matcher.incidents

    def close(self) -> None:
        self._matcher.close()
