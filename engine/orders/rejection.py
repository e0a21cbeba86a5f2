"""What a node says it won't ship of a decision, read against what the decision holds there."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import orjson

from engine.decide.record import DecisionRecord
from engine.errors import InputInvalid, Mistake
from engine.store.decision_chain import NOT_IN_STOCK
from engine.store.follow_up_commit import RejectedPart, Rejection
from engine.store.holds import Hold

Reason: TypeAlias = Literal["not_in_stock", "no_capacity", "damaged", "other"]
COUNTED: frozenset[Reason] = frozenset({"not_in_stock", "damaged"})
"""Reasons with which a node may say what it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What a node says: it won't ship `lines` (units by line, or by SKU; empty: all that it holds) of a decision, by
    `service` or any. `on_hand` is what it has, by SKU; without, for what is not in stock, what is then left promised
    from it. `waits`: units that no other node has wait for stock. `op` names the request.
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
    def asked(self) -> str:
        """Tells another request under the same operation."""
        counted = self.on_hand if isinstance(self.on_hand, int | None) else sorted(self.on_hand.items())
        said = [self.node, self.reason, self.service, sorted(self.lines.items()), counted, self.waits]
        return hashlib.blake2b(orjson.dumps(said), digest_size=12).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldShipment:
    """A shipment that still holds units: `left` by line, of those that the node has not rejected before."""

    number: int
    body: bytes
    lines: Mapping[str, str]
    """Line to SKU."""
    left: Mapping[str, int]
    rejections: Mapping[str, int]


Taken: TypeAlias = tuple[HeldShipment, Mapping[str, int]]
"""Of a shipment the units rejected, by line."""


def numbers(refusal: Refusal, record: DecisionRecord) -> list[int]:
    """The shipments of the node, by the service if one is named."""
    ways = [(shipment.node, shipment.service) for shipment in record.shipments]
    found = [
        number
        for number, (node, service) in enumerate(ways)
        if node == refusal.node and refusal.service in (None, service)
    ]
    if not found:
        by = "" if refusal.service is None else f" by '{refusal.service}'"
        ships = ", ".join(f"{node}/{service}" for node, service in ways) or "nothing"
        told = f"the decision ships nothing from '{refusal.node}'{by}; it ships {ships}"
        raise InputInvalid([Mistake(field="node", message=told)])
    return found


def taken(refusal: Refusal, shipments: Sequence[HeldShipment]) -> list[Taken]:
    """What is rejected of each shipment; raises InputInvalid for lines and units that the node doesn't hold."""
    if not refusal.lines:
        return [(item, {line: units for line, units in item.left.items() if units}) for item in shipments]
    left = [dict(item.left) for item in shipments]
    mistakes = []
    for name, units in refusal.lines.items():
        missing = units
        for item, there in zip(shipments, left, strict=True):
            for line in _lines(name, item, shipments):
                some = min(missing, there[line])
                missing, there[line] = missing - some, there[line] - some
        if missing:
            told = f"{units} x '{name}' can't be rejected: the node holds {_held(shipments)}"
            mistakes.append(Mistake(field=f"lines.{name}", message=told))
    if mistakes:
        raise InputInvalid(mistakes)
    found = (
        (item, {line: item.left[line] - units for line, units in there.items() if units < item.left[line]})
        for item, there in zip(shipments, left, strict=True)
    )
    return [(item, units) for item, units in found if units]


def _lines(name: str, item: HeldShipment, shipments: Sequence[HeldShipment]) -> list[str]:
    """The lines of a shipment that a name means: a line by its id, or else all lines of a SKU."""
    if any(name in other.lines for other in shipments):
        return [name] if name in item.lines else []
    return [line for line, sku in item.lines.items() if sku == name]


def _held(shipments: Sequence[HeldShipment]) -> str:
    return "; ".join(
        f"{count} of line {line} ({item.lines[line]})" for item in shipments for line, count in item.left.items()
    )


def by_line(found: Iterable[Taken]) -> dict[str, int]:
    """Units rejected in all."""
    units: dict[str, int] = {}
    for _, rejected in found:
        for line, count in rejected.items():
            units[line] = units.get(line, 0) + count
    return units


def gone(rejection: Rejection) -> int:
    """Shipments that are rejected whole."""
    return sum(part.after is None for part in rejection.parts)


def rejection_of(refusal: Refusal, record: DecisionRecord, hold: Hold, found: Sequence[Taken]) -> Rejection:
    """As the commit takes it; raises InputInvalid for counts of what is not rejected."""
    parts = tuple(_part(item, units) for item, units in found)
    counts = _counts(refusal, list(dict.fromkeys(sku for part in parts for sku, _ in part.units)))
    return Rejection(
        decision=refusal.decision,
        node=refusal.node,
        shipments=len(record.shipments),
        day=hold.day,
        full=refusal.reason == "no_capacity",
        parts=parts,
        counts=counts,
        entry={
            "node": refusal.node,
            "reason": refusal.reason,
            "parts": [[part.number, part.units] for part in parts],
            # shipments of which nothing is held any more, and whether the node's day has their room again
            "ended": [part.number for part in parts if part.after is None],
            "room": refusal.reason != "no_capacity",
            "lines": [[item.number, sorted(units.items())] for item, units in found],
        },
    )


def _part(item: HeldShipment, rejected: Mapping[str, int]) -> RejectedPart:
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


def _counts(refusal: Refusal, skus: list[str]) -> dict[str, int | None]:
    """What is on hand by SKU, as far as the node says; raises InputInvalid."""
    said = refusal.on_hand
    if said is not None and refusal.reason not in COUNTED:
        told = f"on_hand goes with the reasons {' and '.join(sorted(COUNTED))}, not with {refusal.reason}"
        raise InputInvalid([Mistake(field="on_hand", message=told)])
    if isinstance(said, int):
        if len(skus) > 1:
            told = f"several SKUs are rejected; say on_hand of each: {', '.join(skus)}"
            raise InputInvalid([Mistake(field="on_hand", message=told)])
        said = {skus[0]: said}
    unknown = [sku for sku in said or {} if sku not in skus]
    if unknown:
        told = f"nothing of '{unknown[0]}' is rejected here, only of {', '.join(skus)}; send its count as stock"
        raise InputInvalid([Mistake(field=f"on_hand.{unknown[0]}", message=told)])
    default: dict[str, int | None] = dict.fromkeys(skus) if refusal.reason == NOT_IN_STOCK else {}
    return default | dict(said or {})
