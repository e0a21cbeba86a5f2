"""Runs the what-ifs and gates that callers asked for, each in a process of its own beside the workers that answer
requests.
"""

import os
import secrets
from multiprocessing import get_context
from multiprocessing.process import BaseProcess

from api.whatif.job_folders import kept_folders, remove_folders
from api.whatif.run import keep_failed_gate, run_job
from engine.service import Pointsman
from engine.simulation.job import MOST_ATTEMPTS, Job, JobKind
from engine.turn_thread import TurnThread

TURN_SECONDS = 1.0


class JobTurns:
    """Those of a kind in one network. Each worker of a service runs one at a time, and all workers together one gate,
    and as many what-ifs as the settings say: whoever has one of so many leases may.
    """

    def __init__(self, pointsman: Pointsman, kind: JobKind) -> None:
        self._pointsman = pointsman
        self._kind = kind
        self._stored = pointsman.simulation_jobs
        self._thread = TurnThread(self.take_turn, name=f"{kind}s", seconds=TURN_SECONDS, later=f"{kind}s are run")
        self._process: BaseProcess | None = None
        self._running: tuple[str, str, str] | None = None
        """The job, the process's name, and by which lease it runs."""

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """End what runs: another worker goes on with it, or this one once it is started again. Nothing died over it."""
        self._thread.stop()
        if self._process is not None:
            was_alive = self._process.is_alive()
            self._process.kill()
            self._process.join()
            if was_alive and self._running is not None:
                job, turn, _ = self._running
                self._stored.put_back(job, turn)
            self._give_back()

    def take_turn(self) -> None:
        """Begin the next one, if nothing runs here and there are not enough of them yet."""
        if self._process is not None:
            if self._process.is_alive():
                self._keep()
                return
            self._process.join()
            self._process = None
            self._give_back()
        kept = kept_folders(self._pointsman.settings)
        jobs = self._stored.unended()
        remove_folders(kept, {job.id for job in jobs})
        for job in jobs:
            if job.kind == self._kind and (not self._begin(job) or self._process is not None):
                return

    @property
    def _places(self) -> list[str]:
        """The leases of which one is needed to run."""
        return (
            ["gate"]
            if self._kind == "gate"
            else [str(number) for number in range(self._pointsman.settings.whatif.jobs)]
        )

    def _begin(self, job: Job) -> bool:
        """Whether it makes sense to look at the next job."""
        turn = f"{os.getpid()}-{secrets.token_hex(8)}"
        place = next((place for place in self._places if self._stored.take(place, turn)), None)
        if place is None:
            return False
        if not self._stored.take(job.id, turn):  # another process runs it
            self._stored.give_back(place, turn)
            return True
        self._running = (job.id, turn, place)
        now = self._stored.get(job.id)  # since it was listed, it may have ended and been asked for anew
        if now is not None and now.attempts >= MOST_ATTEMPTS:
            self._give_up(now)
            self._give_back()
        elif now is not None and self._stored.begin(now, turn, at=self._pointsman.now):
            arguments = (self._pointsman.settings, job.id, turn, place)
            # not forked: the threads of this process may hold locks
            process = get_context("spawn").Process(target=run_job, args=arguments)
            process.start()  # which the machine may refuse: then nothing runs here
            self._process = process
        else:
            self._give_back()
        return True

    def _give_up(self, job: Job) -> None:
        error = f"{MOST_ATTEMPTS} processes died over it; ask for a shorter time, or see what the service logs"
        request = self._stored.gate_request(job.id) if job.kind == "gate" else None
        if request is not None:
            keep_failed_gate(self._pointsman, request, at=job.started_at, why=error)
        self._stored.give_up(job.id, at=self._pointsman.now, error=error)

    def _keep(self) -> None:
        """The process keeps its leases itself, once it has begun; on a busy machine that takes a while."""
        if self._running is not None:
            job, turn, place = self._running
            self._stored.take(place, turn)
            self._stored.take(job, turn)

    def _give_back(self) -> None:
        if self._running is not None:
            job, turn, place = self._running
            self._running = None
            self._stored.give_back(job, turn)
            self._stored.give_back(place, turn)
