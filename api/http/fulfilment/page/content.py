"""What the page about a parcel shows: of the order nothing but where the parcel goes to, and that only as a town."""

import datetime
import re
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from api.http.fulfilment.page.page_words import PageWords
from engine.fulfilment.tracking.goal_zone import zone_of
from engine.fulfilment.tracking.tracking import FoundParcel
from engine.model.tracking import ENDED, TrackingState

_S10: Final = re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}")
_STEP: Final[dict[TrackingState, int]] = {
    "pending": -1,
    "info_received": 0,
    "in_transit": 1,
    "exception": 1,
    "expired": 1,
    "returned": 1,
    "out_for_delivery": 2,
    "attempt_fail": 2,
    "available_for_pickup": 2,
    "delivered": 3,
}
"""Which step of the bar the parcel has reached."""
_TROUBLED: Final = frozenset({"exception", "expired", "returned", "attempt_fail"})
_HELD_UP: Final = frozenset({"exception", "expired"})
"""Nobody knows whether such a parcel still arrives by the day that was promised, so the page names no day."""
_NEAR_THE_CUSTOMER: Final = frozenset({"delivered", "attempt_fail", "available_for_pickup"})
"""Where these happened says more than the town of destination."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant, for machines and for people."""

    machine: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Of the bar. `mark` is what is said of it beside its colour."""

    name: str
    reached: bool
    current: bool
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    words: str
    town: str
    moment: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContent:
    """All that is shown. `tone` is how it looks: done, fine or troubled."""

    number: str
    carrier: str | None
    state: str
    tone: str
    since: Moment | None
    hint: str
    expected: Moment | None
    late: bool
    town: str
    number_of: tuple[int, int] | None
    steps: tuple[Step, ...]
    history: tuple[Happening, ...]
    zone: str


def content_of(found: FoundParcel, words: PageWords, *, town: str, network_zone: str) -> PageContent:
    """`town` is that of the destination, empty if it is not known or not to be shown."""
    shipment, parcel = found.shipment, found.parcel
    progress = shipment.parcel_progress(parcel.sscc)
    zone = shipment.goal.zone or zone_of(shipment.goal.country, shipment.goal.place) or network_zone
    moment = _moments(zone, words)
    is_over = progress.state in ENDED
    late = shipment.state.late and not is_over
    number = found.parcel.number
    numbers = [item.number for item in shipment.parcels]
    handed_over = progress.state == "pending" and found.packing.manifest is not None
    return PageContent(
        number=spaced(parcel.tracking_number or parcel.sscc),
        carrier=found.packing.carrier,
        state=words.handed_over if handed_over else words.states[progress.state],
        tone="done" if progress.state == "delivered" else "troubled" if progress.state in _TROUBLED else "fine",
        since=None if progress.since is None else moment(progress.since),
        hint=words.handed_over_hint if handed_over else words.hints.get(progress.state, ""),
        expected=None if is_over or (progress.state in _HELD_UP and not late) else moment(shipment.promised),
        late=late,
        town=town,
        number_of=(numbers.index(number) + 1, len(numbers)) if len(numbers) > 1 else None,
        steps=_steps("info_received" if handed_over else progress.state, words),
        history=tuple(
            Happening(
                words=words.states[scan.state],
                town="" if scan.state in _NEAR_THE_CUSTOMER else scan.town,
                moment=moment(scan.instant),
            )
            for scan in reversed(found.events)
        ),
        zone=zone.rpartition("/")[2].replace("_", " "),
    )


def spaced(number: str) -> str:
    """In groups, as it is read aloud: of a number of the Universal Postal Union (S10) as the postal services write it,
    `CB 000 000 005 FR`; of another, in groups of four.
    """
    if _S10.fullmatch(number):
        return " ".join((number[:2], number[2:5], number[5:8], number[8:11], number[11:]))
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))


def _steps(state: TrackingState, words: PageWords) -> tuple[Step, ...]:
    names = list(words.steps)
    if state == "available_for_pickup":
        names[2] = words.pick_up
    reached = _STEP[state]
    return tuple(
        Step(
            name=name,
            reached=place <= reached,
            current=place == reached,
            mark=words.now if place == reached and state != "delivered" else words.done if place <= reached else "",
        )
        for place, name in enumerate(names)
    )


def _moments(zone: str, words: PageWords) -> Callable[[int], Moment]:
    here = zoneinfo.ZoneInfo(zone)

    def moment(instant: int) -> Moment:
        local = datetime.datetime.fromtimestamp(instant, tz=here)
        return Moment(machine=local.isoformat(), text=words.instant(local))

    return moment
