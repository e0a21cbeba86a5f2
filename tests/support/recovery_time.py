"""How long after a server's return a client that goes on asking is served again."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.support.wait_until import wait_until

BETWEEN_ASKS = 0.05
AGAIN_WITHIN = 1.0
"""Seconds; what is promised. No other test asks for a time."""
ROUNDS = 3
"""Always so many, and their median counts: a machine with too much to do may lose a second in one of them, and a client
that is slow to find back in every second one is not let off.
"""


@dataclass
class Asking:
    """What was answered: when it was asked for, when it came, and whether it was served."""

    answers: list[tuple[float, float, bool]] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)
    began: float = 0.0

    @property
    def waiting(self) -> float:
        """Seconds for which the last request has waited."""
        return time.monotonic() - self.began

    def served_since(self, instant: float) -> float | None:
        """When the first answer came that was served then or later."""
        return next((came for _, came, served in list(self.answers) if served and came >= instant), None)

    def refused_since(self, instant: float) -> bool:
        return any(not served and asked >= instant for asked, _, served in list(self.answers))


@contextlib.contextmanager
def asking(ask: Callable[[], bool]) -> Iterator[Asking]:
    """`ask`, every 50 ms, from a thread: whether it was served."""
    found, over = Asking(), threading.Event()

    def go_on() -> None:
        try:
            while not over.is_set():
                found.began = time.monotonic()
                served = ask()
                found.answers.append((found.began, time.monotonic(), served))
                over.wait(BETWEEN_ASKS)
        except BaseException as error:  # noqa: BLE001 - told in the test's own thread
            found.faults.append(error)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()
    assert found.faults == []


def seconds_until_served(found: Asking, back: Callable[[], object], returned: Callable[[], object]) -> float:
    """From the moment that `returned` is first seen, after `back` was done, to the first answer that is served."""
    began = time.monotonic()
    back()
    wait_until(returned, "the server has returned", seconds=40)
    instant = time.monotonic()
    came = wait_until(lambda: found.served_since(began), "it is served again", seconds=40)
    return max(0.0, came - instant)
