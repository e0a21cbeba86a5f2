"""Reads an order that is written as most are, without marshmallow, which takes ten times as long.

Whatever is seldom, or may be wrong, is left to the shape, which reads it and says what is wrong with it. So what is
read here is what the shape makes of it, and nothing is refused here.
"""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from api.shapes.fields import Degrees, Instant, Money
from api.shapes.limits import MOST_LETTERS, MOST_TAGS, MOST_UNITS
from engine.decide.address.postcodes import canonical
from engine.model.facts import GeoPoint, Line, Order
from rules.vocabulary import COLLECTED, DELIVERIES

_KEYS = frozenset(
    {
        *("id", "channel", "delivery", "placed_at", "promise_by", "destination", "collect_at"),
        *("customer", "segment", "currency", "tags", "lines"),
    }
)
_DESTINATION_KEYS = frozenset({"country", "postcode", "region", "latitude", "longitude"})
_LINE_KEYS = frozenset({"id", "sku", "quantity", "unit_price"})
_COUNTRY_LETTERS, _CURRENCY_LETTERS = 2, 3
_instant, _money = Instant().read, Money().read
_latitude, _longitude = Degrees(90).read, Degrees(180).read


class _Unusual(Exception):
    """The shape has to read it."""


def read_quickly(raw: Any) -> Order | None:
    """The order in a JSON value; None if the shape has to read it."""
    try:
        return _order(raw)
    except (_Unusual, ValidationError):
        return None


def _order(raw: Any) -> Order:
    if type(raw) is not dict or not _KEYS.issuperset(raw):
        raise _Unusual
    get = raw.get
    delivery, destination, collect_at = raw.get("delivery", "standard"), get("destination"), get("collect_at")
    is_collected = delivery == COLLECTED
    if delivery not in DELIVERIES or is_collected != (collect_at is not None) or is_collected != (destination is None):
        raise _Unusual
    where = {} if is_collected else _where(destination)
    promise_by = get("promise_by")
    return Order(
        id=_word(get("id")),
        channel=_word(get("channel")),
        delivery=delivery,
        placed_at=_instant(get("placed_at")),
        lines=_lines(get("lines")),
        promise_by=None if promise_by is None else _instant(promise_by),
        collect_at=_optional(collect_at),
        customer=_optional(get("customer")),
        segment=_optional(get("segment")),
        tags=_tags(raw.get("tags", ())),
        currency=_code(get("currency"), _CURRENCY_LETTERS),
        **where,
    )


def _where(raw: Any) -> Mapping[str, Any]:
    if type(raw) is not dict or not _DESTINATION_KEYS.issuperset(raw):
        raise _Unusual
    get = raw.get
    country, postcode, latitude, longitude = get("country"), get("postcode"), get("latitude"), get("longitude")
    has_place = latitude is not None and longitude is not None
    if not has_place and (latitude is not longitude or country is None or postcode is None):
        raise _Unusual
    code = _code(country, _COUNTRY_LETTERS)
    return {
        "country": code,
        "postcode": None if postcode is None else canonical(_word(postcode), code),
        "region": _optional(get("region")),
        "place": GeoPoint(latitude=_latitude(latitude), longitude=_longitude(longitude)) if has_place else None,
    }


def _lines(raw: Any) -> tuple[Line, ...]:
    if type(raw) is not list or not raw:
        raise _Unusual
    lines = tuple(_line(line, number) for number, line in enumerate(raw, start=1))
    if len(lines) > 1 and len({line.id for line in lines}) < len(lines):
        raise _Unusual
    return lines


def _line(raw: Any, number: int) -> Line:
    if type(raw) is not dict or not _LINE_KEYS.issuperset(raw):
        raise _Unusual
    name, quantity, price = raw.get("id"), raw.get("quantity"), raw.get("unit_price")
    if type(quantity) is not int or not 1 <= quantity <= MOST_UNITS:
        raise _Unusual
    return Line(
        id=str(number) if name is None else _word(name),
        sku=_word(raw.get("sku")),
        quantity=quantity,
        unit_price=None if price is None else _money(price),
    )


def _tags(raw: Any) -> frozenset[str]:
    if not raw and type(raw) in (list, tuple):
        return frozenset()
    if type(raw) is not list or len(raw) > MOST_TAGS:
        raise _Unusual
    return frozenset(map(_word, raw))


def _word(value: Any) -> str:
    """A text that the field `Word` takes: what can be printed has no control characters."""
    if type(value) is not str or not 1 <= len(value) <= MOST_LETTERS or not value.isprintable() or value.isspace():
        raise _Unusual
    return value


def _optional(value: Any) -> str | None:
    return None if value is None else _word(value)


def _code(value: Any, letters: int) -> str | None:
    """A text that the fields `Country` and `Currency` take."""
    if value is None:
        return None
    if type(value) is not str or len(value) != letters or not (value.isascii() and value.isalpha() and value.isupper()):
        raise _Unusual
    return value
