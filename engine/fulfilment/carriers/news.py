"""What a carrier tells of parcels, in its own words, as events."""

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from engine.model.tracking import TrackingEvent, TrackingState

_MILLISECONDS_FROM = 10**11
"""A Unix time above it counts milliseconds: as seconds it would be in the year 5138."""


class NewsUnreadable(ValueError):
    """What came is not of the form that the carrier documents; says what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierNews:
    """`unknown` are codes that the carrier does not document, each once: their events are left out, and so change
    nothing of what is known of the parcel.
    """

    events: tuple[TrackingEvent, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierStatus:
    """One thing that a carrier said of a parcel; `code` as the carrier wrote it."""

    tracking_number: str
    code: str
    at: int
    town: str = ""
    country: str = ""
    text: str = ""


def news_of(statuses: Iterable[CarrierStatus], states: Mapping[str, TrackingState | None]) -> CarrierNews:
    """The events, the oldest first. `states` has every code that the carrier documents; None is for those that say
    nothing of where a parcel is, as that its label was cancelled.
    """
    events, unknown = [], dict[str, None]()
    for status in sorted(statuses, key=lambda status: status.at):
        state = states.get(status.code)
        if status.code not in states:
            unknown[status.code] = None
        elif state is not None and status.tracking_number:
            events.append(
                TrackingEvent(
                    tracking_number=status.tracking_number,
                    id="",  # none of these carriers numbers its events
                    state=state,
                    at=status.at,
                    town=status.town,
                    country=status.country,
                    text=status.text,
                    details={"code": status.code},
                )
            )
    return CarrierNews(events=tuple(events), unknown=tuple(unknown))


def instant_of(text: str) -> int:
    """UTC seconds of an ISO 8601 date and time; without a zone it is taken as UTC. Raises NewsUnreadable."""
    try:
        moment = datetime.datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp())
    except (ValueError, OverflowError) as error:
        raise NewsUnreadable(f"'{text}' is not a date and time") from error


def instant_of_unix(number: float) -> int:
    """UTC seconds of a Unix time in seconds or milliseconds. Raises NewsUnreadable."""
    seconds = number / 1_000 if number > _MILLISECONDS_FROM else number
    if not 0 <= seconds < _MILLISECONDS_FROM:
        raise NewsUnreadable(f"{number:g} is not an instant")
    return int(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierWebhook:
    """How a carrier calls by itself. `is_genuine(body, headers, secret)` takes the body as it came and the headers by
    their names in small letters; `news(body)` raises NewsUnreadable.
    """

    is_genuine: Callable[[bytes, Mapping[str, str], str], bool]
    news: Callable[[bytes], CarrierNews]
