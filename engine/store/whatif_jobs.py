"""What-ifs and gates that were asked for, as they are stored: those that wait or run, and for a while all others."""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec

from engine.simulation.job import ENDED, GateRequest, Job, JobKind, JobRequest, JobState
from engine.store.connection.client import Client, faults
from engine.store.connection.lease import Leases
from engine.store.keys import Keys
from engine.store.script_keys import CHANGE_WHATIF, FORGET_WHATIFS

LEASE_MILLISECONDS: Final = 30_000
"""After so long, a process that said nothing counts as dead, and another takes its job up."""
_FIELDS: Final = Job.__struct_fields__
"""Those of a job as it is read all the time: without its request, which has whole policies."""
_UNENDED: Final[tuple[JobState, ...]] = ("queued", "running")
_TOO_MANY: Final = -1
"""Wait already."""
_T = TypeVar("_T")


class WhatIfJobs:
    """Of one network; what ended is kept for so many `seconds`. Methods raise StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys, *, seconds: int) -> None:
        self._client = client
        self._keys = keys
        self._seconds = seconds
        self._leases = Leases(client, keys)
        self._change = client.script("simulation/change_whatif")
        self._forget = client.script("simulation/forget_whatifs")

    def add(self, job: Job, request: JobRequest, *, most: int) -> bool:
        """Whether it is there now: not if `most` wait already, and it is none of those that were there before."""
        return self._answer(job.id, ("none",), _new(job, request), at=job.created_at, most=most) != _TOO_MANY

    def add_gate(self, job: Job, request: GateRequest) -> None:
        """If it waits or runs already, nothing changes."""
        self._answer(job.id, ("none", *ENDED), _new(job, request), at=job.created_at)

    def get(self, job: str) -> Job | None:
        with faults():
            return _job_of(self._client.redis.hmget(self._keys.whatif_job(job), _FIELDS))

    def request(self, job: str) -> JobRequest | None:
        return self._request(job, JobRequest)

    def gate_request(self, job: str) -> GateRequest | None:
        return self._request(job, GateRequest)

    def _request(self, job: str, kind: type[_T]) -> _T | None:
        with faults():
            packed = self._client.redis.hget(self._keys.whatif_job(job), "request")
        if packed is None:
            return None
        return msgspec.json.decode(zlib.decompress(bytes.fromhex(packed.decode())), type=kind)

    def result(self, job: str) -> bytes | None:
        """The record as JSON."""
        with faults():
            packed = self._client.redis.get(self._keys.whatif_result(job))
        return None if packed is None else zlib.decompress(packed)

    def all(self, kind: JobKind) -> list[Job]:
        """Those of a kind, as they were asked for. Those that are known no more are taken off the list."""
        jobs = self._listed(self._keys.whatif_jobs)
        gone = [name for name, job in jobs.items() if job is None]
        if gone:
            keys = FORGET_WHATIFS.keys(self._keys, [(self._keys.whatif_job(name),) for name in gone])
            with faults():
                self._forget(keys=keys, args=gone)
        return [job for job in jobs.values() if job is not None and job.kind == kind]

    def unended(self) -> list[Job]:
        """Those of any kind that wait or run, as they were asked for."""
        jobs = self._listed(self._keys.whatif_unended).values()
        # between the list and what it names, one may have ended
        return [job for job in jobs if job is not None and job.state not in ENDED]

    def _listed(self, key: str) -> dict[str, Job | None]:
        with faults():
            names = [name.decode() for name in self._client.redis.zrange(key, 0, -1)]
        with faults(), self._client.redis.pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.hmget(self._keys.whatif_job(name), _FIELDS)
            return dict(zip(names, map(_job_of, pipeline.execute()), strict=True))

    def begin(self, job: Job, turn: str, *, at: int) -> bool:
        """Whether the process `turn` runs it from now on; `job` as it was read."""
        fields = {"state": "running", "turn": turn, "attempts": job.attempts + 1, "done": 0}
        return self._changed(job.id, _UNENDED, fields | ({} if job.started_at else {"started_at": at}))

    def put_back(self, job: str, turn: str) -> None:
        """The process `turn` was ended before the job was, through no fault of the job: it counts as not begun."""
        stored = self.get(job)
        if stored is not None:
            self._changed(job, ("running",), {"attempts": stored.attempts - 1}, turn=turn)

    def advance(self, job: str, turn: str, *, done: int, about: int) -> bool:
        """Whether the process is still to go on with it."""
        return self._changed(job, ("running",), {"done": done, "about": about}, turn=turn)

    def end(self, job: str, turn: str, *, at: int, tried: int = 0, result: bytes = b"", error: str = "") -> bool:
        """With its result, or with why it failed. False if it was cancelled or is run by another process by now."""
        fields = {"state": "failed" if error else "done", "ended_at": at, "error": error}
        fields |= {"done": tried, "about": tried} if tried else {}
        return self._changed(job, ("running",), fields, turn=turn, result=result, keep=self._seconds)

    def give_up(self, job: str, *, at: int, error: str) -> None:
        self._changed(job, _UNENDED, {"state": "failed", "ended_at": at, "error": error}, keep=self._seconds)

    def cancel(self, job: str, *, at: int) -> bool:
        """Whether it had not ended before; otherwise nothing changes."""
        return self._changed(job, _UNENDED, {"state": "cancelled", "ended_at": at}, keep=self._seconds)

    def forget(self, job: str) -> None:
        """One that has ended, with its result."""
        with faults(), self._client.redis.pipeline() as pipeline:
            pipeline.unlink(self._keys.whatif_job(job))
            pipeline.unlink(self._keys.whatif_result(job))
            pipeline.zrem(self._keys.whatif_jobs, job)
            pipeline.execute()

    def take(self, lease: str, who: str) -> bool:
        """Whether `who` has this turn, or this job, for a while from now on."""
        return self._leases.take(self._keys.whatif_lease(lease), who, milliseconds=LEASE_MILLISECONDS)

    def give_back(self, lease: str, who: str) -> None:
        self._leases.give_back(self._keys.whatif_lease(lease), who)

    def _changed(self, job: str, states: Iterable[str], fields: Mapping[str, object], **more: Any) -> bool:
        """Whether it was in one of these states, and now has these fields; the rest as `_answer` has it."""
        return self._answer(job, states, fields, **more) == 1

    def _answer(
        self, job: str, states: Iterable[str], fields: Mapping[str, object], *, result: bytes = b"", **more: object
    ) -> int:
        """What the script answers, `more` of whose request is left out where it is None."""
        request: dict[str, object] = {"id": job, "from": dict.fromkeys(states, True)}
        request["fields"] = [str(part) for field in fields.items() for part in field]
        request |= {name: value for name, value in more.items() if value is not None}
        own = {"whatif_job": self._keys.whatif_job(job), "whatif_result": self._keys.whatif_result(job)}
        packed = zlib.compress(result) if result else b""
        with faults():
            return int(self._change(keys=CHANGE_WHATIF.keys(self._keys, **own), args=[json.dumps(request), packed]))


def _new(job: Job, request: JobRequest | GateRequest) -> dict[str, object]:
    """The fields of a job that waits."""
    packed = zlib.compress(msgspec.json.encode(request)).hex()
    fields = ("id", "kind", "state", "created_at", "created_by")
    return {**{name: getattr(job, name) for name in fields}, "request": packed}


def _job_of(values: Sequence[bytes | None]) -> Job | None:
    """None: there is none by that name."""
    texts = {name: value.decode() for name, value in zip(_FIELDS, values, strict=True) if value is not None}
    return msgspec.convert(texts, Job, strict=False) if texts else None
