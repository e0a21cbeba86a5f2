"""Where a parcel is, by what its carrier says."""

from flask import Response

from api.cli.language.current import text
from api.console.calls import path_of
from api.console.console import Console
from api.console.visit import Visit

STATES = {
    "pending": text("nothing heard yet"),
    "info_received": text("announced to the carrier"),
    "in_transit": text("on its way"),
    "out_for_delivery": text("out for delivery"),
    "attempt_fail": text("delivery attempt failed"),
    "available_for_pickup": text("ready for pick-up"),
    "exception": text("held up"),
    "expired": text("not heard of for long"),
    "returned": text("returned to its sender"),
    "delivered": text("delivered"),
}
"""By the words of HTTP."""


def add_to(console: Console) -> None:
    """Its page."""
    console.page("/parcels/tracking", needs="tracking_show")(where_it_is)


def where_it_is(visit: Visit) -> Response:
    number = visit.chosen("number").get("number", "")
    found = visit.get_or_none(path_of("v1", "tracking", number)) if number else None
    return visit.show("parcels/tracking.html", number=number, found=found, states=STATES)
