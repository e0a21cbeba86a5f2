"""The stock that the ledger should have by its log: units held, blocked and on hand by position."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.decide.record import DecisionRecord
from engine.store.log.entry import Entry
from engine.store.reconcile.expected_state import (
    Base,
    ExpectedShipment,
    FloorBreach,
    LateChanges,
    Moves,
    PositionKey,
    PositionUnits,
)


@dataclass(slots=True, kw_only=True)
class ExpectedStock:
    """The units of each position, and what decisions took beyond its floor."""

    late: LateChanges
    held: PositionUnits = field(default_factory=Counter)
    blocked: PositionUnits = field(default_factory=Counter)
    """Units that are there and may not be sold."""
    quarantine: PositionUnits = field(default_factory=Counter)
    """Units that came back and of which nobody has decided yet what becomes of them."""
    promised_from: dict[PositionKey, int] = field(default_factory=dict)
    """Units that were on hand when a decision last took some, less those that were confirmed since."""
    oversold: dict[PositionKey, int] = field(default_factory=dict)
    """The most units beyond those on hand that a decision which took some of a position was allowed to take."""
    unbacked: PositionUnits = field(default_factory=Counter)
    """Units that were promised of what was to come, are held of the position's stock since, and did not come."""
    breaches: list[FloorBreach] = field(default_factory=list)
    confirmed: int = 0
    moves: defaultdict[PositionKey, Moves] = field(default_factory=lambda: defaultdict(Moves))

    def on_hand(self, position: PositionKey, base: Base) -> int:
        """The units of the count or load that stands, and what came and left after it."""
        units, instant = base
        return units + self.moves[position].after(instant) if position in self.moves else units

    def check_floors(
        self, entry: Entry, shipments: Mapping[int, ExpectedShipment], record: DecisionRecord | None = None
    ) -> None:
        """Compare what a decision took, or what was set aside for it, with what was free above the floor of each
        position at that moment. On hand and the floor are in the entry; how much was held is known from the entries
        before it.
        """
        claims: PositionUnits = Counter()
        for shipment in shipments.values():
            for sku, units in shipment.units.items():
                claims[sku, shipment.node] += units
        positions = entry.positions_before or (None,) * len(claims)
        for (position, taken), before in zip(sorted(claims.items()), positions, strict=True):
            if not taken:  # all are of what is to come
                continue
            if before is None:
                if record is not None:
                    self.promised_from[position] = record.stock[position[0]][position[1]].on_hand
                continue
            on_hand, _, floor = before
            self.promised_from[position] = on_hand
            if floor < 0:
                self.oversold[position] = max(-floor, self.oversold.get(position, 0))
            free = max(0, on_hand - self.held[position] - floor)
            if taken > free:
                self.breaches.append(FloorBreach(decision=entry.decision, position=position, free=free, taken=taken))

    def hold(self, position: PositionKey, units: int) -> None:
        """Below 0: that many units fewer are held."""
        _add(self.held, position, units)
        self.late.note("positions", position)

    def block(self, position: PositionKey, units: int) -> None:
        _add(self.blocked, position, units)
        self.late.note("positions", position)

    def set_apart(self, position: PositionKey, units: int) -> None:
        """So many units more are in quarantine."""
        _add(self.quarantine, position, units)
        self.late.note("positions", position)

    def move(self, position: PositionKey, delta: int, instant: int) -> None:
        self.moves[position].add(instant, delta)
        self.late.note("positions", position)

    def confirm(self, position: PositionKey, units: int, instant: int) -> None:
        """So many units left at the instant."""
        self.confirmed += units
        if position in self.promised_from:
            self.promised_from[position] -= units
        self.move(position, -units, instant)

    def put_back(self, position: PositionKey, units: int, instant: int) -> None:
        """So many units did not leave after all at the instant."""
        self.promised_from[position] = self.promised_from.get(position, 0) + units
        self.move(position, units, instant)


def _add(stock: PositionUnits, position: PositionKey, units: int) -> None:
    stock[position] += units
    if not stock[position]:
        del stock[position]
