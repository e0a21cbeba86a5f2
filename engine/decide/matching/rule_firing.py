"""Which rules of a stage fire: read in their truth tables, or asked of durable-rules and noted there.

If it is guarded, the reference (`conditions.holds`) is asked as well, each time that durable-rules is: should the two
differ, the reference's answer is taken, and the incident is logged and counted. Rules too large for durable-rules or
for a table are judged by the reference alone.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol, TypeAlias

import numpy as np

from engine.decide.matching.rete import Question
from engine.decide.matching.signatures import Formula
from engine.decide.matching.truth_tables import TruthTables
from engine.decide.shipping.columns import Integers
from rules.conditions import holds
from rules.policy import Rule
from rules.vocabulary import Facts, Stage

logger = logging.getLogger("pointsman.matching")


class RuleEngine(Protocol):
    """Says which formulas hold of coded facts: `Rete`, which is durable-rules, or what a test puts in its place."""

    @property
    def too_large(self) -> frozenset[str]:
        """The ids of rules too large for the engine, on which it says nothing."""
        ...

    def fired(self, questions: Sequence[Question]) -> Sequence[Collection[str]]:
        """By question, the ids of its rules whose formulas hold of its codes."""
        ...

    def close(self) -> None: ...


MakeEngine: TypeAlias = Callable[[str, Mapping[str, Formula]], RuleEngine]
"""Makes the engine of some formulas, by rule id, under a name."""


class RuleFiring:
    """The rules of one stage. `on_incident` is called whenever durable-rules failed or was overruled."""

    def __init__(
        self,
        stage: Stage,
        rules: Mapping[str, Rule],
        *,
        tables: TruthTables,
        engine: RuleEngine,
        guarded: bool,
        on_incident: Callable[[], None],
    ) -> None:
        self._stage = stage
        self._rules = rules
        self._engine = engine
        self._guarded = guarded
        self._on_incident = on_incident
        self.tables = tables
        self._every = (*tables.rules, *sorted(tables.wide))
        self.incidents = 0

    def close(self) -> None:
        self._engine.close()

    def fired(
        self,
        shared: Mapping[int, int],
        columns: Mapping[int, Integers],
        count: int,
        facts: Callable[[int], Facts],
        *,
        among: Collection[int] | None = None,
    ) -> list[tuple[str, ...]]:
        """By row, the rules that fire, sorted. The codes of `count` rows are given by property: those that all rows
        share, and columns. `facts` makes all facts of a row. Only the rules numbered in `among` can fire, in the order
        of `Residuals.rules`; without it, any can.
        """
        tables, with_table = self.tables, len(self.tables.rules)
        numbers = range(len(self._every)) if among is None else among
        chosen = np.array([number for number in numbers if number < with_table], dtype=np.int64)
        wide = [self._every[number] for number in numbers if number >= with_table]
        places = tables.places(tables.shared_places(shared), columns, count, chosen)
        unasked = tables.unasked(places)
        if unasked:
            self._ask(unasked, places, chosen, facts, codes=_codes(shared, columns))
        fired: list[list[str]] = [[] for _ in range(count)]
        rows, lines = tables.holds(places).T.nonzero()
        for row, rule in zip(rows.tolist(), chosen[lines].tolist(), strict=True):
            fired[row].append(tables.rules[rule])
        if not wide:
            return [tuple(its) for its in fired]
        return [tuple(sorted({*its, *self._holding(wide, facts(row))})) for row, its in enumerate(fired)]

    def _ask(
        self,
        unasked: Mapping[int, Sequence[int]],
        places: Integers,
        chosen: Integers,
        facts: Callable[[int], Facts],
        *,
        codes: Callable[[int], Mapping[int, int]],
    ) -> None:
        """Note in the tables of the chosen rules what holds at the places that `unasked` names. `codes` and `facts` are
        those of a row.
        """
        questions = [
            Question(codes=codes(row), rules=[self.tables.rules[rule] for rule in chosen[lines].tolist()])
            for row, lines in unasked.items()
        ]
        answers = self._answers(questions, [facts(row) for row in unasked])
        for (row, lines), question, answer in zip(unasked.items(), questions, answers, strict=True):
            self.tables.learn(places[lines, row], holds=[rule in answer for rule in question.rules])

    def _answers(self, questions: Sequence[Question], facts: Sequence[Facts]) -> list[Collection[str]]:
        """Which of each question's rules hold: as durable-rules says, unless it fails or the guard overrules it."""
        try:
            fired = self._engine.fired(questions)
        except Exception:
            # a decision must not fail because the library does
            self._count_incident()
            logger.exception("durable-rules failed at %s", self._stage.name)
            return [self._holding(question.rules, its) for question, its in zip(questions, facts, strict=True)]
        return [self._checked(*each) for each in zip(questions, facts, fired, strict=True)]

    def _checked(self, question: Question, facts: Facts, fired: Collection[str]) -> Collection[str]:
        answer = self._holding(self._engine.too_large.intersection(question.rules), facts).union(fired)
        if not self._guarded:
            return answer
        reference = self._holding(question.rules, facts)
        if answer != reference:
            self._count_incident()
            differing = sorted(answer ^ reference)
            logger.error("durable-rules differs from the reference at %s on %s", self._stage.name, differing)
        return reference

    def _count_incident(self) -> None:
        self.incidents += 1
        self._on_incident()

    def _holding(self, rules: Iterable[str], facts: Facts) -> frozenset[str]:
        """Those of the rules whose conditions hold, by the reference."""
        return frozenset(rule for rule in rules if holds(self._rules[rule].condition, facts))


def _codes(shared: Mapping[int, int], columns: Mapping[int, Integers]) -> Callable[[int], Mapping[int, int]]:
    """All codes of a row."""
    return lambda row: {**shared, **{index: int(column[row]) for index, column in columns.items()}}
