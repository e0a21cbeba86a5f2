"""The shape of a lot: its name, and the last date on which its units may be used."""

from typing import Any

from marshmallow import ValidationError, post_load, validates_schema

from api.shapes.base import Strict
from api.shapes.fields import Day, SentUnits, Word
from api.shapes.limits import MOST_ON_HAND
from engine.model.lots import NEVER, lot_label


class LotColumns(Strict):
    """The columns of a lot in a file of stock."""

    lot = Word()
    expires = Day()

    @validates_schema
    def _of_a_lot(self, data: dict[str, Any], **_: Any) -> None:
        if "expires" in data and "lot" not in data:
            raise ValidationError("write which lot expires then; a date goes with a 'lot'", "expires")


class CountedLot(Strict):
    """Units of a lot, of those of the count."""

    lot = Word(required=True)
    expires = Day(metadata={"description": "the last date on which it may be used; left out: it does not expire"})
    on_hand = SentUnits(0, MOST_ON_HAND, required=True)

    @post_load
    def _labelled(self, data: dict[str, Any], **_: Any) -> tuple[str, Any]:
        return label_of(data) or "", data["on_hand"]


def label_of(data: dict[str, Any]) -> str | None:
    """The label of the lot that was read (see engine/model/lots.py); None if there is none."""
    return lot_label(data["lot"], data.get("expires", NEVER)) if "lot" in data else None
