"""Lets one long request of a worker compute at a time, and slower the more ordinary ones are carried out, so that many
long ones keep ordinary ones from little of the processor.
"""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

_LONGEST_REST = 3.0
"""Seconds between two turns."""


class Turns:
    """Whose turn it is; the others wait in the order in which they came. `ordinary` says how many ordinary requests are
    carried out: after a turn, nobody has one for as long as that one took, times their number.
    """

    def __init__(self, ordinary: Callable[[], int] = lambda: 0) -> None:
        self._ordinary = ordinary
        self._changing = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Event] = deque()
        self._rests_until = 0.0
        self._own = threading.local()

    def take(self) -> None:
        mine = None
        with self._changing:
            if self._taken:
                mine = threading.Event()
                self._waiting.append(mine)
            self._taken = True
        if mine is not None:
            mine.wait()
        time.sleep(max(0.0, self._rests_until - time.monotonic()))
        self._own.began = time.monotonic()

    def give(self) -> None:
        """The turn goes to whoever has waited for longest."""
        rest = (time.monotonic() - self._own.began) * self._ordinary()
        self._rests_until = time.monotonic() + min(_LONGEST_REST, rest)
        with self._changing:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False

    def pass_on(self) -> None:
        """Let the others have a turn each before the next one."""
        self.give()
        self.take()

    @contextlib.contextmanager
    def given_meanwhile(self) -> Iterator[None]:
        """In the block, which waits for something else, others may compute."""
        self.give()
        try:
            yield
        finally:
            self.take()
