"""How far an endpoint has come, written as JSON and read again."""

from collections.abc import Mapping
from typing import Any

import msgspec
import orjson

from engine.events.event import START, Position
from engine.events.webhooks.delivery_state import DeadLetter, DeliveryState, Lane
from engine.store.events.webhooks import WebhookChange, WebhookReading

_FIELDS = ("off", "off_since", "failures", "taken_at", "failed_at", "error", "paused_until", "gap")
"""That are stored as they are."""


def state_json(state: DeliveryState) -> bytes:
    """All of it but lanes and dead letters, which are stored one by one."""
    return orjson.dumps({"cursor": str(state.cursor), **{name: getattr(state, name) for name in _FIELDS}})


def state_of(reading: WebhookReading) -> DeliveryState:
    fields = orjson.loads(reading.state)
    return DeliveryState(
        cursor=_position(fields.pop("cursor")),
        lanes={name: _lane(orjson.loads(text)) for name, text in reading.lanes.items()},
        dead=reading.dead,
        **fields,
    )


def change_between(before: DeliveryState, after: DeliveryState) -> WebhookChange:
    """What has to be stored so that `after` is."""
    lanes: dict[str, bytes | None] = dict.fromkeys(before.lanes.keys() - after.lanes.keys())
    lanes |= {name: _lane_json(lane) for name, lane in after.lanes.items() if before.lanes.get(name) != lane}
    dead = {str(event): msgspec.json.encode(letter) for event, letter in after.died.items()}
    progress = f"{after.waiting} {after.dead} {int(bool(after.off))}"
    return WebhookChange(state=state_json(after), progress=progress, lanes=lanes, dead=dict(dead))


def dead_letters_of(stored: Mapping[str, bytes]) -> dict[Position, DeadLetter]:
    """In the order of the stream."""
    letters = {_position(event): msgspec.json.decode(text, type=DeadLetter) for event, text in stored.items()}
    return dict(sorted(letters.items()))


def _lane_json(lane: Lane) -> bytes:
    return orjson.dumps(
        {
            "events": [str(event) for event in lane.events],
            "attempts": lane.attempts,
            "due": lane.due,
            "since": lane.since,
            "error": lane.error,
        }
    )


def _lane(fields: dict[str, Any]) -> Lane:
    return Lane(events=tuple(_position(event) for event in fields.pop("events")), **fields)


def _position(text: str) -> Position:
    return Position.parse(text) or START
