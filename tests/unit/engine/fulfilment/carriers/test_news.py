"""What carriers send of parcels becomes events with states of ours, and only what they signed counts."""

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.fulfilment.carriers.easypost import states as easypost_states
from engine.fulfilment.carriers.karrio import states as karrio_states
from engine.fulfilment.carriers.news import NewsUnreadable
from engine.fulfilment.carriers.sendcloud import states as sendcloud_states
from engine.fulfilment.carriers.webhooks import WEBHOOKS
from tests.support.examples import examples

EASYPOST_EVENT = Path("tests/data/carriers/easypost/event-body.json").read_bytes().rstrip(b"\n")
EASYPOST_SIGNATURE = "hmac-sha256-hex=38f3f53c103713df81616a0a186d77141957323ec21d5fe9363db93840f527db"
SENDCLOUD_SIGNATURE = "1eed4b3d41f4653ac64fd56f1bf1cbfd349e4482cbc11dff7134bd93e5da4b0a"
GENUINE = {
    "sendcloud": (b'{"key": "value"}', {"sendcloud-signature": SENDCLOUD_SIGNATURE}, "secretkey"),
    "easypost": (EASYPOST_EVENT, {"x-hmac-signature": EASYPOST_SIGNATURE}, "sécret"),
    "karrio": (b'{"event": "tracker_updated"}', {"x-event-id": "whsec_1"}, "whsec_1"),
}
"""As the carriers document them: the examples of Sendcloud's page on webhooks and of EasyPost's client libraries."""


def sendcloud(status: object, **others: object) -> bytes:
    call = {"action": "parcel_status_changed", "timestamp": 1_764_403_200_123, "parcel": {}, **others}
    return json.dumps({**call, "parcel": {"id": 1, "tracking_number": "3SYZXG132912330", "status": status}}).encode()


def easypost(status: str) -> bytes:
    detail = {"object": "TrackingDetail", "status": status, "datetime": "2026-11-29T08:00:00Z", "message": "m"}
    tracker = {"object": "Tracker", "tracking_code": "EZ1000000001", "tracking_details": [detail]}
    return json.dumps({"description": "tracker.updated", "result": tracker}).encode()


def karrio(events: list[dict[str, object]], status: str = "in_transit") -> bytes:
    tracker = {"tracking_number": "1Z999AA10123456784", "carrier_name": "ups", "status": status, "events": events}
    return json.dumps({"event": "tracker_updated", "data": tracker}).encode()


@pytest.mark.parametrize("door", GENUINE)
def test_the_signatures_that_carriers_document_are_genuine_and_no_others(door):
    webhook, (body, headers, secret) = WEBHOOKS[door], GENUINE[door]
    assert webhook.is_genuine(body, headers, secret)
    assert not webhook.is_genuine(body, headers, secret + "x")
    assert not webhook.is_genuine(body, {name: value[:-1] + "0" for name, value in headers.items()}, secret)
    assert not webhook.is_genuine(body, {}, secret)
    if door != "karrio":  # which signs nothing, and sends its secret instead
        assert not webhook.is_genuine(body + b" ", headers, secret)


@pytest.mark.parametrize("door", GENUINE)
def test_nothing_is_genuine_where_no_secret_is_set(door):
    body, headers, _ = GENUINE[door]
    assert not WEBHOOKS[door].is_genuine(body, headers, "")
    assert not WEBHOOKS[door].is_genuine(body, {}, "")


def test_a_tracker_of_easypost_tells_all_that_happened_the_oldest_first():
    news = WEBHOOKS["easypost"].news(EASYPOST_EVENT)
    assert [event.state for event in news.events] == ["info_received", *["in_transit"] * 6]
    assert (news.events[1].town, news.events[1].country, news.events[1].at) == ("ORLANDO", "US", 1_722_454_020)
    assert (news.events[1].tracking_number, news.events[1].text, news.unknown) == ("1", "Picked up", ())


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ({"id": 12, "message": "Awaiting customer pickup"}, "available_for_pickup"),
        ({"id": 62992, "message": "Returned to sender"}, "returned"),
        ({"code": "DELIVERED", "message": "Delivered"}, "delivered"),
        ({"code": "shipment-on-route"}, "in_transit"),
    ],
)
def test_sendcloud_tells_statuses_by_number_or_by_code(status, state):
    (event,) = WEBHOOKS["sendcloud"].news(sendcloud(status)).events
    assert (event.tracking_number, event.state, event.at) == ("3SYZXG132912330", state, 1_764_403_200)


def test_the_carriers_own_instant_counts_before_that_of_the_call():
    body = sendcloud({"id": 11}, carrier_status_change_timestamp=1_764_400_000)
    assert WEBHOOKS["sendcloud"].news(body).events[0].at == 1_764_400_000


def test_the_latest_event_of_karrio_without_a_status_has_that_of_the_tracker():
    events = [
        {"date": "2026-03-10", "time": "02:05 PM", "description": "Departed", "location": "Memphis, TN", "code": "DP"},
        {"date": "2026-03-09", "description": "Picked up", "location": "New York, NY", "code": "PU"},
        {"timestamp": "2026-03-09T09:30:00.000Z", "date": "2026-03-09", "status": "picked_up", "location": "Newark"},
    ]
    first, second = WEBHOOKS["karrio"].news(karrio(events)).events
    assert (first.state, first.at, first.town) == ("in_transit", 1_773_048_600, "Newark")
    assert (second.state, second.at, second.town) == ("in_transit", 1_773_151_500, "Memphis, TN")


@pytest.mark.parametrize("code", sendcloud_states.STATES)
def test_every_status_of_sendcloud_has_a_state_or_says_nothing_of_where_the_parcel_is(code):
    news = WEBHOOKS["sendcloud"].news(sendcloud({"code": code}))
    expected = sendcloud_states.STATES[code]
    assert [event.state for event in news.events] == ([expected] if expected else [])
    assert news.unknown == ()


def test_every_number_of_sendcloud_is_that_of_a_status_that_it_has():
    assert set(sendcloud_states.CODES.values()) <= sendcloud_states.STATES.keys()


@pytest.mark.parametrize("status", easypost_states.STATES)
def test_every_status_of_easypost_is_known(status):
    news = WEBHOOKS["easypost"].news(easypost(status))
    expected = easypost_states.STATES[status]
    assert ([event.state for event in news.events], news.unknown) == ([expected] if expected else [], ())


@pytest.mark.parametrize("status", karrio_states.STATES)
def test_every_status_of_karrio_is_known(status):
    news = WEBHOOKS["karrio"].news(karrio([{"date": "2026-03-10", "time": "23:59", "status": status}]))
    expected = karrio_states.STATES[status]
    assert ([event.state for event in news.events], news.unknown) == ([expected] if expected else [], ())


@pytest.mark.parametrize(
    ("door", "body", "unknown"),
    [
        ("sendcloud", sendcloud({"id": 4711, "message": "Beamed up"}), "4711"),
        ("sendcloud", sendcloud({"message": "Beamed up"}), "BEAMED_UP"),
        ("easypost", easypost("beamed_up"), "beamed_up"),
        ("karrio", karrio([{"date": "2026-03-10", "status": "beamed_up"}]), "beamed_up"),
    ],
)
def test_a_status_that_no_carrier_documents_changes_nothing_and_is_named(door, body, unknown):
    news = WEBHOOKS[door].news(body)
    assert (news.events, news.unknown) == ((), (unknown,))


@pytest.mark.parametrize(
    ("door", "body"),
    [
        ("sendcloud", b'{"action": "integration_updated", "timestamp": 1525271885993, "integration": {"id": 1}}'),
        ("easypost", b'{"description": "batch.created", "result": {"object": "Batch", "id": "batch_1"}}'),
        ("karrio", b'{"event": "shipment_purchased", "data": {"id": "shp_1"}}'),
    ],
)
def test_calls_about_other_things_have_no_news(door, body):
    assert WEBHOOKS[door].news(body).events == ()


@pytest.mark.parametrize(
    ("door", "body"),
    [
        ("sendcloud", b'{"action": "parcel_status_changed", "timestamp": 1e300, "parcel": {"status": {"id": 11}}}'),
        ("sendcloud", b'{"action": "parcel_status_changed", "parcel": {"status": "delivered"}}'),
        ("easypost", b'{"result": {"object": "Tracker"}}'),
        ("easypost", easypost("delivered").replace(b"2026-11-29T08:00:00Z", b"yesterday")),
        ("karrio", karrio([{"date": "2026-03-10", "time": "noon", "status": "delivered"}])),
        ("karrio", karrio([{"status": "delivered"}])),
    ],
)
def test_what_is_not_of_the_documented_form_is_refused(door, body):
    with pytest.raises(NewsUnreadable):
        WEBHOOKS[door].news(body)


@examples(60)
@given(door=st.sampled_from(sorted(WEBHOOKS)), body=st.binary(max_size=60) | st.text(max_size=40).map(str.encode))
def test_whatever_is_sent_is_read_or_refused(door, body):
    with contextlib.suppress(NewsUnreadable):
        assert WEBHOOKS[door].news(body).events == ()
