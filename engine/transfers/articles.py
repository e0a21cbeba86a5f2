"""What can be moved of articles, and what their places expect to sell: worked out of their stock and the rules."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
from engine.model.receipts import Receipt
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


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTheWay:
    """What is to come to and to leave places beside their stock."""

    receipts: Mapping[str, Sequence[Receipt]] = field(default_factory=dict)
    """The open receipts, by SKU."""
    moving: Mapping[str, Sequence[Moving]] = field(default_factory=dict)
    """Transfers that have not left, by SKU."""

    def coming(self, sku: str, until: int) -> dict[str, int]:
        """By node, the units that come before the instant `until`, and are promised to nobody."""
        units: dict[str, int] = {}
        for receipt in self.receipts.get(sku, ()):
            if receipt.status in COUNTED_RECEIPTS and receipt.expected_at < until:
                units[receipt.node] = units.get(receipt.node, 0) + receipt.free
        for item in self.moving.get(sku, ()):
            units[item.goal] = units.get(item.goal, 0) + item.units
        return units

    def leaving(self, sku: str) -> dict[str, int]:
        """By node, the units that leave."""
        units: dict[str, int] = {}
        for item in self.moving.get(sku, ()):
            units[item.origin] = units.get(item.origin, 0) + item.units
        return units


def articles_of(facts: StockFacts, matcher: Matcher, now: int, *, days: int, on_the_way: OnTheWay) -> Iterator[Article]:
    """The products of the facts that are counted, at the instant `now`, which is UTC seconds. What is expected to sell
    is that of so many dates, of which today is the first. A place whose pace of sale is not known is left out, and so
    is one that rules leave out of transfers.
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
    )
    until = now + days * SECONDS_A_DAY
    for number, product in enumerate(facts.products):
        if product.counted:
            yield Article(product=product, places=list(rows.places(number, on_the_way, until)))


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

    def places(self, number: int, on_the_way: OnTheWay, until: int) -> Iterator[Place]:
        """Those of a product, by its number."""
        rows, sku = self.facts.rows[number], self.facts.products[number].sku
        all_coming, all_leaving = on_the_way.coming(sku, until), on_the_way.leaving(sku)
        on_hand, held = self.facts.stock.on_hand[rows].tolist(), self.facts.stock.held[rows].tolist()
        for row, node, units, holds in zip(
            range(rows.start, rows.stop), self.facts.nodes[rows], on_hand, held, strict=True
        ):
            if self.left_out[row]:
                continue
            available, coming, leaving = max(0, units - holds), all_coming.get(node, 0), all_leaving.get(node, 0)
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
