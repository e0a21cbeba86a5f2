"""What each place needs of an article: from its stock, its pace of sale, and the levels that rules give it."""

from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.levels.stock_levels import levels_of
from engine.decide.matching.judge import PolicyJudge
from engine.model.facts import Snapshot
from engine.returns.placement.need import NOTHING_THERE, USUAL_COVER, Need, chance_that_it_sells, units_in_transit


class Needs:
    """Of one article at the places of a snapshot, at the instant `now`."""

    def __init__(self, snapshot: Snapshot, sku: str, matcher: PolicyJudge, now: int) -> None:
        self._snapshot = snapshot
        self._sku = sku
        self._positions = snapshot.positions.get(sku, {})
        columns = SnapshotColumns(snapshot, matcher, now)
        nodes = (columns.ways.node_ids[node] for node in columns.stock_of(sku).node.tolist())
        self._rows = {node: row for row, node in enumerate(nodes) if node in self._positions}
        self._levels = levels_of(sku, columns, matcher)
        self._days = self._levels.cover(USUAL_COVER)
        self._targets = self._levels.target_within(self._days)
        self._demand = self._levels.expected.thousandths(self._days)

    def at(self, node: str, earlier: int, quantity: int) -> Need:
        """What the place `node` needs once it has so many `earlier` units more, for a unit of so many counted ones."""
        position = self._positions.get(node, NOTHING_THERE)
        in_transit, free = units_in_transit(self._snapshot, self._sku, node)
        there = position.on_hand - position.held + free + earlier
        row = self._rows.get(node)
        if row is None:
            return Need(there=there, in_transit=in_transit)
        demand = None if position.pace is None else int(self._demand[row])
        target = int(self._targets[row])
        return Need(
            there=there,
            in_transit=in_transit,
            days=int(self._days[row]),
            demand=demand,
            target=target if demand is not None or target else None,
            maximum=self._levels.at(row).maximum,
            chance=None if demand is None else chance_that_it_sells(there, quantity, demand),
        )
