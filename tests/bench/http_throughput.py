"""HTTP throughput, as a share of a floor that does the same two round trips with the same bytes and no thinking.

Ours and the floor are served by gunicorn with the same settings (those of `pointsman serve`, two workers) and share one
embedded server, each on a network of its own. The day's orders are sent once each, in slices, to ours and the floor by
turns, by a load generator in a process of its own; the first slice warms both up and is not counted.
"""

import contextlib
import http.client
import json
import os
import pickle
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from engine.model.facts import Inventory, Order
from engine.service import Pointsman
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.ledger import Ledger
from tests.bench.example_network import directory, installed
from tests.bench.floor import ANSWERS, Prepared
from tests.bench.option_sets import HEXAGONE, ROOT

SLICES, SLICE = 6, 600
CONNECTIONS = 8
_GUNICORN = ["--workers", "2", "--worker-class", "gthread", "--threads", "4", "--keep-alive", "75"]
_QUIET = ["--no-control-socket", "--log-level", "warning"]
_SECONDS_TO_START, _SECONDS_TO_STOP, _SECONDS_A_SLICE = 30, 10, 120
_CREATED = "201"
_DRILL, _FLOOR = "drill", "floor"

Say = Callable[[str], None]


class Unserved(Exception):
    """A server that did not start, or answered other than it must."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """Requests a second, slice by slice."""

    ours: Sequence[float]
    floor: Sequence[float]
    requests: int
    bytes_ours: int
    bytes_floor: int
    gunicorn: str = " ".join(_GUNICORN)
    connections: int = CONNECTIONS

    @property
    def share(self) -> float:
        """The median of the slices' shares."""
        return statistics.median(ours / floor for ours, floor in zip(self.ours, self.floor, strict=True))


def measure(found: Inventory, orders: Sequence[Order], *, slices: int, size: int, say: Say) -> Served:
    """`orders` are those that HEXAGONE's file starts with, enough for `slices` and one more."""
    with directory() as data, contextlib.ExitStack() as opened:
        say("serving: what the floor sends and answers")
        pointsman = opened.enter_context(installed(data, _DRILL, found))
        answers = data / "answers.pickle"
        answers.write_bytes(pickle.dumps(prepared(pointsman, orders)))
        for network in ("ours", _FLOOR):
            opened.enter_context(installed(data, network, found))
        ours = opened.enter_context(_served("api.http.app:served_app()", data, {"POINTSMAN_NETWORK": "ours"}))
        more = {"POINTSMAN_NETWORK": _FLOOR, ANSWERS: str(answers)}
        floor = opened.enter_context(_served("tests.bench.floor:floor_app()", data, more))
        rates: dict[int, list[float]] = {ours: [], floor: []}
        sizes: dict[int, int] = dict.fromkeys(rates, 0)
        for number in range(slices + 1):
            for port in rates if number % 2 else reversed(rates):
                say(f"serving: slice {number} of {slices}, {'ours' if port == ours else 'floor'}")
                report = _loaded(port, first=number * size, count=size)
                if number:
                    rates[port].append(size / report["seconds"])
                    sizes[port] += report["bytes"]
    counted = slices * size
    return Served(
        ours=rates[ours],
        floor=rates[floor],
        requests=counted,
        bytes_ours=sizes[ours] // counted,
        bytes_floor=sizes[floor] // counted,
    )


def prepared(pointsman: Pointsman, orders: Sequence[Order]) -> dict[str, Prepared]:
    """What Pointsman sends and answers for each order, in the floor's network. Decides the orders as it goes."""
    recording = _Recording(pointsman._client)
    pointsman._ledger = pointsman._settling._ledger = Ledger(recording, Keys(_DRILL))  # type: ignore[arg-type]  # a client that writes down, too
    found = {}
    for order in orders:
        recording.calls.clear()
        answer = pointsman.decide(order)
        snapshot, (named, (decision, body, asked)) = (
            [_moved(words) for words in call] for call in recording.calls[-2:]
        )
        commit = named, [decision, body, _unguarded(asked)]
        location = f"/v1/decisions/{answer.record['id']}"
        found[order.id] = Prepared(snapshot=tuple(snapshot), commit=commit, location=location, body=answer.body)
    return found


class _Recording:
    """A client whose scripts write down what they are called with."""

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


def _unguarded(asked: bytes) -> bytes:
    """Without what must be as it was read: the floor's orders come in another order than they were recorded in."""
    found = orjson.loads(asked)
    found["claims"] = [[*claim[:3], False, False] for claim in found["claims"]]
    found["rooms"] = [[*room[:3], False] for room in found["rooms"]]
    return orjson.dumps(found)


def _moved(words: list[Any]) -> list[Any]:
    return [word.replace(f"{{{_DRILL}}}", f"{{{_FLOOR}}}") if isinstance(word, str) else word for word in words]


@contextlib.contextmanager
def _served(app: str, data: Path, more: Mapping[str, str]) -> Iterator[int]:
    """An HTTP server with `app`, until the block ends; the port."""
    port = _free_port()
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", *_GUNICORN, *_QUIET, app]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("POINTSMAN_")}
    environment = inherited | {"POINTSMAN_DATA": str(data), "PYTHONPATH": str(ROOT)} | more
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
    raise Unserved(f"{process.args!r} did not start; exit code {process.poll()}")


def _loaded(port: int, *, first: int, count: int) -> dict[str, Any]:
    numbers = map(str, (first, count, CONNECTIONS))
    command = [sys.executable, "-m", "tests.bench.load_generator", str(port), str(HEXAGONE / "orders.ndjson"), *numbers]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=_SECONDS_A_SLICE)
    report: dict[str, Any] = json.loads(done.stdout)
    if report["statuses"] != {_CREATED: count}:
        raise Unserved(f"of {count} answers, by status: {report['statuses']}")
    return report


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
