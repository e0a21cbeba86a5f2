"""The settings of look-ahead, read from environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from engine.errors import BadSetting
from rules.errors import LiteralInvalid
from rules.syntax import literals

_LONGEST: Final = 30 * 24 * 60
_MINUTE: Final = 60
_MOST_PERCENT: Final = 1_000
_DURATION: Final = "a duration from 1 min to 30 d, such as 1 d"
_EVERY: Final = "manual, or a duration from 1 min to 30 d, such as 1 d"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookaheadSettings:
    """`pointsman serve` learns prices `every` so many seconds; None: only `pointsman lookahead learn` does. A table is
    used for `use_for` seconds. Where units at a node differ by more than `jump` percent from those that its prices were
    learnt of, these are learnt anew in between.
    """

    every: int | None = None
    use_for: int = 2 * 24 * 60 * _MINUTE
    jump: int = 50

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Self:
        """Of the variables that are set and not empty; raises BadSetting."""
        text, use = variables.get("POINTSMAN_LOOKAHEAD", "manual"), variables.get("POINTSMAN_LOOKAHEAD_USE", "2 d")
        every = None if text == "manual" else _seconds("POINTSMAN_LOOKAHEAD", text, allowed=_EVERY)
        use_for = _seconds("POINTSMAN_LOOKAHEAD_USE", use)
        if every is not None and use_for <= every:
            allowed = f"longer than POINTSMAN_LOOKAHEAD, '{text}': else no table is used from one to the next"
            raise BadSetting(name="POINTSMAN_LOOKAHEAD_USE", value=use, allowed=allowed)
        return cls(
            every=every,
            use_for=use_for,
            jump=_percent("POINTSMAN_LOOKAHEAD_JUMP", variables.get("POINTSMAN_LOOKAHEAD_JUMP", "50%")),
        )


EVERYDAY_LOOKAHEAD = LookaheadSettings()


def _seconds(name: str, value: str, *, allowed: str = _DURATION) -> int:
    try:
        minutes = literals.duration(value)
    except LiteralInvalid:
        minutes = 0
    if not 1 <= minutes <= _LONGEST:
        raise BadSetting(name=name, value=value, allowed=allowed)
    return minutes * _MINUTE


def _percent(name: str, value: str) -> int:
    number = value.removesuffix("%").strip()
    percent = int(number) if number.isascii() and number.isdigit() and len(number) <= len(str(_MOST_PERCENT)) else 0
    if not value.endswith("%") or not 1 <= percent <= _MOST_PERCENT:
        raise BadSetting(name=name, value=value, allowed="a share from 1% to 1000%, such as 50%")
    return percent
