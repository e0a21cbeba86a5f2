"""The settings of the promise watch, read from environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self, cast

from engine.errors import BadSetting
from rules.errors import LiteralInvalid
from rules.syntax import literals

Watches = Literal["auto", "manual"]
_LONGEST_HORIZON = 30 * 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """`watch` says who watches: `pointsman serve`, or only `pointsman promise watch`. A promise is at risk from
    `horizon` seconds before its shipment has to pass a milestone.
    """

    watch: Watches = "auto"
    horizon: int = 30 * 60

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Self:
        """Of the variables that are set and not empty; raises BadSetting."""
        return cls(
            watch=_watches(variables.get("POINTSMAN_PROMISE_WATCH", "auto")),
            horizon=60 * _minutes("POINTSMAN_PROMISE_HORIZON", variables.get("POINTSMAN_PROMISE_HORIZON", "30 min")),
        )


EVERYDAY_WATCH = WatchSettings()


def _watches(value: str) -> Watches:
    if value not in ("auto", "manual"):
        raise BadSetting(name="POINTSMAN_PROMISE_WATCH", value=value, allowed="auto or manual")
    return cast("Watches", value)


def _minutes(name: str, value: str) -> int:
    if value == "0":
        return 0
    try:
        minutes = literals.duration(value)
    except LiteralInvalid:
        minutes = -1
    if not 0 <= minutes <= _LONGEST_HORIZON:
        raise BadSetting(name=name, value=value, allowed="0, or a duration up to 30 d, such as 30 min")
    return minutes
