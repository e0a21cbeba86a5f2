"""Where the units of an order stand, worked out from its decisions and what became of them. Pure.

Each unit of each line is in exactly one state: cancelled, held, shipped, returned, waiting, unfilled or not_counted.
What is not counted needs no stock and no parcel: it is filled once it is decided.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from engine.decide.record import DecisionRecord, lines_not_counted
from engine.decide.record_parts import ShipmentRecord
from engine.store.flows.stored_return import parse_order_returns, units_returned
from engine.store.hold_changes.stored_holds import Peg
from engine.store.orders.order_pegs import NO_PEGS, Pegs
from engine.store.orders.stored_order import StoredDecision, StoredOrder
from engine.store.outcomes import UnitState

OrderUnitState: TypeAlias = Literal["cancelled", "held", "shipped", "returned", "waiting", "unfilled", "not_counted"]
State: TypeAlias = Literal[
    "cancelled", "held", "shipped", "returned", "waiting", "unfilled", "not_counted", "awaiting_approval"
]
"""States by which orders are found: an order is in each state that any of its units is in."""
UNIT_STATES: tuple[OrderUnitState, ...] = get_args(OrderUnitState)
STATES: tuple[State, ...] = get_args(State)
Action: TypeAlias = Literal[
    "approve", "confirm", "reject", "release", "extend", "undo", "wait", "withdraw", "cancel", "amend"
]
"""What can be done with an order: with its units that are held, shipped, waiting or unfilled, or with all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineState:
    """How many units of a line are in each state; they add up to `ordered`."""

    line: str
    sku: str
    ordered: int
    units: Mapping[OrderUnitState, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedLine:
    """Units of one line in a shipment: how many were decided, and how many of these are held, were held until their
    hold expired, or have left.
    """

    line: str
    sku: str
    quantity: int
    held: int
    expired: int
    shipped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderShipment:
    """A shipment of one of the order's decisions. `state` is held while some of its units are, then how the last of
    them ended (confirmed, released, expired, rejected, cancelled or amended); `until` is when its hold expires while it
    is held, `ended_at` when it ended otherwise, in UTC seconds.
    """

    decision: str
    record: ShipmentRecord
    state: UnitState
    until: int | None
    ended_at: int | None
    lines: tuple[ShippedLine, ...]
    pegs: tuple[Peg, ...] = ()
    """Of those that are held, which are still to come, the next to arrive first."""

    @property
    def held(self) -> int:
        return sum(line.held for line in self.lines)

    @property
    def held_there(self) -> int:
        """Those that are held and not still to come."""
        return self.held - sum(peg.units for peg in self.pegs)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderState:
    """An order as it stands. `undoable` are the decisions of which a confirm can still be undone."""

    stored: StoredOrder
    lines: tuple[LineState, ...]
    shipments: tuple[OrderShipment, ...]
    undoable: tuple[str, ...]

    @property
    def decisions(self) -> Iterator[DecisionRecord]:
        return (decision.record for decision in self.stored.decisions)

    @property
    def states(self) -> tuple[State, ...]:
        """Those that any of its units is in; awaiting_approval too if it is parked and has units to ship."""
        return tuple(
            state for state in STATES if (self.awaits_approval if state == "awaiting_approval" else self.units(state))
        )

    def open_returns(self, now: int) -> list[str]:
        """The returns of which units may still come, or lie in quarantine."""
        return [name for name, item in parse_order_returns(self.stored.returns).items() if item.is_open(now)]

    @property
    def awaits_approval(self) -> bool:
        return self.stored.parked and any(self.units(state) for state in ("held", "waiting", "not_counted"))

    def units(self, state: OrderUnitState, sku: str | None = None) -> int:
        """How many units are in that state, of all lines or those of one SKU."""
        return sum(line.units[state] for line in self.lines if sku in (None, line.sku))

    @property
    def is_erased(self) -> bool:
        """Whether its personal values are."""
        return self.stored.erased_at is not None

    @property
    def unfilled(self) -> dict[str, int]:
        """By line, those that are."""
        return {line.line: line.units["unfilled"] for line in self.lines if line.units["unfilled"] > 0}

    @property
    def actions(self) -> Iterator[tuple[Action, str]]:
        """What can be done now, with the id of the decision or order that it is done with."""
        if self.awaits_approval:
            yield "approve", self.stored.id
        for decision in dict.fromkeys(shipment.decision for shipment in self.shipments):
            for action in self._shipment_actions([item for item in self.shipments if item.decision == decision]):
                yield action, decision
        for decision in self.undoable:
            yield "undo", decision
        if self.units("unfilled") and not self.is_erased:
            yield "wait", self.stored.id
        for waiting in self.stored.decisions:
            if waiting.waiting:
                yield "withdraw", waiting.waiting.decision
        if any(self.units(state) for state in ("held", "waiting", "unfilled", "not_counted")):
            yield "cancel", self.stored.id
        if not self.is_erased:
            yield "amend", self.stored.id

    def _shipment_actions(self, shipments: Sequence[OrderShipment]) -> Iterator[Action]:
        """What can be done with those of one decision. Units whose hold has expired may leave late if the order still
        lacks them.
        """
        lacking = {(line.line, line.sku) for line in self.lines if line.units["unfilled"] > 0}
        held = any(shipment.held for shipment in shipments)
        late = any(line.expired and (line.line, line.sku) in lacking for item in shipments for line in item.lines)
        if not self.stored.parked:
            if late or any(shipment.held_there for shipment in shipments):
                yield "confirm"
            if held:
                yield "reject"
        if held:
            yield "release"
            yield "extend"


def state_of(stored: StoredOrder, now: int, *, undo_seconds: int, pegs: Pegs = NO_PEGS) -> OrderState:
    """The state of an order at `now`: a hold whose time is over has expired, whether it was ended or not. A confirm can
    be undone for `undo_seconds`. `pegs` are its units that stand on receipts.
    """
    shipments = tuple(
        shipment
        for decision in stored.decisions
        for shipment in _shipments(decision, now, pegs.get(decision.record.id or "", ()))
    )
    return OrderState(
        stored=stored,
        lines=tuple(_lines(stored, shipments)),
        shipments=shipments,
        undoable=tuple(
            decision.record.id or ""
            for decision in stored.decisions
            if decision.confirmed_at is not None and decision.confirmed_at > now - undo_seconds
        ),
    )


def _shipments(decision: StoredDecision, now: int, pegs: Sequence[Peg]) -> Iterator[OrderShipment]:
    hold, record = decision.hold, decision.record
    coming = sorted(pegs, key=lambda peg: (peg.expected_at, peg.receipt, peg.sku))
    until = hold.until if hold and hold.until > now else None
    for shipment, units in zip(record.shipments, decision.shipments, strict=True):
        ending, held, shipped = units.ending, units.lines("held"), units.lines("confirmed")
        is_held = ending is None and until is not None
        expired = Counter(units.lines("expired")) + Counter({} if is_held else held)
        kind = "held" if is_held else "expired" if ending is None else ending.kind
        yield OrderShipment(
            decision=record.id or "",
            record=shipment,
            state=kind,
            until=until if is_held else None,
            ended_at=ending.at if ending else hold.until if hold and not is_held else None,
            pegs=tuple(peg for peg in coming if is_held and peg.number == units.number),
            lines=tuple(
                ShippedLine(
                    line=line.line,
                    sku=line.sku,
                    quantity=line.quantity,
                    held=held.get(line.line, 0) if is_held else 0,
                    expired=expired[line.line],
                    shipped=shipped.get(line.line, 0),
                )
                for line in shipment.lines
            ),
        )


def _lines(stored: StoredOrder, shipments: Sequence[OrderShipment]) -> Iterator[LineState]:
    """What is not cancelled, held, shipped or waiting is unfilled, or was not counted when it was decided."""
    held: Counter[str] = Counter()
    shipped: Counter[str] = Counter()
    for line in (line for shipment in shipments for line in shipment.lines):
        held[line.line] += line.held
        shipped[line.line] += line.shipped
    waiting: Counter[str] = Counter()
    for decision in stored.decisions:
        waiting.update(decision.waiting.units if decision.waiting else {})
    returned = units_returned(parse_order_returns(stored.returns))
    not_counted = lines_not_counted(decision.record for decision in stored.decisions)
    for ordered in stored.order.lines:
        name = ordered.id
        units: dict[OrderUnitState, int] = {
            "cancelled": stored.cancelled.get(name, 0),
            "held": held[name],
            "shipped": shipped[name] - returned[name],
            "returned": returned[name],
            "waiting": waiting[name],
        }
        rest = ordered.quantity - sum(units.values())
        is_counted = (name, ordered.sku) not in not_counted
        units |= {"unfilled": rest if is_counted else 0, "not_counted": 0 if is_counted else rest}
        yield LineState(line=name, sku=ordered.sku, ordered=ordered.quantity, units=units)
