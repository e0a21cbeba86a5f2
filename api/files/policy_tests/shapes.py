"""The marshmallow shapes of `*_test.yaml`: of its orders, nodes, services, products, stock and expectations.

A test writes only what matters to it, so little is required; amounts are written as in the policy language.
"""

import re
import zoneinfo
from dataclasses import dataclass, field
from typing import Any, get_args

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
from api.shapes.fields import Day, Literal, Word, thousandths
from api.shapes.limits import MOST_UNITS
from api.shapes.order import DestinationRequest, LineRequest, OrderRequest
from engine.decide.decision import Status
from engine.decide.policy_tests.expectation import NO_DISPOSITION
from engine.model.lookahead import MOST_PRICE
from engine.model.receipts import OPEN
from rules.errors import LiteralInvalid
from rules.syntax import literals
from rules.syntax.effect_parser import MOST_DAYS
from rules.syntax.policy_shapes import MISSING_KEY
from rules.vocabulary import DISPOSITIONS, REJECTION_REASONS

MOST_AWAY = 15_000_000
"""Metres; to go farther would be to come nearer on the other side of the earth."""
_NO_REASON = f"'{{input}}' is no reason to reject; use {', '.join(REJECTION_REASONS)}"
_NO_WORD = "'{input}' is none of {choices}"
_SOME = validate.Length(min=1, error="nothing stands here; write at least one, or leave the key out")
_NODE_DEFAULTS = ("type", "latitude", "longitude", "country", "services")
_SERVICE_DEFAULTS = ("mode", "base", "transit")
_PRODUCT_DEFAULTS = ("category", "lifecycle")
_NAMED = ("sku", "weight_g", "unit", "decimals")
_UNUSED = ("id", "emission", "carrier_product", "name")
"""Services in tests write grams_per_tonne_km instead of an `emission` with its source; and what people or
a carrier call them changes no decision.
"""
_NOT_OF_TESTS = ("node", "sku", "lot", "expires", "incoming", "incoming_at")
"""Columns of stock.csv that tests write otherwise."""
_ANY = {"keys": fields.String(), "values": fields.Raw(allow_none=True)}


class PolicyTestShape(Strict):
    test = Word(required=True)
    now = fields.String()
    order = fields.Raw(allow_none=True)
    returned = fields.Raw(allow_none=True, data_key="return")
    stock = fields.Raw(allow_none=True)
    products = fields.Dict(**_ANY)
    nodes = fields.Dict(**_ANY)
    services = fields.Dict(**_ANY)
    expect = fields.Raw(allow_none=True)


def _zone(text: str) -> None:
    if text not in zoneinfo.available_timezones():
        raise ValidationError(f"'{text}' is no time zone; write for example Europe/Paris")


class PolicyTestFileShape(Strict):
    """A test file. Only its frame is checked: fixtures are read where tests use them."""

    network = Word()
    time_zone = fields.String(validate=_zone)
    now = fields.String()
    products = fields.Dict(**_ANY)
    nodes = fields.Dict(**_ANY)
    services = fields.Dict(**_ANY)
    stock = fields.Dict(**_ANY)
    orders = fields.Dict(**_ANY)
    tests = fields.List(fields.Nested(PolicyTestShape), required=True, validate=_SOME)


def _day(text: str) -> None:
    if as_date(text) is None:
        raise ValidationError(f"'{text}' is no date; write for example 2026-12-25")


class RejectedShape(Strict):
    """A node rejected units of another order, so long before the decision."""

    reason = fields.String(required=True, validate=validate.OneOf(REJECTION_REASONS, error=_NO_REASON))
    ago = Literal(literals.duration, most=MOST_MINUTES, required=True)


class ScenarioNodeShape(NodeShape):
    class Meta(NodeShape.Meta):
        exclude = ("address", "label_format", "printers")  # they change no decision

    away = Literal(literals.distance, most=MOST_AWAY)
    load = Literal(literals.count)
    load_this_hour = Literal(literals.count)
    rejected = fields.Nested(RejectedShape)
    hours = fields.Nested(HoursShape)
    closed = fields.List(fields.String(validate=_day))
    time_zone = fields.String(validate=_zone)

    @validates_schema
    def _one_place(self, data: dict[str, Any], **_: Any) -> None:
        if "latitude" in data and "away" in data:
            raise ValidationError("write away, or latitude and longitude; not both", "away")


class ScenarioServiceShape(ServiceShape):
    takes = Literal(literals.duration, most=MOST_MINUTES)
    grams_per_tonne_km = Literal(thousandths)
    on_time_rate = Literal(literals.share)
    closed = fields.List(fields.String(validate=_day))

    @validates_schema
    def _given_one_way(self, data: dict[str, Any], **_: Any) -> None:
        """Overrides the check of network.yaml, which requires transit or daily_distance: a test may leave out both."""
        for rivals in (("takes", "transit", "daily_distance"), ("unit_prices", "parcel_prices", "per_kg")):
            given = [name for name in rivals if name in data]
            if len(given) > 1:
                raise ValidationError(f"write {' or '.join(given)}; not both", given[0])


class ScenarioProductShape(ProductShape):
    weight = Literal(literals.weight, most=MOST_GRAMS)
    tags = fields.List(Word())
    attributes = fields.Dict(keys=fields.String(), values=fields.Raw())


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalInstant:
    """An instant on the installation's clock: seconds, as `rules.syntax.literals.instant` counts them. `ahead`: seconds
    by which the clock is ahead of UTC, where that is written.
    """

    seconds: int
    ahead: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterDecision:
    """An instant so many minutes after the decision."""

    minutes: int


_AHEAD_OF_UTC = re.compile(r"(.+?) ?([+-])([01][0-9]):([0-5][0-9])", re.ASCII)


def local_instant(text: str) -> LocalInstant:
    """Reads a date and time from 1970 to 9998, as `2026-10-25 02:30` or, of an hour that the clock shows twice,
    `2026-10-25 02:30 +01:00`; raises LiteralInvalid.
    """
    match = _AHEAD_OF_UTC.fullmatch(text)
    written, sign, hours, minutes = match.groups() if match else (text, "", "0", "0")
    seconds = literals.instant(written)
    if not "1970" <= text[:4] <= "9998":
        raise LiteralInvalid(f"'{text}' does not lie between the years 1970 and 9998")
    ahead = (int(hours) * 60 + int(minutes)) * (-60 if sign == "-" else 60) if match else None
    return LocalInstant(seconds=seconds, ahead=ahead)


def _after_decision(text: str) -> AfterDecision:
    minutes = literals.duration(text)
    if minutes > MOST_MINUTES:
        raise LiteralInvalid(f"'{text}' is more than a year")
    return AfterDecision(minutes=minutes)


class InstantField(fields.Field[LocalInstant | AfterDecision]):
    """A date and time on the installation's clock or, if `after`, a duration counted from the decision."""

    def __init__(self, *, after: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self._after = after

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> LocalInstant | AfterDecision:
        if not isinstance(value, str):
            raise ValidationError("a single value is expected here")
        try:
            if self._after and "-" not in value:
                return _after_decision(value)
            return local_instant(value)
        except LiteralInvalid as error:
            raise ValidationError(str(error)) from None


def _quantity(text: str) -> int:
    units = literals.count(text)
    if units < 1:
        raise LiteralInvalid(f"'{text}' is no quantity; write a whole number from 1")
    return units


class ScenarioReceiptShape(Strict):
    """Units that are to come: expected at a moment, or so long after the decision. So many of them are promised."""

    units = Literal(_quantity, most=MOST_UNITS, required=True)
    expected = InstantField(after=True, required=True)
    status = fields.String(validate=validate.OneOf(sorted(OPEN)), load_default="confirmed")
    promised = Literal(literals.count, load_default=0)

    @validates_schema
    def _promises_what_comes(self, data: dict[str, Any], **_: Any) -> None:
        if data["promised"] > data["units"]:
            raise ValidationError("more units are promised than are to come", "promised")


class ScenarioPositionShape(StockShape):
    """`lots` are units by the last date on which they may be used, `receipts` what is to come, by id; with either,
    `on_hand` may be left out. `lookahead` is the look-ahead price of a unit.
    """

    on_hand = Literal(literals.count)
    held = Literal(literals.count)
    taken = fields.Dict(keys=Word(), values=Literal(literals.count))
    lookahead = Literal(literals.money, most=MOST_PRICE)
    lots = fields.Dict(keys=Day(), values=Literal(literals.count))
    receipts = fields.Dict(keys=Word(), values=fields.Nested(ScenarioReceiptShape))

    @validates_schema
    def _says_how_many(self, data: dict[str, Any], **_: Any) -> None:
        lots = data.get("lots", {})
        if "on_hand" not in data and not lots and not data.get("receipts"):
            raise ValidationError(MISSING_KEY, "on_hand")
        if sum(lots.values()) > data.get("on_hand", sum(lots.values())):
            raise ValidationError("the lots have more units than are on hand", "lots")


class ScenarioLineShape(LineRequest):
    class Meta(LineRequest.Meta):
        exclude = ("unit_price_micros",)

    quantity = Literal(_quantity, most=MOST_UNITS, required=True)
    unit_price = Literal(literals.money, load_default=None)
    min_shelf_life = Literal(literals.count, most=MOST_DAYS, data_key="min_shelf_life_days", load_default=None)


class ScenarioOrderShape(OrderRequest):
    """An order as OrderRequest reads it, except that its instants stay LocalInstant or AfterDecision: the time zone and
    the instant of the decision are only known with the scenario.
    """

    id = Word(load_default="T-1")
    channel = Word(load_default="web")
    placed_at = InstantField(load_default=None)
    promise_by = InstantField(after=True, load_default=None)
    destination = fields.Nested(DestinationRequest, load_default=None)
    lines = fields.List(fields.Nested(ScenarioLineShape), required=True, validate=_SOME)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioShapes:
    """The shapes of what stands under the name of a node, service or product, or in an order. Made once for a run."""

    node: Schema = field(default_factory=lambda: ScenarioNodeShape(exclude=("id",), partial=_NODE_DEFAULTS))
    service: Schema = field(default_factory=lambda: ScenarioServiceShape(exclude=_UNUSED, partial=_SERVICE_DEFAULTS))
    product: Schema = field(default_factory=lambda: ScenarioProductShape(exclude=_NAMED, partial=_PRODUCT_DEFAULTS))
    position: Schema = field(default_factory=lambda: ScenarioPositionShape(exclude=_NOT_OF_TESTS))
    order: Schema = field(default_factory=ScenarioOrderShape)


class ExpectedShipmentShape(Strict):
    node = fields.Raw(allow_none=True)
    service = fields.Raw(allow_none=True)
    lines = fields.Dict(**_ANY)
    units = fields.Raw(allow_none=True)
    backorder = fields.Raw(allow_none=True)
    incoming = fields.Raw(allow_none=True)
    preorder = fields.Raw(allow_none=True)
    waits = fields.Raw(allow_none=True)
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
    status = fields.String(validate=validate.OneOf(get_args(Status)))
    shipments = fields.List(fields.Nested(ExpectedShipmentShape))
    unfilled = fields.Dict(**_ANY)
    fired = fields.List(fields.String(), validate=_SOME)
    not_fired = fields.List(fields.String(), validate=_SOME)
    silenced = fields.List(fields.String(), validate=_SOME)
    not_silenced = fields.List(fields.String(), validate=_SOME)
    excluded = fields.List(fields.Nested(ExpectedExclusionShape, validate=_SOME), validate=_SOME)
    not_excluded = fields.List(fields.Nested(ExpectedExclusionShape, validate=_SOME), validate=_SOME)
    kept = fields.Dict(keys=fields.String(), values=fields.Dict(**_ANY))
    levels = fields.Dict(keys=fields.String(), values=fields.Dict(keys=fields.String(), values=fields.Dict(**_ANY)))
    hold = fields.Raw(allow_none=True)
    priority = fields.Raw(allow_none=True)
    approve = fields.Raw(allow_none=True)
    totals = fields.Dict(**_ANY)
    disposition = fields.String(validate=validate.OneOf((*DISPOSITIONS, NO_DISPOSITION), error=_NO_WORD))
    as_sku = fields.String()
    place = fields.String()


class ReturnShape(Strict):
    """A unit that came back and lies at a node."""

    sku = Word(required=True)
    node = Word(required=True)
    grade = Word(load_default=None)
    reason = Word(load_default=None)
    days_since_delivery = Literal(literals.count, load_default=None)
