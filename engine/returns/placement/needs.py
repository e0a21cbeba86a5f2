"""What each place needs of an article: from its stock, its pace of sale, and the levels that rules give it."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from engine.channels.levels import levels
from engine.decide.availability.free_units import StockFacts
from engine.decide.matching.judge import PolicyJudge
from engine.model.facts import Snapshot
from engine.returns.placement.need import USUAL_COVER, Need, chance_that_it_sells, units_in_transit
from engine.returns.placement.returned_unit import NOTHING_THERE


class Needs:
    """Of one article at the places of a snapshot, at the instant `now`."""

    def __init__(self, snapshot: Snapshot, sku: str, matcher: PolicyJudge, now: int) -> None:
        self._snapshot = snapshot
        self._sku = sku
        product = snapshot.products[sku]
        self._scale = product.scale
        stock = snapshot.positions.get(sku, {})
        alone = replace(snapshot, products={sku: product}, positions={sku: stock}, taken={}, lots={})
        facts = StockFacts.of(alone)
        self._levels = levels(facts, matcher, now)
        self._rows = {node: row for row, node in enumerate(facts.nodes)}
        self._pace = facts.pace
        self._days = np.where(self._levels.cover > 0, self._levels.cover, USUAL_COVER)
        self._demand = self._levels.expected.thousandths(self._days)

    def at(self, node: str, earlier: int, quantity: int) -> Need:
        """What the place `node` needs once it has so many `earlier` units more, of a unit of so many counted ones."""
        position = self._snapshot.positions.get(self._sku, {}).get(node, NOTHING_THERE)
        in_transit, free = units_in_transit(self._snapshot, self._sku, node)
        there = position.on_hand - position.held + free + earlier
        row = self._rows.get(node)
        if row is None:
            return Need(there=there, in_transit=in_transit, days=USUAL_COVER)
        known = self._pace[row] >= 0
        level, demand = self._levels.at(row), int(self._demand[row]) if known else None
        return Need(
            there=there,
            in_transit=in_transit,
            days=int(self._days[row]),
            demand=demand,
            target=self._target(row, demand),
            maximum=level.maximum,
            chance=None if demand is None else chance_that_it_sells(there, quantity, demand),
        )
