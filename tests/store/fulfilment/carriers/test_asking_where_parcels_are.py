"""Carriers are asked where parcels are, and what they say becomes events."""

import pytest

from engine.errors import CarrierUnavailable

pytestmark = pytest.mark.parametrize("server_url", ["embedded"], indirect=True)
"""The store is asked the same everywhere; test_begun_bookings.py tries it on every server."""


def tell(fake, door, number, first, second):
    """The carrier has heard of two things, each a code and an instant."""
    if door == "sendcloud":
        fake.tracking[number] = [
            {"event_at": at, "event_type": "carrier", "status_code": code, "status_description": "so it is"}
            for code, at in (first, second)
        ]
    elif door == "easypost":
        details = [{"status": code, "datetime": at, "message": "so it is"} for code, at in (first, second)]
        fake.trackers.append({"object": "Tracker", "tracking_code": number, "tracking_details": details})
    else:
        events = [{"status": code, "timestamp": at, "description": "so it is"} for code, at in (second, first)]
        fake.trackers[number] = {"tracking_number": number, "status": second[0], "events": events}


CODES = {
    "sendcloud": ("accepted", "driver-on-route"),
    "easypost": ("in_transit", "out_for_delivery"),
    "karrio": ("picked_up", "out_for_delivery"),
}


def test_what_is_known_of_parcels_is_told_the_oldest_first(door, fake, carrier):
    earlier, later = CODES[door]
    tell(fake, door, "1Z999AA10123456784", (earlier, "2026-11-29T08:00:00Z"), (later, "2026-11-30T07:00:00Z"))
    news = carrier.track(["1Z999AA10123456784", "unknown"])
    assert [(event.state, event.at) for event in news.events] == [
        ("in_transit", 1_795_939_200),
        ("out_for_delivery", 1_796_022_000),
    ]
    assert {event.tracking_number for event in news.events} == {"1Z999AA10123456784"}
    assert news.unknown == ()


def test_of_a_parcel_that_the_carrier_does_not_know_there_is_no_news(carrier):
    assert carrier.track(["unknown"]).events == ()


def test_an_answer_that_makes_no_sense_is_no_news(door, fake, carrier):
    earlier, later = CODES[door]
    tell(fake, door, "1Z", (earlier, "yesterday"), (later, "today"))
    with pytest.raises(CarrierUnavailable, match="makes no sense"):
        carrier.track(["1Z"])
