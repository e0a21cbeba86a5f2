"""The server's clock, by which holds end and histories are written, and how far this process's own is from it."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from engine.errors import ClockOff

MOST_SECONDS_OFF = 2
"""A process whose clock is further from the server's is refused: it would end holds too early or too late."""
CHECK_SECONDS = 60.0
_EXACT_SECONDS = 0.01
"""A smaller difference is taken for none: the answer was on its way for about as long."""
_STEP_SECONDS = 0.5
"""By so much the clock and the one that is never set may drift apart before somebody must have set the clock."""


def real_clock() -> float:
    """UTC seconds of this machine, whatever `time.time` was replaced by."""
    return time.clock_gettime(time.CLOCK_REALTIME)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """`offset` is what has to be added to this process's clock, in seconds; `elapsed` when it was found out, and `lead`
    how far the clock then was before the one that is never set.
    """

    offset: float
    elapsed: float
    lead: float


class ServerClock:
    """`ask` answers the server's clock in UTC seconds. `clock` is this process's, and `elapsed` one that is never
    set.
    """

    def __init__(
        self,
        ask: Callable[[], float],
        *,
        clock: Callable[[], float] = real_clock,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._elapsed = elapsed
        self._compared: _Comparison | None = None

    @property
    def offset(self) -> float:
        """Seconds by which the server's clock is ahead of this process's, as they were last compared."""
        return self._compared.offset if self._compared else 0.0

    def now(self) -> float:
        """What the server's clock shows, in UTC seconds, as far as this process knows."""
        return self._clock() + self.offset

    def verify(self) -> None:
        """Compare the clocks, if that was not done within the last minute or this process's was set since. Raises
        ClockOff, and whatever `ask` raises.
        """
        if self._is_due() or abs(self.offset) > MOST_SECONDS_OFF:
            self._compared = self._compare()
        if abs(self.offset) > MOST_SECONDS_OFF:
            raise ClockOff(ahead=-self.offset, most=MOST_SECONDS_OFF)

    def _is_due(self) -> bool:
        compared, elapsed = self._compared, self._elapsed()
        return (
            compared is None
            or elapsed - compared.elapsed >= CHECK_SECONDS
            or abs(self._clock() - elapsed - compared.lead) > _STEP_SECONDS
        )

    def _compare(self) -> _Comparison:
        before = self._clock()
        server = self._ask()
        after = self._clock()
        # the server looked at its clock some time in between
        offset = server - after if server > after else min(0.0, server - before)
        elapsed = self._elapsed()
        return _Comparison(offset if abs(offset) > _EXACT_SECONDS else 0.0, elapsed, self._clock() - elapsed)
