"""The shapes of `*_test.yaml`: those of orders, nodes, services, products and stock, as a test writes them.

A test says only what matters to it, so little is required; and amounts are those of the policy language.
"""

import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from api.files.inventory_shapes import (
    MOST_GRAMS,
    MOST_MINUTES,
    HoursShape,
    NodeShape,
    ProductShape,
    ServiceShape,
    StockShape,
)
from api.files.opening_hours import as_date
from api.shapes.base import Strict
from api.shapes.fields import MOST_UNITS, Literal, Word, thousandths
from api.shapes.order import DestinationRequest, LineRequest, OrderRequest
from rules.errors import LiteralInvalid
from rules.syntax import literals
from rules.syntax.condition_parser import Notes
from rules.syntax.yaml_document import Node, Path
from rules.vocabulary import REJECTION_REASONS

MOST_AWAY = 15_000_000
"""Metres; farther lies the same place from the other side."""
_NO_REASON = f"'{{input}}' is no reason to reject; use {', '.join(REJECTION_REASONS)}"
_SOME = validate.Length(min=1, error="nothing stands here; write at least one, or leave the key out")
_NODE_DEFAULTS = ("type", "latitude", "longitude", "country", "services")
_SERVICE_DEFAULTS = ("mode", "base", "transit")
_PRODUCT_DEFAULTS = ("category", "lifecycle")
_NAMED = ("sku", "weight_g")
_UNUSED = ("id", "emission")
"""A test's own services need no source for what they emit: grams_per_tonne_km is enough."""
_ANY = {"keys": fields.String(), "values": fields.Raw(allow_none=True)}


class CaseShape(Strict):
    test = Word(required=True)
    now = fields.String()
    order = fields.Raw(allow_none=True)
    stock = fields.Raw(allow_none=True)
    products = fields.Dict(**_ANY)
    nodes = fields.Dict(**_ANY)
    services = fields.Dict(**_ANY)
    expect = fields.Raw(allow_none=True)


class FileShape(Strict):
    """A test file; what stands under the names of fixtures is read where they are used."""

    network = Word()
    now = fields.String()
    products = fields.Dict(**_ANY)
    nodes = fields.Dict(**_ANY)
    services = fields.Dict(**_ANY)
    stock = fields.Dict(**_ANY)
    orders = fields.Dict(**_ANY)
    tests = fields.List(fields.Nested(CaseShape), required=True, validate=_SOME)


def _day(text: str) -> None:
    if as_date(text) is None:
        raise ValidationError(f"'{text}' is no date; write for example 2026-12-25")


def _zone(text: str) -> None:
    if text not in zoneinfo.available_timezones():
        raise ValidationError(f"'{text}' is no time zone; write for example Europe/Paris")


class RejectedShape(Strict):
    """That a node rejected units of another order, so long before the decision."""

    reason = fields.String(required=True, validate=validate.OneOf(REJECTION_REASONS, error=_NO_REASON))
    ago = Literal(literals.duration, most=MOST_MINUTES, required=True)


class CaseNodeShape(NodeShape):
    away = Literal(literals.distance, most=MOST_AWAY)
    load = Literal(literals.count)
    rejected = fields.Nested(RejectedShape)
    hours = fields.Nested(HoursShape)
    closed = fields.List(fields.String(validate=_day))
    time_zone = fields.String(validate=_zone)

    @validates_schema
    def _one_place(self, data: dict[str, Any], **_: Any) -> None:
        if ("latitude" in data) is not ("longitude" in data):
            raise ValidationError("write both latitude and longitude", "latitude")
        if "latitude" in data and "away" in data:
            raise ValidationError("write away, or latitude and longitude; not both", "away")


class CaseServiceShape(ServiceShape):
    takes = Literal(literals.duration, most=MOST_MINUTES)
    grams_per_tonne_km = Literal(thousandths)

    closed = fields.List(fields.String(validate=_day))

    @validates_schema
    def _said_one_way(self, data: dict[str, Any], **_: Any) -> None:
        """In place of the one of network.yaml, which wants one of them to be there."""
        for rivals in (("takes", "transit", "daily_distance"), ("unit_prices", "per_kg")):
            said = [name for name in rivals if name in data]
            if len(said) > 1:
                raise ValidationError(f"write {' or '.join(said)}; not both", said[0])


class CaseProductShape(ProductShape):
    weight = Literal(literals.weight, most=MOST_GRAMS)
    tags = fields.List(Word())
    attributes = fields.Dict(keys=fields.String(), values=fields.Raw())


class PositionShape(StockShape):
    held = Literal(literals.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """A moment on the installation's clock: seconds, as `rules.syntax.literals.instant` counts them."""

    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """So many minutes after the decision."""

    minutes: int


def moment(text: str) -> At:
    """A date and time from 1970 to 9998; raises LiteralInvalid."""
    seconds = literals.instant(text)
    if not "1970" <= text[:4] <= "9998":
        raise LiteralInvalid(f"'{text}' does not lie between the years 1970 and 9998")
    return At(seconds=seconds)


def _after(text: str) -> After:
    minutes = literals.duration(text)
    if minutes > MOST_MINUTES:
        raise LiteralInvalid(f"'{text}' is more than a year")
    return After(minutes=minutes)


class Moment(fields.Field[At | After]):
    """A moment on the installation's clock or, if `after`, a duration from now."""

    def __init__(self, *, after: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self._after = after

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> At | After:
        if not isinstance(value, str):
            raise ValidationError("a single value is expected here")
        try:
            if self._after and "-" not in value:
                return _after(value)
            return moment(value)
        except LiteralInvalid as error:
            raise ValidationError(str(error)) from None


def _quantity(text: str) -> int:
    units = literals.count(text)
    if units < 1:
        raise LiteralInvalid(f"'{text}' is no quantity; write a whole number from 1")
    return units


class CaseLineShape(LineRequest):
    quantity = Literal(_quantity, most=MOST_UNITS, required=True)
    unit_price = Literal(literals.money, load_default=None)


class CaseOrderShape(OrderRequest):
    """An order as OrderRequest reads it, but for instants, which are At or After until the case's clock is known."""

    id = Word(load_default="T-1")
    channel = Word(load_default="web")
    placed_at = Moment(load_default=None)
    promise_by = Moment(after=True, load_default=None)
    destination = fields.Nested(DestinationRequest, load_default=None)
    lines = fields.List(fields.Nested(CaseLineShape), required=True, validate=_SOME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapes:
    """The shapes of what stands under a name, so that the name itself is none of their keys."""

    node: Schema = field(default_factory=lambda: CaseNodeShape(exclude=("id",), partial=_NODE_DEFAULTS))
    service: Schema = field(default_factory=lambda: CaseServiceShape(exclude=_UNUSED, partial=_SERVICE_DEFAULTS))
    product: Schema = field(default_factory=lambda: CaseProductShape(exclude=_NAMED, partial=_PRODUCT_DEFAULTS))
    position: Schema = field(default_factory=lambda: PositionShape(exclude=("node", "sku")))
    order: Schema = field(default_factory=CaseOrderShape)


class ExpectedShipmentShape(Strict):
    node = fields.Raw(allow_none=True)
    service = fields.Raw(allow_none=True)
    lines = fields.Dict(**_ANY)
    units = fields.Raw(allow_none=True)
    cost = fields.Raw(allow_none=True)
    co2 = fields.Raw(allow_none=True)
    distance = fields.Raw(allow_none=True)
    arrives = fields.Raw(allow_none=True)
    late = fields.Raw(allow_none=True)
    rules = fields.List(fields.String(), validate=_SOME)


class ExpectedExclusionShape(Strict):
    node = fields.String()
    service = fields.String()
    sku = fields.String()
    by = fields.Raw()
    unless_needed = Literal(literals.flag)


class ExpectShape(Strict):
    status = fields.String(validate=validate.OneOf(("filled", "partial", "unfilled")))
    shipments = fields.List(fields.Nested(ExpectedShipmentShape))
    unfilled = fields.Dict(**_ANY)
    fired = fields.List(fields.String(), validate=_SOME)
    not_fired = fields.List(fields.String(), validate=_SOME)
    silenced = fields.List(fields.String(), validate=_SOME)
    not_silenced = fields.List(fields.String(), validate=_SOME)
    excluded = fields.List(fields.Nested(ExpectedExclusionShape, validate=_SOME), validate=_SOME)
    not_excluded = fields.List(fields.Nested(ExpectedExclusionShape, validate=_SOME), validate=_SOME)
    kept = fields.Dict(keys=fields.String(), values=fields.Dict(**_ANY))
    hold = fields.Raw(allow_none=True)
    priority = fields.Raw(allow_none=True)
    totals = fields.Dict(**_ANY)


def shaped(shape: Schema, raw: Node, path: Path, notes: Notes) -> dict[str, Any]:
    """What `raw` says, read; what is wrong is noted at its place, and then it says nothing."""
    if not isinstance(raw, dict):
        notes.add(path, "wrong-type", f"a mapping is expected here, of {', '.join(_keys(shape))}")
        return {}
    try:
        return dict(shape.load(raw))
    except ValidationError as error:
        note_shape(shape, error.messages, path, notes)
        return {}


_IN_WORDS = {
    "Not a valid list.": "a list is expected here",
    "Not a valid mapping type.": "a mapping is expected here",
    "Not a valid string.": "a single value is expected here",
    "Invalid input type.": "a mapping is expected here",
    "Field may not be null.": "a value is missing here",
}
"""Marshmallow's own words, as the rest of the findings would say it."""


def note_shape(
    shape: Schema | None, messages: Any, path: Path, notes: Notes, spot: Callable[[Path], Path] = lambda where: where
) -> None:
    """Marshmallow's nested messages as findings at the places they stand for; `spot` says where a place is written,
    if the shape was given something else than what is written.
    """
    for key, inner in messages.items():
        where = path if key in ("_schema", "value", "key") else (*path, key)
        if isinstance(inner, Mapping):
            note_shape(_under(shape, key), inner, where, notes, spot)
            continue
        for message in inner:
            if message == "Unknown field.":
                notes.add(spot(where), "unknown-key", f"unknown key '{key}'", _keys(shape), str(key))
            elif message == "Missing data for required field.":
                notes.add(spot(path), "missing-key", f"'{key}' is missing")
            else:
                said = _IN_WORDS.get(message, message)
                named = isinstance(key, str) and key != "_schema"
                notes.add(spot(where), "wrong-type", f"{key}: {said}" if named else said)


def _keys(shape: Schema | None) -> list[str]:
    return [item.data_key or name for name, item in shape.fields.items()] if shape else []


def _under(shape: Schema | None, key: Any) -> Schema | None:
    """The schema of what stands under `key`; the numbers of a list stay with the schema of its items."""
    if shape is None or not isinstance(key, str):
        return shape
    found = shape.fields.get(key)
    inner = found.inner if isinstance(found, fields.List) else found
    return inner.schema if isinstance(inner, fields.Nested) else None
