"""When a printer that could not print is tried again, and when a job is given up.

A printer is off or out of paper for minutes, seldom for hours; so it is tried often at first. While it rests, all its
jobs wait, so they are printed in the order in which they were asked for.
"""

from typing import Final

WAITS: Final = (2, 5, 15, 60, 5 * 60, 15 * 60)
"""Seconds that a printer rests after so many failures in a row; after more, the last."""
MOST_TRIES: Final = 10
"""Of a job that the printer takes up and never ends."""
OLDEST_SECONDS: Final = 24 * 3_600
"""A job that waited so long is not printed by itself any more: what it belongs to was sent on some other way."""


def rest_after(failures: int) -> int:
    """Seconds that a printer rests after so many failures in a row, from 1 on."""
    return WAITS[min(failures, len(WAITS)) - 1]
