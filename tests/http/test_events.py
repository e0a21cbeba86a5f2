"""Events and webhooks over HTTP."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest

from api.http.blueprint import components
from api.records.events import (
    DATA_RECORDS,
    MOST_BYTES,
    DeadLettersRecord,
    EventRecord,
    WebhookListRecord,
    WebhookRecord,
    WebhookSecretRecord,
    WebhookTestRecord,
    render,
)
from engine.events.event import Event, Position
from engine.events.events import MOST_LONG_POLLS
from engine.events.payloads import (
    EventLineRecord,
    EventLinksRecord,
    EventPositionRecord,
    OrderWaitingRecord,
    StockChangedRecord,
)
from engine.events.payloads_by_type import PAYLOADS
from engine.events.settings import EventSettings
from engine.events.webhooks.delivery_state import DeadLetter
from engine.events.webhooks.stored_state import change_between, state_of
from engine.service import Pointsman
from engine.settings import Settings
from tests.conftest import activate
from tests.store.events.conftest import EVENTS, HERE
from tests.support.callers import client_of
from tests.support.facts import LYON, inventory, node, product
from tests.support.openapi import mistakes_in, mistakes_in_json
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of
from tests.support.wait_until import wait_until
from tests.support.webhook_receiver import receiving

CURSOR = "Pointsman-Cursor"
SHAPES = components({EventRecord, *DATA_RECORDS})


def events(response):
    """The events of an answer, each as its schema says."""
    assert (response.status_code, response.mimetype) == (200, "application/x-ndjson"), response.data
    read = [json.loads(line) for line in response.data.splitlines()]
    for event in read:
        assert mistakes_in_json(PAYLOADS[event["type"]], event["data"], SHAPES) == []
        assert mistakes_in_json(EventRecord, event, SHAPES) == []
        assert event["source"].startswith("urn:pointsman:test-")
    return read


def checked(http, record, response, status=200):
    assert response.status_code == status, response.data
    answer = response.get_json()
    assert mistakes_in(http, record, answer) == []
    return answer


def test_events_are_read_page_by_page_from_the_start(http):
    made = [http.post("/v1/decisions", json=order_json(("SHIRT", 1), id=f"W/{number}")).get_json() for number in "12"]
    http.post(f"/v1/decisions/{made[0]['id']}/confirm")
    every = events(http.get("/v1/events?since=start&limit=1000"))
    every = [event for event in every if event["type"] != "stock.low"]
    types = [event["type"] for event in every]
    assert types[:3] == ["stock.changed", "policy.published", "policy.activated"]
    assert types[3:] == ["order.decided", "order.decided", "shipment.confirmed", "stock.changed"]
    assert every[3]["data"]["links"]["order"] == "/v1/orders/W%2F1"
    assert http.get(every[3]["data"]["links"]["order"]).status_code == 200
    assert events(http.get(f"/v1/events?since={every[2]['id']}&limit=1")) == every[3:4]
    answer = http.get("/v1/events?since=start&type=shipment.confirmed&type=order.decided")
    assert [event["type"] for event in events(answer)] == ["order.decided", "order.decided", "shipment.confirmed"]
    assert events(http.get(f"/v1/events?since={answer.headers[CURSOR]}")) == []


def test_now_is_behind_all_that_there_is(http):
    answer = http.get("/v1/events?since=now")
    assert events(answer) == []
    http.post("/v1/decisions", json=order_json(("SHIRT", 1)))
    assert [event["type"] for event in events(http.get(f"/v1/events?since={answer.headers[CURSOR]}"))] == [
        "order.decided"
    ]


def test_who_waits_gets_an_event_as_soon_as_there_is_one(http):
    cursor = http.get("/v1/events?since=now").headers[CURSOR]
    with ThreadPoolExecutor(1) as waiting:
        answer = waiting.submit(http.get, f"/v1/events?since={cursor}&wait=30")
        http.post("/v1/decisions", json=order_json(("SHIRT", 1), id="W-9"))
        assert [event["subject"] for event in events(answer.result(20))] == ["W-9"]


def test_only_so_many_may_wait_and_others_are_answered_at_once(http, pointsman):
    cursor = http.get("/v1/events?since=now").headers[CURSOR]
    taken = [pointsman.events._long_polls.acquire(blocking=False) for _ in range(MOST_LONG_POLLS)]
    assert all(taken)
    done = threading.Event()

    def ask():
        assert events(http.get(f"/v1/events?since={cursor}&wait=30")) == []
        done.set()

    with ThreadPoolExecutor(1) as asking:
        asking.submit(ask)
        assert done.wait(20), "it did not wait for half a minute"
    for _ in taken:
        pointsman.events._long_polls.release()


@pytest.mark.parametrize(
    "query",
    [
        "",
        "since=x",
        "since=1-2-3-4",
        "since=-1-0",
        "since=start&type=order.eaten",
        "since=start&wait=31",
        "since=start&limit=0",
        "since=start&limit=1001",
    ],
)
def test_what_can_t_be_asked_is_refused(http, query):
    assert http.get(f"/v1/events?{query}").status_code == 422


def test_a_cursor_whose_place_is_gone_is_refused(http):
    assert problem_of(http.get("/v1/events?since=1-1"), 410)["type"] == "urn:pointsman:problem:cursor-expired"


def test_quantities_are_as_they_are_written(bare, application):
    cloth = product("CLOTH", weight=500, unit="m", decimals=2)
    bare.load(inventory([node("lyon", LYON)], {"CLOTH": {"lyon": 1_000}}, products=[cloth], decimals={"CLOTH": 2}))
    activate(bare)
    http = client_of(bare, application.around(bare))
    http.post("/v1/decisions", json=order_json(("CLOTH", 10)))
    http.post(
        "/v1/stock/movements",
        data='{"op": "a", "node": "lyon", "sku": "CLOTH", "delta": 1.25}',
        content_type="application/x-ndjson",
    )
    answer = http.get("/v1/events?since=start")
    decided, low, moved = [json.loads(line, parse_float=Decimal) for line in answer.data.splitlines()][-3:]
    assert decided["data"]["shipments"][0]["lines"][0]["quantity"] == 10
    assert (low["type"], low["data"]["before"], low["data"]["available"]) == ("stock.low", 10, 0)
    assert b'"delta":1.25' in answer.data
    assert moved["data"]["positions"][0]["on_hand"] == Decimal("11.25")


def test_an_event_has_20_kb_at_most():
    def event(data):
        return Event(position=Position(1, 0, 1), type="x", subject="W-1", at=0, lane="", data=data)

    lines = [EventLineRecord(line=str(number), sku="S" * 200, quantity=1) for number in range(500)]
    links = EventLinksRecord(order="/v1/orders/W-1")
    data = OrderWaitingRecord(order="W-1", decision="d", lines=lines, links=links)
    body = render(event(data), network="main")
    shown = json.loads(body)["data"]
    assert len(body) <= MOST_BYTES
    assert (shown["lines"], shown["truncated"], shown["links"]) == ([], True, {"order": "/v1/orders/W-1"})
    positions = [EventPositionRecord(sku="S" * 200, node="N" * 60, delta=-1, on_hand=10**12) for _ in range(50)]
    body = render(event(StockChangedRecord(because="moved", positions=positions, links=links)), network="main")
    assert "truncated" not in json.loads(body)["data"]


@pytest.fixture
def here(server_url, network, clock, pointsman, application):
    """A client whose webhooks may lead to this machine."""
    settings = Settings(redis_url=server_url, network=network, events=EVENTS)
    with Pointsman(settings, clock=clock) as service:
        yield client_of(service, application.around(service))


def test_the_life_of_a_webhook(here):
    with receiving() as receiver:
        body = {"url": receiver.url, "types": ["order.decided"], "since": "start", "note": "the shop"}
        added = checked(here, WebhookSecretRecord, here.post("/v1/webhooks", json=body), 201)
        path = f"/v1/webhooks/{added['id']}"
        assert added["secret"].startswith("whsec_")
        listed = checked(here, WebhookListRecord, here.get("/v1/webhooks"))["webhooks"]
        shown = checked(here, WebhookRecord, here.get(path))
        assert listed == [shown]
        assert (shown["url"], shown["types"], shown["note"], shown["by"]) == (
            receiver.url,
            ["order.decided"],
            "the shop",
            "http",
        )
        assert (shown["on"], shown["cursor"], shown["behind"]) == (True, "0-0", True)
        assert added["secret"] not in here.get("/v1/webhooks").text
        tested = checked(here, WebhookTestRecord, here.post(f"{path}/test"))
        assert (tested["taken"], tested["status"], receiver.taken[0]["type"]) == (True, 204, "webhook.ping")
        assert mistakes_in_json(EventRecord, receiver.taken[0], SHAPES) == []
        rotated = checked(here, WebhookSecretRecord, here.post(f"{path}/rotate", json={"overlap": "2h"}))
        assert rotated["secret"] != added["secret"]
        assert rotated["former_until"] == "2026-11-27T11:00:00Z"
        assert checked(here, WebhookRecord, here.post(f"{path}/enable"))["on"] is True
        replayed = checked(here, WebhookRecord, here.post(f"{path}/replay", json={"since": "start"}))
        assert replayed["cursor"] == "0-0"
        assert checked(here, WebhookRecord, here.post(f"{path}/replay", json={"dead": True}))["dead"] == 0
        assert checked(here, DeadLettersRecord, here.get(f"{path}/dead-letters")) == {"events": [], "next": None}
        none = problem_of(here.post(f"{path}/replay", json={"event": "1795770000123-0-1"}), 404)
        assert none["detail"].startswith("the event '1795770000123-0-1' is no dead letter of webhook")
        for body in ({}, {"dead": True, "event": "1-0-1"}, {"since": "start", "event": "1-0-1"}):
            assert problem_of(here.post(f"{path}/replay", json=body), 422)["type"].endswith("input-invalid")
    tested = checked(here, WebhookTestRecord, here.post(f"{path}/test"))
    assert (tested["taken"], tested["status"]) == (False, None)
    assert here.delete(path).status_code == 204
    for response in (here.get(path), here.delete(path), here.post(f"{path}/test"), here.post(f"{path}/enable")):
        assert response.status_code == 404


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "url"),
        ({"url": "shop.example"}, "this is no URL such as"),
        ({"url": "http://shop.example/"}, "it must be https://"),
        ({"url": "https://169.254.169.254/latest"}, "which is not public"),
        ({"url": "https://2130706433/"}, "which is not public"),
        ({"url": "https://shop.example/", "types": ["order.eaten"]}, "no event type 'order.eaten'"),
        ({"url": "https://shop.example/", "since": "x"}, "no id of an event"),
        ({"url": "https://shop.example/", "secret": "x"}, "secret"),
    ],
)
def test_a_webhook_that_can_t_be_is_refused_and_not_there(http, body, message):
    assert message in problem_of(http.post("/v1/webhooks", json=body), 422)["detail"]
    assert http.get("/v1/webhooks").get_json() == {"webhooks": []}


def test_dead_letters_are_listed_page_by_page(http, pointsman):
    path = f"/v1/webhooks/{http.post('/v1/webhooks', json={'url': 'https://shop.example/'}).get_json()['id']}"
    events = ["7-0-1", "7-0-2", "7-1-1", "10-0-1"]  # two of one entry of the log; in the order of the stream
    letter = msgspec.json.encode(DeadLetter(lane="order:1", attempts=10, at=1, error="answered 500"))
    stored, name = pointsman.events._stored, path.rpartition("/")[2]
    reading = stored.read(name)
    change = change_between(state_of(reading), replace(state_of(reading), dead=len(events)))
    assert stored.note(name, reading.version, replace(change, dead=dict.fromkeys(events, letter)))
    every = checked(http, DeadLettersRecord, http.get(f"{path}/dead-letters"))
    assert ([item["event"] for item in every["events"]], every["next"]) == (events, None)
    for limit in (1, 2, 3, 4):
        listed, after = [], ""
        while after is not None:
            page = checked(
                http, DeadLettersRecord, http.get(f"{path}/dead-letters?limit={limit}{after and '&after='}{after}")
            )
            assert 0 < len(page["events"]) <= limit
            listed, after = listed + page["events"], page["next"]
        assert listed == every["events"]
    assert "after" in problem_of(http.get(f"{path}/dead-letters?after=x"), 422)["detail"]
    assert checked(http, WebhookRecord, http.post(f"{path}/replay", json={"event": events[1]}))["dead"] == 3
    left = checked(http, DeadLettersRecord, http.get(f"{path}/dead-letters?limit=1&after={events[0]}"))
    assert ([item["event"] for item in left["events"]], left["next"]) == (events[2:3], events[2])


def test_of_where_events_go_order_takers_see_the_host_alone(http, pointsman):
    url = "https://shop.example:8443/hooks/s3cret?token=t0ken"
    path = f"/v1/webhooks/{http.post('/v1/webhooks', json={'url': url}).get_json()['id']}"
    for role, seen in (("oms", "https://shop.example:8443"), ("auditor", url), ("admin", url)):
        client = client_of(pointsman, http.application, role=role)
        assert checked(client, WebhookRecord, client.get(path))["url"] == seen
        assert [item["url"] for item in checked(client, WebhookListRecord, client.get("/v1/webhooks"))["webhooks"]] == [
            seen
        ]


@pytest.mark.parametrize("body", [{}, {"since": "start", "dead": True}, {"since": "now"}])
def test_a_replay_says_what_to_send_again(http, body):
    added = http.post("/v1/webhooks", json={"url": "https://shop.example/"}).get_json()
    problem = problem_of(http.post(f"/v1/webhooks/{added['id']}/replay", json=body), 422)
    assert "either 'since', a cursor, or 'dead'" in problem["detail"]


@pytest.mark.parametrize("webhooks", ["auto", "manual"])
def test_a_worker_delivers_unless_the_setting_says_otherwise(server_url, network, pointsman, webhooks):
    settings = EventSettings(webhooks=webhooks, webhook_allow=HERE)
    opened = Pointsman(Settings(redis_url=server_url, network=network, events=settings))
    with receiving() as receiver, opened as worker:
        worker.events.webhooks.add(receiver.url, types=["policy.published"], since=Position(0, 0), by="eve")
        worker.events.start_delivering(lambda event: json.dumps({"id": event.id}).encode())
        if webhooks == "auto":
            wait_until(lambda: receiver.requests, "the event comes")
        else:
            assert worker.events._thread is None
