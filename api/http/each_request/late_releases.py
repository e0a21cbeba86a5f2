"""Gives claims of idempotency keys back once the server answers again."""

import contextlib
import queue
import threading
import time

from engine.errors import StoreUnavailable
from engine.store.requests.request_answers import LEASE_SECONDS, RequestAnswers, Settled

_SECONDS_BETWEEN_TRIES = 0.2


class LateReleases:
    """A thread, started when it is first needed, that tries until a claim's time is over anyway: the request that was
    claimed has been answered by then, and need not wait for that.
    """

    def __init__(self) -> None:
        self._todo: queue.SimpleQueue[tuple[RequestAnswers, str, str, Settled, float]] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._started = False

    def give_back(self, answers: RequestAnswers, name: str, attempt: str, settled: Settled) -> None:
        """As `RequestAnswers.give_back`, later."""
        self._todo.put((answers, name, attempt, settled, time.monotonic() + LEASE_SECONDS))
        with self._starting:
            if not self._started:
                self._started = True
                threading.Thread(target=self._work, name="late releases", daemon=True).start()

    def _work(self) -> None:
        while True:
            answers, name, attempt, settled, until = self._todo.get()
            while time.monotonic() < until:
                with contextlib.suppress(StoreUnavailable):
                    answers.give_back(name, attempt, settled)
                    break
                time.sleep(_SECONDS_BETWEEN_TRIES)
