"""The process that runs one what-if of a service. It may die at any moment: another goes on from what it kept."""

import os
import threading
import time
from multiprocessing import parent_process
from pathlib import Path

from api.records.whatif import WhatIfRecord
from api.shapes.quantities import encode
from api.whatif.trial import trial_of
from engine.actor import on_behalf_of
from engine.errors import PointsmanError
from engine.parallel.work import Spread
from engine.service import Pointsman
from engine.settings import Settings
from engine.simulation.job import Job, JobRequest
from engine.simulation.whatif import what_if
from engine.simulation.whatif_orders import what_if_of_orders
from rules.errors import PolicyInvalid

HEARTBEAT_SECONDS = 2.0
OPERATION = "whatif_begin"
"""As which it is recorded who read how many decisions: the operation that asked for it."""


def folder_of(settings: Settings, job: str) -> Path:
    """Where what was tried of a job is kept until it has ended."""
    return settings.data / "whatif" / settings.network / job


def run_job(settings: Settings, job: str, turn: str, place: str) -> None:
    """`turn` is this process's name, and `place` the lease by which it is one of those that run what-ifs at once."""
    with Pointsman(settings) as service:
        stored = service.whatifs.stored
        found, request = stored.get(job), stored.request(job)
        if found is None or request is None:
            return
        progress = _Progress(service, job, turn, place)
        progress.start()
        try:
            record, decisions = _tried(service, found, request, progress)
        except (PointsmanError, PolicyInvalid) as error:
            stored.end(job, turn, at=service.now, error=str(error))
            return
        if decisions:
            with on_behalf_of(request.author):
                service.accesses.note(OPERATION, subject=job, count=decisions)
        stored.end(job, turn, at=service.now, tried=progress.done, result=record)


def _tried(service: Pointsman, job: Job, request: JobRequest, progress: "_Progress") -> tuple[bytes, int]:
    """The record as JSON, and how many logged decisions it is of."""
    trial = trial_of(service, request)
    if trial.orders is not None:
        progress.about = len(trial.orders.orders)
        made = what_if_of_orders(service, trial.request, trial.orders, progress=progress.add)
        return encode(WhatIfRecord.of(made, trial.refused)), 0
    sides = 1 + len(trial.request.drafts) if request.way == "rolled_forward" else 1
    for batch in service.replays.as_stored(request.since, request.until, on_missing=lambda _: None):
        progress.about += sides * len(batch)
    made = what_if(
        service,
        trial.request,
        spread=Spread(workers=request.workers or service.settings.whatif.workers),
        progress=progress.add,
        checkpoint=folder_of(service.settings, job.id),
    )
    return encode(WhatIfRecord.of(made, trial.refused)), made.decisions


class _Progress:
    """Says how far this process is, and that it lives. It ends the process once somebody cancels the job, once another
    process runs it, and once the service that started it is gone.
    """

    def __init__(self, service: Pointsman, job: str, turn: str, place: str) -> None:
        self.about = 0
        self.done = 0
        self._service = service
        self._job = job
        self._turn = turn
        self._place = place

    def start(self) -> None:
        threading.Thread(target=self._run, name="what-if", daemon=True).start()

    def add(self, more: int) -> None:
        self.done += more

    def _run(self) -> None:
        while True:
            parent = parent_process()
            if parent is not None and not parent.is_alive():
                os._exit(1)
            try:
                if not self._goes_on():
                    os._exit(0)
            except PointsmanError:
                pass  # the server is away: the leases run out unless it comes back
            time.sleep(HEARTBEAT_SECONDS)

    def _goes_on(self) -> bool:
        stored = self._service.whatifs.stored
        kept = stored.take(self._place, self._turn) and stored.take(self._job, self._turn)
        return kept and stored.advance(self._job, self._turn, done=self.done, about=max(self.about, self.done))
