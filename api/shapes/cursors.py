"""Cursors: how the `next` of a page of the backlog, holds, orders, decisions, packings, or orders that a trial changes
is written, and read as `after` of the page that follows; and how the `cursor` of a feed is read as `since`.
"""

from typing import Any

from marshmallow import ValidationError, fields

from engine.decide.priority import Rank
from engine.inventory.availability_feed import Cursor
from engine.model.parcels import PackingPlace, ShipmentKey
from engine.policies.changed_orders import Place

_RANK_PARTS = 5
_ENTRY_PARTS = 2
_MOST_DIGITS = 19
"""A number of so many digits fits 64 bits."""
_MOST_SECONDS_DIGITS = 12
"""Of UTC seconds."""


def backlog_cursor(rank: Rank | None) -> str | None:
    """The text that BacklogCursor reads; None: there is no further page."""
    if rank is None:
        return None
    priority, promise, placed, order, decision = rank
    # an order's id may have colons in it, so it stands last
    return f"{priority}:{promise}:{placed}:{decision}:{order}"


def holds_cursor(after: tuple[int, str] | None) -> str | None:
    """The text that HoldsCursor reads; None: there is no further page."""
    return None if after is None else f"{after[0]}:{after[1]}"


def orders_cursor(after: tuple[int, str] | None) -> str | None:
    """The text that OrdersCursor reads; None: there is no further page."""
    return holds_cursor(after)


def decisions_cursor(after: tuple[int, int] | None) -> str | None:
    """The text that DecisionsCursor reads; None: there is no further page."""
    return None if after is None else f"{after[0]}-{after[1]}"


def changed_orders_cursor(after: Place | None) -> str | None:
    """The text that ChangedOrdersCursor reads; None: there is no further page."""
    return None if after is None else ":".join(map(str, after))


def packings_cursor(after: PackingPlace) -> str:
    """The text that PackingsCursor reads."""
    packed_at, shipment, number = after
    return f"{packed_at}:{number}:{shipment}"


class BacklogCursor(fields.String):
    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        parts = value.split(":", _RANK_PARTS - 1) if isinstance(value, str) else []
        if len(parts) != _RANK_PARTS or not all(_is_number(part, _MOST_DIGITS) for part in parts[:3]):
            raise ValidationError("this is no 'next' of a page before")
        priority, promise, placed = (int(part) for part in parts[:3])
        decision, order = parts[3:]
        return (priority, promise, placed, order, decision)


class PrintJobsCursor(fields.String):
    """An instant in UTC microseconds."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if not (isinstance(value, str) and _is_number(value, _MOST_DIGITS)):
            raise ValidationError("this is no 'next' of a page before")
        return int(value)


class HoldsCursor(fields.String):
    """An instant and an id."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        instant, _, name = value.partition(":") if isinstance(value, str) else ("", "", "")
        if not (_is_number(instant, _MOST_SECONDS_DIGITS) and name):
            raise ValidationError("this is no 'next' of a page before")
        return int(instant), name


class OrdersCursor(HoldsCursor):
    """As that of holds: the instant an order was placed, and its id."""


class DecisionsCursor(fields.String):
    """An entry of the log."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        parts = value.split("-") if isinstance(value, str) else []
        if len(parts) != _ENTRY_PARTS or not all(_is_number(part, _MOST_DIGITS) for part in parts):
            raise ValidationError("this is no 'next' of a page before")
        entry = int(parts[0]), int(parts[1])
        if not any(entry):  # no entry has this id, and the server reads nothing before it
            raise ValidationError("this is no 'next' of a page before")
        return entry


class HistoryCursor(DecisionsCursor):
    """How many changes of policy versions, and how many turns of them, are before the page."""


class ChangedOrdersCursor(fields.String):
    """Units and micros, both of which may be below 0, and an order's id."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        units, cost, order = (*value.split(":", 2), "", "")[:3] if isinstance(value, str) else ("", "", "")
        if not (order and all(_is_number(part.removeprefix("-"), _MOST_DIGITS) for part in (units, cost))):
            raise ValidationError("this is no 'next' of a page before")
        return int(units), int(cost), order


class PackingsCursor(fields.String):
    """An instant, the number of a packing, and the shipment that it is of."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        instant, number, shipment = (*value.split(":", 2), "", "")[:3] if isinstance(value, str) else ("", "", "")
        decision, _sign, place = shipment.rpartition("/")
        numbers = (instant, number, place)
        if not (decision and all(_is_number(part, _MOST_SECONDS_DIGITS) for part in numbers)):
            raise ValidationError("this is no 'next' of a page before")
        return int(instant), ShipmentKey(decision, int(place)), int(number)


class FeedCursor(fields.String):
    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        cursor = Cursor.parse(value) if isinstance(value, str) else None
        if cursor is None:
            raise ValidationError("this is no 'cursor' of a feed")
        return cursor


def _is_number(text: str, most_digits: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= most_digits
