"""The settings of events, read from environment variables."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias, cast

from engine.errors import BadSetting

Delivers = Literal["auto", "manual"]
IpNetwork: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_MOST_EVENTS = 100_000_000
_MOST_UNITS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSettings:
    """Which events there are, and where they go.

    `webhooks` says who delivers them: `pointsman serve`, or only `pointsman webhook deliver`; to private addresses only
    in the networks `webhook_allow`. The Redis stream keeps about `event_stream` events; 0: there is none. A position is
    low when at most `low_stock` whole units of it are available.
    """

    webhooks: Delivers = "auto"
    webhook_allow: tuple[IpNetwork, ...] = ()
    event_stream: int = 0
    low_stock: int = 0

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Self:
        """Of the variables that are set and not empty; raises BadSetting."""
        return cls(
            webhooks=_delivers(variables.get("POINTSMAN_WEBHOOKS", "auto")),
            webhook_allow=_networks("POINTSMAN_WEBHOOK_ALLOW", variables.get("POINTSMAN_WEBHOOK_ALLOW", "")),
            event_stream=_number(variables, "POINTSMAN_EVENT_STREAM", _MOST_EVENTS, "events"),
            low_stock=_number(variables, "POINTSMAN_LOW_STOCK", _MOST_UNITS, "units"),
        )


EVERYDAY_EVENTS = EventSettings()


def _delivers(value: str) -> Delivers:
    if value not in ("auto", "manual"):
        raise BadSetting(name="POINTSMAN_WEBHOOKS", value=value, allowed="auto or manual")
    return cast("Delivers", value)


def _networks(name: str, value: str) -> tuple[IpNetwork, ...]:
    try:
        return tuple(ipaddress.ip_network(text.strip()) for text in value.split(",") if text.strip())
    except ValueError:
        allowed = "networks such as 10.0.0.0/8, with commas between them"
        raise BadSetting(name=name, value=value, allowed=allowed) from None


def _number(variables: Mapping[str, str], name: str, most: int, what: str) -> int:
    value = variables.get(name, "0")
    if not (value.isascii() and value.isdigit()) or len(value) > len(str(most)) or int(value) > most:
        raise BadSetting(name=name, value=value, allowed=f"a whole number of {what} from 0 to {most}")
    return int(value)
