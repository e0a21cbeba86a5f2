"""Events of tracking numbers that no shipment has yet, kept for a while: a carrier may be faster than whoever packs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from engine.model.tracking import TrackingEvent
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from rules.syntax.literals import SECONDS_A_DAY

KEPT_SECONDS = 7 * SECONDS_A_DAY
MOST_NUMBERS = 20_000
"""Those of which nothing was heard for longest are forgotten beyond it."""
_MOST_EVENTS = 50
"""Of one number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmatchedEvent:
    """An event, first received at `heard_at`, in UTC seconds, from that source."""

    event: TrackingEvent
    heard_at: int
    source: str


class UnknownNumbers:
    """Those of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def keep(self, by_number: Iterable[tuple[str, Sequence[TrackingEvent]]], *, source: str, now: int) -> None:
        """Keep the events of each number, heard `now` of that source."""
        keys = self._keys
        with faults(), self._client.redis.pipeline(transaction=True) as write:
            for number, events in by_number:
                for event in events[:_MOST_EVENTS]:
                    write.hsetnx(keys.unknown_number(number), _text(event), f"{now} {source}")
                write.expire(keys.unknown_number(number), KEPT_SECONDS)
                write.zadd(keys.unknown_numbers, {number: now})
            write.zremrangebyscore(keys.unknown_numbers, "-inf", now - KEPT_SECONDS)
            write.zcard(keys.unknown_numbers)
            too_many = write.execute()[-1] - MOST_NUMBERS
        if too_many > 0:
            with faults():
                longest = [number.decode() for number, _ in self._client.redis.zpopmin(keys.unknown_numbers, too_many)]
            self.forget(longest)

    def read(self, numbers: Sequence[str]) -> dict[str, list[UnmatchedEvent]]:
        """By number of which something is kept: its events."""
        with faults(), self._client.redis.pipeline(transaction=False) as read:
            for number in numbers:
                read.hgetall(self._keys.unknown_number(number))
            answers = read.execute() if numbers else []
        return {
            number: [_event(number, text, heard.decode()) for text, heard in stored.items()]
            for number, stored in zip(numbers, answers, strict=True)
            if stored
        }

    def forget(self, numbers: Sequence[str]) -> None:
        """They are a shipment's by now, or too old."""
        if numbers:
            with faults(), self._client.redis.pipeline(transaction=False) as write:
                for number in numbers:
                    write.unlink(self._keys.unknown_number(number))
                write.zrem(self._keys.unknown_numbers, *numbers)
                write.execute()


def _text(event: TrackingEvent) -> bytes:
    return orjson.dumps([event.id, event.state, event.at, event.town, event.country])


def _event(number: str, text: bytes, heard: str) -> UnmatchedEvent:
    event_id, state, at, town, country = orjson.loads(text)
    event = TrackingEvent(tracking_number=number, id=event_id, state=state, at=at, town=town, country=country)
    instant, _, source = heard.partition(" ")
    return UnmatchedEvent(event=event, heard_at=int(instant), source=source)
