"""How far a long command is, on stderr: a bar that is gone when the command is done or, where nobody sees a bar, as in
the log of a scheduled job, a line now and then.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from api.language.current import say

SECONDS_BETWEEN_LINES: Final = 30.0


def progress_bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True) if console.is_terminal else ProgressLines()


class ProgressLines(Progress):
    """Says how far each task is in a line, at most one in SECONDS_BETWEEN_LINES, so that what takes less says nothing.
    `clock` answers seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(disable=True)
        self._clock = clock
        self._next = clock() + SECONDS_BETWEEN_LINES

    def advance(self, task_id: TaskID, advance: float = 1) -> None:
        super().advance(task_id, advance)
        self._say_now_and_then(task_id)

    def update(self, task_id: TaskID, **changes: Any) -> None:
        super().update(task_id, **changes)
        self._say_now_and_then(task_id)

    def _say_now_and_then(self, task_id: TaskID) -> None:
        now = self._clock()
        if now < self._next:
            return
        self._next = now + SECONDS_BETWEEN_LINES
        task = self._tasks[task_id]
        done, what = int(task.completed), task.description
        if task.total is None:
            click.echo(say("{what}: {done:,}", what=what, done=done), err=True)
        else:
            click.echo(say("{what}: {done:,} of {total:,}", what=what, done=done, total=int(task.total)), err=True)


class Bars:
    """A bar for each part of some work, once it begins, with how long it will take; `names` says how each is called."""

    def __init__(self, progress: Progress, names: Mapping[str, str]) -> None:
        self._progress = progress
        self._names = names
        self._tasks: dict[str, TaskID] = {}

    def advance(self, part: str, done: int, total: int) -> None:
        if part not in self._tasks:
            self._tasks[part] = self._progress.add_task(self._names[part], total=total)
        self._progress.update(self._tasks[part], completed=done, total=total)
