"""Where a parcel is, by what its carrier says."""

from flask import Response

from api.cli.output.tracking_words import TRACKING_WORDS
from api.console.calls import path_of
from api.console.console import Console
from api.console.visit import Visit


def add_to(console: Console) -> None:
    """Its page."""
    console.page("/parcels/tracking", needs="tracking_show")(where_it_is)


def where_it_is(visit: Visit) -> Response:
    number = visit.chosen("number").get("number", "")
    found = visit.get_or_none(path_of("v1", "tracking", number)) if number else None
    return visit.show("parcels/tracking.html", number=number, found=found, states=TRACKING_WORDS)
