"""Where the page about a parcel is."""

from urllib.parse import quote

from flask import request

from engine.fulfilment.tracking.tracking import FoundParcel
from engine.service import Pointsman

PARCEL_TOKEN = "t"  # noqa: S105  # its name
"""Of the page's query: the token of a parcel."""


def page_of(pointsman: Pointsman, found: FoundParcel) -> str | None:
    """A path below the root of the host, with the parcel's token where that is asked for; None: there are no pages."""
    access = pointsman.settings.tracking.page
    if access == "off":
        return None
    number = found.parcel.tracking_number or found.parcel.sscc
    path = f"{request.script_root}/track/{quote(number, safe='')}"
    if access == "number":
        return path
    return f"{path}?{PARCEL_TOKEN}={pointsman.fulfilment.tracking_pages.tokens.of(found.parcel.sscc)}"
