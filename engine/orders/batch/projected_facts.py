"""The facts of a batch's orders of one priority as the orders decided since left them, without reading them again."""

import dataclasses
from collections import Counter
from collections.abc import Iterable

from engine.decide.decision import Claim, Decision, LoadClaim
from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.carry_over import carried_over
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.positions import Stock
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.joint.planned_order import PlannedOrder
from engine.decide.matching.matcher import Matcher
from engine.decide.sourcing.problem import Choice
from engine.model.facts import NO_UNITS_TAKEN, Order, Snapshot
from engine.model.position_columns import PositionColumns
from rules.reserves import Tally


class ProjectedFacts:
    """The snapshot of `columns`, which the orders were planned on, less what `take` noted. What others did since is not
    in it.
    """

    def __init__(self, columns: SnapshotColumns, matcher: Matcher) -> None:
        self._columns = columns
        self._positions = dict(columns.snapshot.positions)
        self._taken = dict(columns.snapshot.taken)
        self._loads = dict(columns.snapshot.loads)
        self._load_column = columns.loads
        self._hourly_loads = dict(columns.snapshot.hourly_loads)
        self._hourly_column = columns.hourly_loads
        self._capacities = columns.capacities
        self._stock: dict[str, Stock] = {}
        """Of SKUs of which something was taken."""
        self._matcher = matcher
        self._volatile = matcher.volatile_anywhere
        self._judged_otherwise: set[str] = set()
        """SKUs whose stock rules may tell from that of the plan."""
        self._loads_judged_alike = True

    @property
    def network_version(self) -> str:
        return self._columns.snapshot.network.version

    def choose(self, planned: PlannedOrder) -> tuple[Evaluation, Choice] | None:
        """An order's evaluation on these facts, and its best choice; None if it is of lots, of which nothing is noted
        here. The plan's own are taken where they still hold.
        """
        if planned.evaluation.shelf_life is not None:
            return None
        before = planned.evaluation
        columns = self._columns_of(before.order)
        if planned.keeps and planned.alone.gap == 0:
            alike = self._loads_judged_alike and self._judged_otherwise.isdisjoint(before.order.skus)
            carried = carried_over(before, planned.alone, columns, judged_alike=alike)
            if carried is not None:
                return carried, planned.alone
        evaluation = Evaluation(
            order=before.ordered, snapshot=columns.snapshot, matcher=before.matcher, now=before.now, columns=columns
        )
        return evaluation, Candidates(evaluation).choose()

    def are(self, snapshot: Snapshot, matcher: Matcher) -> bool:
        """Whether these facts are those of a snapshot of some SKUs, and `matcher` judged them."""
        before, version = self._columns.snapshot, _prices_version(snapshot)
        return (
            matcher is self._matcher
            and snapshot.network is before.network
            and (snapshot.resting, version) == (before.resting, _prices_version(before))
            and Counter(snapshot.loads) == Counter(self._loads)
            and Counter(snapshot.hourly_loads) == Counter(self._hourly_loads)
            and all(
                units == self._positions[sku]
                and snapshot.products[sku] == before.products[sku]
                and snapshot.taken.get(sku) == self._taken.get(sku)
                and snapshot.receipts.get(sku) == before.receipts.get(sku)
                and sku not in snapshot.lots
                for sku, units in snapshot.positions.items()
            )
        )

    def take(self, decision: Decision) -> None:
        """Note what a decision on this network took; of positions that were not there before, nothing is known."""
        self._take_units(decision.claims, decision.counted)
        self._give_shipments(decision.load_claims)

    def _take_units(self, claims: Iterable[Claim], counted: Iterable[Tally]) -> None:
        planned, volatile = self._columns.snapshot.positions, self._volatile
        for claim in claims:
            positions = self._positions.get(claim.sku, {})
            before = positions.get(claim.node)
            if before is not None:
                later = before._replace(held=before.held + claim.units)
                self._positions[claim.sku] = (
                    positions.with_more_held(claim.node, claim.units)
                    if isinstance(positions, PositionColumns)
                    else {**positions, claim.node: later}
                )
                self._stock.pop(claim.sku, None)
                for tally in counted:
                    self._count(claim, tally)
                scale = self._columns.snapshot.products[claim.sku].scale
                if volatile.tell_stock_apart(later, planned[claim.sku][claim.node], scale):
                    self._judged_otherwise.add(claim.sku)

    def _count(self, claim: Claim, tally: Tally) -> None:
        of_sku = self._taken.get(claim.sku, {})
        by_node = of_sku.get(tally, {})
        by_node = {**by_node, claim.node: by_node.get(claim.node, 0) + claim.units}
        self._taken[claim.sku] = {**of_sku, tally: by_node}

    def _give_shipments(self, claims: Iterable[LoadClaim]) -> None:
        planned, volatile = self._columns.snapshot.loads, self._volatile
        column, hourly = self._load_column.copy(), self._hourly_column.copy()
        for claim in claims:
            index = self._columns.ways.node_index[claim.node]
            if claim.period != self._columns.periods.of(claim.node)[0]:
                hourly[index] += claim.shipments
                self._hourly_loads[claim.node] = self._hourly_loads.get(claim.node, 0) + claim.shipments
                continue
            load = self._loads[claim.node] = self._loads.get(claim.node, 0) + claim.shipments
            column[index] = load
            for item in claim.outputs:
                self._loads[item.field] = self._loads.get(item.field, 0) + item.amount
            self._capacities = self._columns.node_limits.with_loads(self._capacities, index, self._loads, claim.node)
            if volatile.tell_loads_apart(load, planned.get(claim.node, 0)):
                self._loads_judged_alike = False
        self._load_column, self._hourly_column = column, hourly

    def _columns_of(self, order: Order) -> SnapshotColumns:
        planned = self._columns.snapshot
        positions = {sku: self._positions[sku] for sku in order.skus}
        taken = {sku: self._taken[sku] for sku in order.skus if sku in self._taken}
        snapshot = dataclasses.replace(
            planned,
            positions=positions,
            loads=dict(self._loads),
            hourly_loads=dict(self._hourly_loads),
            taken=taken,
        )
        stock = {sku: self._stock_of(sku) for sku in order.skus}
        return self._columns.later(
            snapshot,
            stock=stock,
            loads=self._load_column,
            hourly_loads=self._hourly_column,
            capacities=self._capacities,
            judged_alike=self._loads_judged_alike,
        )

    def _stock_of(self, sku: str) -> Stock:
        if self._positions[sku] is self._columns.snapshot.positions[sku]:
            return self._columns.stock_of(sku)
        stock = self._stock.get(sku)
        if stock is None:
            taken = self._taken.get(sku, NO_UNITS_TAKEN)
            stock = self._stock[sku] = self._columns.stock_if(sku, self._positions[sku], taken)
        return stock


def _prices_version(snapshot: Snapshot) -> str | None:
    """Of the table of look-ahead prices in force."""
    return None if snapshot.lookahead is None else snapshot.lookahead.digest
