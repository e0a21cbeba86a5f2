"""What callers are answered, for the OpenAPI page; a test holds every answer against it."""

from marshmallow import Schema, fields, validate

from rules.wording.catalogue import available_languages

_TEXTS = {language: fields.String(required=True) for language in available_languages()}
"""A text in each language that the installation has a catalogue of."""


class PlacedLine(Schema):
    line = fields.String(required=True)
    sku = fields.String(required=True)
    quantity = fields.Integer(required=True)


class ShipmentAnswer(Schema):
    """Metres, micros of the currency, milligrams of CO2e, UTC."""

    node = fields.String(required=True)
    service = fields.String(required=True)
    lines = fields.List(fields.Nested(PlacedLine), required=True)
    distance_m = fields.Integer(required=True)
    ships_at = fields.AwareDateTime(required=True)
    arrives_by = fields.AwareDateTime(required=True)
    late = fields.Boolean(required=True, allow_none=True, metadata={"description": "null: nothing was promised"})
    cost_micros = fields.Integer(required=True)
    co2_mg = fields.Integer(required=True)
    rules = fields.List(fields.String(), required=True)


class ReasonAnswer(Schema):
    code = fields.String(required=True)
    units = fields.Integer(required=True)
    rules = fields.List(fields.String(), required=True)

    class Meta:
        include = _TEXTS


class UnfilledAnswer(Schema):
    line = fields.String(required=True)
    sku = fields.String(required=True)
    quantity = fields.Integer(required=True)
    reasons = fields.List(fields.Nested(ReasonAnswer), required=True)


class UnprovenAnswer(Schema):
    """What the search had to leave unproven: a better choice could have less of `part`, by `at_most` so much."""

    part = fields.String(required=True, validate=validate.OneOf(["unfilled_units", "unless_needed_units", "tiers"]))
    at_most = fields.Integer(required=True)


class ScoreAnswer(Schema):
    """What was compared, in this order. `gap_micros` 0: no better choice exists; above: the parts before money are the
    best, and money could be so much less at most; null: a part before money could be less, as `unproven` says.
    """

    unfilled_units = fields.Integer(required=True)
    unless_needed_units = fields.Integer(required=True)
    tiers = fields.Integer(required=True)
    money_micros = fields.Integer(required=True)
    gap_micros = fields.Integer(required=True, allow_none=True)
    unproven = fields.Nested(UnprovenAnswer, metadata={"description": "left out where nothing before money is"})


class HoldAnswer(Schema):
    id = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)


class RulesAnswer(Schema):
    fired = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    silenced = fields.List(fields.String(), required=True)
    because = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.String()),
        required=True,
        metadata={"description": "by language, why the rules named in this decision are there"},
    )


class StockAnswer(Schema):
    on_hand = fields.Integer(required=True)
    held = fields.Integer(required=True)
    floor = fields.Integer(required=True, metadata={"description": "units this order could not take"})


class RestingAnswer(Schema):
    """A node that is given nothing until an instant, for it rejected units of a decision."""

    node = fields.String(required=True)
    until = fields.AwareDateTime(required=True)
    since = fields.AwareDateTime(required=True)
    reason = fields.String(required=True)
    decision = fields.String(required=True, metadata={"description": "that it rejected units of"})
    policy_version = fields.String(required=True, metadata={"description": "which decided then"})
    rules = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.String()),
        required=True,
        metadata={"description": "of that version, that gave it this rest, and why they are there, by language"},
    )

    class Meta:
        include = _TEXTS


class ExclusionAnswer(Schema):
    line = fields.String(required=True)
    rules = fields.List(fields.String(), required=True)
    unless_needed = fields.Boolean(required=True)
    options = fields.List(fields.String(), required=True)
    resting = fields.Nested(RestingAnswer, metadata={"description": "of a node that rests after a rejection"})


class FollowsAnswer(Schema):
    """What a decision decides again, and because of what: a node rejected it, or stock came for what waited."""

    decision = fields.String(required=True)
    first = fields.String(required=True, metadata={"description": "the order's first decision"})
    because = fields.String(required=True, validate=validate.OneOf(["rejected", "stock"]))
    node = fields.String(metadata={"description": "that rejected it"})
    reason = fields.String()
    skus = fields.List(fields.String(), metadata={"description": "for which the node is out of question"})
    barred = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"description": "by SKU, all nodes that were out of question here"},
    )
    rest = fields.Nested(RestingAnswer, metadata={"description": "if a rest began, of the node that rejected it"})


class LackedAnswer(Schema):
    """Units that this order would have had, had not another one of the batch come before it."""

    sku = fields.String(required=True)
    node = fields.String(required=True)
    units = fields.Integer(required=True)
    took = fields.String(
        required=True,
        validate=validate.OneOf(["units", "room"]),
        metadata={"description": "the units themselves, or the node's last shipments of the day"},
    )
    order = fields.String(required=True, metadata={"description": "that took them"})
    decision = fields.String(required=True)
    priority = fields.Integer(required=True)


class DecisionAnswer(Schema):
    """A decision. Amounts are integers in the unit their name ends in; a micro is a millionth of the currency."""

    schema = fields.Integer()
    id = fields.String(required=True, allow_none=True, metadata={"description": "null: a dry run"})
    status = fields.String(required=True, validate=validate.OneOf(["filled", "partial", "unfilled"]))
    decided_at = fields.AwareDateTime(required=True)
    policy_version = fields.String(required=True)
    network_version = fields.String(required=True)
    engine_version = fields.String(required=True)
    order = fields.Dict(required=True)
    shipments = fields.List(fields.Nested(ShipmentAnswer), required=True)
    unfilled = fields.List(fields.Nested(UnfilledAnswer), required=True)
    cost_micros = fields.Integer(required=True)
    co2_mg = fields.Integer(required=True)
    score = fields.Nested(ScoreAnswer, required=True)
    hold = fields.Nested(HoldAnswer, required=True, allow_none=True)
    stock = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.Nested(StockAnswer)),
        required=True,
        metadata={"description": "by SKU and node, the stock this was decided on, before its own hold"},
    )
    rules = fields.Nested(RulesAnswer, required=True)
    options = fields.Integer(required=True)
    excluded = fields.List(fields.Nested(ExclusionAnswer), required=True)
    waiting = fields.Boolean(metadata={"description": "true: the unfilled units wait for stock; else left out"})
    follows = fields.Nested(FollowsAnswer, metadata={"description": "of a decision that follows another"})
    lacked = fields.List(fields.Nested(LackedAnswer), metadata={"description": "of a decision of a batch"})


class PositionAnswer(Schema):
    node = fields.String(required=True)
    on_hand = fields.Integer(required=True)
    held = fields.Integer(required=True)
    available = fields.Integer(required=True)
    free = fields.Integer(required=True, metadata={"description": "available less what the policies keep back"})


class SkuAvailabilityAnswer(Schema):
    sku = fields.String(required=True)
    free = fields.Integer(required=True)
    nodes = fields.List(fields.Nested(PositionAnswer), required=True)


class AvailabilityAnswer(Schema):
    channel = fields.String(required=True)
    policy_version = fields.String(required=True)
    skus = fields.List(fields.Nested(SkuAvailabilityAnswer), required=True)


class ReadyAnswer(Schema):
    status = fields.String(required=True)
    network_version = fields.String(required=True)
    policy_version = fields.String(required=True)
    incidents = fields.Integer(
        required=True,
        metadata={"description": "times durable-rules failed or differed from the reference in this worker; 0"},
    )
