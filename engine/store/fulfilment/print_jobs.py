"""Print jobs as they are stored: those that wait, by node in the order in which they were asked for, and those that
ended, until they are forgotten.
"""

import itertools
from collections.abc import Collection, Iterator, Sequence
from operator import itemgetter
from typing import Any, Final

import orjson

from engine.fulfilment.printing.print_job import JobState, PrintJob
from engine.store.audit.accesses import PreparedAccess
from engine.store.connection.client import Client, faults
from engine.store.connection.lease import Leases
from engine.store.hold_changes.change_script import entry_fields
from engine.store.keys import Keys
from engine.store.script_keys import SETTLE_PRINT_JOB

LEASE_MILLISECONDS: Final = 120_000
"""Longer than a job may take."""
KEPT_SECONDS: Final = 30 * 24 * 3_600
"""For so long it is known what was printed."""
_MICROSECONDS = 1_000_000
_READ_AT_ONCE = 50
_MANY_AT_ONCE = 500
_OF_PARCELS = frozenset({"label", "note"})


class PrintJobs:
    """Of one network. `micros` are UTC microseconds. Methods raise StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._leases = Leases(client, keys)
        self._settle = client.script("fulfilment/settle_print_job")

    def get(self, job: str) -> PrintJob | None:
        return next(iter(self._read([job.encode()])), None)

    def nodes(self) -> list[str]:
        """Those at which jobs wait."""
        with faults():
            return sorted(node.decode() for node in self._client.redis.smembers(self._keys.print_nodes))

    def waiting(self, node: str, *, most: int) -> Iterator[PrintJob]:
        """The first that are to be printed at the node, as they were asked for."""
        after: int | None = None
        for _ in range(0, most, _READ_AT_ONCE):
            some = self._ranged(self._keys.print_queue(node), count=_READ_AT_ONCE, after=after)
            yield from (job for _, job in some)
            if len(some) < _READ_AT_ONCE:
                return
            after = some[-1][0]

    def page(self, state: JobState, node: str | None, *, count: int, after: int | None) -> list[tuple[int, PrintJob]]:
        """So many jobs in that state, each with the instant of it in UTC microseconds: those that wait as they were
        asked for, the others the latest first. `after` is the instant of the last one of the page before.
        """
        if state == "queued":
            nodes = self.nodes() if node is None else [node]
            pages = [self._ranged(self._keys.print_queue(name), count=count, after=after) for name in nodes]
            return sorted(itertools.chain(*pages), key=itemgetter(0))[:count]
        key = self._keys.print_printed if state == "printed" else self._keys.print_dead
        jobs: list[tuple[int, PrintJob]] = []
        while len(jobs) < count:
            some = self._ranged(key, count=count, after=after, latest_first=True)
            jobs += [item for item in some if node is None or item[1].node == node]
            if len(some) < count:
                break
            after = some[-1][0]
        return jobs[:count]

    def _ranged(
        self, key: str, *, count: int, after: int | None, latest_first: bool = False
    ) -> list[tuple[int, PrintJob]]:
        redis = self._client.redis
        with faults():
            if latest_first:
                most = "+inf" if after is None else f"({after}"
                members = redis.zrevrangebyscore(key, most, "-inf", 0, count, withscores=True)
            else:
                least = "-inf" if after is None else f"({after}"
                members = redis.zrangebyscore(key, least, "+inf", 0, count, withscores=True)
            texts = redis.hmget(self._keys.print_jobs, [member for member, _ in members]) if members else []
        instants = [int(score) for _, score in members]
        return [
            (instant, PrintJob.of_text(text)) for instant, text in zip(instants, texts, strict=True) if text is not None
        ]

    def settle(
        self,
        before: PrintJob | None,
        after: PrintJob | None,
        micros: int,
        *,
        given_up: bool = False,
        access: PreparedAccess | None = None,
    ) -> bool:
        """Store that a job is `after` from now on, which was read as `before`; None: there was none, or it is taken
        away. False if it is another by now. `given_up`: that is logged. `access` is recorded in the same step.
        """
        job = after or before
        if job is None:
            return True
        request: dict[str, Any] = {
            "id": job.id,
            "node": job.node,
            "before": before.text if before else "",
            "state": after.state if after else "",
            "at": str(micros),
            "forget": str(micros - KEPT_SECONDS * _MICROSECONDS),
        }
        if after is not None:
            request["after"] = after.text
        if access is not None:
            request["access"] = access.arguments
        if given_up:
            details = {"node": job.node, "paper": job.paper, "of": job.of, "error": job.error}
            text = orjson.dumps(details).decode()
            request["fields"] = entry_fields("print_failed", job.id, micros // _MICROSECONDS, details=text)
        keys = SETTLE_PRINT_JOB.keys(self._keys, print_queue=self._keys.print_queue(job.node))
        with faults():
            return bool(self._settle(keys=keys, args=[orjson.dumps(request)]))

    def drop_papers(self, papers: Collection[str], micros: int) -> None:
        """Take away the jobs that wait or were given up for a label or note of these parcels, wherever that is."""
        keys = [*map(self._keys.print_queue, self.nodes()), self._keys.print_dead]
        jobs = [job for key in keys for job in self._every(key) if job.paper in _OF_PARCELS and job.of in papers]
        for job in jobs:
            before: PrintJob | None = job
            while before is not None and before.state != "printed" and not self.settle(before, None, micros):
                before = self.get(job.id)

    def _every(self, key: str) -> Iterator[PrintJob]:
        after: int | None = None
        while some := self._ranged(key, count=_MANY_AT_ONCE, after=after):
            yield from (job for _, job in some)
            after = some[-1][0]

    def take_turn(self, node: str, who: str) -> bool:
        """Whether `who` alone sends to the printers of the node, from now on."""
        return self._leases.take(self._keys.print_lease(node), who, milliseconds=LEASE_MILLISECONDS)

    def end_turn(self, node: str, who: str) -> None:
        self._leases.give_back(self._keys.print_lease(node), who)

    def _read(self, ids: Sequence[bytes]) -> list[PrintJob]:
        if not ids:
            return []
        with faults():
            texts = self._client.redis.hmget(self._keys.print_jobs, ids)
        return [PrintJob.of_text(text) for text in texts if text is not None]
