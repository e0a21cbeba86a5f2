"""The shape of a count of a position as it is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from api.shapes.base import Strict
from api.shapes.fields import SentUnits, StampField, WholeNumber
from api.shapes.limits import MOST_ON_HAND
from api.shapes.lots import CountedLot
from api.shapes.quantities import Quantities
from engine.errors import InputInvalid, Mistake
from engine.model.lots import LotUnits, name_of
from engine.store.stock import Stamp

MOST_SEQUENCE = 2**53 - 1
"""Beyond, not every reader of JSON tells two numbers apart."""


MOST_LOTS = 1_000
"""Lots of one position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCount:
    """A count as it was sent; `lots` are label and units of each, None if the count does not say."""

    on_hand: int | Decimal
    stamp: Stamp
    lots: Sequence[tuple[str, int | Decimal]] | None


class CountRequest(Strict):
    """How many units a position has, by the source's own time (`at`) or its own count of messages (`sequence`)."""

    on_hand = SentUnits(0, MOST_ON_HAND, required=True)
    at = StampField(metadata={"example": "2026-11-27T08:12:31.250Z"})
    sequence = WholeNumber(0, MOST_SEQUENCE)
    lots = fields.List(
        fields.Nested(CountedLot),
        validate=validate.Length(max=MOST_LOTS),
        metadata={"description": "which of the units are of lots; left out: not said, and the lots stay as they are"},
    )

    @validates_schema
    def _one_stamp(self, data: dict[str, Any], **_: Any) -> None:
        if ("at" in data) == ("sequence" in data):
            message = "say which message is the newer one: either 'at', the source's time, or 'sequence', its number"
            raise ValidationError(message, "at")

    @validates_schema
    def _each_lot_once(self, data: dict[str, Any], **_: Any) -> None:
        names = [name_of(label) for label, _ in data.get("lots", ())]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValidationError(f"lot '{twice}' stands here a second time", "lots")

    @post_load
    def _stamped(self, data: dict[str, Any], **_: Any) -> SentCount:
        kind = "t" if "at" in data else "s"
        stamp = Stamp(kind=kind, number=data["at"] if kind == "t" else data["sequence"])
        return SentCount(on_hand=data["on_hand"], stamp=stamp, lots=data.get("lots"))


def lots_of_count(
    sku: str, sent: Sequence[tuple[str, int | Decimal]], on_hand: int, quantities: Quantities
) -> LotUnits:
    """The lots of a count; raises InputInvalid if they have more units than were counted in all."""
    units = [(label, quantities.smallest(sku, count, field="lots", most=MOST_ON_HAND)) for label, count in sent]
    total = sum(count for _, count in units)
    if total > on_hand:
        message = f"the lots have {total} units, and {on_hand} were counted in all; on_hand counts those of every lot"
        raise InputInvalid([Mistake(field="lots", message=message)])
    return tuple(sorted(units))
