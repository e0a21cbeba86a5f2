"""How long a search of archived decisions takes: DuckDB over Parquet files, as `pointsman decisions` asks.

    python -m tests.bench.archive --decisions 2000000

writes files as an archive has them, a day each, of random decisions, and searches them. What is searched rarely is in
every day, so that all files are read.
"""

import argparse
import datetime
import importlib
import random
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.audit.search.decision_filter import DecisionFilter
from engine.store.audit.archive.archive_search import ArchiveSearch
from engine.store.audit.archive.archived_log import DAY_MILLISECONDS, ArchivedDay
from engine.store.audit.archive.day_reader import schema
from engine.store.audit.parquet import pyarrow

A_DAY = 200_000
"""Decisions of one day."""
NODES, SKUS, RULES = 120, 5_000, 40
_BEGIN = 20_300
"""The first day, counted from 1970."""
_AT_ONCE = 8_192


@dataclass
class Folder:
    """Stands for the log's archive: all that a search asks of it."""

    folder: Path
    written: list[ArchivedDay]

    def through(self) -> tuple[int, int]:
        return self.written[-1].last

    def days(self) -> list[ArchivedDay]:
        return self.written

    def file(self, day: ArchivedDay) -> Path:
        return self.folder / f"{day.date}.parquet"


def written(folder: Path, decisions: int, *, a_day: int = A_DAY, seed: int = 7) -> Folder:
    """An archive of random decisions; SKU-1 and rule policy/r1 are in one of a thousand."""
    source, days, whole = random.Random(seed), [], None
    for day in range(-(-decisions // a_day)):
        count = min(a_day, decisions - day * a_day)
        date = datetime.date.fromordinal(_BEGIN + day + datetime.date(1970, 1, 1).toordinal()).isoformat()
        begins, path = (_BEGIN + day) * DAY_MILLISECONDS, folder / f"{date}.parquet"
        if whole is not None and count == a_day:
            _shift(folder / f"{whole.date}.parquet", path, day * DAY_MILLISECONDS)
        else:
            _write(path, _rows(source, begins, count))
        days.append(ArchivedDay(date=date, entries=count, last=(begins + DAY_MILLISECONDS - 1, 0)))
        whole = whole or (days[0] if count == a_day else None)
    return Folder(folder, days)


def _shift(first: Path, path: Path, millis: int) -> None:
    """A day like the first one, so much later: to make each of them at random takes longer than all searches."""
    arrow = pyarrow()
    compute = importlib.import_module("pyarrow.compute")
    table = arrow.parquet.read_table(first)
    later = compute.add(table["millis"], millis)
    arrow.parquet.write_table(table.set_column(0, "millis", later), path, compression="zstd", row_group_size=_AT_ONCE)


def _write(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    arrow = pyarrow()
    columns = schema(arrow)
    with arrow.parquet.ParquetWriter(path, columns, compression="zstd") as writer:
        group: list[dict[str, Any]] = []
        for row in rows:
            group.append(row)
            if len(group) == _AT_ONCE:
                writer.write_table(arrow.Table.from_pylist(group, schema=columns))
                group = []
        if group:
            writer.write_table(arrow.Table.from_pylist(group, schema=columns))


def _rows(source: random.Random, begins: int, count: int) -> Iterator[dict[str, Any]]:
    policies = [f"{number:064x}" for number in range(3)]
    fields = [{"name": b"body", "value": source.randbytes(600)} for _ in range(50)]
    for number in range(count):
        millis = begins + number * DAY_MILLISECONDS // count
        fired = sorted(source.sample(range(2, RULES), 12)) + ([1] if source.random() < 0.001 else [])
        skus = [source.randrange(2, SKUS) for _ in range(source.choice((1, 1, 2, 3)))]
        yield {
            "millis": millis,
            "number": 0,
            "kind": "decided",
            "id": f"{source.getrandbits(128):032x}",
            "decision": f"{source.getrandbits(128):032x}",
            "decided_at": datetime.datetime.fromtimestamp(millis // 1_000, tz=datetime.UTC).isoformat()[:19] + "Z",
            "order": f"W-{begins}-{number}",
            "channel": source.choice(("web", "web", "app", "store", "marketplace")),
            "status": "filled" if source.random() < 0.97 else "partial",
            "because": "",
            "policy_version": source.choice(policies),
            "caller": "oms",
            "by": "oms",
            "nodes": [f"node-{source.randrange(NODES)}"],
            "skus": sorted({f"SKU-{sku}" for sku in skus} | ({"SKU-1"} if source.random() < 0.001 else set())),
            "fired": [f"policy/r{rule}" for rule in fired],
            "silenced": [],
            "shipments": 1,
            "cost_micros": source.randrange(4_000_000, 12_000_000),
            "co2_mg": source.randrange(100_000, 900_000),
            "fields": [source.choice(fields)],
        }


SEARCHES: Mapping[str, DecisionFilter] = {
    "the last 100": DecisionFilter(),
    "of a node, the last 100": DecisionFilter(node="node-7"),
    "of a SKU, 1 in 1,000, the last 100": DecisionFilter(sku="SKU-1"),
    "in which a rule fired, 1 in 1,000, the last 100": DecisionFilter(fired="policy/r1"),
    "of a SKU and a status that few have": DecisionFilter(sku="SKU-1", status="partial", fired="policy/r1"),
    "of a caller whom none has": DecisionFilter(caller="nobody"),
    "of a SKU that none has": DecisionFilter(sku="SKU-0"),
    "in which a rule fired that never did": DecisionFilter(fired="policy/r0"),
}


def measured(archive: Folder) -> Iterator[tuple[str, int, float]]:
    """Of each search its name, how many it found, and its seconds."""
    search = ArchiveSearch(archive)
    for name, filtered in SEARCHES.items():
        begun = time.perf_counter()
        found, _ = search.find(filtered, limit=100)
        yield name, len(found), time.perf_counter() - begun


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.archive")
    parser.add_argument("--decisions", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where they are written; by default a temporary one")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        archive = written(options.folder or Path(temporary), options.decisions)
        size = sum(archive.file(day).stat().st_size for day in archive.days())
        print(f"{options.decisions:,} decisions of {len(archive.days())} days, {size / 1e9:.2f} GB")
        for name, found, seconds in measured(archive):
            print(f"  {seconds:6.2f} s  {found:>4}  {name}")


if __name__ == "__main__":
    main()
