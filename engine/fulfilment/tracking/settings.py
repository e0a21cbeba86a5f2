"""The settings of tracking, read from environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias, cast

from engine.errors import BadSetting
from engine.rate_limit import RateLimit
from rules.errors import LiteralInvalid
from rules.syntax import literals

PageAccess: TypeAlias = Literal["number", "token", "off"]
"""Who is shown where a parcel is: whoever knows its number, or also a token that cannot be guessed; or nobody."""
_PAGE_LIMIT = RateLimit(requests=60, seconds=60)
_LONGEST_SILENCE = 90 * 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingSettings:
    """A shipment may be lost once nothing was heard of it for `silence` seconds. `page` says who is shown the page
    /track, and `page_limit` how often an address may ask for it.
    """

    silence: int = 10 * 24 * 60 * 60
    page: PageAccess = "number"
    page_limit: RateLimit = _PAGE_LIMIT

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Self:
        """Of the variables that are set and not empty; raises BadSetting."""
        return cls(
            silence=60
            * _minutes("POINTSMAN_TRACKING_LOST_AFTER", variables.get("POINTSMAN_TRACKING_LOST_AFTER", "10 d")),
            page=_page(variables.get("POINTSMAN_TRACKING_PAGE", "number")),
            page_limit=RateLimit.of_setting(
                "POINTSMAN_TRACKING_LIMIT", variables.get("POINTSMAN_TRACKING_LIMIT", "60/minute")
            ),
        )


EVERYDAY_TRACKING = TrackingSettings()


def _page(value: str) -> PageAccess:
    if value not in ("number", "token", "off"):
        raise BadSetting(name="POINTSMAN_TRACKING_PAGE", value=value, allowed="number, token or off")
    return cast("PageAccess", value)


def _minutes(name: str, value: str) -> int:
    try:
        minutes = literals.duration(value)
    except LiteralInvalid:
        minutes = 0
    if not 1 <= minutes <= _LONGEST_SILENCE:
        raise BadSetting(name=name, value=value, allowed="a duration from 1 min to 90 d, such as 10 d")
    return minutes
