"""Works out which units of a decision's shipments a request ends. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import orjson

from engine.decide.order_record import timestamp
from engine.decide.record import DecisionRecord
from engine.errors import HoldEnded, InputInvalid, Mistake, StockConflict
from engine.inventory.receive_calls import receive_call
from engine.inventory.stated_instants import MICROSECONDS, ahead_of_the_clock, latest_instant
from engine.inventory.unit_choice import QuantityText, choose_units
from engine.store.hold_changes.hold_change import Shipments
from engine.store.hold_changes.shipment_units import ShipmentName, ShipmentUnits
from engine.store.hold_changes.stored_holds import StoredHold
from engine.store.outcomes import Ending, UnitsOnBackorder, UnitState

NO_LINES: Mapping[str, int] = MappingProxyType({})
_ENDED: Mapping[UnitState, str] = {"expired": "expired", "amended": "was let go by an amendment"}
"""What is said of a shipment that ended so; of the others, that it "was confirmed" and so on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRequest:
    """Held units of a decision are to end: of these `shipments`, or of all; and of these so many units of each line or
    SKU in `lines`, or all. Of confirmed ones, `left_at` is when they left, in UTC microseconds; None: now.
    """

    decision: str
    kind: Literal["confirmed", "released"]
    shipments: Sequence[ShipmentName] = ()
    lines: Mapping[str, int] = field(default_factory=dict)
    left_at: int | None = None

    def fingerprint(self, record: DecisionRecord) -> str:
        """Tells another request under the same name; raises InputInvalid for a shipment that is not there."""
        names = [(item.node, item.service) for item in record.shipments]
        verify_shipments("decision", names, self.shipments)
        numbers = [number for number, name in enumerate(names) if name in self.shipments]
        lines = f" {orjson.dumps(self.lines, option=orjson.OPT_SORT_KEYS).decode()}" if self.lines else ""
        left = "" if self.left_at is None else f" {self.left_at}"
        return f"{self.kind} {','.join(map(str, numbers))}{lines}{left}"

    def shipments_after(self, stored: StoredHold, *, at: int, text: QuantityText) -> Shipments:
        """The decision's shipments once the units have ended; as they are if they ended so before. Units whose hold has
        expired may still be confirmed, if none of those asked for are held. Raises HoldEnded, InputInvalid.
        """
        asked = asked_shipments(stored, self.shipments)
        source, there = self._source(stored, asked)
        named = bool(self.shipments)
        if not self.lines and not there and _ended_as_requested(asked, self.kind, named=named):
            return stored.shipments
        right = {item.name for item in asked if item in there or _was(item, self.kind)}
        if not there or (named and not self.lines and any(item.name not in right for item in asked)):
            raise hold_ended(stored)
        return self._moved(stored, there, source, at=at, text=text)

    def _source(
        self, stored: StoredHold, asked: Sequence[ShipmentUnits]
    ) -> tuple[Literal["held", "expired"], list[ShipmentUnits]]:
        """The state that the units are in, and the shipments that have some."""
        held = [item for item in asked if item in stored.held]
        expired = [item for item in asked if item.lines("expired")] if self.kind == "confirmed" else []
        if expired and not self._names_some(held, "held") and (not held or self._names_some(expired, "expired")):
            return "expired", expired
        return "held", held

    def _names_some(self, shipments: Sequence[ShipmentUnits], state: UnitState) -> bool:
        lines = ((line, item.skus[line]) for item in shipments for line in item.lines(state))
        return any(not self.lines or line in self.lines or sku in self.lines for line, sku in lines)

    def _moved(
        self,
        stored: StoredHold,
        shipments: Sequence[ShipmentUnits],
        source: UnitState,
        *,
        at: int,
        text: QuantityText,
    ) -> Shipments:
        chosen = choose_units(self.lines, shipments, source, verb=self.kind, text=text)
        return tuple(
            item.moved(chosen[item.number], source, self.kind, at=at) if item.number in chosen else item
            for item in stored.shipments
        )


def asked_shipments(stored: StoredHold, names: Sequence[ShipmentName]) -> list[ShipmentUnits]:
    """The decision's shipments of these names, or all without names; raises InputInvalid for one that is not there."""
    verify_shipments("decision", [item.name for item in stored.shipments], names)
    return [item for item in stored.shipments if not names or item.name in names]


def verify_shipments(what: str, names: Iterable[ShipmentName], shipments: Sequence[ShipmentName]) -> None:
    """Raise InputInvalid for those of the `shipments` that a decision or an order (`what`) does not have; it has
    `names`.
    """
    there = dict.fromkeys(names)
    unknown = [
        Mistake(
            field=f"shipments.{index}",
            message=f"the {what} has no shipment from '{node}' by '{service}'; it has "
            + (", ".join(map("/".join, there)) or "none"),
        )
        for index, (node, service) in enumerate(shipments)
        if (node, service) not in there
    ]
    if unknown:
        raise InputInvalid(unknown)


def verify_stated(instant: int | None, *, began: int, now: int, field: str) -> None:
    """Raise InputInvalid if goods can't have left, or been found missing, at the instant that `field` states, in UTC
    microseconds: before the decision `began` to hold them, or more than MINUTES_AHEAD after `now`; both in UTC seconds.
    """
    if instant is None:
        return
    shown = timestamp(instant // MICROSECONDS)
    if instant > latest_instant(now):
        message = f"{shown} is {ahead_of_the_clock(now)}"
    elif instant < began * MICROSECONDS:
        message = f"at {shown} the goods were not held yet: their decision was made at {timestamp(began)}"
    else:
        return
    raise InputInvalid([Mistake(field=field, message=f"{message}; write when it was, or leave it out for now")])


def hold_ended(stored: StoredHold) -> HoldEnded:
    """The error that says what became of a hold that is open no more, or not for some of its shipments."""
    ended = list(ending_phrases(stored.shipments))
    if not ended:
        return HoldEnded(f"decision {stored.decision} holds nothing, and nothing says why; run: pointsman ledger check")
    undo = ""
    if any(shipment.lines("confirmed") for shipment in stored.shipments):
        undo = (
            f"; if goods did not leave, undo the confirm (POST /v1/decisions/{stored.decision}/confirm/undo, or:"
            f" pointsman hold undo {stored.decision})"
        )
    return HoldEnded(f"the hold of decision {stored.decision} has ended: {'; '.join(ended)}{undo}")


def _was(shipment: ShipmentUnits, kind: str) -> bool:
    return shipment.ending is not None and shipment.ending.kind == kind


def _ended_as_requested(asked: Sequence[ShipmentUnits], kind: str, *, named: bool) -> bool:
    """Whether nothing is held, and of the shipments of each name, or of all if they are not named, the last to end
    ended so.
    """
    endings: dict[ShipmentName | None, list[Ending]] = {}
    for item in asked:
        if item.ending is None:
            return False
        endings.setdefault(item.name if named else None, []).append(item.ending)
    return all(_last_ended(of_name, kind) for of_name in endings.values())


def _last_ended(endings: Sequence[Ending], kind: str) -> bool:
    """Whether the last of these, or one of several at that instant, is of that kind."""
    last = max(ending.at for ending in endings)
    return any(ending.at == last and ending.kind == kind for ending in endings)


def ending_phrases(shipments: Iterable[ShipmentUnits]) -> Iterator[str]:
    """How and when the last units of each ended, of those that hold none."""
    for shipment in shipments:
        if shipment.ending:
            ending = shipment.ending
            ended = _ENDED.get(ending.kind, f"was {ending.kind}")
            yield f"{shipment.node}/{shipment.service} {ended} at {timestamp(ending.at)}"


def on_backorder(awaited: UnitsOnBackorder, text: QuantityText) -> StockConflict:
    """The error for units that are to leave before they are there."""
    if awaited.receipt is not None:
        return StockConflict(
            f"{still_to_come(awaited.sku, awaited.node, awaited.receipt, awaited.expected_at)}, and then confirm them"
        )
    on_hand = text(awaited.sku, awaited.on_hand)
    return StockConflict(
        f"these units of {awaited.sku} are on backorder at {awaited.node}, where {on_hand} are on hand; once"
        " they have arrived, send that as a stock movement or count, and then confirm them"
    )


def still_to_come(sku: str, node: str, receipt: str, expected_at: int) -> str:
    """Says that units are not there yet, and how to say that they are. `expected_at` is UTC seconds."""
    return (
        f"these units of {sku} are still to come to {node}, by receipt '{receipt}', which is expected at"
        f" {timestamp(expected_at)}; once they have arrived, receive {receive_call(receipt, sku)}"
    )
