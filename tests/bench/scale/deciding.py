"""Decides days of orders, and says what that takes: processor time, memory of the server, and disk.

At the end of each day all that ships is confirmed, the day's entries are written as a file of the archive, and the
places are counted: they have again what they had on the first morning.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.files.inventory_folder import load_inventory
from api.files.policies import policy_files
from engine.model.facts import Inventory, Order
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.audit.archive.day_writer import write_day
from engine.store.ledger import RequestKey
from engine.store.log import decision_log
from tests.bench.log_size import bytes_on_disk, rewritten_bytes
from tests.bench.option_sets import POLICIES
from tests.bench.scale.days import days_of, generate
from tests.bench.scale.processor_time import ProcessorTime
from tests.support.recorded_decisions import OrderClock

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class DecidingFigures:
    """Of all `orders` that were decided. Seconds of processor are by what they were spent on; bytes are those of memory
    of the log's key and of the server in all, and on disk of the append-only file, of the same written anew, and of the
    archive.
    """

    orders: int
    days: int
    entries: int
    client_seconds: Mapping[str, float]
    server_seconds: Mapping[str, float]
    log_bytes: int
    server_bytes: int
    appended_bytes: int
    rewritten_bytes: int
    archive_bytes: int


def decide_days(
    data: Path, folder: Path, *, orders: int, days: int, say: Say, goes_on: Callable[[], bool] = lambda: True
) -> DecidingFigures:
    """Decide them in the directory `data`, day by day while `goes_on`; `folder` is where they are generated."""
    generate(folder, orders)
    clock = OrderClock()
    with Pointsman(Settings(data=data), clock=clock) as pointsman:
        return _Days(pointsman, clock, load_inventory(folder), data=data, say=say).decided(folder, days, goes_on)


class _Days:
    def __init__(self, pointsman: Pointsman, clock: OrderClock, inventory: Inventory, *, data: Path, say: Say) -> None:
        self._pointsman = pointsman
        self._redis: Any = pointsman._client.redis
        self._log = pointsman._keys.log
        self._clock = clock
        self._inventory = inventory
        self._data = data
        self._say = say
        self._time = ProcessorTime(self._redis)
        self._archive_bytes = 0

    def decided(self, folder: Path, days: int, goes_on: Callable[[], bool]) -> DecidingFigures:
        orders = decided_days = 0
        for number, day in enumerate(days_of(folder, days)):
            if number and not goes_on():
                break
            self._clock.now = day[0].placed_at
            if number == 0:
                self._install()
                before = self._state()
            else:
                with self._time.spent_on("loading the stock"):
                    self._pointsman.load(self._inventory, counts=True)
            self._one_day(day)
            orders, decided_days = orders + len(day), decided_days + 1
            self._say(f"day {number + 1} of {days}: {dict(self._time.client)}, server {dict(self._time.server)}")
        log, server, appended, entries = (after - start for after, start in zip(self._state(), before, strict=True))
        return DecidingFigures(
            orders=orders,
            days=decided_days,
            entries=entries,
            client_seconds=dict(self._time.client),
            server_seconds=dict(self._time.server),
            log_bytes=log,
            server_bytes=server,
            appended_bytes=appended,
            rewritten_bytes=rewritten_bytes(self._redis, self._data),
            archive_bytes=self._archive_bytes,
        )

    def _install(self) -> None:
        self._pointsman.load(self._inventory)
        version = self._pointsman.publish(policy_files(POLICIES), who="bench", note="").version
        self._pointsman.activate(version, who="bench", note="")

    def _state(self) -> tuple[int, int, int, int]:
        """Bytes of the log, of the server and of the append-only file, and the number of entries."""
        return (
            self._redis.memory_usage(self._log, samples=0) or 0,
            self._redis.info("memory")["used_memory"],
            bytes_on_disk(self._data),
            self._redis.xlen(self._log),
        )

    def _one_day(self, orders: list[Order]) -> None:
        ((last, _),) = self._redis.xrevrange(self._log, count=1)
        ships = []
        with self._time.spent_on("deciding"):
            for order in orders:
                self._clock.now = order.placed_at
                key = RequestKey(caller="shop", name=order.id)
                answer = self._pointsman.decide(order, now=order.placed_at, key=key, caller="shop")
                if answer.record.shipments:
                    ships.append(answer.id or "")
        with self._time.spent_on("confirming"):
            for decision in ships:
                self._pointsman.holds.confirm(decision)
        with self._time.spent_on("archiving"):
            self._archive(behind=last.decode())

    def _archive(self, *, behind: str) -> None:
        """Writes the day's entries as a file of the archive; they stay in the log."""
        file = self._data / "day.parquet"
        batches = decision_log.batches(self._pointsman._client, self._pointsman._keys, start=f"({behind}")
        write_day(file, itertools.chain.from_iterable(batches))
        self._archive_bytes += file.stat().st_size
        file.unlink()
