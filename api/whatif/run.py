"""The process that runs a what-if or a gate of a service. It may die at any time: another goes on from what it kept."""

import logging

from api.records.whatif import WhatIfRecord
from api.shapes.quantities import encode
from api.whatif.job_folders import folder_of
from api.whatif.job_progress import JobProgress
from api.whatif.trial import trial_of
from engine.actor import on_behalf_of
from engine.errors import PointsmanError, StoreUnavailable
from engine.parallel.processors import processors
from engine.parallel.work import Spread
from engine.service import Pointsman
from engine.settings import Settings
from engine.simulation.gate import judged, not_run
from engine.simulation.job import GateRequest, Job, JobRequest
from engine.simulation.whatif import what_if
from engine.simulation.whatif_orders import what_if_of_orders
from rules.errors import PolicyInvalid

OPERATION = "whatif_begin"
"""As which it is recorded who read how many decisions: the operation that asked for it."""
_UNEXPECTED = "it failed in a way that nobody expected; the log of the service has more"

logger = logging.getLogger("pointsman")


def run_job(settings: Settings, job: str, turn: str, place: str) -> None:
    """`turn` is this process's name, and `place` the lease by which it is one of those that run at once."""
    with Pointsman(settings) as service:
        found = service.simulation_jobs.get(job)
        if found is None:
            return
        progress = JobProgress(service, job, turn, place)
        progress.start()
        if found.kind == "gate":
            _run_gate(service, found, progress)
        else:
            _run_what_if(service, found, progress)


def _run_what_if(service: Pointsman, job: Job, progress: JobProgress) -> None:
    stored, turn = service.simulation_jobs, progress.turn
    request = stored.request(job.id)
    if request is None:
        return
    try:
        record, decisions = _tried(service, job, request, progress)
    except StoreUnavailable:
        raise  # another process tries it again
    except (PointsmanError, PolicyInvalid) as error:
        stored.end(job.id, turn, at=service.now, error=str(error))
        return
    except Exception:
        logger.exception("the what-if %s failed", job.id)
        stored.end(job.id, turn, at=service.now, error=_UNEXPECTED)
        return
    if decisions:
        with on_behalf_of(request.author):
            service.accesses.note(OPERATION, subject=job.id, count=decisions)
    stored.end(job.id, turn, at=service.now, tried=progress.done, result=record)


def _tried(service: Pointsman, job: Job, request: JobRequest, progress: JobProgress) -> tuple[bytes, int]:
    """The record as JSON, and how many logged decisions it is of."""
    trial = trial_of(service, request)
    if trial.orders is not None:
        progress.about = len(trial.orders.orders)
        made = what_if_of_orders(service, trial.request, trial.orders, progress=progress.add)
        return encode(WhatIfRecord.of(made, trial.refused)), 0
    sides = 1 + len(trial.request.drafts) if request.way == "rolled_forward" else 1
    progress.count(request.since, request.until, sides=sides)
    made = what_if(
        service,
        trial.request,
        spread=Spread(workers=request.workers or service.settings.whatif.workers),
        progress=progress.add,
        checkpoint=folder_of(service.settings, job.id),
    )
    return encode(WhatIfRecord.of(made, trial.refused)), made.decisions


def _run_gate(service: Pointsman, job: Job, progress: JobProgress) -> None:
    """What comes of it is kept with the version; the job says only that it has ended."""
    stored, turn = service.simulation_jobs, progress.turn
    request = stored.gate_request(job.id)
    if request is None:
        return
    error = ""
    with on_behalf_of(request.author):
        try:
            result = judged(
                service,
                request.version,
                who=request.author.name,
                at=job.started_at,
                spread=Spread(workers=processors()),
                progress=progress.add,
                begun=progress.count,
                checkpoint=folder_of(service.settings, job.id),
            )
        except StoreUnavailable:
            raise  # another process runs it again
        except PointsmanError as failure:
            error = str(failure)
        except Exception:
            logger.exception("the gate of policy version %s failed", request.version)
            error = f"its run failed: {_UNEXPECTED}"
        if not progress.is_wanted():
            return
        if error:
            keep_failed_gate(service, request, at=job.started_at, why=error)
        elif result is not None:
            service.versions.keep_gate(result, operation=request.operation)
    stored.end(job.id, turn, at=service.now, tried=progress.done, error=error)


def keep_failed_gate(service: Pointsman, request: GateRequest, *, at: int, why: str) -> None:
    """Keep that the gate could not be run to its end. Of a version that can't be read, nothing is kept."""
    logger.warning("the gate of policy version %s could not be run to its end: %s", request.version, why)
    try:
        result = not_run(service, request.version, who=request.author.name, at=at, why=why)
    except StoreUnavailable:
        raise
    except PointsmanError:
        return
    if result is not None:
        with on_behalf_of(request.author):
            service.versions.keep_gate(result, operation=request.operation)
