"""A Pointsman that may send webhooks to this machine, and a receiver."""

import ipaddress
from dataclasses import dataclass

import pytest

from api.records.events import renderer
from engine.events.settings import EventSettings
from engine.events.webhooks.deliverer import Deliverer
from engine.service import Pointsman
from engine.settings import Settings
from tests.conftest import Clock, activate
from tests.support.decision_json import json_of
from tests.support.facts import LYON, inventory, node, order
from tests.support.webhook_receiver import Receiver, receiving

HERE = (ipaddress.ip_network("127.0.0.0/8"),)
EVENTS = EventSettings(webhook_allow=HERE, event_stream=1_000)


@pytest.fixture
def shop(server_url, network, clock):
    """A thousand of A in Lyon."""
    with Pointsman(Settings(redis_url=server_url, network=network, events=EVENTS), clock=clock) as pointsman:
        pointsman.load(inventory([node("lyon", LYON)], {"A": {"lyon": 1_000}}))
        activate(pointsman)
        yield pointsman
        pointsman.forget()


@pytest.fixture
def sending(shop, clock):
    with receiving() as receiver:
        yield Sending(shop, clock, receiver)


@dataclass
class Sending:
    """A shop, its clock, and a receiver of what is sent."""

    shop: Pointsman
    clock: Clock
    receiver: Receiver

    def add(self, *types, **more):
        """Add a webhook that leads to the receiver; returns its id."""
        return self.shop.events.webhooks.add(self.receiver.url, types=types, by="eve", **more).id

    def deliverer(self, who="one", *, stored=None, sender=None, chance=0.5):
        """One more, as another process would have."""
        events = self.shop.events
        return Deliverer(
            stored or events._stored,
            events._outbox,
            sender or events._sender,
            render=renderer(self.shop),
            who=who,
            chance=lambda: chance,
            clock=lambda: self.shop.now,
        )

    def deliver(self, name):
        return self.deliverer().deliver(name)

    def ship(self, name):
        """Decide an order and confirm it: two events about it, and one about stock."""
        self.shop.holds.confirm(json_of(self.shop.decide(order(("A", 1), id=name)))["id"])

    def state(self, name):
        return self.shop.events.webhooks.show(name).delivery

    def secret(self, name):
        return self.shop.events._stored.read(name).webhook.secrets[0].key

    def types_of(self, name):
        """The types of the events about an order that came, in the order in which they came."""
        return [event["type"] for event in self.receiver.taken if event.get("subject") == name]


TWO = ("order.decided", "shipment.confirmed")
"""The types of the events about an order that `Sending.ship` makes."""
