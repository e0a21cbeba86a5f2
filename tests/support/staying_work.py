"""Work of which a process does not come to the end: one that is never done, and one over which it dies."""

import functools
import os
import signal
import threading
from pathlib import Path

from engine.parallel.executor import executor
from engine.parallel.work import Spread
from engine.service import Pointsman
from engine.settings import Settings
from tests.support.wait_until import wait_until


class StayingWork:
    """Its processes are at the first task for ever."""

    def begin(self, service: Pointsman) -> "StayingWork":  # noqa: ARG002  # as all work
        return self

    def close(self) -> None: ...


def stay(_bench: StayingWork, folder: Path) -> None:
    """Say in the folder which process is at it."""
    (folder / str(os.getpid())).touch()
    threading.Event().wait()


def die_once_others_are_done(_bench: StayingWork, folder: Path, others: int) -> str:
    """The process dies over it, once so many others are noted in the folder; the second time it is done."""
    died = folder / "died"
    if not died.exists():
        wait_until(lambda: len(list(folder.iterdir())) == others, f"{others} other tasks are done", seconds=300)
        died.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done the second time"


def note(_bench: StayingWork, folder: Path, name: str) -> str:
    """Note in the folder that the task of that name is done."""
    (folder / name).touch()
    return name


def hand_out(settings: Settings, folder: Path, workers: int) -> None:
    """What a process does that is then killed."""
    with Pointsman(settings) as service, executor(StayingWork(), Spread(workers=workers), service) as pool:
        list(pool.each([functools.partial(stay, folder=folder)] * workers))
