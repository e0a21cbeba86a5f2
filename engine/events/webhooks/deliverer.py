"""Sends events to endpoints: reads how far one has come, sends what is next, and notes in one step what became of it.

Between reading and noting nothing is stored, so a process that dies at any point leaves all as it was: what it had sent
is sent again, with the same id. Two processes that send to one endpoint at once do not disturb its state, as what is
noted must follow what was read; a lease keeps them from sending twice.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

from engine.errors import CursorExpired, InputInvalid, NotFound
from engine.events.daemon_threads import each_in_threads
from engine.events.event import Event, Position
from engine.events.outbox import Outbox
from engine.events.webhooks.delivery_state import (
    FAILURES_WHEN_DOWN,
    DeliveryState,
    Failure,
    Lane,
    LaneResult,
    appended,
    settled,
)
from engine.events.webhooks.endpoint_url import EndpointUrl, parse_url
from engine.events.webhooks.post import Answer, NotSent, Sender
from engine.events.webhooks.signature import signed_headers
from engine.events.webhooks.stored_state import change_between, state_of
from engine.store.events.webhooks import StoredWebhook, StoredWebhooks

EVENTS_AT_ONCE = 100
"""Read, sent and noted together."""
SENT_AT_ONCE = 8
"""Requests to one endpoint at the same time, of different lanes."""
LEASE_MILLISECONDS = 120_000
_LEASE_LEFT_SECONDS = 45
"""A request is only begun while the lease lasts so much longer: for the request itself, and for resolving the name."""
_TAKEN = range(200, 300)
"""The statuses that mean that an event was taken."""
CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"

logger = logging.getLogger("pointsman")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of sending an event: the `status` that was answered, if any, and why that is a failure, if it is."""

    status: int | None
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """What is to be sent, by lane; an event that is not there any more is None. `cursor` is how far was read."""

    state: DeliveryState
    lanes: Mapping[str, Sequence[tuple[Position, Event | None]]]
    cursor: Position


class Deliverer:
    """Sends the events of one network. `render` makes an event's body; `who` names this process among others; `chance`
    answers numbers from 0 to 1; `clock` answers UTC seconds.
    """

    def __init__(
        self,
        webhooks: StoredWebhooks,
        outbox: Outbox,
        sender: Sender,
        *,
        render: Callable[[Event], bytes],
        who: str,
        chance: Callable[[], float],
        clock: Callable[[], int],
    ) -> None:
        self._webhooks = webhooks
        self._outbox = outbox
        self._sender = sender
        self._render = render
        self._who = who
        self._chance = chance
        self._clock = clock
        self.stopping = False
        """Set to begin no further request."""

    def deliver(self, name: str) -> bool:
        """Send an endpoint what is due, as far as the lease lasts; False if there was nothing to do, or if another
        process does it.
        """
        try:
            reading = self._webhooks.read(name)
            if not self._has_work(state_of(reading)):
                return False
            if not self._webhooks.lease(name, self._who, milliseconds=LEASE_MILLISECONDS):
                return False
            try:
                return self._deliver(name)
            finally:
                self._webhooks.give_back(name, self._who)
        except NotFound:  # it was removed meanwhile
            return False

    def _has_work(self, state: DeliveryState) -> bool:
        now = self._clock()
        return bool(state.due(now)) or (state.takes_new(now) and state.cursor < self._outbox.end())

    def _deliver(self, name: str) -> bool:
        until = time.monotonic() + LEASE_MILLISECONDS / 1_000 - _LEASE_LEFT_SECONDS
        did_something = False
        while not self.stopping and time.monotonic() < until:
            reading = self._webhooks.read(name)
            before = state_of(reading)
            batch = self._next(reading.webhook, before)
            results = self._send(reading.webhook, batch, until)
            chances = [self._chance() for _ in results]
            after = settled(batch.state, results, cursor=batch.cursor, now=self._clock(), chances=chances)
            if after == before:
                return did_something
            self._tell(name, before, after)
            if not self._webhooks.note(name, reading.version, change_between(before, after)):
                logger.info("webhook %s was changed while events were sent to it: they are sent again", name)
            did_something = True
        return did_something

    def _next(self, webhook: StoredWebhook, state: DeliveryState) -> _Batch:
        now, lanes, cursor = self._clock(), dict[str, list[tuple[Position, Event | None]]](), state.cursor
        if state.takes_new(now):
            state = self._noting_gap(webhook, state)
            page = self._outbox.read(state.cursor, limit=EVENTS_AT_ONCE, types=frozenset(webhook.types))
            cursor = page.cursor
            for event in page.events:
                if event.lane in state.lanes:
                    state = appended(state, event.lane, event.position)
                else:
                    lanes.setdefault(event.lane, []).append((event.position, event))
        due = {name: state.lanes[name] for name in state.due(now)}
        return _Batch(state=state, lanes={**dict(self._waiting(due)), **lanes}, cursor=cursor)

    def _waiting(self, lanes: Mapping[str, Lane]) -> Iterator[tuple[str, list[tuple[Position, Event | None]]]]:
        """Of lanes that are due, their events; behind the first EVENTS_AT_ONCE of all lanes, only places."""
        positions = [event for lane in lanes.values() for event in lane.events][:EVENTS_AT_ONCE]
        events = self._outbox.find(positions) if positions else {}
        sought = set(positions)
        for name, lane in lanes.items():
            # whole lanes only: what was not looked up is no event that is gone
            if sought.issuperset(lane.events[:1]):
                yield name, [(event, events.get(event)) for event in lane.events if event in sought]

    def _noting_gap(self, webhook: StoredWebhook, state: DeliveryState) -> DeliveryState:
        try:
            self._outbox.verify(state.cursor)
        except CursorExpired as error:
            logger.warning("events for webhook %s may be missing: %s", webhook.id, error)
            return replace(state, gap=True)
        return state

    def _send(self, webhook: StoredWebhook, batch: _Batch, until: float) -> list[LaneResult]:
        """Lanes at the same time, the events of each one after the other."""
        if not batch.lanes:
            return []
        attempt = _Attempts(self, webhook, failures=batch.state.failures, until=until)
        lanes = list(batch.lanes.items())
        results = each_in_threads(attempt.send_lane, lanes, most=SENT_AT_ONCE, name="webhook")
        return [_with_rest(result, batch.state) for result in results]

    def attempt(self, webhook: StoredWebhook, event: Event) -> Attempt:
        """Send one event."""
        try:
            answer = self._send_signed(webhook, event)
        except NotSent as error:
            return Attempt(status=None, failure=Failure(error=str(error)))
        if answer.status in _TAKEN:
            return Attempt(status=answer.status, failure=None)
        gone = answer.status == HTTPStatus.GONE
        failure = Failure(error=f"answered {answer.status}", retry_after=answer.retry_after, gone=gone)
        return Attempt(status=answer.status, failure=failure)

    def _send_signed(self, webhook: StoredWebhook, event: Event) -> Answer:
        try:
            url: EndpointUrl = parse_url(webhook.url, allowed=self._sender.allowed)
        except InputInvalid as error:  # the setting allows less than when it was added
            raise NotSent(str(error)) from error
        body, now = self._render(event), self._clock()
        headers = signed_headers(webhook.keys_at(now), message=event.id, at=now, body=body)
        return self._sender.post(url, {"Content-Type": CONTENT_TYPE, **headers}, body)

    def _tell(self, name: str, before: DeliveryState, after: DeliveryState) -> None:
        if after.off and not before.off:
            logger.warning("webhook %s is switched off: %s", name, after.off)
        for event, letter in after.died.items():
            logger.warning("event %s is not sent to webhook %s any more: %s", event, name, letter.error)


class _Attempts:
    """The attempts of one batch. Once the endpoint counts as down, or asks to be left alone, no more are begun."""

    def __init__(self, deliverer: Deliverer, webhook: StoredWebhook, *, failures: int, until: float) -> None:
        self._deliverer = deliverer
        self._webhook = webhook
        self._failures = failures
        self._until = until
        self._ended = False

    def send_lane(self, lane: tuple[str, Sequence[tuple[Position, Event | None]]]) -> LaneResult:
        name, events = lane
        result = LaneResult(name=name, events=tuple(position for position, _ in events))
        for _, event in events:
            if event is not None:
                if self._ended or self._deliverer.stopping or time.monotonic() >= self._until:
                    return result
                failure = self._failure(event)
                if failure is not None:
                    return replace(result, failure=failure)
            result = replace(result, done=result.done + 1, reached=result.reached or event is not None)
        return result

    def _failure(self, event: Event) -> Failure | None:
        """None if it was taken."""
        failure = self._deliverer.attempt(self._webhook, event).failure
        if failure is None:
            self._failures = 0
            return None
        self._failures += 1
        if self._failures >= FAILURES_WHEN_DOWN or failure.gone or failure.retry_after:
            self._ended = True
        return failure


def _with_rest(result: LaneResult, state: DeliveryState) -> LaneResult:
    """With those events of the lane that wait behind the ones that were looked at."""
    lane = state.lanes.get(result.name)
    if lane is None:
        return result
    return replace(result, events=(*result.events, *lane.events[len(result.events) :]))
