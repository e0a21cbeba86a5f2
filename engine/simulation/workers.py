"""Processes that try drafts: each opens the network for itself, takes a task at a time, and answers in any order; what
they answer is handed on in the order of the tasks, so it makes no difference how many there are and which is faster.
"""

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Final, Self, TypeAlias

from engine.errors import PointsmanError
from engine.service import Pointsman
from engine.settings import Settings
from engine.simulation.draft import Draft
from engine.simulation.one_step import OneStep

_AHEAD: Final = 4
"""Tasks for each process that are handed out before the answer of the first is needed."""
_SECONDS_TO_END: Final = 5
Task: TypeAlias = Callable[[OneStep], Any]
"""It is pickled: a functools.partial of a method of OneStep, or the like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What every process does: tries `drafts` beside the policy version `against`, in the network of the settings."""

    settings: Settings
    against: str
    drafts: tuple[Draft, ...]

    def one_step(self, service: Pointsman) -> OneStep:
        guarded = self.settings.guard != "off"
        return OneStep(service.replays, against=self.against, drafts=self.drafts, guarded=guarded)


class Workers:
    """So many processes, or with one, this process alone. As a context manager, it ends them."""

    def __init__(self, work: Work, count: int, service: Pointsman) -> None:
        """`service` is this process's own."""
        self._alone = work.one_step(service) if count == 1 else None
        self._processes: dict[Connection, BaseProcess] = {}
        if count > 1:
            self._start(work, count)

    def each(self, tasks: Iterable[Task]) -> Iterator[Any]:
        """What each task answers, in their order. Raises PointsmanError if one fails in a process of its own, or if all
        processes died.
        """
        if self._alone is not None:
            for task in tasks:
                yield task(self._alone)
            return
        yield from self._handed_out(enumerate(tasks))

    def _handed_out(self, tasks: Iterator[tuple[int, Task]]) -> Iterator[Any]:
        idle, answers = deque(self._processes), dict[int, Any]()
        given: dict[Connection, tuple[int, Task]] = {}
        again = deque[tuple[int, Task]]()
        """Of processes that died."""
        following, exhausted = 0, False
        while True:
            while idle and len(answers) < _AHEAD * len(self._processes):
                item = again.popleft() if again else next(tasks, None)
                if item is None:
                    exhausted = True
                    break
                process = idle.popleft()
                given[process] = item
                self._send(process, item[1])
            while following in answers:
                yield answers.pop(following)
                following += 1
            if not given and not again:
                if exhausted:
                    return
                continue
            ready = wait(list(given))
            for process in [its for its in given if its in ready]:
                number, task = given.pop(process)
                try:
                    answers[number] = _answer(process.recv())
                    idle.append(process)
                except (EOFError, OSError):
                    again.append((number, task))
                    self._bury(process)

    def _start(self, work: Work, count: int) -> None:
        context = get_context("spawn")  # not forked: the threads of this process may hold locks
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, work), daemon=True)
            process.start()
            theirs.close()
            self._processes[ours] = process

    @staticmethod
    def _send(process: Connection, task: Task) -> None:
        try:
            process.send(task)
        except OSError:
            return  # it died: reading its answer says so

    def _bury(self, connection: Connection) -> None:
        self._processes.pop(connection).join()
        connection.close()
        if not self._processes:
            raise PointsmanError("all processes that decide have ended; try again, with fewer of them (--workers 1)")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._alone is not None:
            self._alone.close()
        for connection in self._processes:
            connection.close()  # which ends it, once its task is done
        for process in self._processes.values():
            process.join(_SECONDS_TO_END)
            if process.is_alive():
                process.kill()
                process.join()


def _answer(answer: tuple[bool, Any]) -> Any:
    is_error, value = answer
    if is_error:
        raise PointsmanError(value)
    return value


def _serve(connection: Connection, work: Work) -> None:
    """What a process does, until whoever started it closes the connection or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it is interrupted, too, and ends it
    try:
        with Pointsman(work.settings) as service:
            one_step = work.one_step(service)
            while True:
                connection.send(_done(connection.recv(), one_step))
    except (EOFError, OSError):
        return
    except PointsmanError as error:
        _refuse_all(connection, str(error))


def _done(task: Task, one_step: OneStep) -> tuple[bool, Any]:
    try:
        return False, task(one_step)
    except PointsmanError as error:
        return True, str(error)


def _refuse_all(connection: Connection, message: str) -> None:
    """Answer every task with the reason why none can be done."""
    try:
        while True:
            connection.recv()
            connection.send((True, message))
    except (EOFError, OSError):
        return


def tasks_of(batches: Iterable[Sequence[Any]], size: int) -> Iterator[Sequence[Any]]:
    """The items of all batches in pieces of that size, whatever the batches were."""
    rest: list[Any] = []
    for batch in batches:
        rest.extend(batch)
        while len(rest) >= size:
            yield rest[:size]
            del rest[:size]
    if rest:
        yield rest
