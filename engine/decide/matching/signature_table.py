"""Signatures of many rows at once: what a stage's rules still ask of positions or options, coded column by column.

Each column's codes are small integers. Together they make one integer, the row's signature, and the number of a row's
judgement is looked up by it.
"""

import itertools
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from engine.decide.matching.signatures import ALWAYS_KNOWN
from engine.decide.matching.value_classes import UNKNOWN, CodeSet, Property
from engine.decide.shipping.columns import Integers
from engine.decide.shipping.node_clocks import ClockFacts
from engine.decide.shipping.reach import LATE as LATE_CODES
from rules.vocabulary import ON_TIME_RATE, Facts

UNKNOWN_NUMBER = -(1 << 62)
"""Stands in a column for a number that is not known."""
LATE, LOAD, COVER, COST = "route.late", "node.load", "stock.days_of_cover", "route.cost"
NEXT_ARRIVAL = "stock.next_arrival"
SHIPMENT_WEIGHT, SHIPMENT_UNITS = "shipment.weight", "shipment.units"
MAY_BE_UNKNOWN = frozenset({COVER, NEXT_ARRIVAL, COST, ON_TIME_RATE, SHIPMENT_WEIGHT, SHIPMENT_UNITS})
"""Numbers that not every row has."""
UNSEEN = -1
"""Stands for the number of a judgement that was not made yet."""
MOST_REMEMBERED = 200_000
"""Signatures in a mapping before it is begun afresh: some tens of megabytes at most."""
MOST_IN_A_COLUMN = 1 << 14
"""Signatures."""
_WIDEST = 1 << 62
"""Signatures from here on are Python's integers."""

Asked: TypeAlias = Mapping[int, Sequence[CodeSet]]
"""By property, the sets of its codes that rules tell apart."""


class NumberedFacts(Protocol):
    """The facts of a network's nodes (but for their loads) and services, by number: `Ways`."""

    @property
    def node_facts(self) -> Sequence[Facts]: ...

    @property
    def service_facts(self) -> Sequence[Facts]: ...


class Rows(NamedTuple):
    """Positions (no `service`) or options: the numbers of their nodes and services in `ways`; by the path of a
    fact what makes its column, and by the path of a property of two facts what makes the column of its codes; what
    makes all facts of one row, for one that is new; and what the nodes' clocks show, if the rows do not share that.
    """

    ways: NumberedFacts
    node: Integers
    service: Integers | None
    columns: Mapping[str, Callable[[], Integers]]
    facts: Callable[[int], Facts]
    clocks: ClockFacts | None = None

    def at(self, index: Integers) -> "Rows":
        """Those of the rows that `index` numbers."""
        columns = {path: lambda make=make: make()[index] for path, make in self.columns.items()}
        service = None if self.service is None else self.service[index]
        return Rows(self.ways, self.node[index], service, columns, lambda row: self.facts(int(index[row])), self.clocks)


class NetworkCodes(NamedTuple):
    """By property, the codes of a network's nodes and services."""

    ways: NumberedFacts
    nodes: Mapping[int, Integers]
    services: Mapping[int, Integers]


class KnownNumbers(NamedTuple):
    """Codes of the nodes and services of one network, and of how late options are, each weighed so that their sum is a
    signature; how many different ones there are of services, and the `weights` of the other codes. And by signature the
    number of its judgement: in a column or, where that would be long, in a mapping.
    """

    ways: NumberedFacts
    node: Integers
    service: Integers
    services: int
    late: Integers | None
    weights: Sequence[Any]
    column: Integers
    mapping: dict[int, int]

    def numbers(self, signatures: Integers) -> Integers:
        """The numbers of judgements by signature; UNSEEN where that is not known yet."""
        if len(self.column):
            return self.column[signatures]
        return np.array([self.mapping.get(item, UNSEEN) for item in signatures.tolist()], dtype=np.int64)

    def learn(self, numbers: Mapping[int, int]) -> None:
        """Note numbers of judgements by signature."""
        if len(self.column):
            self.column[list(numbers)] = list(numbers.values())
            return
        if len(self.mapping) >= MOST_REMEMBERED:
            self.mapping.clear()
        self.mapping.update(numbers)


class SignatureTable:
    """How rows are coded, by what `asked` names, and the numbers of the judgements met, by signature."""

    def __init__(
        self, asked: Asked, properties: Sequence[Property], codes_of: Callable[[NumberedFacts], NetworkCodes]
    ) -> None:
        self._asked = asked
        self._codes_of = codes_of
        items = [(properties[index], sets) for index, sets in asked.items()]
        self._steps = [
            (item.fact.path, np.array(_steps(item, sets), dtype=np.int64))
            for item, sets in items
            if item.path in ALWAYS_KNOWN or item.path in MAY_BE_UNKNOWN
        ]
        self._pairs = [(item.path, item.size) for item, _ in items if item.other is not None]
        late = next((item for item, _ in items if item.path == LATE), None)
        self._late = (
            None if late is None else np.array([late.of({LATE: value}) for value in LATE_CODES], dtype=np.int64)
        )
        self._lates = 1 if self._late is None else int(self._late.max()) + 1
        self._clock = [item for item, _ in items if item.other is None and item.fact.group == "clock"]
        self._clock_codes: tuple[ClockFacts | None, list[Integers]] = (None, [])
        self._codes: KnownNumbers | None = None

    def signatures(self, rows: Rows) -> tuple[Integers, KnownNumbers]:
        """The rows' signatures, and what is known of them."""
        codes = self._codes
        if codes is None or codes.ways is not rows.ways:
            codes = self._codes = self._coded(rows.ways)
        total, columns, weights = codes.node[rows.node], rows.columns, iter(codes.weights)
        if rows.service is not None and codes.services > 1:
            total += codes.service[rows.service]
        if codes.late is not None:
            total += codes.late[columns[LATE]()]
        for path, steps in self._steps:
            column, weight = columns[path](), next(weights)
            above = column >= steps[0] if len(steps) == 1 else steps.searchsorted(column, side="right")
            total = total + above * weight
        for path, _ in self._pairs:
            total = total + columns[path]() * next(weights)
        if self._clock and rows.clocks is not None:
            for shown in self._codes_shown(rows.clocks):
                total = total + shown[rows.node] * next(weights)
        return total, codes

    def _codes_shown(self, clocks: ClockFacts) -> list[Integers]:
        """Of each property of the clock, the codes by node."""
        known, codes = self._clock_codes
        if known is not clocks:
            codes = [codes_shown(item, clocks) for item in self._clock]
            self._clock_codes = (clocks, codes)
        return codes

    def _coded(self, ways: NumberedFacts) -> KnownNumbers:
        network = self._codes_of(ways)
        node, nodes = self._dense(network.nodes, len(ways.node_facts))
        service, services = self._dense(network.services, len(ways.service_facts))
        rest = [len(steps) + 1 for _, steps in self._steps] + [size for _, size in self._pairs]
        rest += [item.size for item in self._clock]
        *weights, signatures = itertools.accumulate(rest, operator.mul, initial=nodes * services * self._lates)
        column = np.full(signatures if signatures <= MOST_IN_A_COLUMN else 0, UNSEEN, dtype=np.int64)
        late = None if self._late is None else self._late * (nodes * services)
        # numbers of which 64 bits hold no multiple are Python's
        exact = [
            np.array(weight, dtype=np.int64 if weight * many < _WIDEST else object)
            for weight, many in zip(weights, rest, strict=True)
        ]
        return KnownNumbers(ways, node, service * nodes, services, late, exact, column, {})

    def _dense(self, codes: Mapping[int, Integers], count: int) -> tuple[Integers, int]:
        """A small number for each combination of what is asked of `codes`, which have `count` rows, and how many
        combinations there are.
        """
        columns = [codes[index].tolist() for index in self._asked if index in codes]
        numbers: dict[tuple[int, ...], int] = {}
        rows = zip(*columns, strict=True) if columns else itertools.repeat((), count)
        dense = [numbers.setdefault(row, len(numbers)) for row in rows]
        return np.array(dense, dtype=np.int64), len(numbers)

    @property
    def remembered(self) -> int:
        """How many signatures are remembered."""
        codes = self._codes
        return 0 if codes is None else len(codes.mapping) + int((codes.column != UNSEEN).sum())


def codes_shown(item: Property, clocks: ClockFacts) -> Integers:
    """By node, the code of a property of its clock."""
    codes: Integers = np.array([item.of(facts) for facts in clocks.by_zone], dtype=np.int64)[clocks.zone]
    return codes


def _steps(item: Property, sets: Sequence[CodeSet]) -> list[int]:
    """The values at which one of the sets begins or ends; before them, where the known values begin."""
    steps = [
        int(step)
        for code, step in enumerate(item.steps)
        if code > UNKNOWN and any((codes >> code ^ codes >> (code + 1)) & 1 for codes in sets)
    ]
    return steps if item.fact.path in ALWAYS_KNOWN else [UNKNOWN_NUMBER + 1, *steps]
