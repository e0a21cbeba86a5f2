"""HTTP throughput of Pointsman, as a share of that of the floor (minimal_app.py), which makes the same two round trips
with the same bytes and decides nothing.

Both are served as `pointsman serve` does it, with two workers, and share one embedded
server, each on a network of its own; so is a second Pointsman that gets the orders in batches. A load generator in a
process of its own sends each of the day's orders once, in slices, to each of the three in turns, over 8 connections and
over 16 in turns, batches over 8; the first slice warms them up and is not counted.
"""

import contextlib
import http.client
import json
import math
import os
import pickle
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import orjson

from engine.model.facts import Inventory, Order
from engine.service import Pointsman
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.ledger import Ledger
from tests.bench.example_network import directory, installed
from tests.bench.load_generator import KEY
from tests.bench.minimal_app import ANSWERS, Prepared
from tests.bench.option_sets import HEXAGONE, ROOT
from tests.support.callers import key_of
from tests.support.clean_environment import clean_environment
from tests.support.free_port import free_port

SLICES, SLICE = 5, 380
CONNECTIONS = (8, 16)
BATCH = 100
WORKERS, THREADS = 2, 4
BRIEF_WORKERS = 1
_SECONDS_TO_START, _SECONDS_TO_STOP, _SECONDS_A_SLICE = 120, 60, 600
_CREATED = "201"
_DRILL, _OURS, _BATCHES, _FLOOR = "drill", "ours", "batches", "floor"

Say = Callable[[str], None]


class ServerFailed(Exception):
    """A server did not start, or did not answer every order with 201."""


@dataclass(frozen=True, kw_only=True)
class AppFigures:
    """Orders a second, slice by slice, and the seconds that a request took over all slices."""

    rates: Sequence[float]
    median: float
    p99: float

    @classmethod
    def of(cls, reports: Sequence[Mapping[str, Any]], orders: int) -> Self:
        """`reports` are those of the load generator, of so many orders each."""
        took = sorted(seconds for report in reports for seconds in report["took"])
        return cls(
            rates=[orders / report["seconds"] for report in reports],
            median=statistics.median(took),
            p99=took[math.ceil(0.99 * len(took)) - 1],
        )


@dataclass(frozen=True, kw_only=True)
class LoadFigures:
    """Orders one by one over so many connections."""

    connections: int
    ours: AppFigures
    floor: AppFigures

    @property
    def share(self) -> float:
        """Our rate as a share of the floor's: the median over the slices."""
        return _median_ratio(self.ours.rates, self.floor.rates)

    @property
    def apps(self) -> tuple[tuple[str, AppFigures], ...]:
        """With their names."""
        return ("ours", self.ours), ("floor", self.floor)

    @property
    def tail(self) -> float:
        """Our p99 as a multiple of our median."""
        return self.ours.p99 / self.ours.median


@dataclass(frozen=True, kw_only=True)
class ThroughputFigures:
    """`batches` are sent `batch` orders at a time, over as many connections as the first of `loads`."""

    loads: Sequence[LoadFigures]
    batches: AppFigures
    requests: int
    bytes_ours: int
    bytes_floor: int
    workers: int = WORKERS
    batch: int = BATCH

    @property
    def server(self) -> str:
        return f"{self.workers} workers with {THREADS} threads"

    @property
    def batch_ratio(self) -> float:
        """How many times as many orders a second are decided in batches as one by one: the median over the slices."""
        return _median_ratio(self.batches.rates, self.loads[0].ours.rates)


def _median_ratio(rates: Sequence[float], others: Sequence[float]) -> float:
    return statistics.median(rate / other for rate, other in zip(rates, others, strict=True))


def measure(
    inventory: Inventory, orders: Sequence[Order], *, slices: int, size: int, workers: int, say: Say
) -> ThroughputFigures:
    """`orders` are the first of the hexagone file, as many as `orders_sent` says."""
    with directory() as data, contextlib.ExitStack() as opened:
        say("serving: preparing what the floor sends and answers")
        pointsman = opened.enter_context(installed(data, _DRILL, inventory))
        key, answers = key_of(pointsman, role="oms"), data / "answers.pickle"
        answers.write_bytes(pickle.dumps(prepared(pointsman, orders)))
        ports: dict[str, int] = {}
        for network in (_OURS, _BATCHES, _FLOOR):
            opened.enter_context(installed(data, network, inventory))
            app = "tests.bench.minimal_app:floor_app" if network == _FLOOR else "api.http.app:served_app"
            more = {"POINTSMAN_NETWORK": network, ANSWERS: str(answers)}
            ports[network] = opened.enter_context(served(app, data, more, workers=workers))
        reports: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
        for number, connections in enumerate(_turns(slices)):
            for network in ports if number // 2 % 2 else reversed(ports):
                if network == _BATCHES and connections != CONNECTIONS[0]:
                    continue
                say(f"serving: slice {number}, {network}, {connections} connections")
                load = {"first": number * size, "count": size, "connections": connections}
                batch = BATCH if network == _BATCHES else 1
                report = run_load_generator(ports[network], key, batch=batch, **load)
                if number:
                    reports[network, connections].append(report)
    figures = {of: AppFigures.of(made, size) for of, made in reports.items()}
    return ThroughputFigures(
        loads=[
            LoadFigures(connections=connections, ours=figures[_OURS, connections], floor=figures[_FLOOR, connections])
            for connections in CONNECTIONS
        ],
        batches=figures[_BATCHES, CONNECTIONS[0]],
        requests=slices * size,
        bytes_ours=_bytes_an_answer(reports, _OURS),
        bytes_floor=_bytes_an_answer(reports, _FLOOR),
        workers=workers,
    )


def orders_sent(slices: int, size: int) -> int:
    """How many orders each app is sent, those that warm it up included."""
    return len(_turns(slices)) * size


def _turns(slices: int) -> list[int]:
    """The numbers of connections, slice by slice; the first slice warms up."""
    return [CONNECTIONS[0], *(CONNECTIONS * slices)]


def _bytes_an_answer(reports: Mapping[tuple[str, int], Sequence[Mapping[str, Any]]], network: str) -> int:
    counted = [report for (of, _), made in reports.items() if of == network for report in made]
    return sum(report["bytes"] for report in counted) // sum(len(report["took"]) for report in counted)


def prepared(pointsman: Pointsman, orders: Sequence[Order]) -> dict[str, Prepared]:
    """What Pointsman sends and answers for each order, rewritten for the floor's network. Decides each order to record
    it.
    """
    recording = _Recording(pointsman._client)
    recorded = Ledger(recording, Keys(_DRILL))  # type: ignore[arg-type]  # a client that also records
    pointsman._ledger = pointsman._decide_and_commit._ledger = pointsman._facts._ledger = recorded
    prepared_by_order = {}
    for order in orders:
        recording.calls.clear()
        answer = pointsman.decide(order)
        snapshot, (keys, (decision, body, request, *numbers)) = (
            [_for_floor_network(values) for values in call] for call in recording.calls[-2:]
        )
        commit = keys, [decision, body, _unguarded(request), *numbers]
        location = f"/v1/decisions/{answer.record.id}"
        prepared_by_order[order.id] = Prepared(
            snapshot=tuple(snapshot), commit=commit, location=location, body=answer.body
        )
    return prepared_by_order


class _Recording:
    """A client that records the keys and arguments of every script call."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.redis, self.scripts = client.redis, client.scripts
        self.calls: list[tuple[list[Any], list[Any]]] = []

    def script(self, name: str, **more: Any) -> Callable[..., Any]:
        script = self._client.script(name, **more)

        def call(*, keys: list[Any], args: list[Any]) -> Any:
            self.calls.append((list(keys), list(args)))
            return script(keys=keys, args=args)

        return call


def _unguarded(request_json: bytes) -> bytes:
    """The request without the checks that stock and loads are as they were read: the floor's orders arrive in another
    sequence than they were recorded in.
    """
    request = orjson.loads(request_json)
    request["claims"] = [[*claim[:3], False, False, False] for claim in request["claims"]]
    request["rooms"] = [[*room[:4], False] for room in request["rooms"]]
    return orjson.dumps(request)


def _for_floor_network(values: list[Any]) -> list[Any]:
    return [word.replace(f"{{{_DRILL}}}", f"{{{_FLOOR}}}") if isinstance(word, str) else word for word in values]


@contextlib.contextmanager
def served(app: str, data: Path, more: Mapping[str, str], *, workers: int) -> Iterator[int]:
    """Serves `app` over HTTP until the block ends; yields the port."""
    port = free_port()
    options = ["--bind", f"127.0.0.1:{port}", "--workers", str(workers), "--app", app]
    command = [sys.executable, "-m", "api.http.serving", *options]
    environment = clean_environment(POINTSMAN_DATA=data, POINTSMAN_THREADS=THREADS, **more)
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=sys.stderr)
    try:
        _wait_until_ready(port, process)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(_SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < until and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS_TO_START)
        with contextlib.suppress(OSError), contextlib.closing(connection):
            connection.request("GET", "/readyz", headers={"Connection": "close"})
            if connection.getresponse().status == http.client.OK:
                return
        time.sleep(0.05)
    raise ServerFailed(f"{process.args!r} did not start; exit code {process.poll()}")


def run_load_generator(
    port: int, key: str, *, first: int, count: int, batch: int, connections: int = CONNECTIONS[0]
) -> dict[str, Any]:
    with load_generator(port, key, first=first, count=count, connections=connections, batch=batch) as process:
        output, _ = process.communicate(timeout=_SECONDS_A_SLICE)
    report: dict[str, Any] = json.loads(output)
    answers = math.ceil(count / batch)
    if report["statuses"] != {_CREATED: answers}:
        raise ServerFailed(f"of {answers} answers, by status: {report['statuses']}")
    return report


def orders_a_second(port: int, key: str, *, first: int, count: int) -> float:
    """The rate at which orders of the hexagone file are decided one by one."""
    return float(count / run_load_generator(port, key, first=first, count=count, batch=1)["seconds"])


def load_generator(
    port: int, key: str, *, first: int, count: int, connections: int, batch: int = 1
) -> subprocess.Popen[bytes]:
    """A load generator at work; it prints its report when it is done."""
    numbers = map(str, (first, count, connections, batch))
    command = [sys.executable, "-m", "tests.bench.load_generator", str(port), str(HEXAGONE / "orders.ndjson"), *numbers]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, KEY: key}, stdout=subprocess.PIPE)
