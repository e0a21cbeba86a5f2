"""Bounds of the instants that callers state, of counts, movements and goods that left, in UTC microseconds."""

from engine.decide.order_record import timestamp
from engine.errors import InputInvalid, Mistake

MINUTES_AHEAD = 5
"""How far a caller's clock may be ahead of ours. A count with a later time would keep out correct counts until then."""
MICROSECONDS = 1_000_000
"""Of a second."""


def latest_instant(now: int) -> int:
    """The latest that may be stated at `now`, in UTC seconds."""
    return (now + 60 * MINUTES_AHEAD) * MICROSECONDS


def ahead_of_the_clock(now: int) -> str:
    """What is wrong with a later one, to be put after it."""
    return f"more than {MINUTES_AHEAD} minutes ahead of the clock here ({timestamp(now)})"


def instant_mistake(instant: int | None, now: int, *, field: str, what_to_do: str) -> Mistake | None:
    """What is wrong with an instant that `field` states, if it is later than may be stated; and what to do then."""
    if instant is None or instant <= latest_instant(now):
        return None
    shown = timestamp(instant // MICROSECONDS)
    return Mistake(field=field, message=f"{shown} is {ahead_of_the_clock(now)}; {what_to_do}")


def verify_instant(instant: int | None, now: int, *, field: str, what_to_do: str) -> None:
    """Raises InputInvalid with that mistake."""
    mistake = instant_mistake(instant, now, field=field, what_to_do=what_to_do)
    if mistake is not None:
        raise InputInvalid([mistake])
