"""The settings of what-ifs that are asked for over HTTP, read from environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from engine.errors import BadSetting
from rules.errors import LiteralInvalid
from rules.syntax import literals

_DAY: Final = 24 * 60
_MOST_JOBS: Final = 16
_MOST_WORKERS: Final = 256
_MOST_WAITING: Final = 1_000
_LONGEST_KEPT: Final = 90 * _DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfSettings:
    """How many `jobs` run at once in a network, whichever process runs them; in how many `workers` each, which are
    processes; how many more may be `waiting`; and for how many minutes what became of one is `kept`.
    """

    jobs: int = 1
    workers: int = 1
    waiting: int = 20
    kept: int = 7 * _DAY

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Self:
        """Of the variables that are set and not empty; raises BadSetting."""
        return cls(
            jobs=_number(variables, "POINTSMAN_WHATIF_JOBS", _MOST_JOBS),
            workers=_number(variables, "POINTSMAN_WHATIF_WORKERS", _MOST_WORKERS),
            waiting=_number(variables, "POINTSMAN_WHATIF_WAITING", _MOST_WAITING, usual="20"),
            kept=_duration(variables, "POINTSMAN_KEEP_WHATIF", "7 d"),
        )


EVERYDAY_WHATIF = WhatIfSettings()


def _number(variables: Mapping[str, str], name: str, most: int, *, usual: str = "1") -> int:
    value = variables.get(name, usual)
    if not (value.isascii() and value.isdigit()) or len(value) > len(str(most)) or not 1 <= int(value) <= most:
        raise BadSetting(name=name, value=value, allowed=f"a whole number from 1 to {most}")
    return int(value)


def _duration(variables: Mapping[str, str], name: str, usual: str) -> int:
    """In minutes."""
    value = variables.get(name, usual)
    try:
        minutes = literals.duration(value)
    except LiteralInvalid:
        minutes = 0
    if not 1 <= minutes <= _LONGEST_KEPT:
        raise BadSetting(name=name, value=value, allowed=f"a duration from 1 min to {_LONGEST_KEPT // _DAY} d, as 7 d")
    return minutes
