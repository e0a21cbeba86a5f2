"""Checks the rows of tables of rules: rows that apply together though their hit policy says they don't, and cases
between the rows to which none applies. Both are proven: a warning has an example.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from rules.conditions import Compare, Operator
from rules.errors import Finding
from rules.lint.rule_solver import RuleSolver
from rules.policy import Policy, Rule
from rules.tables.document import HitPolicy, TableDocument
from rules.tables.row_classes import OTHER, Bits, ClassValue, FactClasses, fact_classes, members, rows_beside
from rules.vocabulary import VOCABULARY, Facts, Kind, Value, attribute, group_of
from rules.windows import ClockReading
from rules.wording.source_text import condition_text

MOST_PAIRS = 20
"""Pairs of rows that are named for one table."""
MOST_GAPS = 5
"""Cases that are named for one table."""
MOST_CHECKED = 2_000
"""Pairs of rows of one table that are looked at."""
MOST_STEPS = 100_000
"""Combinations of classes of one table that are looked at for gaps."""


def check_rows(document: TableDocument, policy: Policy) -> Iterator[Finding]:
    """The warnings about the rows of a table without mistakes."""
    places = [place for place, rule in enumerate(policy.rules) if not rule.off]
    rules = [policy.rules[place] for place in places]
    if document.hit_policy is HitPolicy.UNIQUE:
        yield from _overlaps(document, rules, places)
    if document.hit_policy is not HitPolicy.COLLECT and not document.gaps_allowed:
        yield from _gaps(document, rules, places)


def _overlaps(document: TableDocument, rules: Sequence[Rule], places: Sequence[int]) -> Iterator[Finding]:
    """`places` are those of the rules among all rows."""
    solver = RuleSolver()
    pairs = (
        (row, row + 1 + other) for row, beside in enumerate(rows_beside(rules)) for other in members(beside >> row + 1)
    )
    named = 0
    for upper, lower in itertools.islice(pairs, MOST_CHECKED):
        facts = solver.facts_of_both(rules[upper], rules[lower])
        if facts is None:
            continue
        message = (
            f"rows {document.rows[places[upper]]} ('{rules[upper].id}') and "
            f"{document.rows[places[lower]]} ('{rules[lower].id}') "
            f"apply together, though hit_policy is unique{_for_example(facts)}"
        )
        yield document.finding(("rules", places[lower], "id"), "overlapping-rows", message)
        named += 1
        if named == MOST_PAIRS:
            return


def _for_example(facts: Facts) -> str:
    # what a clock reads is in its date, time and weekday
    listed = [_equals(path, value) for path, value in facts.items() if not isinstance(value, ClockReading | None)]
    return f", for example where {', '.join(listed)}" if listed else ""


def _equals(path: str, value: Value) -> str:
    fact = VOCABULARY.get(path) or attribute(path, _kind_of(value))
    if isinstance(value, frozenset):
        return f"{path}: {{has_all: [{', '.join(sorted(value))}]}}" if value else f"{path}: {{known: true}}"
    return condition_text(Compare(fact=fact, operator=Operator.EQUALS, operands=(value,)))


def _kind_of(value: Value) -> Kind:
    if isinstance(value, bool):
        return Kind.FLAG
    return Kind.NUMBER if isinstance(value, int) else Kind.WORD


def _gaps(document: TableDocument, rules: Sequence[Rule], places: Sequence[int]) -> Iterator[Finding]:
    for gap in itertools.islice(find_gaps(rules), MOST_GAPS):
        nearest = f"the nearest is row {document.rows[places[gap.nearest]]} ('{rules[gap.nearest].id}')"
        message = f"no row applies where {', '.join(gap.conditions)}; {nearest}"
        yield document.finding(("rules", places[gap.nearest], "id"), "uncovered-case", message)


def find_gaps(rules: Sequence[Rule]) -> Iterator["Gap"]:
    """Cases that no row covers, of what the rows tell apart."""
    yield from _GapSearch([fact for fact in fact_classes(rules) if _divides(fact)], count=len(rules)).gaps()


def _divides(fact: FactClasses) -> bool:
    """Whether the rows ask different things of the fact. What all of them ask alike is what the table is about. A row
    that is not of today leaves no gap, and instants are left out because policies can't name each second.
    """
    asked = len(fact.rows) + bool(fact.unbound)
    return asked > 1 and fact.kind is not Kind.INSTANT and group_of(fact.path) not in ("now", "clock")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A case to which no row applies: its `conditions` as policies write them, and a row that nearly does."""

    conditions: Sequence[str]
    nearest: int


class _Division:
    """The classes of a fact that are asked about: each with the rows that may apply in it. What the fact is where it is
    unknown, or a word that no row names, is nothing that a table has to answer.
    """

    def __init__(self, fact: FactClasses) -> None:
        self.fact = fact
        masks = fact.by_class()
        self.classes = [
            (value, mask)
            for value, mask in zip(fact.values, masks)  # noqa: B905  # no masks, no classes
            if value is not None and value is not OTHER
        ]
        self.has_numbers = any(isinstance(value, tuple) for value, _ in self.classes)

    def runs(self, rows: Bits) -> Iterator[tuple[str, int]]:
        """The classes in which none of these rows applies, together where they are neighbours, as conditions; and the
        row that is nearest to them.
        """
        empty = [number for number, (_, mask) in enumerate(self.classes) if not mask & rows]
        if not self.has_numbers:
            if empty:
                yield self.condition([self.classes[number][0] for number in empty]), _lowest(rows)
            return
        for numbers in _neighbours(empty):
            beside = [number for number in (numbers[0] - 1, numbers[-1] + 1) if 0 <= number < len(self.classes)]
            yield (
                self.condition([self.classes[number][0] for number in numbers]),
                _lowest(self.classes[beside[0]][1] & rows if beside else rows),
            )

    def cases(self, rows: Bits) -> Iterator[tuple[str, Bits]]:
        """The classes in which some of these rows apply, as conditions, each with its rows; words to which the same
        rows apply are one case.
        """
        values: dict[Bits, list[ClassValue]] = {}
        for value, mask in self.classes:
            values.setdefault(mask & rows, []).append(value)
        for its, alike in values.items():
            if its:
                yield self.condition(alike[:1] if self.has_numbers else alike), its

    def condition(self, values: Sequence[ClassValue]) -> str:
        fact = VOCABULARY.get(self.fact.path) or attribute(self.fact.path, self.fact.kind)

        def compared(operator: Operator, *operands: Value) -> str:
            return condition_text(Compare(fact=fact, operator=operator, operands=operands))

        if not self.has_numbers:
            return compared(Operator.EQUALS, *cast("Sequence[Value]", values))
        ranges = cast("Sequence[tuple[float, float]]", values)
        low, high = ranges[0][0], ranges[-1][1]
        if low == high:
            return compared(Operator.EQUALS, int(low))
        if math.isinf(high):
            return compared(Operator.AT_LEAST, int(low))
        if math.isinf(low):
            return compared(Operator.AT_MOST, int(high))
        return compared(Operator.BETWEEN, int(low), int(high))


class _GapSearch:
    """Goes through the combinations of classes, fact by fact, along those to which some row still may apply."""

    def __init__(self, facts: Sequence[FactClasses], *, count: int) -> None:
        divisions = [division for division in map(_Division, facts) if division.classes]
        self._divisions = sorted(divisions, key=lambda division: len(division.classes))
        every = (1 << count) - 1
        self._done = [every]
        """By the number of facts that are settled, the rows that ask nothing of the others."""
        for division in reversed(self._divisions):
            self._done.insert(0, self._done[0] & division.fact.unbound)
        self._every = every
        self._seen: set[tuple[int, Bits]] = set()
        self._steps = MOST_STEPS

    def gaps(self) -> Iterator[Gap]:
        yield from self._gaps(0, self._every, ())

    def _gaps(self, settled: int, rows: Bits, before: tuple[str, ...]) -> Iterator[Gap]:
        if rows & self._done[settled] or (settled, rows) in self._seen:
            return
        self._seen.add((settled, rows))
        division = self._divisions[settled]
        self._steps -= len(division.classes)
        if self._steps < 0:
            return
        for condition, nearest in division.runs(rows):
            yield Gap(conditions=(*before, condition), nearest=nearest)
        for condition, its in division.cases(rows):
            yield from self._gaps(settled + 1, its, (*before, condition))


def _neighbours(numbers: Sequence[int]) -> Iterator[list[int]]:
    """The numbers, which ascend, in runs without a gap."""
    for _, run in itertools.groupby(enumerate(numbers), key=lambda item: item[1] - item[0]):
        yield [number for _, number in run]


def _lowest(rows: Bits) -> int:
    """The uppermost of the rows."""
    return (rows & -rows).bit_length() - 1
