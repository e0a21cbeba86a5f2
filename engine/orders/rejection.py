"""Works out which held units a node's rejection is about: the node won't ship them."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

import orjson
from msgspec import UNSET

from engine.decide.record import DecisionRecord
from engine.decide.rejected_stock import RejectedPosition
from engine.errors import InputInvalid, Mistake
from engine.inventory.unit_choice import QuantityText, choose_units
from engine.model.lots import LotUnits, joined
from engine.store.follow_up_commit import Rejection
from engine.store.hold_changes.change_script import confirmed_units, step_fields
from engine.store.hold_changes.hold_change import HoldChange, Shipments, moved_units
from engine.store.hold_changes.stored_holds import StoredHold
from engine.store.log.decision_chain import NOT_IN_STOCK
from engine.store.log.entry_bodies import HoldUnits, RejectionBody
from engine.store.outcomes import UnitState

Reason: TypeAlias = Literal["not_in_stock", "no_capacity", "damaged", "other"]
LATE: Final = "late"
"""No reason that a node gives: what it was given would come too late, and ships from elsewhere."""
COUNTED: frozenset[str] = frozenset({"not_in_stock", "damaged"})
"""Reasons with which a node may say what it has on hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectionRequest:
    """A node won't ship `lines` of a decision: units by line, or by SKU; empty: all that it still holds.

    With `service`, only the shipment by that service is meant; with `shipment`, only the one of that number. In a short
    pick, the units of `confirmed`, by line or SKU, have left. `on_hand` is what the node has, by SKU, or of the only
    SKU; if it is left out and the reason is not_in_stock, the node has what is then still held there. What is damaged
    is blocked: it is there, and not on hand.
    `at` is when that was so, in UTC microseconds: what `confirmed` says left then, what is damaged was set apart, and
    `on_hand` counted; None: now. `waits`: units that no other node has wait for stock. `op` is the idempotency key.
    """

    decision: str
    node: str
    reason: Reason | Literal["late"]
    service: str | None = None
    shipment: int | None = None
    lines: Mapping[str, int] = field(default_factory=dict)
    confirmed: Mapping[str, int] = field(default_factory=dict)
    on_hand: Mapping[str, int] | int | None = None
    at: int | None = None
    waits: bool = False
    op: str | None = None

    @property
    def fingerprint(self) -> str:
        """Differs from that of any other request, so that another one with the same `op` is noticed."""
        counts = self.on_hand if isinstance(self.on_hand, int | None) else sorted(self.on_hand.items())
        parts: list[Any] = [self.node, self.reason, self.service, sorted(self.lines.items()), counts, self.waits]
        if self.confirmed:  # which earlier releases did not have
            parts.append(sorted(self.confirmed.items()))
        if self.at is not None:
            parts.append(["at", self.at])
        return hashlib.blake2b(orjson.dumps(parts), digest_size=12).hexdigest()


def numbers_at_node(request: RejectionRequest, record: DecisionRecord) -> list[int]:
    """Which shipments of the decision `record` leave from the node, by the service if one is named; raises
    InputInvalid if none does.
    """
    shipments = [(shipment.node, shipment.service) for shipment in record.shipments]
    numbers = [
        number
        for number, (node, service) in enumerate(shipments)
        if node == request.node and request.service in (None, service) and request.shipment in (None, number)
    ]
    if not numbers:
        by = "" if request.service is None else f" by '{request.service}'"
        ships = ", ".join(f"{node}/{service}" for node, service in shipments) or "nothing"
        message = f"the decision ships nothing from '{request.node}'{by}; it ships {ships}"
        raise InputInvalid([Mistake(field="node", message=message)])
    return numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRejection:
    """A rejection as the commit takes it, the rejected units by line, and what becomes of their positions."""

    writes: Rejection
    units: Mapping[str, int]
    positions: Sequence[RejectedPosition]


def plan_rejection(
    request: RejectionRequest, stored: StoredHold, *, now: int, micros: int, undo_seconds: int, text: QuantityText
) -> PlannedRejection:
    """Work out what becomes of the node's shipments, of which some must be held; raises InputInvalid for lines and
    units that the node doesn't hold, and for counts of SKUs that are not rejected. `micros` is `now` in UTC
    microseconds.
    """
    numbers = numbers_at_node(request, stored.record)
    left = stored.shipments
    if request.confirmed:
        left = _moved(stored.shipments, numbers, request.confirmed, "confirmed", field="confirmed", now=now, text=text)
    after = _moved(left, numbers, request.lines, "rejected", field="lines", now=now, text=text)
    moved = moved_units(stored.decision, left, after, "rejected")
    rejected, picked = _by_sku(moved), _by_sku(moved_units(stored.decision, stored.shipments, left, "confirmed"))
    counts = _counts(request, list(rejected))
    full, blocks = request.reason == "no_capacity", request.reason == "damaged"
    body = RejectionBody(
        node=request.node,
        reason=request.reason,
        parts=tuple((part.number, part.units) for part in moved.parts),
        # shipments of which nothing is held any more, and whether the node's day has their room again
        ended=tuple(part.number for part in moved.parts if not after[part.number].lines("held")),
        room=not full,
        lines=tuple((part.number, tuple(sorted(part.lines))) for part in moved.parts),
        blocks=True if blocks else UNSET,
        lots=tuple((part.number, part.lots) for part in moved.parts if part.lots) or UNSET,
    )
    writes = Rejection(
        change=HoldChange(before=stored, after=after, keeps_room=full),
        node=request.node,
        counts=counts,
        blocked=rejected if blocks else {},
        blocked_lots=_lots_by_sku(moved) if blocks else {},
        micros=micros,
        body=body,
        entries=(step_fields(stored.record, stored.shipments, left, "confirmed", now=now),)
        if request.confirmed
        else (),
        confirmed=confirmed_units(stored.shipments, left, seconds=undo_seconds) if request.confirmed else None,
        at=request.at,
    )
    units: Counter[str] = Counter()
    for part in moved.parts:
        units.update(dict(part.lines))
    positions = tuple(
        RejectedPosition(
            sku=sku,
            node=request.node,
            rejected=count,
            left=picked[sku],
            blocked=count if blocks else 0,
            counted=sku in counts,
            on_hand=counts.get(sku),
        )
        for sku, count in rejected.items()
    )
    return PlannedRejection(writes=writes, units=units, positions=positions)


def _by_sku(moved: HoldUnits) -> Counter[str]:
    units: Counter[str] = Counter()
    for part in moved.parts:
        units.update(dict(part.units))
    return units


def _lots_by_sku(moved: HoldUnits) -> dict[str, LotUnits]:
    lots: dict[str, LotUnits] = {}
    for sku, of_sku in (item for part in moved.parts for item in part.lots):
        lots[sku] = joined(lots.get(sku, ()), of_sku)
    return lots


def _moved(
    shipments: Shipments,
    numbers: Sequence[int],
    lines: Mapping[str, int],
    kind: UnitState,
    *,
    field: str,
    now: int,
    text: QuantityText,
) -> Shipments:
    """With the units of these lines (by line or SKU; all, if there are none) of the node's shipments ended."""
    held = [item for item in shipments if item.number in numbers and item.lines("held")]
    chosen = choose_units(lines, held, "held", verb=kind, field=field, text=text)
    if not chosen:
        message = "all that the node held has left, so that nothing is rejected; confirm it instead"
        raise InputInvalid([Mistake(field=field, message=message)])
    return tuple(
        item.moved(chosen[item.number], "held", kind, at=now) if item.number in chosen else item for item in shipments
    )


def _counts(request: RejectionRequest, skus: list[str]) -> dict[str, int | None]:
    """The units on hand by SKU, as far as the node says; None: what is then still held there. Raises InputInvalid."""
    on_hand = request.on_hand
    if on_hand is not None and request.reason not in COUNTED:
        message = f"on_hand goes with the reasons {' and '.join(sorted(COUNTED))}, not with {request.reason}"
        raise InputInvalid([Mistake(field="on_hand", message=message)])
    if isinstance(on_hand, int):
        if len(skus) > 1:
            message = f"several SKUs are rejected; say on_hand of each: {', '.join(skus)}"
            raise InputInvalid([Mistake(field="on_hand", message=message)])
        on_hand = {skus[0]: on_hand}
    unknown = [sku for sku in on_hand or {} if sku not in skus]
    if unknown:
        message = f"nothing of '{unknown[0]}' is rejected here, only of {', '.join(skus)}; send its count as stock"
        raise InputInvalid([Mistake(field=f"on_hand.{unknown[0]}", message=message)])
    default: dict[str, int | None] = dict.fromkeys(skus) if request.reason == NOT_IN_STOCK else {}
    return default | dict(on_hand or {})
