"""How far the process of a job is: tells the store, and ends the process if it is not to go on."""

import os
import threading
import time
from multiprocessing import active_children, parent_process

from engine.errors import PointsmanError
from engine.service import Pointsman

HEARTBEAT_SECONDS = 2.0


class JobProgress:
    """Says how far this process is, and that it lives. It ends the process once somebody cancels the job, once another
    process runs it, and once the service that started it is gone.
    """

    def __init__(self, service: Pointsman, job: str, turn: str, place: str) -> None:
        self.about = 0
        self.done = 0
        self.turn = turn
        self._service = service
        self._job = job
        self._place = place

    def start(self) -> None:
        threading.Thread(target=self._run, name="what-if", daemon=True).start()

    def add(self, more: int) -> None:
        self.done += more

    def count(self, since: int | None, until: int | None, *, sides: int = 1) -> None:
        """How many decisions of a time are to be made by so many sides."""
        for batch in self._service.replays.as_stored(since, until, on_missing=lambda _: None):
            self.about += sides * len(batch)

    def is_wanted(self) -> bool:
        """Whether this process is still to go on with the job."""
        stored = self._service.simulation_jobs
        kept = stored.take(self._place, self.turn) and stored.take(self._job, self.turn)
        return kept and stored.advance(self._job, self.turn, done=self.done, about=max(self.about, self.done))

    def _run(self) -> None:
        while True:
            parent = parent_process()
            if parent is not None and not parent.is_alive():
                _end(1)
            try:
                if not self.is_wanted():
                    _end(0)
            except PointsmanError:
                pass  # the server is away: the leases run out unless it comes back
            time.sleep(HEARTBEAT_SECONDS)


def _end(code: int) -> None:
    """At once, with the processes that work for this one: they would go on to the end of what they are at."""
    for child in active_children():
        child.kill()
    os._exit(code)
