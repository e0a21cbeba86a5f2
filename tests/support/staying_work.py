"""Work that is never done: a process that is at it ends only if something ends it."""

import functools
import os
import threading
from pathlib import Path

from engine.parallel.executor import executor
from engine.parallel.work import Spread
from engine.service import Pointsman
from engine.settings import Settings


class StayingWork:
    """Its processes are at the first task for ever."""

    def begin(self, service: Pointsman) -> "StayingWork":  # noqa: ARG002  # as all work
        return self

    def close(self) -> None: ...


def stay(_bench: StayingWork, folder: Path) -> None:
    """Say in the folder which process is at it."""
    (folder / str(os.getpid())).touch()
    threading.Event().wait()


def hand_out(settings: Settings, folder: Path, workers: int) -> None:
    """What a process does that is then killed."""
    with Pointsman(settings) as service, executor(StayingWork(), Spread(workers=workers), service) as pool:
        list(pool.each([functools.partial(stay, folder=folder)] * workers))
