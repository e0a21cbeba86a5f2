"""When an event is sent again that was not taken: the schedule that Standard Webhooks publishes, with jitter."""

SCHEDULE = (0, 5, 5 * 60, 30 * 60, 2 * 3_600, 5 * 3_600, 10 * 3_600, 14 * 3_600, 20 * 3_600, 24 * 3_600)
"""Seconds that each attempt waits for after the failure of the one before: three days and three hours in all."""
MOST_ATTEMPTS = len(SCHEDULE)
LONGEST_RETRY_AFTER = 24 * 3_600
"""However long a receiver asks to be left alone."""
_JITTER = 0.1


def next_attempt(attempts: int, *, now: int, retry_after: int | None, chance: float) -> int | None:
    """The instant of the attempt after so many that failed; None if there is none any more. `chance`, from 0 to 1,
    spreads attempts by a tenth to both sides; what the receiver asked for in `retry_after` seconds is kept at least.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    wait = round(SCHEDULE[attempts] * (1 + _JITTER * (2 * chance - 1)))
    return now + max(wait, kept_retry_after(retry_after))


def kept_retry_after(seconds: int | None) -> int:
    return min(max(0, seconds or 0), LONGEST_RETRY_AFTER)
