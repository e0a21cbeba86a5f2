"""What-ifs and gates that callers of a service ask for, follow and cancel. Who runs them: api/whatif/turns.py."""

import hashlib
from collections.abc import Callable, Iterable
from typing import Final

from engine.actor import Author, actor
from engine.errors import NotFound, TooManyWhatIfs
from engine.policies.review import SHORT
from engine.simulation.job import ENDED, GateRequest, Job, JobRequest
from engine.store.whatif_jobs import LEASE_MILLISECONDS, WhatIfJobs

_LONGEST_WAIT: Final = 3_600
"""Seconds that a caller is told to wait at most: it may be sooner, as others may be cancelled."""


class WhatIfs:
    """Of one network; at most `most` wait. `clock` answers UTC seconds. Methods raise StoreUnavailable."""

    def __init__(self, stored: WhatIfJobs, *, most: int, new_id: Callable[[], str], clock: Callable[[], int]) -> None:
        self.stored = stored
        self._most = most
        self._new_id = new_id
        self._clock = clock

    def add(self, request: JobRequest, *, operation: str | None) -> Job:
        """Have it tried. A second time under the same `operation`, the job is the one of the first. Raises
        TooManyWhatIfs.
        """
        name = hashlib.sha256(operation.encode()).hexdigest()[:32] if operation else self._new_id()
        job = Job(id=name, state="queued", created_at=self._clock(), created_by=actor())
        if not self.stored.add(job, request, most=self._most):
            raise TooManyWhatIfs(
                self._most, retry_after=seconds_until_one_ends(self.stored.all("whatif"), self._clock())
            )
        return self.show(name)

    def show(self, job: str) -> Job:
        """Raises NotFound."""
        found = self.stored.get(job)
        if found is None or found.kind != "whatif":
            raise NotFound(f"there is no what-if '{job}'; it may have ended so long ago that it is forgotten")
        return found

    def result(self, job: Job) -> bytes | None:
        """The record as JSON, once it is done."""
        return self.stored.result(job.id) if job.state == "done" else None

    def all(self) -> list[Job]:
        """As they were asked for."""
        return self.stored.all("whatif")

    def cancel(self, job: str) -> None:
        """One that has ended is forgotten, with its result. Raises NotFound."""
        if self.show(job).state in ENDED:
            self.stored.forget(job)
        else:
            self.stored.cancel(job, at=self._clock())


class GateRuns:
    """The gates of one network's policy versions that are to be run, or were. Methods raise StoreUnavailable."""

    def __init__(self, stored: WhatIfJobs, *, new_id: Callable[[], str], clock: Callable[[], int]) -> None:
        self._stored = stored
        self._new_id = new_id
        self._clock = clock

    def ask(self, version: str, author: Author) -> Job:
        """Have it run; one that waits or runs already goes on as it does."""
        job = Job(id=_gate_job(version), kind="gate", state="queued", created_at=self._clock(), created_by=author.name)
        self._stored.add_gate(job, GateRequest(version=version, author=author, operation=self._new_id()))
        return job

    def pending(self, version: str) -> Job | None:
        """The one that waits or runs."""
        job = self._stored.get(_gate_job(version))
        return job if job is not None and job.state not in ENDED else None

    def cancel(self, version: str) -> None:
        """Raises NotFound if it neither waits nor runs."""
        if not self._stored.cancel(_gate_job(version), at=self._clock()):
            raise NotFound(
                f"the gate of policy version {version[:SHORT]} neither waits nor runs; there is nothing to cancel"
            )


def seconds_until_one_ends(jobs: Iterable[Job], now: int) -> int:
    """As far as those that run can tell: each goes on as fast as it did. If none has come anywhere yet, as long as one
    of which nothing is heard counts as alive; at most an hour.
    """
    rest = [
        -(-(now - job.started_at) * (job.about - job.done) // job.done)
        for job in jobs
        if job.state == "running" and job.done
    ]
    return min(max(1, min(rest, default=LEASE_MILLISECONDS // 1_000)), _LONGEST_WAIT)


def _gate_job(version: str) -> str:
    return f"gate-{version}"
