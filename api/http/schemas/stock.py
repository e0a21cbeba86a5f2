"""What is answered of stock and holds, for the OpenAPI page; a test holds every answer against it."""

from collections.abc import Sequence
from typing import Any

from marshmallow import Schema, fields, validate

from engine.decide.decision import timestamp
from engine.inventory.holds import HoldState, Page
from engine.inventory.stock import Availability, Placed, SkuStock
from engine.store.holds import Hold, Units

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


def availabilities_record(found: Sequence[Availability]) -> dict[str, Any]:
    """Of SKUs read at one moment."""
    return {
        "channel": found[0].channel,
        "policy_version": found[0].policy_version,
        "skus": [
            {"sku": item["sku"], "free": item["free"], "nodes": item["nodes"]}
            for item in map(availability_record, found)
        ],
    }


def availability_record(found: Availability) -> dict[str, Any]:
    return {
        "sku": found.sku,
        "channel": found.channel,
        "free": found.free,
        "policy_version": found.policy_version,
        "nodes": [
            {
                "node": item.node,
                "on_hand": item.position.on_hand,
                "held": item.position.held,
                "available": item.position.available,
                "free": item.free,
            }
            for item in found.nodes
        ],
    }


def stock_record(found: SkuStock) -> dict[str, Any]:
    return {
        "sku": found.sku,
        "policy_version": found.policy_version,
        "on_hand": sum(item.position.on_hand for item in found.nodes),
        "held": sum(item.position.held for item in found.nodes),
        "available": sum(item.position.available for item in found.nodes),
        "free": {name: sum(item.free[name] for item in found.nodes) for name in found.channels},
        "nodes": [
            {
                "node": item.node,
                "on_hand": item.position.on_hand,
                "held": item.position.held,
                "available": item.position.available,
                "free": dict(item.free),
            }
            for item in found.nodes
        ],
    }


def count_record(node: str, sku: str, placed: Placed) -> dict[str, Any]:
    return {
        "node": node,
        "sku": sku,
        "result": "set" if placed.applied else "older" if placed.older else "same",
        "on_hand": placed.position.on_hand,
        "held": placed.position.held,
        "available": placed.position.available,
    }


def state_record(found: HoldState) -> dict[str, Any]:
    return {
        "decision": found.decision,
        "expires_at": None if found.until is None else timestamp(found.until),
        "shipments": [_shipment(item.node, item.service, item.units, item.state, item.at) for item in found.shipments],
    }


def page_record(page: Page) -> dict[str, Any]:
    return {
        "holds": [hold_record(hold) for hold in page.holds],
        "next": f"{page.after[0]}:{page.after[1]}" if page.after else None,
    }


def hold_record(hold: Hold) -> dict[str, Any]:
    return {
        "decision": hold.id,
        "expires_at": timestamp(hold.until),
        "client": hold.caller,
        "shipments": [_shipment(part.node, part.service, part.units, "held", None) for part in hold.parts],
    }


def _shipment(node: str, service: str, units: Units, state: str, at: int | None) -> dict[str, Any]:
    return {
        "node": node,
        "service": service,
        "state": state,
        "ended_at": None if at is None else timestamp(at),
        "lines": [{"sku": sku, "quantity": count} for sku, count in units],
    }
