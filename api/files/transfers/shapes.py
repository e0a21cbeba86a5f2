"""The marshmallow shapes of `transfers` in network.yaml."""

from typing import Any, get_args

from marshmallow import ValidationError, fields, validate, validates_schema

from api.shapes.base import Strict
from api.shapes.fields import Literal, Word, detour_factor
from api.shapes.limits import MOST_UNITS
from engine.decide.shipping.distance import DISTANCE_STEP
from engine.model.transfer_lanes import Within
from rules.syntax import literals
from rules.vocabulary import MODES

MOST_MINUTES = 366 * 24 * 60
MOST_METRES = 50_000_000
"""Of a lane: more than once round the earth."""
MOST_DETOUR = 100_000
"""Thousandths."""
MOST_PACK = 1_000
MOST_MONEY = 10**10
"""Micros: 10,000 of the currency; no unit, kilogram or shipment between two nodes costs more."""
_FROM_ONE = validate.Range(min=1, error="write a number of units from 1 on")


class NodeNamesShape(Strict):
    nodes = fields.List(Word())
    groups = fields.List(Word())
    tags = fields.List(Word())


class TransferLaneShape(Strict):
    origin = fields.Nested(NodeNamesShape, data_key="from", required=True)
    goal = fields.Nested(NodeNamesShape, data_key="to", required=True)
    within = fields.String(validate=validate.OneOf(get_args(Within)))
    service = Word()
    mode = fields.String(validate=validate.OneOf(MODES))
    detour = Literal(detour_factor, most=MOST_DETOUR)
    distance = Literal(literals.distance, most=MOST_METRES)
    takes = Literal(literals.duration, most=MOST_MINUTES, required=True)
    per_unit = Literal(literals.money, most=MOST_MONEY)
    per_kg = Literal(literals.money, most=MOST_MONEY)
    per_shipment = Literal(literals.money, most=MOST_MONEY)
    min_units = Literal(literals.count, most=MOST_UNITS, validate=_FROM_ONE)
    pack = Literal(literals.count, most=MOST_PACK, validate=_FROM_ONE)

    @validates_schema
    def _is_complete(self, data: dict[str, Any], **_: Any) -> None:
        for end, name in (("origin", "from"), ("goal", "to")):
            if not any(data.get(end, {}).values()):
                raise ValidationError("write which nodes are meant: nodes, groups or tags", name)
        if ("service" in data) is ("mode" in data):
            raise ValidationError("write by what it is carried, for its CO2e: either service or mode", "mode")
        if "distance" in data and "detour" in data:
            raise ValidationError("a distance is that of the road; write either distance or detour", "detour")

    @validates_schema
    def _is_rounded(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("distance", 0) % DISTANCE_STEP:
            raise ValidationError(
                f"write it in steps of {DISTANCE_STEP} m, to which all distances are rounded", "distance"
            )


class TransfersShape(Strict):
    carbon_price = Literal(literals.money, most=MOST_MONEY)
    lanes = fields.List(fields.Nested(TransferLaneShape), required=True, validate=validate.Length(min=1))
