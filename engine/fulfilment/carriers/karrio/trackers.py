"""A tracker of Karrio, as it is answered and sent by webhook: all that the carrier said of one parcel.

Schemas `TrackingStatus` and `TrackingEvent` of its OpenAPI, https://docs.karrio.io/reference/api/trackers
"""

import datetime
import hmac
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from engine.fulfilment.carriers.karrio.states import STATES
from engine.fulfilment.carriers.news import (
    CarrierNews,
    CarrierStatus,
    CarrierWebhook,
    NewsUnreadable,
    instant_of,
    news_of,
)

SECRET = "x-event-id"  # noqa: S105 the name of a header
_EVENTS = ("tracker_created", "tracker_updated")


class _Event(msgspec.Struct, frozen=True):
    date: str | None = None
    time: str | None = None
    timestamp: str | None = None
    status: str | None = None
    description: str | None = None
    location: str | None = None

    @property
    def at(self) -> int:
        """Carriers give dates and times without a zone; they are taken as UTC. Raises NewsUnreadable."""
        if self.timestamp:
            return instant_of(self.timestamp)
        return instant_of(f"{self.date or ''}T{_clock(self.time)}")


class Tracker(msgspec.Struct, frozen=True):
    """What is read of it. Of the events, many carriers behind Karrio say no status: what the tracker as a whole has is
    that of the latest.
    """

    tracking_number: str
    status: str = "unknown"
    events: Sequence[_Event] | None = None

    def statuses(self) -> Iterable[CarrierStatus]:
        """Raises NewsUnreadable."""
        latest = max(self.events or (), key=lambda event: event.at, default=None)
        for event in self.events or ():
            status = event.status or (self.status if event is latest else None)
            if status is not None:
                yield CarrierStatus(
                    tracking_number=self.tracking_number,
                    code=status,
                    at=event.at,
                    town=event.location or "",
                    text=event.description or "",
                )


class _Call(msgspec.Struct, frozen=True):
    event: str
    data: msgspec.Raw = msgspec.Raw(b"{}")


def _clock(text: str | None) -> str:
    """`02:05 PM` or `14:05` as `14:05:00`; midnight, if the carrier gives a day alone."""
    for form in ("%I:%M %p", "%H:%M", "%H:%M:%S"):
        try:
            return datetime.datetime.strptime((text or "00:00").strip(), form).time().isoformat()  # noqa: DTZ007 a time of day alone
        except ValueError:
            continue
    raise NewsUnreadable(f"'{text}' is not a time of day")


def is_genuine(body: bytes, headers: Mapping[str, str], secret: str) -> bool:  # noqa: ARG001 Karrio signs nothing
    """Whether it has the webhook's secret: Karrio sends that itself, and signs nothing."""
    return bool(secret) and hmac.compare_digest(headers.get(SECRET, "").encode(), secret.encode())


def news(body: bytes) -> CarrierNews:
    """Calls about other things than trackers have no news. Raises NewsUnreadable."""
    try:
        call = msgspec.json.decode(body, type=_Call)
        if call.event not in _EVENTS:
            return CarrierNews()
        tracker = msgspec.json.decode(call.data, type=Tracker)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NewsUnreadable(str(error)) from error
    return news_of(tracker.statuses(), STATES)


WEBHOOK = CarrierWebhook(is_genuine=is_genuine, news=news)
