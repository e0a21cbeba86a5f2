"""What is answered of orders that wait or were rejected, for the OpenAPI page; a test holds every answer against it."""

from marshmallow import Schema, fields

from api.http.schemas.decisions import DecisionAnswer, PlacedLine, RestingAnswer


class BatchAnswer(Schema):
    """The decisions in the order in which they were made: the one that deserved it most first."""

    decisions = fields.List(fields.Nested(DecisionAnswer), required=True)
    undecided = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "orders not decided, for `detail`; ask again with the same Idempotency-Key"},
    )
    detail = fields.String(required=True, allow_none=True)


class WaitingOrder(Schema):
    decision = fields.String(required=True, metadata={"description": "whose unfilled units wait"})
    order = fields.String(required=True)
    first = fields.String(required=True, metadata={"description": "the order's first decision"})
    priority = fields.Integer(required=True)
    promise_by = fields.AwareDateTime(required=True, allow_none=True)
    placed_at = fields.AwareDateTime(required=True)
    since = fields.AwareDateTime(required=True)
    client = fields.String(required=True)
    lines = fields.List(fields.Nested(PlacedLine), required=True)


class BacklogAnswer(Schema):
    """In the order in which stock would be offered; `waiting` is how many there are in all."""

    waiting = fields.Integer(required=True)
    orders = fields.List(fields.Nested(WaitingOrder), required=True)
    next = fields.String(required=True, allow_none=True)


class FailedEntry(Schema):
    decision = fields.String(required=True)
    detail = fields.String(required=True)


class RunAnswer(Schema):
    """What came of it; with a `next`, there is more to be offered stock."""

    offered = fields.Integer(required=True, metadata={"description": "entries looked at"})
    decisions = fields.List(fields.Nested(DecisionAnswer), required=True)
    failed = fields.List(fields.Nested(FailedEntry), required=True)
    next = fields.String(required=True, allow_none=True)


class ChainAnswer(Schema):
    """All decisions of an order, in the order in which they were made."""

    first = fields.String(required=True)
    decisions = fields.List(fields.Nested(DecisionAnswer), required=True)


class RestsAnswer(Schema):
    """The nodes that rest now, by id."""

    nodes = fields.List(fields.Nested(RestingAnswer), required=True)
