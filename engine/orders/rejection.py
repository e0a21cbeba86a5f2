"""Works out which held units a node's rejection is about: the node won't ship them."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import orjson

from engine.decide.record import DecisionRecord
from engine.errors import InputInvalid, Mistake
from engine.store.decision_chain import NOT_IN_STOCK
from engine.store.decision_log import RejectionBody
from engine.store.follow_up_commit import RejectedPart, Rejection
from engine.store.holds import Hold

Reason: TypeAlias = Literal["not_in_stock", "no_capacity", "damaged", "other"]
COUNTED: frozenset[Reason] = frozenset({"not_in_stock", "damaged"})
"""Reasons with which a node may say what it has on hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectionRequest:
    """A node won't ship `lines` of a decision: units by line, or by SKU; empty: all that it still holds.

    With `service`, only the shipment by that service is meant. `on_hand` is what the node has, by SKU, or of the only
    SKU; if it is left out and the reason is not_in_stock, the node has what is then still held there. `waits`: units
    that no other node has wait for stock. `op` is the idempotency key.
    """

    decision: str
    node: str
    reason: Reason
    service: str | None = None
    lines: Mapping[str, int] = field(default_factory=dict)
    on_hand: Mapping[str, int] | int | None = None
    waits: bool = False
    op: str | None = None

    @property
    def fingerprint(self) -> str:
        """Differs from that of any other request, so that another one with the same `op` is noticed."""
        counts = self.on_hand if isinstance(self.on_hand, int | None) else sorted(self.on_hand.items())
        parts = [self.node, self.reason, self.service, sorted(self.lines.items()), counts, self.waits]
        return hashlib.blake2b(orjson.dumps(parts), digest_size=12).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedShipment:
    """A shipment that its node rejects, whole or in part, and that still holds units. `left` are the units by line that
    the node has not rejected before, `rejections` those that it has.
    """

    number: int
    body: bytes
    lines: Mapping[str, str]
    """Line to SKU."""
    left: Mapping[str, int]
    rejections: Mapping[str, int]


RejectedUnits: TypeAlias = tuple[RejectedShipment, Mapping[str, int]]
"""A shipment, and the units of it that are rejected now, by line."""


def shipment_numbers(request: RejectionRequest, record: DecisionRecord) -> list[int]:
    """Which shipments of the decision `record` leave from the node, by the service if one is named; raises
    InputInvalid if none does.
    """
    shipments = [(shipment.node, shipment.service) for shipment in record.shipments]
    numbers = [
        number
        for number, (node, service) in enumerate(shipments)
        if node == request.node and request.service in (None, service)
    ]
    if not numbers:
        by = "" if request.service is None else f" by '{request.service}'"
        ships = ", ".join(f"{node}/{service}" for node, service in shipments) or "nothing"
        message = f"the decision ships nothing from '{request.node}'{by}; it ships {ships}"
        raise InputInvalid([Mistake(field="node", message=message)])
    return numbers


def rejected_units(request: RejectionRequest, shipments: Sequence[RejectedShipment]) -> list[RejectedUnits]:
    """The units rejected of each shipment; raises InputInvalid for lines and units that the node doesn't hold."""
    if not request.lines:
        return [(item, {line: units for line, units in item.left.items() if units}) for item in shipments]
    left = [dict(item.left) for item in shipments]
    mistakes = []
    for name, units in request.lines.items():
        missing = units
        for item, left_of_item in zip(shipments, left, strict=True):
            for line in _lines(name, item, shipments):
                rejected = min(missing, left_of_item[line])
                missing, left_of_item[line] = missing - rejected, left_of_item[line] - rejected
        if missing:
            message = f"{units} x '{name}' can't be rejected: the node holds {_held(shipments)}"
            mistakes.append(Mistake(field=f"lines.{name}", message=message))
    if mistakes:
        raise InputInvalid(mistakes)
    by_shipment = (
        (item, {line: item.left[line] - units for line, units in left_of_item.items() if units < item.left[line]})
        for item, left_of_item in zip(shipments, left, strict=True)
    )
    return [(item, units) for item, units in by_shipment if units]


def _lines(name: str, item: RejectedShipment, shipments: Sequence[RejectedShipment]) -> list[str]:
    """The lines of a shipment that `name` stands for: the line with that id, or else all lines of that SKU."""
    if any(name in other.lines for other in shipments):
        return [name] if name in item.lines else []
    return [line for line, sku in item.lines.items() if sku == name]


def _held(shipments: Sequence[RejectedShipment]) -> str:
    return "; ".join(
        f"{count} of line {line} ({item.lines[line]})" for item in shipments for line, count in item.left.items()
    )


def units_by_line(rejected: Iterable[RejectedUnits]) -> dict[str, int]:
    """The units that are rejected of all shipments together."""
    units: dict[str, int] = {}
    for _, of_shipment in rejected:
        for line, count in of_shipment.items():
            units[line] = units.get(line, 0) + count
    return units


def count_ended(rejection: Rejection) -> int:
    """How many shipments hold nothing any more, because all that was left of them is rejected."""
    return sum(part.after is None for part in rejection.parts)


def make_rejection(
    request: RejectionRequest, record: DecisionRecord, hold: Hold, rejected: Sequence[RejectedUnits]
) -> Rejection:
    """The rejection as the commit takes it; raises InputInvalid for counts of SKUs that are not rejected."""
    parts = tuple(_part(item, units) for item, units in rejected)
    counts = _counts(request, list(dict.fromkeys(sku for part in parts for sku, _ in part.units)))
    return Rejection(
        decision=request.decision,
        node=request.node,
        shipments=len(record.shipments),
        day=hold.day,
        full=request.reason == "no_capacity",
        parts=parts,
        counts=counts,
        body=RejectionBody(
            node=request.node,
            reason=request.reason,
            parts=tuple((part.number, part.units) for part in parts),
            # shipments of which nothing is held any more, and whether the node's day has their room again
            ended=tuple(part.number for part in parts if part.after is None),
            room=request.reason != "no_capacity",
            lines=tuple((item.number, tuple(sorted(units.items()))) for item, units in rejected),
        ),
    )


def _part(item: RejectedShipment, rejected: Mapping[str, int]) -> RejectedPart:
    units: dict[str, int] = {}
    left: dict[str, int] = {}
    for line, sku in item.lines.items():
        units[sku] = units.get(sku, 0) + rejected.get(line, 0)
        left[sku] = left.get(sku, 0) + item.left[line] - rejected.get(line, 0)
    return RejectedPart(
        number=item.number,
        before=item.body,
        units=tuple((sku, count) for sku, count in units.items() if count),
        left=tuple((sku, count) for sku, count in left.items() if count),
        rejections={line: item.rejections.get(line, 0) + rejected.get(line, 0) for line in item.lines},
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
