"""What is to come in at an order's positions and may be promised, and lines that ship from a date on.

A shipment that waits for either has an instant from which on its goods are there (`OptionKey.ready_at`): when a receipt
is expected and the rules' slack is over, or when the day of a preorder begins. A node has such instants up to the first
at which what is there and what has come by then are enough for the order; and of what ships at one of them or before,
no more may be promised than is available to promise by then.

Units that are of lots are for what ships at once: what waits is of receipts alone, of which nobody knows yet how long
they keep.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from engine.decide.decision import CountedReceipt
from engine.decide.shipping.columns import NOWHERE, Flags, Integers, integers
from engine.decide.shipping.reach import Reach, joined, reach
from engine.decide.sourcing.problem import Choice, LotLimit
from engine.inbound.available_to_promise import (
    NOW,
    AvailableUnits,
    Reliance,
    available_of_receipts,
    peg,
)
from engine.model.facts import Network, OptionKey
from engine.model.receipts import Receipt, ReceiptStatus, ReceiptUnits, in_order_of_arrival
from rules.effects import LineOutcome, PromiseFrom
from rules.syntax.literals import SECONDS_A_DAY
from rules.vocabulary import Stage

if TYPE_CHECKING:
    from engine.decide.evaluation.evaluation import Evaluation

_STATUSES: Mapping[PromiseFrom, frozenset[ReceiptStatus]] = {
    PromiseFrom.ON_HAND: frozenset(),
    PromiseFrom.IN_TRANSIT: frozenset({"in_transit"}),
    PromiseFrom.CONFIRMED: frozenset({"in_transit", "confirmed"}),
    PromiseFrom.PLANNED: frozenset({"in_transit", "confirmed", "planned"}),
}
"""Which receipts may be promised."""
AT_ONCE = 0
"""In place of the instant at which goods are there: they are there now."""


class Place(NamedTuple):
    """A candidate of the problem that may ship units of a line: its key there, the node it ships from, and from when on
    its goods are there.
    """

    key: OptionKey
    line: int
    node: str
    ready_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """What may be promised of a position: `steps` are the units from each instant on at which goods are there, the
    first of them AT_ONCE. Receipts that count are there `slack` seconds after they are expected.
    """

    steps: Sequence[AvailableUnits]
    receipts: Sequence[Receipt]
    reliance: Reliance
    slack: int
    has_lots: bool

    @property
    def total(self) -> int:
        return self.steps[-1].units

    def by(self, instants: Integers) -> Integers:
        """The units that may be promised by these instants. With lots, by a later one than now those of receipts."""
        since = integers(step.since for step in self.steps)
        units = integers(step.units for step in self.steps)[since.searchsorted(instants, side="right") - 1]
        return np.where(instants > AT_ONCE, units - self.at_once, units) if self.has_lots else units

    @property
    def at_once(self) -> int:
        return self.steps[0].units

    @property
    def counted(self) -> tuple[CountedReceipt, ...]:
        """The receipts that may be promised."""
        return tuple(
            CountedReceipt(id=item.id, status=item.status, expected_at=item.expected_at)
            for item in self.receipts
            if self.reliance.counts_on(item)
        )


class Incoming:
    """Of an order's positions. `until`: what is there only later is left out; None: nothing is.

    `all_of_it`: as if rules let all receipts be promised; `with_late`: and as if those that are late came in a second.
    """

    def __init__(
        self,
        evaluation: "Evaluation",
        *,
        all_of_it: bool = False,
        with_late: bool = False,
        until: int | None = None,
    ) -> None:
        self._evaluation = evaluation
        self._all_of_it = all_of_it
        self._with_late = with_late
        self._until = until
        self.not_before = [preorder_at(evaluation, index) for index in range(len(evaluation.order.lines))]
        """By line, the instant before which nothing of it ships; AT_ONCE: it may ship now."""
        self._by_sku = {sku: self._coming_of(sku) for sku in dict.fromkeys(evaluation.order.skus)}

    @property
    def is_empty(self) -> bool:
        """Whether nothing of the order could wait for anything."""
        return not any(self.not_before) and not any(self._by_sku.values())

    def of(self, index: int) -> Mapping[int, Coming]:
        """Of the positions of a line with receipts that may be promised, by row."""
        return self._by_sku[self._evaluation.order.lines[index].sku]

    def _coming_of(self, sku: str) -> Mapping[int, Coming]:
        evaluation = self._evaluation
        lines = [index for index, line in enumerate(evaluation.order.lines) if line.sku == sku]
        stock, floor = evaluation.positions[lines[0]].stock, evaluation.positions[lines[0]].floor
        lots = evaluation.snapshot.lots.get(sku, {})
        coming = {}
        for row, stored in stock.receipts.items():
            receipts = self._supposed(stored)
            reliance, slack = self._terms(lines, row)
            free = int(stock.on_hand[row] - stock.held[row] - floor[row])
            has_lots = evaluation.ways.node_ids[int(stock.node[row])] in lots
            steps = available_of_receipts(free, receipts, reliance)
            if len(steps) > 1 or steps[0].units < free:
                ready = [AvailableUnits(AT_ONCE if since == NOW else since + slack, units) for since, units in steps]
                ready = [step for step in ready if self._is_in_time(step.since)]
                coming[row] = Coming(steps=ready, receipts=receipts, reliance=reliance, slack=slack, has_lots=has_lots)
        return coming

    def _supposed(self, receipts: Sequence[Receipt]) -> Sequence[Receipt]:
        """Receipts of a position, those that are late expected soon if that is supposed."""
        if not self._with_late:
            return receipts
        soon = self._evaluation.now + 1
        return [replace(item, expected_at=max(soon, item.expected_at)) for item in receipts]

    def _terms(self, lines: Sequence[int], row: int) -> tuple[Reliance, int]:
        """Which receipts of a SKU may be promised at the position in a row, as the most cautious of what rules say of
        its lines; and for how many seconds after they are expected.
        """
        table = self._evaluation.matcher.stages[Stage.POSITION].table.promises()
        terms = table[:, [int(self._evaluation.positions[line].judgement[row]) for line in lines]]
        promise_from = PromiseFrom.PLANNED if self._all_of_it else int(terms[0].min())
        reliance = reliance_of(promise_from, haircut=int(terms[2].max()), now=self._evaluation.now)
        return reliance, int(terms[1].max()) * 60

    def flags(self, index: int) -> Flags:
        """The positions of a line of which units may be promised that are not free now."""
        flags = np.zeros(len(self._evaluation.positions[index].stock.node), dtype=bool)
        for row, coming in self.of(index).items():
            flags[row] = coming.total > 0
        return flags

    @cached_property
    def instants(self) -> Mapping[int, Sequence[int]]:
        """By node, those at which goods of it are there for which a shipment may wait, the first first."""
        evaluation, found = self._evaluation, dict[int, set[int]]()
        ordered: dict[str, int] = {}
        for line in evaluation.order.lines:
            ordered[line.sku] = ordered.get(line.sku, 0) + line.quantity
        for index, (line, positions) in enumerate(zip(evaluation.order.lines, evaluation.positions, strict=True)):
            not_before = self.not_before[index]
            nodes, coming = positions.stock.node.tolist(), self.of(index)
            if not_before:
                for node, free in zip(nodes, positions.free.tolist(), strict=True):
                    if free > 0:
                        found.setdefault(node, set()).add(not_before)
            for row, its in coming.items():
                enough = next((at for at, step in enumerate(its.steps) if step.units >= ordered[line.sku]), None)
                steps = its.steps if enough is None else its.steps[: enough + 1]
                instants = {max(not_before, step.since) for step in steps if step.units > 0} - {AT_ONCE}
                found.setdefault(nodes[row], set()).update(instants)
        return {node: sorted(its for its in instants if self._is_in_time(its)) for node, instants in found.items()}

    def _is_in_time(self, instant: int) -> bool:
        return self._until is None or instant <= self._until

    def reach(self, at_once: Reach) -> Reach:
        """The ways that lead there: those of what ships `at_once`, then, by instant, those of what waits for it."""
        evaluation, ways, parts = self._evaluation, self._evaluation.ways, [at_once._replace(ready_at=_zeros(at_once))]
        for instant in sorted({instant for instants in self.instants.values() for instant in instants}):
            leaving = np.zeros(len(ways.nodes), dtype=bool)
            leaving[[node for node, instants in self.instants.items() if instant in instants]] = True
            part = reach(evaluation.order, ways, leaving, evaluation.now, ready_at=instant)
            parts.append(part._replace(ready_at=np.full(len(part.way), instant)))
        return joined(parts)

    def units(self, index: int) -> Integers:
        """By row of `reach`, how many units of the line may be promised."""
        evaluation, out = self._evaluation, self._evaluation.reach
        positions, ready = evaluation.positions[index], _ready(out)
        position_of = np.full(len(evaluation.ways.nodes), NOWHERE, dtype=np.int64)
        position_of[positions.stock.node] = np.arange(len(positions.stock.node))
        rows = position_of[out.node]
        units: Integers = np.where(rows == NOWHERE, 0, positions.free[rows]) if len(positions.free) else _zeros(out)
        lots = evaluation.snapshot.lots.get(evaluation.order.lines[index].sku, {})
        if lots:
            of_lots = np.array([node in lots for node in evaluation.ways.node_ids], dtype=bool)[out.node]
            units[of_lots & (ready > AT_ONCE)] = 0
        for row, coming in self.of(index).items():
            here = rows == row
            units[here] = coming.by(ready[here])
        units[ready < self.not_before[index]] = 0
        return units

    def total(self, index: int) -> Integers:
        """By position of a line, how many units may be promised at all."""
        units = self._evaluation.positions[index].free.copy()
        for row, coming in self.of(index).items():
            units[row] = coming.total
        return units

    def limits(self, places: Iterable[Place], kept: Mapping[tuple[str, str], int]) -> list[LotLimit]:
        """What candidates of one node, whose goods are there at different instants, take of its positions together;
        less what is `kept` for others.
        """
        lines = self._evaluation.order.lines
        by_stock: dict[tuple[str, str], list[Place]] = {}
        for place in places:
            by_stock.setdefault((place.node, lines[place.line].sku), []).append(place)
        return [limit for stock, its in by_stock.items() for limit in self._limits_of(stock, its, kept.get(stock, 0))]

    def _limits_of(self, stock: tuple[str, str], places: Sequence[Place], kept: int) -> Iterable[LotLimit]:
        node, sku = stock
        index = places[0].line
        coming = self.coming_at(index, node)
        if coming is not None and coming.has_lots:
            places = [place for place in places if place.ready_at > AT_ONCE]
        instants = sorted({place.ready_at for place in places})
        units = [self._free(index, node)] * len(instants)
        if coming is not None:
            units = coming.by(integers(instants)).tolist()
        quantity = {line: item.quantity for line, item in enumerate(self._evaluation.order.lines) if item.sku == sku}
        for number, instant in enumerate(instants):
            if number == 0 or (number + 1 < len(units) and units[number + 1] == units[number]):
                continue  # the supply of the first says as much, and so does the limit of the next
            group = [(place.key, place.line) for place in places if place.ready_at <= instant]
            most = max(0, units[number] - kept)
            if most < sum(quantity[line] for line in {line for _, line in group}):
                yield LotLimit(most, frozenset(group))

    def pegged(self, choice: Choice) -> dict[tuple[OptionKey, int], ReceiptUnits]:
        """Of which receipts the units of a choice are; all others are on hand."""
        lines = self._evaluation.order.lines
        by_stock: dict[tuple[str, str], list[tuple[int, OptionKey, int]]] = {}
        for key, line in choice.units:
            if key.ready_at > AT_ONCE:
                by_stock.setdefault((lines[line].sku, key.node), []).append((key.ready_at, key, line))
        pegged: dict[tuple[OptionKey, int], ReceiptUnits] = {}
        for (_, node), parts in by_stock.items():
            coming = self.coming_at(parts[0][2], node)
            if coming is None:
                continue
            receipts = in_order_of_arrival(coming.receipts)
            for ready_at, key, line in sorted(parts):
                _, units = peg(choice.units[key, line], ready_at - coming.slack, receipts, coming.reliance)
                taken = dict(units)
                receipts = [replace(it, promised=it.promised + taken.get(it.id, 0)) for it in receipts]
                pegged[key, line] = units
        return pegged

    def expected(self, units: Iterable[ReceiptUnits]) -> dict[str, int]:
        """By receipt that some units are of, when it is expected."""
        names = {name for of_receipts in units for name, _ in of_receipts}
        receipts = self._evaluation.snapshot.receipts
        every = (its for sku in self._by_sku for its in receipts.get(sku, {}).values())
        return {item.id: item.expected_at for its in every for item in its if item.id in names}

    def coming_at(self, index: int, node: str) -> Coming | None:
        """What may be promised of a line's position at a node, if some of it is to come."""
        return self.of(index).get(self._row(index, node))

    def _row(self, index: int, node: str) -> int:
        """The row of a line's position at a node that has one."""
        evaluation = self._evaluation
        return int(evaluation.positions[index].stock.node.searchsorted(evaluation.ways.node_index[node]))

    def _free(self, index: int, node: str) -> int:
        return int(self._evaluation.positions[index].free[self._row(index, node)])


def reliance_of(promise_from: int, *, haircut: int, now: int) -> Reliance:
    """Which receipts may be promised where rules say so; `promise_from` is a PromiseFrom, as columns have it."""
    return Reliance(now=now, statuses=_STATUSES[PromiseFrom(promise_from)], haircut=haircut)


def incoming_of(evaluation: "Evaluation") -> Incoming | None:
    """None: nothing of the order may be promised that is to come, and nothing of it is to ship later."""
    policies = evaluation.matcher.policies
    receipts = evaluation.snapshot.receipts
    comes = (
        bool(receipts) and policies.promises_receipts and any(line.sku in receipts for line in evaluation.order.lines)
    )
    lines = range(len(evaluation.order.lines))
    if not comes and not (policies.preorders and any(preorder_at(evaluation, index) for index in lines)):
        return None
    incoming = Incoming(evaluation)
    return None if incoming.is_empty else incoming


def preorder_at(evaluation: "Evaluation", index: int) -> int:
    """When the day begins, by the installation's clock, from which on a line ships; AT_ONCE if it may ship now."""
    date = preorder_date(evaluation, index)
    if date is None:
        return AT_ONCE
    begins = begin_of(date, evaluation.snapshot.network)
    return begins if begins > evaluation.now else AT_ONCE


def begin_of(date: int, network: Network) -> int:
    """When a date, an ordinal, begins by the installation's clock."""
    return network.clock.first(date * SECONDS_A_DAY)


def preorder_date(evaluation: "Evaluation", index: int) -> int | None:
    """The date, as an ordinal, before which a line does not ship, as rules say."""
    outcome = evaluation.line_judgements[index].outcome
    return outcome.preorder_from if isinstance(outcome, LineOutcome) else None


def _ready(out: Reach) -> Integers:
    return _zeros(out) if out.ready_at is None else out.ready_at


def _zeros(out: Reach) -> Integers:
    return np.zeros(len(out.way), dtype=np.int64)
