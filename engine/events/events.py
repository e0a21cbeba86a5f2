"""Events as callers follow them: pages of the stream, webhooks, and who delivers."""

import contextlib
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from engine.errors import NotReady
from engine.events.delivery_thread import DeliveryThread
from engine.events.event import Event, Position
from engine.events.outbox import EventPage, Outbox
from engine.events.payloads import StockLowRecord
from engine.events.stock_events import LowStock, stock_low
from engine.events.stream_writer import StreamWriter
from engine.events.webhooks.deliverer import Attempt, Deliverer
from engine.events.webhooks.post import Sender
from engine.events.webhooks.webhooks import Webhooks
from engine.facts_reader import FactsReader
from engine.model.parcels import ShipmentKey
from engine.settings import Settings
from engine.store import policy_versions
from engine.store.connection.client import Client
from engine.store.events.event_stream import EventStream
from engine.store.events.webhooks import StoredWebhooks
from engine.store.flows.receipts import Receipts
from engine.store.keys import Keys
from engine.store.log.entry import Entry

MOST_LONG_POLLS = 8
"""Requests of one process that may wait for events at the same time: others have long requests, too."""
_POLL_SECONDS = 0.25
_PREPARE_MILLISECONDS = 1_000


class Events:
    """The events of one network. `clock` answers UTC seconds."""

    def __init__(
        self, client: Client, keys: Keys, settings: Settings, *, facts: FactsReader, clock: Callable[[], int]
    ) -> None:
        self._client = client
        self._keys = keys
        self._settings = settings
        self._facts = facts
        self._clock = clock
        self._outbox = Outbox(client, keys, low=self._low_stock)
        self._stored = StoredWebhooks(client, keys)
        self._receipts = Receipts(client, keys)
        self._sender = Sender(allowed=settings.events.webhook_allow, clock=clock)
        self._long_polls = threading.BoundedSemaphore(MOST_LONG_POLLS)
        self._thread: DeliveryThread | None = None
        self.webhooks = Webhooks(self._stored, self._outbox, allowed=settings.events.webhook_allow, clock=clock)

    def close(self) -> None:
        if self._thread is not None:
            self._thread.stop()

    def end(self) -> Position:
        """Behind every event that there is by now."""
        self.log_what_is_due()
        return self._outbox.end()

    def read(
        self,
        since: Position,
        *,
        limit: int,
        types: AbstractSet[str] = frozenset(),
        seconds: float = 0.0,
        goes_on: Callable[[], bool] = lambda: True,
    ) -> EventPage:
        """At most `limit` events of these types (of none: of all) behind the cursor: as soon as there are some, or
        after so many seconds; at once if others wait already, or once it no longer `goes_on`. Raises CursorExpired.
        """
        self._outbox.verify(since)
        self.log_what_is_due()
        page = self._outbox.read(since, limit=limit, types=types)
        if page.events or not seconds or not self._long_polls.acquire(blocking=False):
            return page
        try:
            until = time.monotonic() + seconds
            while not page.events and time.monotonic() < until and goes_on():
                time.sleep(_POLL_SECONDS)
                self.log_what_is_due()
                page = self._outbox.read(page.cursor, limit=limit, types=types)
            return page
        finally:
            self._long_polls.release()

    def units_by_line(self, event: Event) -> Mapping[ShipmentKey, Mapping[str, int]]:
        """By shipment, the units by line of the order that have left by an event, or came back; none of a shipment that
        ended whole.
        """
        return self._outbox.units_by_line(event.position)

    def test(self, name: str, render: Callable[[Event], bytes]) -> Attempt:
        """Send an event for a test, once and at once; raises NotFound."""
        webhook, event = self.webhooks.ping(name)
        return self._deliverer(render).attempt(webhook, event)

    def start_delivering(self, render: Callable[[Event], bytes]) -> None:
        """From here on, and until it is closed, deliver events, if the settings say so. A process that goes on for long
        does this. `render` makes an event's JSON.
        """
        deliverer, writer = self._deliverer(render), self._stream_writer(render)

        def stop() -> None:
            deliverer.stopping = True

        if self._settings.events.webhooks == "auto":
            self._thread = DeliveryThread(lambda: self._prepare(writer), deliverer.deliver, stop=stop)
            self._thread.start()

    def deliver_due(self, render: Callable[[Event], bytes]) -> bool:
        """Deliver what is due to all, one after the other; False if there was nothing to do."""
        deliverer = self._deliverer(render)
        names = self._prepare(self._stream_writer(render))
        did_something = False
        for name in names:
            did_something |= deliverer.deliver(name)
        return did_something

    def log_what_is_due(self) -> None:
        """End holds and log activations whose instant has come, and receipts that did not come in time, for the events
        of it, unless another process did so in this second.
        """
        if self._stored.take_turn(milliseconds=_PREPARE_MILLISECONDS):
            with contextlib.suppress(NotReady):  # nothing is loaded or active: nothing expires
                self._facts.read([], self._clock())  # which ends the holds whose time is over
            policy_versions.log_activations(self._client, self._keys, now=self._clock())
            if self._receipts.has_overdue(self._clock()):
                self._receipts.note_overdue(self._clock())

    def _prepare(self, writer: StreamWriter | None) -> list[str]:
        """Write the Redis stream; the names of the webhooks."""
        names = self._stored.names()
        if names or writer is not None:
            self.log_what_is_due()
        if writer is not None:
            writer.write()
        return names

    def _deliverer(self, render: Callable[[Event], bytes]) -> Deliverer:
        return Deliverer(
            self._stored,
            self._outbox,
            self._sender,
            render=render,
            who=uuid.uuid4().hex,
            chance=random.random,
            clock=self._clock,
        )

    def _stream_writer(self, render: Callable[[Event], bytes]) -> StreamWriter | None:
        length = self._settings.events.event_stream
        if not length:
            return None
        return StreamWriter(EventStream(self._client, self._keys, length=length), self._outbox, render=render)

    def ran_low(self, entry: Entry) -> Iterator[StockLowRecord]:
        """The positions whose available units fell, by this entry of the log, to what the setting says is low."""
        return stock_low(entry, self._low_stock())

    def _low_stock(self) -> LowStock:
        try:
            decimals = self._facts.network().decimals
        except NotReady:
            decimals = {}
        return LowStock(units=self._settings.events.low_stock, decimals=decimals)
