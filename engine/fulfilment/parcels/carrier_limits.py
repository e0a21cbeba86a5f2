"""Limits how much one carrier is asked in one turn of the service, so that one that hangs keeps no other waiting."""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from engine.errors import CarrierUnavailable

MOST_IN_A_TURN: Final = 50
"""Packings and returns for which one carrier is asked in one turn."""
ASKING_SECONDS: Final = 20.0
"""After that a carrier is asked for nothing else in the turn: it may be slow."""
UNANSWERED_SECONDS: Final = 60
"""A carrier that did not answer is asked for something else after so long, unless it says for how long to wait."""
_NEXT_TURN_SECONDS: Final = 10


class CarrierLimits:
    """Of one turn. `clock` answers UTC seconds; `keep_turn` makes the turn last, is called before each thing that may
    take long, and raises Contended if another process has the turn by now.
    """

    def __init__(self, *, clock: Callable[[], int], keep_turn: Callable[[], None]) -> None:
        self._clock = clock
        self.keep_turn: Final = keep_turn
        self._asked: Counter[str] = Counter()
        self._seconds: dict[str, float] = {}
        self._unavailable_until: dict[str, int] = {}

    def put_off_until(self, carrier: str | None) -> int | None:
        """When what is to be asked of this carrier is looked at again; None: it may be asked now."""
        if carrier is None:
            return None
        if carrier in self._unavailable_until:
            return self._unavailable_until[carrier]
        if self._asked[carrier] >= MOST_IN_A_TURN or self._seconds.get(carrier, 0.0) >= ASKING_SECONDS:
            return self._clock() + _NEXT_TURN_SECONDS
        return None

    @contextlib.contextmanager
    def asking(self, carrier: str | None) -> Iterator[None]:
        """Within, the carrier is asked for one packing or return; None: nobody is asked."""
        begun = time.monotonic()
        try:
            yield
        except CarrierUnavailable as error:
            seconds = UNANSWERED_SECONDS if error.retry_after is None else error.retry_after
            self._unavailable_until[error.carrier] = self._clock() + seconds
            raise
        finally:
            if carrier is not None:
                self._asked[carrier] += 1
                self._seconds[carrier] = self._seconds.get(carrier, 0.0) + time.monotonic() - begun
