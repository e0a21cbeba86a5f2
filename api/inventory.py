"""The shapes of network.yaml, products.csv and stock.csv."""

from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from api.fields import Degrees, Literal, Word, detour_factor, thousandths
from rules import literals
from rules.vocabulary import LIFECYCLES, MODES, NODE_TYPES

MOST_MINUTES = 366 * 24 * 60
MOST_GRAMS = 10**8
MOST_DETOUR = 100_000
"""Thousandths."""
_ATTRIBUTE_TYPES = ("flag", "number", "word", "tags")


class _Strict(Schema):
    class Meta:
        unknown = RAISE


class EmissionShape(_Strict):
    grams_per_tonne_km = Literal(thousandths, required=True)
    source = fields.String(required=True, validate=validate.Length(min=1))


class BandShape(_Strict):
    up_to = Literal(literals.distance, required=True)
    takes = Literal(literals.duration, most=MOST_MINUTES, required=True)


class ServiceShape(_Strict):
    id = Word(required=True)
    mode = fields.String(required=True, validate=validate.OneOf(MODES))
    base = Literal(literals.money, required=True)
    per_km = Literal(literals.money)
    per_kg = Literal(literals.money)
    detour = Literal(detour_factor, most=MOST_DETOUR)
    max_distance = Literal(literals.distance)
    max_weight = Literal(literals.weight)
    drop = Literal(literals.carbon)
    countries = fields.List(Word())
    transit = fields.List(fields.Nested(BandShape), required=True, validate=validate.Length(min=1))

    @validates_schema
    def _bands_reach_further(self, data: dict[str, Any], **_: Any) -> None:
        reaches = [band["up_to"] for band in data.get("transit", [])]
        if reaches != sorted(set(reaches)):
            raise ValidationError("each band must reach further than the one before", "transit")


class NodeShape(_Strict):
    id = Word(required=True)
    name = Word()
    type = fields.String(required=True, validate=validate.OneOf(NODE_TYPES))
    latitude = Degrees(90, required=True)
    longitude = Degrees(180, required=True)
    country = Word(required=True)
    region = Word()
    tags = fields.List(Word())
    attributes = fields.Dict(keys=fields.String(), values=fields.Raw())
    handling = Literal(literals.money)
    preparation = Literal(literals.duration, most=MOST_MINUTES)
    services = fields.List(Word(), required=True)


class AttributesShape(_Strict):
    product = fields.Dict(keys=Word(), values=fields.String(validate=validate.OneOf(_ATTRIBUTE_TYPES)))
    node = fields.Dict(keys=Word(), values=fields.String(validate=validate.OneOf(_ATTRIBUTE_TYPES)))


class NetworkShape(_Strict):
    currency = fields.String(required=True, validate=validate.Regexp(r"[A-Z]{3}\Z", error="write a code such as EUR"))
    time_zone = fields.String(required=True)
    attributes = fields.Nested(AttributesShape)
    channels = fields.List(Word())
    emissions = fields.Dict(
        keys=fields.String(validate=validate.OneOf(MODES)), values=fields.Nested(EmissionShape), required=True
    )
    services = fields.List(fields.Nested(ServiceShape), required=True, validate=validate.Length(min=1))
    nodes = fields.List(fields.Nested(NodeShape), required=True, validate=validate.Length(min=1))


class ProductShape(_Strict):
    sku = Word(required=True)
    name = fields.String()
    category = Word(required=True)
    brand = Word()
    season = Word()
    lifecycle = fields.String(required=True, validate=validate.OneOf(LIFECYCLES))
    weight_g = Literal(literals.count, most=MOST_GRAMS, required=True)
    tags = fields.String()


class StockShape(_Strict):
    node = Word(required=True)
    sku = Word(required=True)
    on_hand = Literal(literals.count, required=True)
    daily_sales = Literal(thousandths)
