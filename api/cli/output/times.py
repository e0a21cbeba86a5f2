"""Instants as people read them: on the clock of the installation or of a place, with how far it is ahead of UTC."""

import datetime
import zoneinfo
from dataclasses import dataclass
from typing import Self

from api.language.current import say
from engine.errors import NotReady
from engine.model.facts import Network
from engine.service import Pointsman

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Shows instants as the installation's clock does; in UTC, as long as no network is loaded."""

    network: Network | None

    @classmethod
    def of(cls, service: Pointsman) -> Self:
        try:
            return cls(network=service.network())
        except NotReady:
            return cls(network=None)

    def __call__(self, instant: int | str, *, seconds: bool = False) -> str:
        """UTC seconds, or RFC 3339."""
        if isinstance(instant, int):
            instant = datetime.datetime.fromtimestamp(instant, tz=datetime.UTC).isoformat()
        return time_text(instant, self.network.time_zone if self.network else "UTC", seconds=seconds)


def local_time(instant: str, network: Network, place: str | None = None) -> str:
    """The instant on the clock of the node `place`, or else of the installation, with how far that is ahead of UTC; a
    zone other than the installation's is named.
    """
    node = network.nodes.get(place) if place else None  # the network may have changed since the decision
    zone = network.zone_of(node) if node else network.time_zone
    return time_text(instant, zone) + ("" if zone == network.time_zone else f" ({zone})")


def date_text(day: datetime.date) -> str:
    """Tue 01 Dec 2026."""
    return f"{say(DAYS[day.weekday()])} {day:%d} {say(MONTHS[day.month - 1])} {day:%Y}"


def time_text(instant: str, zone: str, *, seconds: bool = False) -> str:
    """RFC 3339 on the clock of a zone."""
    moment = datetime.datetime.fromisoformat(instant).astimezone(zoneinfo.ZoneInfo(zone))
    clock = f"{moment:%H:%M:%S}" if seconds else f"{moment:%H:%M}"
    return f"{date_text(moment.date())} {clock} {moment.isoformat()[-6:]}"
