"""Processes of this machine that do tasks: each opens the network for itself, takes a task at a time, and answers in
any order; what they answer is handed on in the order of the tasks.
"""

import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Final, Self

from engine.errors import PointsmanError
from engine.parallel.long_lived import long_lived_objects
from engine.parallel.work import Bench, Task, Work
from engine.service import Pointsman
from engine.settings import Settings

_AHEAD: Final = 4
"""Tasks for each process that are handed out before the answer of the first is needed."""
_SECONDS_TO_END: Final = 5


class Alone:
    """Does the tasks in this process, one after another."""

    def __init__(self, work: Work, service: Pointsman) -> None:
        self._bench = work.begin(service)
        self._long_lived = long_lived_objects()

    def each(self, tasks: Iterable[Task]) -> Iterator[Any]:
        return (task(self._bench) for task in tasks)

    def __enter__(self) -> Self:
        self._long_lived.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._long_lived.__exit__(None, None, None)
        self._bench.close()


class Processes:
    """So many processes, which open the network by these settings."""

    def __init__(self, work: Work, count: int, settings: Settings) -> None:
        self._processes: dict[Connection, BaseProcess] = {}
        self._start(work, count, settings)

    def each(self, tasks: Iterable[Task]) -> Iterator[Any]:
        """See `Executor`. What a process that dies had to do, another does."""
        return self._handed_out(enumerate(tasks))

    def _handed_out(self, tasks: Iterator[tuple[int, Task]]) -> Iterator[Any]:
        idle, answers = deque(self._processes), dict[int, Any]()
        given: dict[Connection, tuple[int, Task]] = {}
        again = deque[tuple[int, Task]]()
        """Of processes that died."""
        following, exhausted = 0, False
        while True:
            # however many answers wait: they may all be behind one that a process which died did not give
            while idle and (again or len(answers) < _AHEAD * len(self._processes)):
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
                    answers[number] = answer_of(process.recv())
                    idle.append(process)
                except (EOFError, OSError):
                    again.append((number, task))
                    self._bury(process)

    def _start(self, work: Work, count: int, settings: Settings) -> None:
        context = get_context("spawn")  # not forked: the threads of this process may hold locks
        for _ in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, work, settings), daemon=True)
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
            raise PointsmanError("all processes that did the work have ended; try again, with fewer of them")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._processes:
            connection.close()  # which ends it, once its task is done
        for process in self._processes.values():
            process.join(_SECONDS_TO_END)
            if process.is_alive():
                process.kill()
                process.join()


def answer_of(answer: tuple[bool, Any]) -> Any:
    """Raises PointsmanError if the task failed."""
    is_error, value = answer
    if is_error:
        raise PointsmanError(value)
    return value


def _serve(connection: Connection, work: Work, settings: Settings) -> None:
    """What a process does, until whoever started it closes the connection or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it is interrupted, too, and ends it
    threading.Thread(target=_end_with_parent, name="end with parent", daemon=True).start()
    try:
        with Pointsman(settings) as service:
            bench = work.begin(service)
            with long_lived_objects():
                while True:
                    connection.send(done(connection.recv(), bench))
    except (EOFError, OSError):
        return
    except PointsmanError as error:
        _refuse_all(connection, str(error))


def _end_with_parent() -> None:
    """End this process once whoever started it is gone, whatever it is at: nobody wants the answer any more."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def done(task: Task, bench: Bench) -> tuple[bool, Any]:
    """What a task answers, or if it fails, that it did, and why."""
    try:
        return False, task(bench)
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
