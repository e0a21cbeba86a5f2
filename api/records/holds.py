"""Holds as JSON values."""

from typing import Any

from engine.decide.order_record import timestamp
from engine.inventory.holds import HoldState, Page
from engine.store.holds import Hold, Units


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
        "shipments": [_shipment(item.node, item.service, item.units, "held", None) for item in hold.shipments],
    }


def _shipment(node: str, service: str, units: Units, state: str, at: int | None) -> dict[str, Any]:
    return {
        "node": node,
        "service": service,
        "state": state,
        "ended_at": None if at is None else timestamp(at),
        "lines": [{"sku": sku, "quantity": count} for sku, count in units],
    }
