"""Karrio's statuses of trackers as states (schema `TrackingStatus` of its OpenAPI, https://docs.karrio.io/reference)."""

from collections.abc import Mapping
from typing import Final

from engine.model.tracking import TrackingState

STATES: Final[Mapping[str, TrackingState | None]] = {
    "pending": "pending",
    "picked_up": "in_transit",
    "in_transit": "in_transit",
    "delivery_delayed": "in_transit",
    "out_for_delivery": "out_for_delivery",
    "ready_for_pickup": "available_for_pickup",
    "delivery_failed": "attempt_fail",
    "on_hold": "exception",
    "delivered": "delivered",
    "return_to_sender": "returned",
    "cancelled": None,
    "unknown": None,
}
