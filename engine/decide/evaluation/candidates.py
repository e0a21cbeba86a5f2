"""The options of an order as candidates for the choice, which takes no search where columns prove it."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from engine.decide.decision import NOTHING_LEFT, LeftToOthers
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.shipping.ways import NO_LIMIT, Integers, integers, product_rounded
from engine.decide.sourcing.choose import choose
from engine.decide.sourcing.direct_choice import Columns, choose_directly
from engine.decide.sourcing.problem import Candidate, Choice, Demand, Price, Problem, Score
from rules.effects import Exclusion
from rules.syntax.literals import CARBON_UNITS
from rules.vocabulary import Stage

KILOGRAM = CARBON_UNITS["kg"]
"""Carbon is priced by the kilogram."""


class Candidates:
    """Tables of a row a line and a column a way of the evaluation's `reach`: may it ship units of the line at all, and
    all of it whatever else it ships; the parts of a unit's price. `fixed` is micros a shipment; `free` is units by line
    and position, `rooms` shipments by node: those that the order may take, without what is left to others.
    """

    def __init__(self, evaluation: Evaluation, left: LeftToOthers = NOTHING_LEFT) -> None:
        self._evaluation = evaluation
        self.free, self.rooms = _without_left(evaluation, left)
        reach, lines = evaluation.reach, evaluation.order.lines
        carbon_price = evaluation.order_outcome.carbon_price
        shape = (len(lines), len(reach.way))
        self.something, self.everything = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
        self.unless_needed, self.tier, self.money = (np.zeros(shape, dtype=np.int64) for _ in range(3))
        self.fixed = reach.fixed
        if carbon_price:
            self.fixed = reach.fixed + product_rounded(reach.drop, carbon_price, KILOGRAM)
        options = evaluation.options  # judged before the table is asked, for judging adds to it
        outcomes = evaluation.matcher.stages[Stage.OPTION].table.options()
        roomy = self.rooms[reach.node] > 0
        wanted: Counter[str] = Counter()
        for line in lines:
            wanted[line.sku] += line.quantity
        for row, (line, its) in enumerate(zip(lines, options, strict=True)):
            exclude, tier, adjustment = outcomes[:, its.judgement]
            money = its.unit_cost + adjustment
            if carbon_price:
                money += product_rounded(its.unit_carbon, carbon_price, KILOGRAM)
            at = its.reach
            self.unless_needed[row, at] = exclude == Exclusion.UNLESS_NEEDED
            self.tier[row, at], self.money[row, at] = tier, money
            usable = ~its.excluded & roomy[at]
            free = self.free[row][its.position]
            self.something[row, at] = usable & (free >= (line.quantity if evaluation.keeps_together(row) else 1))
            self.everything[row, at] = usable & (free >= wanted[line.sku])

    def choose(self) -> Choice:
        """The best choice."""
        evaluation = self._evaluation
        lines, outcome, most = evaluation.order.lines, evaluation.order_outcome, evaluation.max_shipments
        fillable = self.something.any(axis=1)
        if most == 0 or not fillable.any() or (outcome.ship_complete and not fillable.all()):
            units = sum(line.quantity for line in lines)
            return Choice(units={}, score=Score(unfilled=units, unless_needed=0, tiers=0, money=0))
        rows = np.flatnonzero(fillable)
        quantity = np.array([line.quantity for line in lines], dtype=np.int64)
        columns = Columns(
            fixed=self.fixed,
            quantity=quantity[rows],
            something=self.something[rows],
            everything=self.everything[rows],
            unless_needed=self.unless_needed[rows],
            tier=self.tier[rows],
            money=self.money[rows],
            split_penalty=outcome.split_penalty,
        )
        chosen = choose_directly(columns, NO_LIMIT if most is None else most)
        if chosen is None or not self._has_room(chosen):
            return choose(self.problem())
        return self._choice(rows, chosen, quantity)

    def problem(self) -> Problem:
        """The candidates as the optimiser takes them."""
        evaluation = self._evaluation
        reach, ways, outcome, lines = (
            evaluation.reach,
            evaluation.ways,
            evaluation.order_outcome,
            evaluation.order.lines,
        )
        rooms = self.rooms
        prices: dict[int, dict[int, Price]] = {}
        row, at = self.something.nonzero()
        parts = (part[row, at].tolist() for part in (self.unless_needed, self.tier, self.money))
        for line, candidate, unless_needed, tier, money in zip(row.tolist(), at.tolist(), *parts, strict=True):
            prices.setdefault(candidate, {})[line] = Price(unless_needed=unless_needed, tier=tier, money=money)
        return Problem(
            demands=[
                Demand(sku=line.sku, quantity=line.quantity, together=evaluation.keeps_together(index))
                for index, line in enumerate(lines)
            ],
            candidates=[
                Candidate(key=ways.keys[reach.way[number]], fixed=int(self.fixed[number]), prices=prices[number])
                for number in sorted(prices)
            ],
            supply={
                (ways.node_ids[node], line.sku): free
                for line, positions, column in zip(lines, evaluation.positions, self.free, strict=True)
                for node, free in zip(positions.stock.node.tolist(), column.tolist(), strict=True)
            },
            split_penalty=outcome.split_penalty,
            max_shipments=evaluation.max_shipments,
            ship_complete=outcome.ship_complete,
            room={
                ways.node_ids[node]: int(rooms[node]) for node in evaluation.nodes.tolist() if rooms[node] < NO_LIMIT
            },
        )

    def _has_room(self, chosen: Integers) -> bool:
        """Whether the nodes of the chosen shipments may take as many more today."""
        shipments = Counter(self._evaluation.reach.node[np.unique(chosen)].tolist())
        return all(self.rooms[node] >= count for node, count in shipments.items())

    def _choice(self, rows: Integers, chosen: Integers, quantity: Integers) -> Choice:
        """All units of the lines in `rows`, each by the way in `chosen`."""
        ways, reach = self._evaluation.ways, self._evaluation.reach
        units = quantity[rows]
        shipments = np.unique(chosen)
        unless_needed, tiers, money = (
            int((units * part[rows, chosen]).sum()) for part in (self.unless_needed, self.tier, self.money)
        )
        penalty = self._evaluation.order_outcome.split_penalty * (len(shipments) - 1)
        by_key = sorted(zip(chosen.tolist(), rows.tolist(), units.tolist(), strict=True))
        return Choice(
            units={(ways.keys[reach.way[way]], row): count for way, row, count in by_key},
            score=Score(
                unfilled=int(quantity.sum() - units.sum()),
                unless_needed=unless_needed,
                tiers=tiers,
                money=money + int(self.fixed[shipments].sum()) + penalty,
            ),
        )


def _without_left(evaluation: Evaluation, left: LeftToOthers) -> tuple[Sequence[Integers], Integers]:
    """Units by line and position, and shipments by node, that are free and not left to others."""
    free, rooms, node_ids = (
        [positions.free for positions in evaluation.positions],
        evaluation.rooms,
        evaluation.ways.node_ids,
    )
    if left.units:
        for index, (line, positions) in enumerate(zip(evaluation.order.lines, evaluation.positions, strict=True)):
            nodes = [node_ids[node] for node in positions.stock.node.tolist()]
            kept = integers(left.units.get((line.sku, node), 0) for node in nodes)
            free[index] = np.maximum(positions.free - kept, 0)
    if left.shipments:
        rooms = np.maximum(rooms - integers(left.shipments.get(node, 0) for node in node_ids), 0)
    return free, rooms
