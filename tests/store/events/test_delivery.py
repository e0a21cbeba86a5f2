"""Events reach a receiver: signed, in order for each order, and again until they are taken."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from engine.actor import act_as
from engine.errors import InputInvalid, NotFound
from engine.events.event import START, Position
from engine.events.webhooks import delivery_state
from engine.events.webhooks.post import Sender
from engine.events.webhooks.retry_schedule import MOST_ATTEMPTS, SCHEDULE
from engine.store.stock import Movement
from tests.store.events.conftest import TWO
from tests.support.decision_json import json_of
from tests.support.facts import order

DAY = 24 * 3_600


def failing(*subjects, status=500, **headers):
    """Answers so to events about these, and takes all others; of none: to all."""

    def answer(received):
        refused = not subjects or received.event.get("subject") in subjects
        return (status, {name.replace("_", "-"): value for name, value in headers.items()}) if refused else (204, {})

    return answer


def test_events_come_signed_in_order_and_once(sending):
    sending.clock.now = int(time.time())  # by which the library verifies
    name = sending.add()
    key = sending.secret(name)
    sending.ship("W-1")
    assert sending.deliver(name) is True
    assert sending.types_of("W-1") == list(TWO)
    assert "stock.changed" in {event["type"] for event in sending.receiver.taken}
    for received in sending.receiver.requests:
        event = Webhook(key).verify(received.body, received.headers)
        assert event["id"] == received.headers["webhook-id"]
        assert event["specversion"] == "1.0"
        assert received.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert sending.deliver(name) is False
    assert len(sending.receiver.requests) == len({event["id"] for event in sending.receiver.taken}) == 3


def test_only_what_comes_from_then_on_or_from_a_cursor_and_of_some_types(sending):
    sending.ship("W-1")
    (decided, _) = sending.shop.events.read(START, limit=99, types=set(TWO)).events
    from_now, later = sending.add(*TWO), sending.add(*TWO, since=decided.position)
    sending.ship("W-2")
    sending.deliver(from_now)
    assert [event["subject"] for event in sending.receiver.taken] == ["W-2", "W-2"]
    sending.receiver.requests.clear()
    sending.deliver(later)
    assert (sending.types_of("W-1"), sending.types_of("W-2")) == (["shipment.confirmed"], list(TWO))


def test_two_secrets_sign_while_they_are_changed(sending):
    sending.clock.now = int(time.time())
    name = sending.add("order.decided")
    former = sending.secret(name)
    newest = sending.shop.events.webhooks.rotate(name, overlap=60).secrets[0].key
    sending.ship("W-1")
    sending.deliver(name)
    (first,) = sending.receiver.requests
    for key in (former, newest):
        Webhook(key).verify(first.body, first.headers)
    sending.clock.now += 3_600
    sending.ship("W-2")
    sending.deliver(name)
    second = sending.receiver.requests[-1]
    assert second.headers["webhook-signature"].count("v1,") == 1
    sending.shop.events.webhooks.rotate(name, overlap=0)
    assert len(sending.shop.events._stored.read(name).webhook.secrets) == 1
    with pytest.raises(WebhookVerificationError):
        Webhook(sending.secret(name)).verify(first.body, first.headers)


def test_a_failure_is_tried_again_by_the_schedule_and_nothing_is_left_out(sending):
    name = sending.add(*TWO)
    sending.receiver.answer = failing()
    sending.ship("W-1")
    begun = sending.clock.now
    sending.deliver(name)
    for number, wait in enumerate(SCHEDULE[1:], start=1):
        sending.clock.now += wait - 1
        assert sending.deliver(name) is False
        sending.clock.now += 1
        sending.deliver(name)
        assert len(sending.receiver.requests) == number + 1
    assert (sending.clock.now - begun, number) == (75 * 3_600 + 35 * 60 + 5, MOST_ATTEMPTS - 1)
    assert sending.receiver.of("W-1") == [sending.receiver.taken[0]["id"]], "what comes after it waits"
    assert sending.state(name).off == "it took nothing while an event was tried for three days"
    assert (sending.state(name).dead, sending.state(name).waiting) == (1, 1)


def test_a_failing_order_holds_back_only_itself(sending):
    name = sending.add(*TWO)
    sending.receiver.answer = failing("W-1")
    for order_id in ("W-1", "W-2", "W-3"):
        sending.ship(order_id)
    sending.deliver(name)
    assert {len(sending.receiver.of(order_id)) for order_id in ("W-2", "W-3")} == {2}
    assert (len(sending.receiver.of("W-1")), sending.state(name).waiting) == (1, 2)
    sending.receiver.answer = lambda _: (204, {})
    sending.clock.now += 5
    sending.deliver(name)
    assert sending.types_of("W-1") == ["order.decided", *TWO]
    assert sending.state(name).lanes == {}


def test_what_comes_later_of_an_order_waits_behind_what_failed(sending):
    name = sending.add(*TWO)
    sending.receiver.answer = lambda received: (500 if received.event["type"] == "order.decided" else 204, {})
    decision = json_of(sending.shop.decide(order(("A", 1), id="W-1")))["id"]
    sending.deliver(name)
    sending.shop.holds.confirm(decision)
    sending.deliver(name)
    assert sending.types_of("W-1") == ["order.decided"]
    sending.receiver.answer = lambda _: (204, {})
    sending.clock.now += 5
    sending.deliver(name)
    assert sending.types_of("W-1") == ["order.decided", *TWO]


def test_an_endpoint_that_is_down_is_tried_with_one_event_and_then_sent_all(sending):
    name = sending.add(*TWO)
    sending.receiver.answer = failing()
    for number in range(20):
        sending.ship(f"W-{number}")
    sending.deliver(name)
    asked = len(sending.receiver.requests)
    assert asked <= 3 + 8, "three failures, and what was being sent at the same time"
    assert sending.state(name).is_down
    sending.ship("W-20")
    sending.clock.now += 6
    sending.deliver(name)
    assert len(sending.receiver.requests) == asked + 1
    sending.receiver.answer = lambda _: (204, {})
    sending.clock.now += 6 * 60
    sending.deliver(name)
    assert all(len(sending.receiver.of(f"W-{number}")) == 2 for number in range(21))
    assert sending.state(name).lanes == {}


def test_410_switches_it_off_and_nothing_is_missing_once_it_is_on_again(sending):
    name = sending.add(*TWO)
    sending.receiver.answer = failing(status=410)
    sending.ship("W-1")
    sending.deliver(name)
    assert sending.state(name).off == "it answered 410 Gone"
    assert sending.shop.in_store().webhooks_off == 1
    sending.receiver.answer = lambda _: (204, {})
    sending.clock.now += DAY
    sending.ship("W-2")
    assert sending.deliver(name) is False
    sending.shop.events.webhooks.enable(name)
    sending.deliver(name)
    assert (len(sending.receiver.of("W-1")), len(sending.receiver.of("W-2"))) == (2, 2)


def test_retry_after_leaves_the_endpoint_alone(sending):
    name = sending.add(*TWO)
    sending.receiver.answer = failing("W-1", status=429, Retry_After="600")
    sending.ship("W-1")
    sending.deliver(name)
    sending.receiver.answer = lambda _: (204, {})
    sending.ship("W-2")
    asked = len(sending.receiver.requests)
    sending.clock.now += 599
    assert sending.deliver(name) is False
    assert len(sending.receiver.requests) == asked
    sending.clock.now += 1
    sending.deliver(name)
    assert (len(sending.receiver.of("W-1")), len(sending.receiver.of("W-2"))) == (2, 2)


def test_dead_letters_are_listed_and_sent_again(sending):
    name = sending.add(*TWO)
    sending.receiver.answer = failing("W-1")
    sending.ship("W-1")
    sending.deliver(name)
    for number, wait in enumerate(SCHEDULE[1:]):
        sending.clock.now += wait
        sending.ship(f"W-other-{number}")
        sending.deliver(name)
    stored = sending.shop.in_store()
    assert (stored.events_waiting, stored.dead_letters, stored.webhooks_off) == (1, 1, 0)
    letters = sending.shop.events.webhooks.dead_letters(name)
    assert [(letter.lane, letter.attempts, letter.error) for letter in letters.values()] == [
        ("order:W-1", 10, "answered 500")
    ]
    assert (sending.state(name).off, sending.state(name).waiting, len(sending.receiver.of("W-1"))) == ("", 1, 2)
    sending.receiver.answer = lambda _: (204, {})
    sending.receiver.requests.clear()
    sending.shop.events.webhooks.replay_dead(name)
    assert sending.state(name).dead == 0
    sending.deliver(name)
    assert sending.types_of("W-1") == list(TWO)
    assert sending.shop.events.webhooks.dead_letters(name) == {}


def test_one_dead_letter_is_sent_again_alone_and_the_log_says_by_whom(sending):
    name = sending.add(*TWO)
    sending.receiver.answer = failing("W-1", "W-2")
    for order_id in ("W-1", "W-2"):
        sending.ship(order_id)
    sending.deliver(name)
    for number, wait in enumerate(SCHEDULE[1:]):
        # taken by itself, so that never three failures come together, after which the endpoint would count as down
        sending.ship(f"W-other-{number}")
        sending.deliver(name)
        sending.clock.now += wait
        sending.deliver(name)
    webhooks = sending.shop.events.webhooks
    one, other = webhooks.dead_letters(name)
    left = {other}
    sending.receiver.answer = lambda _: (204, {})
    sending.receiver.requests.clear()
    act_as("ada", through="cli")
    assert webhooks.replay_dead(name, one).delivery.dead == len(left)
    with pytest.raises(NotFound, match="is no dead letter of webhook"):
        webhooks.replay_dead(name, one)
    assert set(webhooks.dead_letters(name)) == left
    (entry,) = [entry for entry in sending.shop.entries(on_damaged=pytest.fail) if entry.kind == "webhook_changed"]
    assert (entry.by, entry.details) == ("ada", {"change": "letter_replayed", "event": str(one)})
    sending.deliver(name)
    assert str(one) in sending.receiver.of("W-1") + sending.receiver.of("W-2")
    assert set(webhooks.dead_letters(name)) == left


def test_everything_after_an_event_is_sent_again(sending):
    name = sending.add(*TWO)
    for order_id in ("W-1", "W-2"):
        sending.ship(order_id)
    sending.deliver(name)
    first = Position.parse(sending.receiver.of("W-1")[1])
    sending.receiver.requests.clear()
    sending.shop.events.webhooks.replay(name, first)
    sending.deliver(name)
    assert [event["subject"] for event in sending.receiver.taken] == ["W-2", "W-2"]
    assert sending.state(name).lanes == {}


def test_a_replay_does_not_send_twice_what_waits(sending):
    name = sending.add(*TWO)
    sending.receiver.answer = failing("W-2")
    for order_id in ("W-1", "W-2"):
        sending.ship(order_id)
    sending.deliver(name)
    sending.receiver.answer = lambda _: (204, {})
    sending.receiver.requests.clear()
    sending.shop.events.webhooks.replay(name, Position.parse(sending.shop.events.read(START, limit=1).events[0].id))
    sending.deliver(name)
    sending.clock.now += DAY
    sending.deliver(name)
    assert sorted(event["subject"] for event in sending.receiver.taken) == ["W-1", "W-1", "W-2", "W-2"]


def test_what_most_others_wait_behind_is_given_up_when_too_much_waits(sending, monkeypatch):
    monkeypatch.setattr(delivery_state, "MOST_WAITING", 5)
    name = sending.add()
    sending.receiver.answer = lambda received: (500 if received.event["type"] == "stock.changed" else 204, {})
    sending.ship("W-0")
    sending.deliver(name)
    for number in range(6):
        sending.shop.stock.move([Movement(op=str(number), node="lyon", sku="A", delta=1)])
    sending.deliver(name)
    assert sending.state(name).dead >= 1
    (letter, *_) = sending.shop.events.webhooks.dead_letters(name).values()
    assert letter.lane == "stock"
    assert "waited behind it: answered 500" in letter.error
    sending.receiver.answer = lambda _: (204, {})
    sending.shop.events.webhooks.enable(name)
    sending.ship("W-1")
    sending.deliver(name)
    assert len(sending.receiver.of("W-1")) == 2


def test_an_endpoint_that_may_not_be_reached_any_more_is_not(sending):
    name = sending.add(*TWO)
    sending.ship("W-1")
    sending.deliverer(sender=Sender(clock=lambda: sending.shop.now)).deliver(name)
    assert sending.receiver.requests == []
    assert "https://" in sending.state(name).error
    with pytest.raises(InputInvalid, match="there is no event type"):
        sending.shop.events.webhooks.add(sending.receiver.url, types=["order.eaten"], by="eve")


def test_a_test_is_sent_at_once_and_tells_what_was_answered(sending):
    name = sending.add()
    assert sending.shop.events.test(name, lambda event: event.id.encode()).status == 204
    sending.receiver.answer = failing(status=503)
    assert sending.shop.events.test(name, lambda event: event.id.encode()).failure.error == "answered 503"
    assert len({received.body for received in sending.receiver.requests}) == 2, "each has an id of its own"
    with pytest.raises(NotFound):
        sending.shop.events.test("other", lambda _: b"")


def test_sixty_four_deciders_at_once_and_each_order_s_events_come_in_order(sending):
    name = sending.add(*TWO)
    with ThreadPoolExecutor(64) as deciders:
        done = [deciders.submit(sending.ship, f"W-{number}") for number in range(64)]
        while not all(future.done() for future in done):
            sending.deliver(name)
        for future in done:
            future.result()
    while sending.deliver(name):
        pass
    for number in range(64):
        assert sending.types_of(f"W-{number}") == list(TWO)
    ids = [event["id"] for event in sending.receiver.taken]
    assert len(ids) == len(set(ids)) == 128


def test_the_stream_beside_the_log_has_every_event_once(sending, redis_client, network):
    for order_id in ("W-1", "W-2"):
        sending.ship(order_id)

    def render(event):
        return event.id.encode()

    with ThreadPoolExecutor(8) as writers:
        list(writers.map(lambda _: sending.shop.events.deliver_due(render), range(16)))
    sending.ship("W-3")
    sending.shop.events.deliver_due(render)
    written = [fields for _, fields in redis_client.xrange(f"{{{network}}}:events")]
    every = sending.shop.events.read(START, limit=1_000).events
    assert [fields[b"id"].decode() for fields in written] == [event.id for event in every]
    assert [fields[b"type"].decode() for fields in written] == [event.type for event in every]
    assert written[-1][b"event"] == every[-1].id.encode()
