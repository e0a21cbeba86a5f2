"""Where parcels are by the carriers themselves: they call and sign what they send, or are asked, seldomer with time."""

import hashlib
import hmac
import json

import pytest

from api.http.app import create_app
from engine.decide.order_record import timestamp
from engine.fulfilment.carriers.settings import CarrierSettings
from engine.fulfilment.tracking import polling
from engine.model.carriers import CarrierAccount
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.log.decision_log import entries
from tests.conftest import activate
from tests.support.facts import HOUR, NOW, service
from tests.support.fake_carriers.easypost import FakeEasyPost
from tests.support.fake_carriers.fake_server import serving
from tests.support.parcels import decided, pack, packing_network
from tests.support.problem_json import problem_of
from tests.support.tracking import tracked
from tests.support.wait_until import wait_until

DAY = 24 * HOUR
SECRET = "s3cret"

pytestmark = pytest.mark.parametrize("server_url", ["embedded"], indirect=True)
"""The server makes no difference here: what it is asked is tested with each in tests/store/fulfilment."""


@pytest.fixture
def fake():
    with serving(FakeEasyPost()) as carrier:
        yield carrier


@pytest.fixture
def open_shop(server_url, network, clock, fake):
    """Opens a shop whose parcels EasyPost carries; with these settings beside its key."""
    made = []

    def opened(**words):
        variables = {f"POINTSMAN_CARRIER_SHOP_{word}": text for word, text in ({"KEY": "EZTK"} | words).items()}
        settings = Settings(redis_url=server_url, network=network, carriers=CarrierSettings(variables=variables))
        shop = Pointsman(settings, clock=clock)
        made.append(shop)
        carried = service(carrier="shop", carrier_product="USPS/GroundAdvantage")
        account = CarrierAccount(id="shop", door="easypost", url=fake.url)
        packing_network(shop, services=[carried, service("pickup", mode="pickup", base=0)], carriers={"shop": account})
        activate(shop, "then: {hold: 30 d}")
        return shop

    yield opened
    for shop in made:
        shop.close()


def packed(shop):
    return pack(shop, decided(shop, ("A", 1), promise_by=NOW + 2 * DAY)).shipment.parcels[0]


def tracker(number, *details):
    """(status, instant, city) each."""
    return {
        "object": "Tracker",
        "tracking_code": number,
        "tracking_details": [
            {
                "object": "TrackingDetail",
                "status": status,
                "datetime": timestamp(at),
                "message": "m",
                "tracking_location": {"city": city, "country": "US"},
            }
            for status, at, city in details
        ],
    }


def called(client, carrier, body, secret=SECRET, **query):
    content = json.dumps(body).encode()
    digest = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    headers = {"X-Hmac-Signature": f"hmac-sha256-hex={digest}", "Content-Type": "application/json"}
    return client.post(f"/v1/tracking/webhooks/{carrier}", data=content, headers=headers, query_string=query)


def update(number, *details):
    return {"object": "Event", "description": "tracker.updated", "result": tracker(number, *details)}


def test_what_a_carrier_signs_is_taken_and_the_log_says_that_it_was_the_carrier(open_shop, clock):
    shop = open_shop(WEBHOOK_SECRET=SECRET)
    client, parcel = create_app(shop).test_client(), packed(shop)
    clock.now += HOUR
    body = update(parcel.tracking_number, ("in_transit", NOW + 60, "Reno"), ("teleported", NOW + 90, "Reno"))
    answer = called(client, "shop", body)
    assert answer.status_code == 200
    assert answer.get_json() == {"new": 1, "known": 0, "kept": 0, "unknown": ["teleported"]}
    assert called(client, "shop", body, network=shop.settings.network).get_json()["known"] == 1
    (details,) = tracked(shop)
    assert (details["source"], details["state"]) == ("webhook:shop", "in_transit")
    (entry,) = [entry for entry in entries(shop._client, shop._keys) if entry.kind == "tracked"]
    assert (entry.by, entry.through, entry.origin) == ("carrier shop", "http", "127.0.0.1")
    assert shop.check().clean


def test_what_nobody_signed_is_refused_and_counts_as_a_try_with_a_wrong_key(open_shop, contents):
    shop = open_shop(WEBHOOK_SECRET=SECRET)
    client, parcel = create_app(shop).test_client(), packed(shop)
    body, before = update(parcel.tracking_number, ("delivered", NOW, "Reno")), contents()
    forged = called(client, "shop", body, secret="guess")
    assert "has not signed this" in problem_of(forged, 401)["detail"]
    assert "r=299" in forged.headers["RateLimit"]
    assert contents() == before


@pytest.mark.parametrize(
    ("words", "carrier", "status", "says"),
    [
        ({}, "shop", 503, "set POINTSMAN_CARRIER_SHOP_WEBHOOK_SECRET"),
        ({"WEBHOOK_SECRET": SECRET}, "elsewhere", 404, "no carrier 'elsewhere'"),
    ],
)
def test_a_call_that_can_not_be_is_refused(open_shop, words, carrier, status, says):
    client = create_app(open_shop(**words)).test_client()
    assert says in problem_of(called(client, carrier, {}), status)["detail"]


def test_a_body_that_is_not_what_the_carrier_documents_is_refused(open_shop, contents):
    shop = open_shop(WEBHOOK_SECRET=SECRET)
    client, before = create_app(shop).test_client(), contents()
    for body in ({"description": "tracker.updated", "result": 7}, [1]):
        assert problem_of(called(client, "shop", body), 422)["errors"]
    assert problem_of(called(client, "shop", update("X"), network="other"), 404)
    assert contents() == before


def test_a_carrier_that_does_not_call_is_asked_seldomer_with_every_day(open_shop, fake, clock):
    shop = open_shop()
    parcel = packed(shop)
    polls = shop.fulfilment.polling
    assert polls.poll() == 0
    asked = lambda: [request.path for request in fake.requests].count("/trackers")  # noqa: E731  # read each time
    shop.flows.promise_watch.watch()
    fake.trackers.append(tracker(parcel.tracking_number, ("in_transit", NOW, "Reno")))
    assert (polls.poll(), asked()) == (1, 1)
    assert (polls.poll(), asked()) == (0, 1)
    clock.now += 2 * HOUR
    assert (polls.poll(), asked()) == (0, 2)
    clock.now += 3 * DAY
    polls.poll()
    clock.now += 2 * HOUR
    assert (polls.poll(), asked()) == (0, 3)
    clock.now += 2 * HOUR
    fake.trackers[0] = tracker(parcel.tracking_number, ("delivered", clock.now, "Reno"))
    assert (polls.poll(), asked()) == (1, 4)
    clock.now += DAY
    assert (polls.poll(), asked()) == (0, 4)
    assert [entry["source"] for entry in tracked(shop) if "parcels" in entry] == ["poll:shop", "poll:shop"]


def test_after_ninety_days_nobody_is_asked_any_more(open_shop, fake, clock):
    shop = open_shop()
    packed(shop)
    shop.flows.promise_watch.watch()
    clock.now += 90 * DAY
    shop.fulfilment.polling.poll()
    before = len(fake.requests)
    clock.now += DAY
    shop.fulfilment.polling.poll()
    assert len(fake.requests) == before


def test_a_carrier_that_calls_is_not_asked(open_shop, fake, clock):
    shop = open_shop(WEBHOOK_SECRET=SECRET)
    packed(shop)
    shop.flows.promise_watch.watch()
    before = len(fake.requests)
    shop.fulfilment.polling.poll()
    assert len(fake.requests) == before


def test_a_carrier_that_fails_is_asked_again_later(open_shop, fake, clock):
    shop = open_shop()
    parcel = packed(shop)
    shop.flows.promise_watch.watch()
    fake.trackers.append(tracker(parcel.tracking_number, ("in_transit", NOW, "Reno")))
    fake.faults = lambda _: "broken"
    assert shop.fulfilment.polling.poll() == 0
    fake.faults = lambda _: None
    clock.now += 2 * HOUR
    assert shop.fulfilment.polling.poll() == 1


def test_whoever_serves_asks_by_itself(open_shop, fake, clock, monkeypatch):
    monkeypatch.setattr(polling, "TURN_SECONDS", 0.05)
    shop = open_shop()
    parcel = packed(shop)
    fake.trackers.append(tracker(parcel.tracking_number, ("in_transit", NOW, "Reno")))
    shop.flows.promise_watch.watch()
    shop.fulfilment.polling.start()
    wait_until(lambda: tracked(shop), "the carrier was asked")
