"""Sendcloud's statuses of parcels as states.

Codes as `GET https://panel.sendcloud.sc/api/v3/parcels/statuses` lists them
(https://sendcloud.dev/api/v3/parcel-statuses/retrieve-a-list-of-parcel-statuses), numbers as those of v2 do
(https://sendcloud.dev/api/v2/parcel-statuses), which the webhook sends; what they mean:
https://sendcloud.dev/docs/parcel-tracking/retrieve-tracking-info.
"""

from collections.abc import Mapping
from typing import Final

from engine.model.tracking import TrackingState

STATES: Final[Mapping[str, TrackingState | None]] = {
    "NO_LABEL": "pending",
    "ANNOUNCING": "pending",
    "ANNOUNCEMENT_FAILED": "exception",
    "READY_TO_SEND": "info_received",
    "ANNOUNCED": "info_received",
    "ANNOUNCED_UNCOLLECTED": "info_received",
    "COLLECT_ERROR": "exception",
    "ACCEPTED": "in_transit",
    "PICKED_UP_BY_DRIVER": "in_transit",
    "TO_SORTING": "in_transit",
    "AT_SORTING_CENTRE": "in_transit",
    "SORTING": "in_transit",
    "SORTED": "in_transit",
    "UNSORTED": "in_transit",
    "AT_CUSTOMS": "in_transit",
    "SHIPMENT_ON_ROUTE": "in_transit",
    "DELAYED": "in_transit",
    "DRIVER_ON_ROUTE": "out_for_delivery",
    "DELIVERY_FAILED": "attempt_fail",
    "AWAITING_CUSTOMER_PICKUP": "available_for_pickup",
    "COLLECTED_BY_CUSTOMER": "delivered",
    "DELIVERED": "delivered",
    "RETURNED_TO_SENDER": "returned",
    "UNDELIVERABLE": "exception",
    "REFUSED_BY_RECIPIENT": "exception",
    "ADDRESS_INVALID": "exception",
    "EXCEPTION": "exception",
    "DELIVERY_DATE_CHANGED": None,
    "DELIVERY_ADDRESS_CHANGED": None,
    "DELIVERY_METHOD_CHANGED": None,
    "CANCELLING": None,
    "CANCELLING_UPSTREAM": None,
    "CANCELLED": None,
    "CANCELLED_UPSTREAM": None,
    "CANCELLATION_FAILED": None,
    "UNKNOWN": None,
}

CODES: Final[Mapping[int, str]] = {
    1: "ANNOUNCED",
    3: "TO_SORTING",
    4: "DELAYED",
    5: "SORTED",
    6: "UNSORTED",
    7: "SORTING",
    8: "DELIVERY_FAILED",
    11: "DELIVERED",
    12: "AWAITING_CUSTOMER_PICKUP",
    13: "ANNOUNCED_UNCOLLECTED",
    15: "COLLECT_ERROR",
    22: "PICKED_UP_BY_DRIVER",
    80: "UNDELIVERABLE",
    91: "SHIPMENT_ON_ROUTE",
    92: "DRIVER_ON_ROUTE",
    93: "COLLECTED_BY_CUSTOMER",
    999: "NO_LABEL",
    1000: "READY_TO_SEND",
    1001: "ANNOUNCING",
    1002: "ANNOUNCEMENT_FAILED",
    1337: "UNKNOWN",
    1998: "CANCELLED_UPSTREAM",
    1999: "CANCELLING",
    2000: "CANCELLED",
    2001: "CANCELLING_UPSTREAM",
    62989: "AT_CUSTOMS",
    62990: "AT_SORTING_CENTRE",
    62991: "REFUSED_BY_RECIPIENT",
    62992: "RETURNED_TO_SENDER",
    62993: "DELIVERY_METHOD_CHANGED",
    62994: "DELIVERY_DATE_CHANGED",
    62995: "DELIVERY_ADDRESS_CHANGED",
    62996: "EXCEPTION",
    62997: "ADDRESS_INVALID",
}
"""By the number that v2 and the webhook have for it."""


def code_of(word: str) -> str:
    """A code as `STATES` has it: the tracking API and v2 write it in small letters and with hyphens."""
    return word.strip().upper().replace("-", "_").replace(" ", "_")
