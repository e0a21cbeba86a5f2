"""Events as CloudEvents 1.0 in JSON, and webhooks."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from api.shapes.quantities import NO_DECIMALS, Quantities, encode
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.errors import NotReady
from engine.events.event import Event, Position
from engine.events.payloads import PingRecord
from engine.events.payloads_by_type import PAYLOADS
from engine.events.webhooks.deliverer import Attempt
from engine.events.webhooks.delivery_state import DeadLetter
from engine.events.webhooks.webhooks import WebhookState
from engine.service import Pointsman
from engine.store.events.webhooks import StoredWebhook

MOST_BYTES = 20_000
"""Of an event: Standard Webhooks recommends it."""
_LISTS = (
    *("shipments", "unfilled", "lines", "cancelled", "released", "returned", "positions"),
    *("arrived", "lost"),
    *("units", "missing"),
    *("added", "gone", "changed"),
)
"""What is left out of an event's data where it would be larger."""


DATA_RECORDS: tuple[type[Record], ...] = (*dict.fromkeys(PAYLOADS.values()), PingRecord)
"""The shapes of `data`."""
_DATA = [{"$ref": f"#/components/schemas/{record.__name__.removesuffix('Record')}"} for record in DATA_RECORDS]


class EventRecord(Record, frozen=True, kw_only=True):
    """A CloudEvent. `data` is as its type says; where its lists would make the event larger than 20 kB, they are left
    out, `truncated` is true, and `links` lead to them.
    """

    specversion: Literal["1.0"] = "1.0"
    id: Annotated[str, Meta(description="the same whenever it is sent; also a cursor")]
    source: Annotated[str, Meta(description="the network")]
    type: str
    time: Timestamp
    subject: Annotated[str | UnsetType, Meta(description="the order, SKU, version or node it is about")] = UNSET
    datacontenttype: Literal["application/json"] = "application/json"
    data: Annotated[dict[str, Any], Meta(extra_json_schema={"anyOf": _DATA})]


def render(event: Event, *, network: str, quantities: Quantities = NO_DECIMALS) -> bytes:
    """An event's JSON, with its quantities as they are written."""
    data = msgspec.to_builtins(event.data)
    record = EventRecord(
        id=event.id,
        source=f"urn:pointsman:{network}",
        type=event.type,
        time=timestamp(event.at),
        subject=event.subject or UNSET,
        data=data if not quantities.decimals else quantities.show(data),
    )
    body = encode(record)
    if len(body) <= MOST_BYTES:
        return body
    kept = {name: [] if name in _LISTS else value for name, value in record.data.items()}
    return encode(msgspec.structs.replace(record, data=kept | {"truncated": True}))


def renderer(pointsman: Pointsman) -> Callable[[Event], bytes]:
    """Makes the JSON of the events of one Pointsman."""

    def render_event(event: Event) -> bytes:
        try:
            quantities = Quantities.of(pointsman)
        except NotReady:  # there is nothing that could have decimals
            quantities = NO_DECIMALS
        return render(event, network=pointsman.settings.network, quantities=quantities)

    return render_event


class WebhookRecord(Record, frozen=True, kw_only=True):
    """A webhook, and how far it has come. Its secret is shown once, when it is made."""

    id: str
    url: str
    types: Annotated[list[str], Meta(description="empty: all")]
    note: str
    created_at: Timestamp
    by: str
    on: bool
    off_because: str | None
    off_since: Timestamp | None
    cursor: Annotated[str, Meta(description="how far it has been handed events")]
    behind: Annotated[bool, Meta(description="whether there are events that it has not been handed yet")]
    waiting: Annotated[int, Meta(description="events that are to be sent again, or wait behind one that is")]
    dead: Annotated[int, Meta(description="events that are not sent any more")]
    last_taken_at: Timestamp | None
    last_failed_at: Timestamp | None
    last_error: Annotated[str | None, Meta(description="since which nothing was taken")]
    gap: Annotated[bool, Meta(description="whether events may be missing: the log did not reach back to the cursor")]

    @classmethod
    def of(cls, state: WebhookState) -> "WebhookRecord":
        webhook, delivery = state.webhook, state.delivery
        return cls(
            id=webhook.id,
            url=webhook.url,
            types=list(webhook.types),
            note=webhook.note,
            created_at=timestamp(webhook.created_at),
            by=webhook.by,
            on=not delivery.off,
            off_because=delivery.off or None,
            off_since=timestamp(delivery.off_since) if delivery.off else None,
            cursor=str(delivery.cursor),
            behind=state.behind,
            waiting=delivery.waiting,
            dead=delivery.dead,
            last_taken_at=None if delivery.taken_at is None else timestamp(delivery.taken_at),
            last_failed_at=None if delivery.failed_at is None else timestamp(delivery.failed_at),
            last_error=delivery.error or None,
            gap=delivery.gap,
        )


class WebhookListRecord(Record, frozen=True):
    webhooks: list[WebhookRecord]


class WebhookSecretRecord(Record, frozen=True, kw_only=True):
    """A secret, shown this once: who is sent events verifies them by it."""

    id: str
    url: str
    secret: str
    former_until: Annotated[Timestamp | None, Meta(description="until when the former secret signs, too")]

    @classmethod
    def of(cls, webhook: StoredWebhook) -> "WebhookSecretRecord":
        newest, *former = webhook.secrets
        until = former[0].until if former else None
        return cls(
            id=webhook.id,
            url=webhook.url,
            secret=newest.key,
            former_until=None if until is None else timestamp(until),
        )


class WebhookTestRecord(Record, frozen=True):
    """What came of an event that was sent for a test."""

    taken: bool
    status: Annotated[int | None, Meta(description="null: there was no answer")]
    error: str | None

    @classmethod
    def of(cls, result: Attempt) -> "WebhookTestRecord":
        failure = result.failure
        return cls(taken=failure is None, status=result.status, error=failure.error if failure else None)


class DeadLetterRecord(Record, frozen=True, kw_only=True):
    """An event that is not sent any more."""

    event: str
    about: Annotated[str, Meta(description="what it is about; events of the same are sent in order")]
    attempts: int
    last_at: Timestamp
    error: str


class DeadLettersRecord(Record, frozen=True):
    """The earliest events first."""

    events: list[DeadLetterRecord]
    next: str | None

    @classmethod
    def of(cls, letters: Mapping[Position, DeadLetter], following: Position | None) -> "DeadLettersRecord":
        return cls(
            next=None if following is None else str(following),
            events=[
                DeadLetterRecord(
                    event=str(position),
                    about=letter.lane,
                    attempts=letter.attempts,
                    last_at=timestamp(letter.at),
                    error=letter.error,
                )
                for position, letter in letters.items()
            ],
        )
