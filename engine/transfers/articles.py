"""What can be moved of articles, and what their places expect to sell: worked out of their stock and the rules."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from engine.channels.levels import Levels
from engine.decide.availability.free_units import StockFacts
from engine.decide.evaluation.positions import NO_PACE
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.matching.matcher import Matcher
from engine.decide.shipping.columns import NO_LIMIT
from engine.model.facts import Product
from engine.model.lots import NEVER, free_by_expiry, usable_on
from engine.transfers.gains import StockAndDemand
from engine.transfers.kept_units import kept_units
from rules.effects import LevelOutcome
from rules.syntax.literals import SECONDS_A_DAY

COUNTED_RECEIPTS = frozenset({"confirmed", "in_transit"})
"""The statuses of receipts that places are taken to get; of those that are only planned nobody knows."""


class Moving(NamedTuple):
    """Units of an article that are to go from one node to another and have not left yet: of a transfer that was
    proposed or approved.
    """

    sku: str
    origin: str
    goal: str
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An article at a node, in units that are counted. `stall` counts what comes and what is to leave. `movable` are
    the units that may be sent away, `room` how many more may be sent there; None: any number.
    """

    node: str
    stall: StockAndDemand
    movable: int
    room: int | None
    available: int
    """Units on hand that nobody holds."""
    kept: int
    """Those of them that rules keep there, or put aside for channels."""
    expiring: int
    """Those that are not moved because they are of lots that expire."""
    coming: int
    leaving: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A product and the places that are known to sell it, or not to."""

    product: Product
    places: Sequence[Place]


def articles_of(
    facts: StockFacts, matcher: Matcher, now: int, *, days: int, moving: Mapping[str, Sequence[Moving]]
) -> Iterator[Article]:
    """The products of the facts that are counted, at the instant `now`, which is UTC seconds. What is expected to sell
    is that of so many dates, of which today is the first. The facts have the open receipts, and `moving` the transfers
    that have not left, by SKU. A place whose pace of sale is not known is left out, and so is one that rules leave out
    of transfers.
    """
    columns = SnapshotColumns(facts.snapshot, matcher, now)
    levels = Levels(facts, matcher, columns)
    rows = _Rows(
        facts=facts,
        demand=levels.expected.thousandths(np.full(len(facts.stock.node), days, dtype=np.int64)).tolist(),
        minimum=levels.minimum.tolist(),
        maximum=levels.maximum.tolist(),
        floor=kept_units(facts, matcher, columns, levels.expected).tolist(),
        left_out=_left_out(facts, levels),
        today=columns.today,
        until=now + days * SECONDS_A_DAY,
    )
    for number, product in enumerate(facts.products):
        if product.counted:
            yield Article(product=product, places=list(rows.places(number, moving.get(product.sku, ()))))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """What is known of each row of the stock."""

    facts: StockFacts
    demand: Sequence[int]
    minimum: Sequence[int]
    maximum: Sequence[int]
    floor: Sequence[int]
    left_out: Sequence[bool]
    today: int
    until: int
    """The instant before which a receipt must be expected to count."""

    def places(self, number: int, moving: Sequence[Moving]) -> Iterator[Place]:
        """Those of a product, by its number; `moving` is what is to be moved of it."""
        rows, all_coming, all_leaving = self.facts.rows[number], Counter[str](), Counter[str]()
        for item in moving:
            all_coming[item.goal] += item.units
            all_leaving[item.origin] += item.units
        on_hand, held = self.facts.stock.on_hand[rows].tolist(), self.facts.stock.held[rows].tolist()
        for row, node, units, holds in zip(
            range(rows.start, rows.stop), self.facts.nodes[rows], on_hand, held, strict=True
        ):
            if self.left_out[row]:
                continue
            available, leaving = max(0, units - holds), all_leaving[node]
            coming = all_coming[node] + self._arriving(number, node)
            kept = max(self.floor[row], self.minimum[row])
            lasting = self._lasting(number, node, available)
            most, there = self.maximum[row], units - holds + coming - leaving
            yield Place(
                node=node,
                stall=StockAndDemand(there=there, demand=self.demand[row]),
                movable=max(0, min(available - kept, lasting) - leaving),
                room=None if most >= NO_LIMIT else max(0, most - there),
                available=available,
                kept=min(available, max(0, kept)),
                expiring=available - lasting,
                coming=coming,
                leaving=leaving,
            )

    def _arriving(self, number: int, node: str) -> int:
        """Units of receipts that come in time, and are promised to nobody."""
        return sum(
            receipt.free
            for receipt in self.facts.receipts.get((number, node), ())
            if receipt.status in COUNTED_RECEIPTS and receipt.expected_at < self.until
        )

    def _lasting(self, number: int, node: str, available: int) -> int:
        """Units that nobody holds, and that do not expire."""
        lots = self.facts.lots.get((number, node))
        if not lots:
            return available
        return min(available, usable_on(NEVER, *free_by_expiry(lots, self.today)))


def _left_out(facts: StockFacts, levels: Levels) -> list[bool]:
    unknown = (facts.pace == NO_PACE).tolist()
    return [
        pace or (isinstance(judgement.outcome, LevelOutcome) and not judgement.outcome.transfer)
        for pace, judgement in zip(unknown, levels.judgements, strict=True)
    ]
