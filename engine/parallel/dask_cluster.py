"""A Dask cluster that does tasks: each worker opens the network by the settings of its own environment.

What Dask's workers are sent is pickled, as Dask does it; who reaches the scheduler may run anything on them. So a
cluster belongs in a network of its own, or behind Dask's TLS.
"""

import contextlib
import dataclasses
import os
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, Final, Self

import distributed
from distributed.diagnostics.plugin import WorkerPlugin

from engine.errors import PointsmanError
from engine.parallel.processes import answer_of, done
from engine.parallel.work import Bench, Task, Work
from engine.service import Pointsman
from engine.settings import Settings
from engine.version import MEANING, VERSION

_AHEAD: Final = 4
"""Tasks for each thread of a worker that are handed out before the answer of the first is needed."""
_SECONDS_TO_CONNECT: Final = 5
_SECONDS_WITHOUT_WORKERS: Final = 60
_LOOK: Final = 5.0
"""Seconds after which it is looked again which workers there are."""


class DaskCluster:
    """The cluster whose scheduler is at this address, such as tcp://10.0.0.5:8786."""

    def __init__(self, work: Work, scheduler: str, *, network: str) -> None:
        self._scheduler = scheduler
        self._plugin = f"pointsman-{uuid.uuid4().hex}"
        try:
            self._client: Any = _Client(scheduler, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
        except (OSError, ValueError, RuntimeError) as error:
            raise PointsmanError(
                f"there is no Dask scheduler at {scheduler} ({error}); start one (dask scheduler), or name another"
                " address"
            ) from None
        self._client.register_plugin(_Opened(work, network), name=self._plugin)

    def each(self, tasks: Iterable[Task]) -> Iterator[Any]:
        """See `Executor`. What a worker that dies had to do, another does."""
        waiting, following = deque[Any](), iter(tasks)
        most, looked_at = self._most, time.monotonic()
        while True:
            if time.monotonic() - looked_at > _LOOK:
                most, looked_at = self._most, time.monotonic()
            while len(waiting) < most and (task := next(following, None)) is not None:
                waiting.append(self._client.submit(_do, self._plugin, task, pure=False))
            if not waiting:
                return
            yield answer_of(self._answer(waiting.popleft()))

    @property
    def _most(self) -> int:
        """How many tasks are handed out at once; workers come and go."""
        threads: dict[str, int] = self._client.nthreads()
        return _AHEAD * max(1, sum(threads.values()))

    def _answer(self, future: Any) -> Any:
        """Raises PointsmanError if there are no workers for a while, or if several died over this task."""
        alone_since = time.monotonic()
        while True:
            try:
                return future.result(timeout=_LOOK)
            except distributed.TimeoutError:
                if self._client.nthreads():
                    alone_since = time.monotonic()
                elif time.monotonic() - alone_since > _SECONDS_WITHOUT_WORKERS:
                    raise PointsmanError(
                        f"the Dask cluster at {self._scheduler} has had no worker for a minute; start some"
                        " (dask worker), and try again"
                    ) from None
            except (distributed.KilledWorker, distributed.CancelledError) as error:
                raise PointsmanError(f"the Dask cluster at {self._scheduler} gave a task up: {error}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError, RuntimeError, distributed.TimeoutError):
            self._client.unregister_worker_plugin(self._plugin)
        self._client.close()


class _Client(distributed.Client):  # type: ignore[misc]  # what is not read has no types
    def start(self, **options: Any) -> None:
        """Dask's own leaves the thread of its loop running where there is no scheduler."""
        try:
            super().start(**options)
        except BaseException:
            self._loop_runner.stop()
            raise


class _Opened(WorkerPlugin):  # type: ignore[misc]  # what is not read has no types
    """What a worker keeps from task to task: the network, and what tasks are applied to. One task is done at a time:
    threads of one process would only wait for each other.
    """

    def __init__(self, work: Work, network: str) -> None:
        self._work = work
        self._network = network
        self._release = (VERSION, MEANING)
        self._bench: Bench | None = None
        self._service: Pointsman | None = None
        self._one: threading.Lock | None = None

    def setup(self, worker: distributed.Worker) -> None:  # noqa: ARG002  # Dask's signature
        self._one = threading.Lock()

    def teardown(self, worker: distributed.Worker) -> None:  # noqa: ARG002  # Dask's signature
        if self._bench is not None:
            self._bench.close()
        if self._service is not None:
            self._service.__exit__(None, None, None)

    def do(self, task: Task) -> tuple[bool, Any]:
        """As `done` says."""
        if self._one is None:
            raise AssertionError("Dask calls setup first")
        with self._one:
            try:
                bench = self._bench or self._begin()
            except PointsmanError as error:
                return True, f"a Dask worker can't begin: {error}"
            return done(task, bench)

    def _begin(self) -> Bench:
        """By the settings of the worker's environment, in the network of who asks."""
        if self._release != (VERSION, MEANING):
            theirs, ours = (
                f"{release} (meaning {meaning})" for release, meaning in (self._release, (VERSION, MEANING))
            )
            raise PointsmanError(f"it runs Pointsman {ours}, and was given work by {theirs}; install the same release")
        settings = dataclasses.replace(Settings.from_environment(os.environ), network=self._network)
        self._service = Pointsman(settings)
        self._bench = self._work.begin(self._service)
        return self._bench


def _do(plugin: str, task: Task) -> tuple[bool, Any]:
    """On a worker."""
    opened: Any = distributed.get_worker().plugins[plugin]
    answer: tuple[bool, Any] = opened.do(task)
    return answer
