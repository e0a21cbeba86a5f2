"""A fixed number of threads that carry out requests in the order in which they came."""

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from api.http.serving.problems import CallerGone, Refusal

_WEIGHT_OF_NEWEST = 0.1
"""In the running mean of how long a request takes."""


class _Job:
    """A call that waits for a thread, and the future that its outcome goes to."""

    __slots__ = ("call", "came", "future", "is_wanted")

    def __init__(
        self, call: Callable[[], Any], is_wanted: Callable[[], bool], future: asyncio.Future[Any], came: float
    ) -> None:
        self.call, self.is_wanted, self.future, self.came = call, is_wanted, future, came


class Lane:
    """Threads for requests of one kind. Made in the event loop whose futures it completes.

    A request is refused at once if it would have to wait longer than `most_wait` seconds: if the one at the head of the
    queue has waited for so long already, or if those before it will take so long as requests took of late. Who was let
    in and waited longer after all is refused when its turn comes, and who has gone by then is left out.
    """

    def __init__(self, *, name: str, threads: int, most_wait: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._threads = threads
        self._most_wait = most_wait
        self._waiting: deque[_Job] = deque()
        self._arrivals: queue.SimpleQueue[None] = queue.SimpleQueue()
        """One for each job that waits: the threads wait for these. SimpleQueue is written in C: who wakes a thread
        holds no lock that this one needs.
        """
        self._running: dict[int, float] = {}
        """By thread, since when it carries out a request."""
        self._mean_seconds = 0.0
        self._mean_lock = threading.Lock()
        for number in range(threads):
            # daemons: a request that hangs must not keep the process from ending
            threading.Thread(target=self._work, args=(number,), name=f"{name} {number}", daemon=True).start()

    def verify_room(self) -> None:
        """Raise Refusal if a request that comes now would have to wait too long."""
        if self._expected_wait(time.monotonic()) > self._most_wait:
            raise _too_long(self._most_wait)

    async def run(
        self, call: Callable[[], Any], *, most_seconds: float, is_wanted: Callable[[], bool] = lambda: True
    ) -> Any:
        """What `call` returns in one of the threads. It is not called if nobody wants it any more when its turn comes.
        Raises Refusal if there is no room for it, TimeoutError if it has not returned after `most_seconds`.
        """
        self.verify_room()
        future = self._loop.create_future()
        self._waiting.append(_Job(call, is_wanted, future, time.monotonic()))
        self._arrivals.put(None)
        # a timer of the loop's own costs a third of asyncio.timeout, and every request has one
        timer = self._loop.call_later(most_seconds, _settle, future, None, TimeoutError())
        try:
            return await future
        finally:
            timer.cancel()

    def _expected_wait(self, now: float) -> float:
        try:
            oldest = self._waiting[0].came
        except IndexError:
            return 0.0
        return max(now - oldest, len(self._waiting) * self._mean_seconds / self._threads)

    @property
    def running(self) -> int:
        """How many requests are carried out now."""
        return len(self._running)

    @property
    def longest_running(self) -> float:
        """For how many seconds the oldest of the requests that are carried out has been."""
        now = time.monotonic()
        return now - min(list(self._running.values()), default=now)

    def _work(self, number: int) -> None:
        while True:
            job = self._next(number)
            began = time.monotonic()
            try:
                result, error = job.call(), None
            except BaseException as caught:  # noqa: BLE001  # whatever it is, the request must be answered
                result, error = None, caught
            del self._running[number]
            with self._mean_lock:
                self._mean_seconds += _WEIGHT_OF_NEWEST * (time.monotonic() - began - self._mean_seconds)
            self._answer(job.future, result, error)

    def _next(self, number: int) -> _Job:
        while True:
            self._arrivals.get()
            job, now = self._waiting.popleft(), time.monotonic()
            if job.future.done():  # its caller has been told that it takes too long
                continue
            if not job.is_wanted():
                self._answer(job.future, None, CallerGone())
            elif now - job.came > self._most_wait:
                self._answer(job.future, None, _too_long(self._most_wait))
            else:
                self._running[number] = now
                return job

    def _answer(self, future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_settle, future, result, error)


def _settle(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():  # its caller is gone, or has been told that it takes too long
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


def _too_long(most_wait: float) -> Refusal:
    return overloaded(f"too many requests wait: this one would not be begun within {most_wait:g} seconds")


def overloaded(detail: str) -> Refusal:
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "overloaded", f"{detail}. Nothing was done")
