"""Signatures of many rows at once: what a stage's rules still ask of positions or options, coded column by column.

Each column's codes are small integers. Together they make one integer, the row's signature, and the number of a row's
judgement is looked up by it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np

from engine.decide.matching.signatures import ALWAYS_KNOWN
from engine.decide.matching.value_classes import UNKNOWN, CodeSet, Property
from engine.decide.shipping.reach import LATE as LATE_CODES
from engine.decide.shipping.ways import Integers
from rules.vocabulary import Facts

UNKNOWN_NUMBER = -(1 << 62)
"""Stands in a column for a number that is not known."""
LATE, LOAD, COVER = "route.late", "node.load", "stock.days_of_cover"
_WIDEST = 1 << 62
"""Signatures from here on are Python's integers."""

Asked: TypeAlias = Sequence[tuple[Property, Sequence[CodeSet]]]
"""Properties, each with the sets of its codes that rules tell apart."""


class NumberedFacts(Protocol):
    """The facts of a network's nodes (but for their loads) and services, by number: `Ways`."""

    @property
    def node_facts(self) -> Sequence[Facts]: ...

    @property
    def service_facts(self) -> Sequence[Facts]: ...


class Rows(NamedTuple):
    """Positions (no `service`) or options: the numbers of their nodes and services in `ways`; by the path of a fact
    what makes its column; and what makes all facts of one row, for one that is new.
    """

    ways: NumberedFacts
    node: Integers
    service: Integers | None
    columns: Mapping[str, Callable[[], Integers]]
    facts: Callable[[int], Facts]

    def at(self, index: Integers) -> "Rows":
        """Those of the rows that `index` numbers."""
        columns = {path: lambda make=make: make()[index] for path, make in self.columns.items()}
        service = None if self.service is None else self.service[index]
        return Rows(self.ways, self.node[index], service, columns, lambda row: self.facts(int(index[row])))


class _Codes(NamedTuple):
    """Codes of the nodes and services of one network, how many different ones there are, and by signature made of them
    the number of its judgement.
    """

    ways: NumberedFacts
    node: Integers
    nodes: int
    service: Integers
    services: int
    numbers: dict[int, int]


class SignatureTable:
    """How rows are coded, by what `asked` names, and the numbers of the judgements met, by signature."""

    def __init__(self, asked: Asked) -> None:
        self._node = [item for item, _ in asked if item.fact.group == "node" and item.fact.path != LOAD]
        self._service = [item for item, _ in asked if item.fact.group == "service"]
        self._steps = [
            (item.fact.path, np.array(_steps(item, sets), dtype=np.int64))
            for item, sets in asked
            if item.fact.path in ALWAYS_KNOWN or item.fact.path == COVER
        ]
        late = next((item for item, _ in asked if item.fact.path == LATE), None)
        self._late = (
            None if late is None else np.array([late.of({LATE: value}) for value in LATE_CODES], dtype=np.int64)
        )
        self._codes: _Codes | None = None

    def signatures(self, rows: Rows) -> tuple[list[int], dict[int, int]]:
        """The rows' signatures, and the numbers of judgements by signature, for the caller to add to."""
        codes = self._codes
        if codes is None or codes.ways is not rows.ways:
            codes = self._codes = self._coded(rows.ways)
        parts: list[tuple[Integers, int]] = []
        if codes.nodes > 1:
            parts.append((codes.node[rows.node], codes.nodes))
        if rows.service is not None and codes.services > 1:
            parts.append((codes.service[rows.service], codes.services))
        for path, steps in self._steps:
            parts.append((steps.searchsorted(rows.columns[path](), side="right"), len(steps) + 1))
        if self._late is not None:
            parts.append((self._late[rows.columns[LATE]()], int(self._late.max()) + 1))
        if not parts:
            return [0] * len(rows.node), codes.numbers
        total, size = parts[0]
        for column, many in parts[1:]:
            exact = column if size * many < _WIDEST else column.astype(object)
            total, size = total + exact * size, size * many
        return total.tolist(), codes.numbers

    def _coded(self, ways: NumberedFacts) -> _Codes:
        node, nodes = _dense(self._node, ways.node_facts)
        service, services = _dense(self._service, ways.service_facts)
        return _Codes(ways, node, nodes, service, services, {})

    @property
    def remembered(self) -> int:
        """How many signatures are remembered."""
        return len(self._codes.numbers) if self._codes else 0


def _dense(properties: Sequence[Property], facts: Sequence[Facts]) -> tuple[Integers, int]:
    """A small number for each combination of codes, and how many combinations there are."""
    numbers: dict[tuple[int, ...], int] = {}
    codes = [numbers.setdefault(tuple([item.of(one) for item in properties]), len(numbers)) for one in facts]
    return np.array(codes, dtype=np.int64), len(numbers)


def _steps(item: Property, sets: Sequence[CodeSet]) -> list[int]:
    """The values at which one of the sets begins or ends; before them, where the known values begin."""
    steps = [
        int(step)
        for code, step in enumerate(item.steps)
        if code > UNKNOWN and any((codes >> code ^ codes >> (code + 1)) & 1 for codes in sets)
    ]
    return steps if item.fact.path in ALWAYS_KNOWN else [UNKNOWN_NUMBER + 1, *steps]
