"""The best choice of a small order of which some may wait for receipts, by trying every way to ship each unit.

Nothing is shared with the optimiser's model of it: a choice is possible if each of its units can be given a unit of its
own, of what is there or of a receipt, that is there when the shipment is prepared.
"""

import itertools
from dataclasses import replace
from typing import NamedTuple

from engine.decide import rule_facts
from engine.model.facts import Order, Snapshot, StockPosition
from rules.effects import Exclusion
from rules.vocabulary import Stage
from tests.reference.plain_choice import PlainEvaluation
from tests.reference.routes import Exits, Option, routes

DAY = 86_400
_SURE = {"in_transit": 1, "confirmed": 2, "planned": 3}


class Way(NamedTuple):
    """A shipment that could be made: its goods are there at `ready_at`, 0 being now."""

    ready_at: int
    node: str
    service: str


class Unit(NamedTuple):
    unless_needed: int
    tier: int
    money: int


class Supply(NamedTuple):
    """Units of a position, and from when on they are there."""

    ready_at: int
    units: int


class PlainWaiting(PlainEvaluation):
    """Of an order that goes to one place."""

    def __init__(self, order: Order, snapshot: Snapshot, matcher, now: int) -> None:
        known = {
            sku: {**dict.fromkeys(snapshot.receipts.get(sku, {}), StockPosition(on_hand=0)), **stock}
            for sku, stock in snapshot.positions.items()
        }
        super().__init__(order, replace(snapshot, positions=known), matcher, now)
        self.supply = {(sku, node): self._supply(sku, node) for sku in dict.fromkeys(order.skus) for node in known[sku]}
        self.instants = {node: self._instants(node) for node in snapshot.network.nodes}
        self.fixed: dict[Way, int] = {}
        self.prices = [self._prices(index) for index in range(len(order.lines))]

    def best(self):
        """The score, and by line the units of each way; of equal choices as the decision prefers them."""
        lines = [list(self._shipped(index)) for index in range(len(self.order.lines))]
        whole = self.outcome.ship_complete
        ranked = []
        for units in itertools.product(*lines):
            used = {way for of_line in units for way in of_line}
            if self._is_possible(units, used):
                rank = self._rank(units, used)
                if not whole or rank[0][0] == 0:
                    ranked.append((rank, units))
        if not ranked:
            return (sum(line.quantity for line in self.order.lines), 0, 0, 0), [{} for _ in lines]
        (score, *_), units = min(ranked, key=lambda item: item[0])
        return score, list(units)

    def _supply(self, sku: str, node: str) -> list[Supply]:
        """What nobody was promised, the first to be there first; what the position lacks is taken of that."""
        lines = [index for index, line in enumerate(self.order.lines) if line.sku == sku]
        of_lines = [item for index in lines for item in self.positions[index] if item.node == node]
        outcomes = [item.judgement.outcome for item in of_lines]
        promise_from = min(item.promise_from for item in outcomes)
        slack, haircut = max(item.slack for item in outcomes), max(item.haircut for item in outcomes)
        position, floor = self.snapshot.positions[sku][node], of_lines[0].floor
        supply = [Supply(0, position.on_hand - position.held - floor)]
        for item in sorted(self.snapshot.receipts.get(sku, {}).get(node, ()), key=lambda it: (it.expected_at, it.id)):
            if _SURE[item.status] <= promise_from and item.expected_at > self.now:
                left_out = -(-(item.quantity - item.received) * haircut // 10_000)
                units = item.quantity - item.received - left_out - item.promised
                supply.append(Supply(item.expected_at + slack * 60, units))
        return _without_lacking(supply)

    def _instants(self, node: str) -> list[int]:
        """Those for which a shipment may wait: until what is there by then is enough for the order."""
        instants = set()
        for index, line in enumerate(self.order.lines):
            ordered = sum(other.quantity for other in self.order.lines if other.sku == line.sku)
            begins, there = self.begins(index), 0
            supply = self.supply.get((line.sku, node), ())
            if begins and sum(item.units for item in supply if item.ready_at <= begins):
                instants.add(begins)
            for item in supply:
                if there < ordered and item.units:
                    instants.add(max(item.ready_at, begins))
                there += item.units
        return sorted(instants - {0})

    def begins(self, index: int) -> int:
        """The instant before which nothing of a line ships; 0: it may ship now."""
        date = self.matcher.judge(Stage.LINE, self._line_facts(index)).outcome.preorder_from
        if date is None:
            return 0
        clock = self.snapshot.network.clock
        midnight = next(
            at for at in range(self.now - self.now % 900 - 900 * 200, 1 << 40, 900) if clock.local(at) >= date * DAY
        )
        return midnight if midnight > self.now else 0

    def _prices(self, index: int) -> dict[Way, Unit]:
        line, prices = self.order.lines[index], {}
        product = self.snapshot.products[line.sku]
        for node, instants in self.instants.items():
            for ready_at in [0, *instants]:
                there = sum(item.units for item in self.supply.get((line.sku, node), ()) if item.ready_at <= ready_at)
                if there <= 0 or ready_at < self.begins(index):
                    continue
                starts = ready_at or self.now
                placed = self.order if not ready_at else replace(self.order, placed_at=ready_at)
                for route in routes(placed, Exits(self.snapshot.network), [node], starts):
                    if not route.carries(product):
                        continue
                    option = Option.of(line, product, route)
                    outcome = self._judged(index, node, route, option).outcome
                    if outcome.exclude is not Exclusion.YES:
                        way = Way(ready_at, node, route.service.id)
                        self.fixed[way] = route.fixed
                        prices[way] = Unit(
                            outcome.exclude is Exclusion.UNLESS_NEEDED,
                            outcome.tier,
                            option.unit_cost + outcome.adjustment,
                        )
        return prices

    def _judged(self, index: int, node: str, route, option):
        line = self.order.lines[index]
        receipts = self.snapshot.receipts.get(line.sku, {}).get(node, ())
        units = sum(item.quantity - item.received for item in receipts if item.status != "in_transit")
        first = min((item.expected_at for item in receipts), default=None)
        facts = {
            **self._line_facts(index),
            **self._node_facts(node),
            **rule_facts.stock_facts(self.snapshot.positions[line.sku][node]),
            "stock.incoming": units,
            "stock.next_arrival": None if first is None else max(0, -(-(first - self.now) // 60)),
            **rule_facts.service_facts(route.service),
            **rule_facts.route_facts(
                distance=route.distance,
                arrives=-(-(route.arrives_by - self.now) // 60),
                late=route.late,
                cost=option.cost,
                co2=option.carbon,
            ),
        }
        return self.matcher.judge(Stage.OPTION, facts)

    def _shipped(self, index: int):
        """Every way to ship a line, as units by way."""
        line, ways = self.order.lines[index], sorted(self.prices[index])
        together = self.keeps_together(index)
        for count in range(line.quantity + 1):
            for chosen in itertools.combinations_with_replacement(ways, count):
                units = {way: chosen.count(way) for way in chosen}
                whole = not together or not units or list(units.values()) == [line.quantity]
                if whole and self._is_there({index: units}):
                    yield units

    def _is_possible(self, units, used) -> bool:
        most = self.outcome.max_shipments
        at_once = [way.node for way in used if not way.ready_at]
        rooms = {node: self.room(node) for node in set(at_once)}
        return (
            (most is None or len(used) <= most)
            and all(room is None or at_once.count(node) <= room for node, room in rooms.items())
            and self._is_there(dict(enumerate(units)))
        )

    def _is_there(self, units) -> bool:
        """Whether each unit can be given one of its own, the earliest shipments first."""
        needed: dict[tuple[str, str], list[int]] = {}
        for index, of_line in units.items():
            for way, count in of_line.items():
                needed.setdefault((self.order.lines[index].sku, way.node), []).extend([way.ready_at] * count)
        for position, instants in needed.items():
            there = [item.ready_at for item in self.supply[position] for _ in range(item.units)]
            for ready_at in sorted(instants):
                if not there or there[0] > ready_at:
                    return False
                there.pop(0)
        return True

    def _rank(self, units, used):
        shipped = [
            (count, self.prices[index][way]) for index, of_line in enumerate(units) for way, count in of_line.items()
        ]
        ordered = sum(line.quantity for line in self.order.lines)
        score = (
            ordered - sum(count for count, _ in shipped),
            sum(count * price.unless_needed for count, price in shipped),
            sum(count * price.tier for count, price in shipped),
            sum(count * price.money for count, price in shipped)
            + sum(self.fixed[way] for way in used)
            + self.outcome.split_penalty * max(0, len(used) - 1),
        )
        every = sorted(self.fixed)
        quantities = [tuple(-of_line.get(way, 0) for way in every) for of_line in units]
        return score, len(used), sorted(used), quantities


def _without_lacking(supply: list[Supply]) -> list[Supply]:
    """What is below 0 anywhere is taken of what is there before; what is lacking at first, of what comes."""
    left = []
    lacking = 0
    for item in reversed(supply[1:]):
        units = item.units - lacking
        lacking = max(0, -units)
        left.append(Supply(item.ready_at, max(0, units)))
    first = supply[0].units - lacking
    left = [Supply(0, max(0, first)), *reversed(left)]
    lacking = max(0, -first)
    for number, item in enumerate(left):
        taken = min(item.units, lacking)
        left[number], lacking = Supply(item.ready_at, item.units - taken), lacking - taken
    return left
