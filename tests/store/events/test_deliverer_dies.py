"""A deliverer that dies between any two steps loses nothing, and two at once disturb nothing."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.service import Pointsman
from engine.settings import Settings
from engine.store.events.webhooks import StoredWebhooks
from tests.conftest import activate
from tests.store.events.conftest import EVENTS, TWO
from tests.support.decision_json import json_of
from tests.support.facts import LYON, inventory, node, order
from tests.support.webhook_receiver import receiving


class Killed(BaseException):
    """As SIGKILL: nothing of the process goes on."""


@dataclass
class Steps:
    """How many steps are left to live; each call of the store, and each request, is two: before it, and after it."""

    left: int
    dead: bool = False

    def around(self, act):
        self.one()
        result = act()
        self.one()
        return result

    def one(self):
        if self.dead or not self.left:
            self.dead = True
            raise Killed
        self.left -= 1


class DyingStore(StoredWebhooks):
    def __init__(self, stored, steps):
        self.__dict__.update(stored.__dict__)
        self._steps = steps

    def read(self, name):
        return self._steps.around(lambda: super(DyingStore, self).read(name))

    def lease(self, name, who, *, milliseconds):
        return self._steps.around(lambda: super(DyingStore, self).lease(name, who, milliseconds=milliseconds))

    def note(self, name, version, change):
        return self._steps.around(lambda: super(DyingStore, self).note(name, version, change))

    def give_back(self, name, who):
        return self._steps.around(lambda: super(DyingStore, self).give_back(name, who))


class DyingSender:
    def __init__(self, sender, steps):
        self._sender, self._steps, self.allowed = sender, steps, sender.allowed

    def post(self, url, headers, body):
        return self._steps.around(lambda: self._sender.post(url, headers, body))


def test_whichever_step_is_its_last_every_event_comes_in_order(sending, redis_client, network):
    names = ("W-1", "W-2")
    start = sending.shop.events.end()
    for name in names:
        sending.ship(name)
    steps, tried = Steps(left=0), 0
    while not tried or steps.dead:
        webhook = sending.add(*TWO, since=start)
        sending.receiver.requests.clear()
        steps = Steps(left=tried)
        events = sending.shop.events
        stored, sender = DyingStore(events._stored, steps), DyingSender(events._sender, steps)
        try:
            sending.deliverer("first", stored=stored, sender=sender).deliver(webhook)
        except Killed:
            redis_client.delete(f"{{{network}}}:webhook:{webhook}:lease")  # its time is over
        sending.deliverer("second").deliver(webhook)
        for name in names:
            assert list(dict.fromkeys(sending.types_of(name))) == list(TWO), f"killed after {tried} steps"
        assert sending.state(webhook).lanes == {}
        assert sending.deliverer("third").deliver(webhook) is False
        events.webhooks.remove(webhook)
        tried += 1
    assert tried > 15


def test_who_lost_its_lease_does_not_overwrite_what_the_next_one_did(sending, redis_client, network):
    webhook = sending.add(*TWO)
    sending.ship("W-1")
    came, go_on = threading.Event(), threading.Event()

    def answer(_):
        came.set()
        go_on.wait(30)
        return 204, {}

    sending.receiver.answer = answer
    slow = threading.Thread(target=sending.deliverer("slow").deliver, args=(webhook,))
    slow.start()
    assert came.wait(30)
    assert sending.deliverer("other").deliver(webhook) is False, "the lease is another's"
    redis_client.delete(f"{{{network}}}:webhook:{webhook}:lease")
    sending.receiver.answer = lambda _: (204, {})
    assert sending.deliverer("other").deliver(webhook) is True
    sending.ship("W-2")
    sending.deliverer("other").deliver(webhook)
    before = sending.state(webhook)
    go_on.set()
    slow.join(30)
    assert sending.state(webhook) == before
    assert sending.types_of("W-2") == list(TWO)
    assert len(sending.receiver.of("W-1")) == 2


def test_a_webhook_that_is_removed_while_it_is_sent_to_stays_removed(sending, redis_client, network):
    webhook = sending.add(*TWO)
    sending.ship("W-1")

    def answer(_):
        if sending.shop.events._stored.names():
            sending.shop.events.webhooks.remove(webhook)
        return 204, {}

    sending.receiver.answer = answer
    sending.deliver(webhook)
    assert redis_client.keys(f"{{{network}}}:webhook*") == []


@pytest.mark.slow
def test_kill_9_at_any_request_loses_nothing(tmp_path: Path):
    """Real processes: `pointsman webhook deliver`, killed by the receiver at its first and at its fourth request."""
    names = [f"W-{number}" for number in range(5)]
    settings = Settings(data=tmp_path, network="main", events=EVENTS)
    with Pointsman(settings) as shop, receiving() as receiver:
        shop.load(inventory([node("lyon", LYON)], {"A": {"lyon": 1_000}}))
        activate(shop)
        webhook = shop.events.webhooks.add(receiver.url, types=TWO, by="eve").id
        for name in names:
            shop.holds.confirm(json_of(shop.decide(order(("A", 1), id=name, placed_at=shop.now)))["id"])
        environment = {
            **os.environ,
            "POINTSMAN_DATA": str(tmp_path),
            "POINTSMAN_NETWORK": "main",
            "POINTSMAN_WEBHOOK_ALLOW": "127.0.0.0/8",
        }
        command = [sys.executable, "-c", "from api.cli.main import main; main()", "webhook", "deliver", "--once"]
        ends = []
        for last in (1, 4, None):
            asked = len(receiver.requests)
            process = subprocess.Popen(command, env=environment)

            def answer(_, process=process, asked=asked, last=last):
                if last is not None and len(receiver.requests) >= asked + last:
                    os.kill(process.pid, signal.SIGKILL)
                return 204, {}

            receiver.answer = answer
            ends.append(process.wait(60))
            shop._client.redis.delete(shop._keys.webhook_lease(webhook))  # two minutes are over
        assert ends == [-signal.SIGKILL, -signal.SIGKILL, 0]
        for name in names:
            types = [event["type"] for event in receiver.taken if event["subject"] == name]
            assert list(dict.fromkeys(types)) == list(TWO)
        assert shop.events.webhooks.show(webhook).delivery.lanes == {}
        assert not shop.events.webhooks.show(webhook).behind


def test_a_lease_is_over_by_itself(sending, redis_client, network):
    webhook = sending.add()
    stored = sending.shop.events._stored
    assert stored.lease(webhook, "one", milliseconds=60_000)
    assert not stored.lease(webhook, "two", milliseconds=60_000)
    stored.give_back(webhook, "two")
    assert 0 < redis_client.pttl(f"{{{network}}}:webhook:{webhook}:lease") <= 60_000
    assert stored.lease(webhook, "one", milliseconds=90_000), "it can be made to last longer"
    stored.give_back(webhook, "one")
    assert stored.lease(webhook, "two", milliseconds=60_000)
