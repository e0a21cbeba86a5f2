"""The marshmallow shapes of network.yaml, products.csv and stock.csv."""

import itertools
from collections.abc import Mapping
from typing import Any, get_args

from marshmallow import ValidationError, fields, validate, validates_schema

from api.files.fulfilment.carriers import CarrierShape
from api.files.fulfilment.shapes import PaperName, ParcelsShape, PrintersShape
from api.files.transfers.shapes import MOST_DETOUR, MOST_METRES, MOST_MINUTES, NodeNamesShape, TransfersShape
from api.shapes import text_patterns
from api.shapes.base import Strict
from api.shapes.fields import (
    Countries,
    Country,
    Currency,
    Day,
    Degrees,
    FeedStepField,
    Literal,
    Note,
    Span,
    Word,
    detour_factor,
    exchange_rate,
    thousandths,
)
from api.shapes.lots import LotColumns
from api.shapes.postal_address import PlaceAddressShape
from engine.decide.shipping.distance import DISTANCE_STEP
from engine.model.demand import DemandMethod, DemandSource
from engine.model.facts import MAX_PACE, CutOffBy
from engine.model.milestones import PREPARATION_MILESTONES
from engine.model.parcels import LabelFormat
from engine.model.timetable import DAY
from rules.syntax import literals
from rules.vocabulary import ATTRIBUTE_KINDS, LIFECYCLES, MODES, NODE_TYPES
from rules.windows import WEEKDAYS
from rules.wording.catalogue import available_languages

MOST_GRAMS = 10**8
MOST_EMISSION = 100_000_000
"""Thousandths of a gram: 100 kg of CO2e a tonne-km, some hundred times what a plane emits."""
MOST_DECIMALS = 3
_ATTRIBUTE_KINDS = tuple(ATTRIBUTE_KINDS)


class EmissionShape(Strict):
    grams_per_tonne_km = Literal(thousandths, most=MOST_EMISSION, required=True)
    source = fields.String(required=True, validate=validate.Length(min=1))


class ModeEmissionShape(EmissionShape):
    drop = Literal(literals.carbon)


class HolidaysShape(Strict):
    source = fields.String(validate=validate.Length(min=1))
    dates = fields.List(Literal(literals.date), required=True)


class HoursShape(Strict):
    """The opening hours by weekday; on a weekday that is missing it is closed."""

    monday = tuesday = wednesday = thursday = friday = saturday = sunday = fields.List(Span())

    @validates_schema
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        for day, spans in data.items():
            if any(later[0] < earlier[1] for earlier, later in itertools.pairwise(spans)):
                raise ValidationError("write the hours in the order of the day, without overlaps", day)
        if not any(data.values()):
            raise ValidationError("it must be open at some time of the week")


class Hours(fields.Field[Any]):
    """The name of one of the `opening_hours`, or opening hours written out."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if isinstance(value, Mapping):
            return HoursShape().load(value)
        return Word().deserialize(value)


class CutOffsShape(Strict):
    """The cut-off by weekday; on a weekday that is missing there is none."""

    monday = tuesday = wednesday = thursday = friday = saturday = sunday = Literal(literals.time, most=DAY)

    @validates_schema
    def _has_one(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise ValidationError('write the cut-off of some weekday, as {saturday: "12:00"}')


class CutOff(fields.Field[Any]):
    """A time of day, or one for each of some weekdays; to minutes of the day, one or of each day from Monday on."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if isinstance(value, Mapping):
            by_day = CutOffsShape().load(value)
            return tuple(by_day.get(day, DAY) for day in WEEKDAYS)
        return Literal(literals.time, most=DAY).deserialize(value)


class UnitPriceShape(Strict):
    up_to = Literal(literals.weight, required=True)
    costs = Literal(literals.money, required=True)
    per_kg = Literal(literals.money)


def _is_counted_by_the_gram(micros: int) -> None:
    if micros % 1_000:
        raise ValidationError("write it in steps of 0.001 a kilogram, so that every gram costs whole millionths")


class ParcelPriceShape(Strict):
    over = Literal(literals.weight)
    up_to = Literal(literals.weight, required=True)
    costs = Literal(literals.money, required=True)
    per_kg = Literal(literals.money, validate=_is_counted_by_the_gram)
    at_least = Literal(literals.money)


class BandShape(Strict):
    up_to = Literal(literals.distance, required=True)
    takes = Literal(literals.duration, most=MOST_MINUTES, required=True)


class ServiceShape(Strict):
    id = Word(required=True)
    mode = fields.String(required=True, validate=validate.OneOf(MODES))
    name = PaperName()
    carrier = Word()
    carrier_product = Word()
    base = Literal(literals.money, required=True)
    per_km = Literal(literals.money)
    per_kg = Literal(literals.money)
    unit_prices = fields.List(fields.Nested(UnitPriceShape), validate=validate.Length(min=1))
    parcel_prices = fields.List(fields.Nested(ParcelPriceShape), validate=validate.Length(min=1))
    emission = fields.Nested(EmissionShape)
    detour = Literal(detour_factor, most=MOST_DETOUR)
    max_distance = Literal(literals.distance)
    max_weight = Literal(literals.weight)
    max_unit_weight = Literal(literals.weight)
    drop = Literal(literals.carbon)
    countries = fields.List(Country())
    transit = fields.List(fields.Nested(BandShape), validate=validate.Length(min=1))
    daily_distance = Literal(literals.distance, validate=validate.Range(min=1_000, error="must be at least 1 km a day"))
    runs = fields.List(fields.String(validate=validate.OneOf(WEEKDAYS)), validate=validate.Length(min=1))
    closed = fields.List(Word())

    @validates_schema
    def _bands_reach_further(self, data: dict[str, Any], **_: Any) -> None:
        for name in ("transit", "unit_prices"):
            reaches = [band["up_to"] for band in data.get(name, [])]
            if reaches != sorted(set(reaches)):
                raise ValidationError("each band must reach further than the one before", name)

    @validates_schema
    def _parcel_prices_follow_each_other(self, data: dict[str, Any], **_: Any) -> None:
        above = 0
        for number, band in enumerate(data.get("parcel_prices", [])):
            if band.get("over", above) < above or band["up_to"] <= band.get("over", above):
                raise ValidationError(
                    "each band must begin where the one before ends, or above, and reach further",
                    f"parcel_prices.{number}",
                )
            above = band["up_to"]

    @validates_schema
    def _given_one_way(self, data: dict[str, Any], **_: Any) -> None:
        if ("transit" in data) is ("daily_distance" in data):
            raise ValidationError("write how long it takes: either transit or daily_distance", "transit")
        if "unit_prices" in data and "per_kg" in data:
            raise ValidationError("unit_prices replace per_kg; write per_kg in each of their bands", "per_kg")
        if "parcel_prices" in data:
            for rival in ("per_kg", "unit_prices"):
                if rival in data:
                    raise ValidationError(f"parcel_prices replace {rival}; write what weight costs in one way", rival)


def _by_weekday(title: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """A schema of something by day of the week."""
    return {
        "title": title,
        "type": "object",
        "minProperties": 1,
        "properties": dict.fromkeys(WEEKDAYS, value),
        "additionalProperties": False,
    }


ATTRIBUTE = {"type": ["string", "number", "boolean", "array"], "items": {"type": "string"}}
"""The value of an attribute, on the OpenAPI page."""
_HOURS = _by_weekday("HoursByWeekday", {"type": "array", "items": {"type": "string", "pattern": text_patterns.SPAN}})
_CUT_OFF = {
    "anyOf": [
        text_patterns.LITERALS[literals.time],
        _by_weekday("CutOffByWeekday", text_patterns.LITERALS[literals.time]),
    ]
}


class MilestonesShape(Strict):
    """The milestones that the node reports, and how much of its preparation is over by then."""

    released = picked = packed = Literal(literals.share)

    @validates_schema
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        shares = [(name, data[name]) for name in PREPARATION_MILESTONES if name in data]
        for (earlier, less), (later, more) in itertools.pairwise(shares):
            if more < less:
                raise ValidationError(f"'{later}' comes after '{earlier}', so its share can't be smaller", later)


class NodeShape(Strict):
    id = Word(required=True)
    name = Word()
    type = fields.String(required=True, validate=validate.OneOf(NODE_TYPES))
    latitude = Degrees(90)
    longitude = Degrees(180)
    country = Country(required=True)
    region = Word()
    tags = fields.List(Word())
    attributes = fields.Dict(keys=fields.String(), values=fields.Raw(metadata=ATTRIBUTE))
    group = Word()
    handling = Literal(literals.money)
    handling_per_unit = Literal(literals.money)
    preparation = Literal(literals.duration, most=MOST_MINUTES)
    services = fields.List(Word(), required=True)
    time_zone = fields.String()
    hours = Hours(metadata=_HOURS)
    closed = fields.List(Word())
    cut_offs = fields.Dict(keys=Word(), values=CutOff(metadata=_CUT_OFF))
    daily_orders = Literal(literals.count)
    hourly_orders = Literal(literals.count)
    daily_units = Literal(literals.count)
    daily_weight = Literal(literals.weight)
    milestones = fields.Nested(MilestonesShape)
    address = fields.Nested(PlaceAddressShape)
    label_format = fields.String(validate=validate.OneOf(get_args(LabelFormat)))
    printers = PrintersShape()

    @validates_schema
    def _lies_somewhere(self, data: dict[str, Any], **_: Any) -> None:
        if ("latitude" in data) is not ("longitude" in data):
            raise ValidationError("write both latitude and longitude", "latitude")


class GoalShape(Strict):
    country = Countries()
    region = Word()
    postcode = Word()


class LaneShape(Strict):
    origin = fields.Nested(NodeNamesShape, data_key="from", required=True)
    goal = fields.Nested(GoalShape, data_key="to", required=True)
    services = fields.List(Word(), validate=validate.Length(min=1))
    distance = Literal(literals.distance, most=MOST_METRES)
    takes = Literal(literals.duration, most=MOST_MINUTES)
    no_service = Literal(literals.flag)

    @validates_schema
    def _is_complete(self, data: dict[str, Any], **_: Any) -> None:
        if not any(data.get("origin", {}).values()):
            raise ValidationError("write which nodes it starts from: nodes, groups or tags", "from")
        if not data.get("goal"):
            raise ValidationError("write where it leads to: country, region or postcode, as a glob", "to")
        has_route = "distance" in data or "takes" in data
        if has_route is data.get("no_service", False):
            raise ValidationError("write distance, takes or both; or else only no_service: true", "no_service")

    @validates_schema
    def _is_rounded(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("distance", 0) % DISTANCE_STEP:
            raise ValidationError(
                f"write it in steps of {DISTANCE_STEP} m, to which all distances are rounded", "distance"
            )


class AttributesShape(Strict):
    product = fields.Dict(keys=Word(), values=fields.String(validate=validate.OneOf(_ATTRIBUTE_KINDS)))
    node = fields.Dict(keys=Word(), values=fields.String(validate=validate.OneOf(_ATTRIBUTE_KINDS)))


class OrderWordsShape(Strict):
    """The words that orders have."""

    segments = fields.List(Word())
    tags = fields.List(Word())
    regions = fields.List(Word())


_WORDS: dict[str, fields.Field[Any]] = {
    language: fields.String(validate=validate.Length(min=1, max=100)) for language in available_languages()
}
"""How people say it."""
WordsShape = Strict.from_dict(_WORDS, name="Words")
GradeShape = Strict.from_dict({**_WORDS, "restock": Literal(literals.flag, required=True)}, name="Grade")


def _is_whole_days(minutes: int) -> None:
    if minutes % DAY or not minutes:
        raise ValidationError("write it in whole days, such as 30 d")


class ReturnsShape(Strict):
    window = expires = Literal(literals.duration, most=10 * MOST_MINUTES, validate=_is_whole_days)
    reasons = fields.Dict(keys=Word(), values=fields.Nested(WordsShape), validate=validate.Length(min=1))
    grades = fields.Dict(keys=Word(), values=fields.Nested(GradeShape), validate=validate.Length(min=1))
    carrier = Word()
    carrier_product = Word()


class DemandShape(Strict):
    """Where paces of sale come from."""

    source = fields.String(data_key="from", validate=validate.OneOf(get_args(DemandSource)))
    window = Literal(literals.duration, most=MOST_MINUTES, validate=_is_whole_days)
    method = fields.String(validate=validate.OneOf(get_args(DemandMethod)))
    sale_reasons = fields.List(Word(), validate=validate.Length(min=1))


class NetworkShape(Strict):
    currency = Currency(required=True)
    rates = fields.Dict(keys=Currency(), values=Literal(exchange_rate))
    time_zone = fields.String(required=True)
    attributes = fields.Nested(AttributesShape)
    channels = fields.List(Word())
    feed_steps = fields.Dict(keys=Word(), values=FeedStepField())
    orders = fields.Nested(OrderWordsShape)
    emissions = fields.Dict(
        keys=fields.String(validate=validate.OneOf(MODES)), values=fields.Nested(ModeEmissionShape), required=True
    )
    holidays = fields.Dict(keys=Word(), values=fields.Nested(HolidaysShape))
    opening_hours = fields.Dict(keys=Word(), values=fields.Nested(HoursShape))
    lanes = fields.List(fields.Nested(LaneShape))
    transfers = fields.Nested(TransfersShape)
    reserve_before = Literal(literals.duration, most=MOST_MINUTES)
    cut_off_by = fields.String(validate=validate.OneOf(get_args(CutOffBy)))
    cut_off_grace = Literal(literals.duration, most=DAY)
    returns = fields.Nested(ReturnsShape)
    demand = fields.Nested(DemandShape)
    parcels = fields.Nested(ParcelsShape)
    carriers = fields.List(fields.Nested(CarrierShape))
    services = fields.List(fields.Nested(ServiceShape), required=True, validate=validate.Length(min=1))
    nodes = fields.List(fields.Nested(NodeShape), required=True, validate=validate.Length(min=1))

    @validates_schema
    def _steps_of_channels(self, data: dict[str, Any], **_: Any) -> None:
        listed = data.get("channels")
        unknown = [name for name in data.get("feed_steps", {}) if listed and name not in listed]
        if unknown:
            raise ValidationError(f"channels does not list '{unknown[0]}'; it has {', '.join(listed)}", "feed_steps")


class ProductShape(Strict):
    sku = Word(required=True)
    name = Note()
    category = Word(required=True)
    brand = Word()
    season = Word()
    lifecycle = fields.String(required=True, validate=validate.OneOf(LIFECYCLES))
    weight_g = Literal(literals.count, most=MOST_GRAMS, required=True)
    tags = fields.String()
    counted = Literal(literals.flag)
    unit = Word()
    unit_margin = Literal(literals.money)
    decimals = Literal(
        literals.count,
        validate=validate.Range(
            max=MOST_DECIMALS, error=f"a quantity has at most {MOST_DECIMALS} decimals, not {{input}}"
        ),
    )


class StockShape(LotColumns):
    node = Word(required=True)
    sku = Word(required=True)
    on_hand = Literal(literals.count, required=True)
    daily_sales = Literal(thousandths, most=MAX_PACE // 10**MOST_DECIMALS)
    incoming = Literal(literals.count)
    incoming_at = Day()

    @validates_schema
    def _says_when_it_comes(self, data: dict[str, Any], **_: Any) -> None:
        if ("incoming" in data) != ("incoming_at" in data):
            missing, given = ("incoming_at", "incoming") if "incoming" in data else ("incoming", "incoming_at")
            raise ValidationError(f"beside {given} it takes {missing}: so many units come, on that day", missing)


class PostcodeShape(Strict):
    country = Country(required=True)
    postcode = Word(required=True)
    latitude = Degrees(90, required=True)
    longitude = Degrees(180, required=True)
