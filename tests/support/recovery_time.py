"""Measures how soon after a server's return a client that goes on asking is served again."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.support.wait_until import wait_until

BETWEEN_REQUESTS = 0.05
AGAIN_WITHIN = 1.0
"""Seconds; this is promised. No other test asserts a time."""
ROUNDS = 3
"""How often it is measured; the median counts. A busy machine may lose a second in one round, while a client that
recovers slowly in every second round still fails.
"""


@dataclass
class Requests:
    """The answers so far: when each request was sent, when its answer came, and whether it was served."""

    answers: list[tuple[float, float, bool]] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)
    began: float = 0.0

    @property
    def waiting(self) -> float:
        """For how many seconds the last request has waited."""
        return time.monotonic() - self.began

    def served_since(self, instant: float) -> float | None:
        """When the first answer came, at that instant or later, that was served."""
        return next((came for _, came, served in list(self.answers) if served and came >= instant), None)

    def refused_since(self, instant: float) -> bool:
        return any(not served and sent >= instant for sent, _, served in list(self.answers))


@contextlib.contextmanager
def repeated(request: Callable[[], bool]) -> Iterator[Requests]:
    """Call `request` every 50 ms from a thread; it returns whether it was served."""
    requests, over = Requests(), threading.Event()

    def go_on() -> None:
        try:
            while not over.is_set():
                requests.began = time.monotonic()
                served = request()
                requests.answers.append((requests.began, time.monotonic(), served))
                over.wait(BETWEEN_REQUESTS)
        except BaseException as error:  # noqa: BLE001 - asserted in the test's own thread
            requests.faults.append(error)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield requests
    finally:
        over.set()
        thread.join()
    assert requests.faults == []


def seconds_until_served(requests: Requests, back: Callable[[], object], returned: Callable[[], object]) -> float:
    """Call `back`, which brings the server back; the seconds from when `returned` is first true to the next served
    answer.
    """
    began = time.monotonic()
    back()
    wait_until(returned, "the server has returned")
    instant = time.monotonic()
    came = wait_until(lambda: requests.served_since(began), "it is served again")
    return max(0.0, came - instant)
