"""EasyPost's statuses of trackers as states (https://docs.easypost.com/docs/trackers, `status`)."""

from collections.abc import Mapping
from typing import Final

from engine.model.tracking import TrackingState

STATES: Final[Mapping[str, TrackingState | None]] = {
    "unknown": None,
    "pre_transit": "info_received",
    "in_transit": "in_transit",
    "out_for_delivery": "out_for_delivery",
    "available_for_pickup": "available_for_pickup",
    "delivered": "delivered",
    "return_to_sender": "returned",
    "failure": "exception",
    "error": "exception",
    "cancelled": None,
}
