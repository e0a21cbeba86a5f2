"""What is answered of stock and holds, for the OpenAPI page; a test holds every answer against it."""

from marshmallow import Schema, fields, validate

STATES = ("held", "confirmed", "released", "expired", "rejected")


class NodeStockAnswer(Schema):
    node = fields.String(required=True)
    on_hand = fields.Integer(required=True)
    held = fields.Integer(required=True)
    available = fields.Integer(required=True, metadata={"description": "on hand less held, never below 0"})
    free = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "by channel, available less what the policies keep back; `*`: channels no rule names"},
    )


class SkuStockAnswer(Schema):
    sku = fields.String(required=True)
    policy_version = fields.String(required=True)
    on_hand = fields.Integer(required=True)
    held = fields.Integer(required=True)
    available = fields.Integer(required=True)
    free = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    nodes = fields.List(fields.Nested(NodeStockAnswer), required=True)


class CountAnswer(Schema):
    node = fields.String(required=True)
    sku = fields.String(required=True)
    result = fields.String(
        required=True,
        validate=validate.OneOf(["set", "same", "older"]),
        metadata={"description": "same: this message came before; older: a newer one did, and stands"},
    )
    on_hand = fields.Integer(required=True)
    held = fields.Integer(required=True)
    available = fields.Integer(required=True)


class HeldLine(Schema):
    sku = fields.String(required=True)
    quantity = fields.Integer(required=True)


class HeldShipment(Schema):
    node = fields.String(required=True)
    service = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    ended_at = fields.AwareDateTime(required=True, allow_none=True)
    lines = fields.List(fields.Nested(HeldLine), required=True)


class HoldStateAnswer(Schema):
    decision = fields.String(required=True)
    expires_at = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "null: nothing is held any more"}
    )
    shipments = fields.List(fields.Nested(HeldShipment), required=True)


class LivingHold(Schema):
    decision = fields.String(required=True)
    expires_at = fields.AwareDateTime(required=True)
    client = fields.String(required=True)
    shipments = fields.List(fields.Nested(HeldShipment), required=True)


class HoldsAnswer(Schema):
    """The first to expire first. A page with a `next` may have fewer holds than asked for, or none."""

    holds = fields.List(fields.Nested(LivingHold), required=True)
    next = fields.String(required=True, allow_none=True)
