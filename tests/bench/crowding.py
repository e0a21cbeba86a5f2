"""What load, and callers who send or take nothing, do to probes and to decisions; with the server as `pointsman serve`
starts it.

Two statements: under LOAD connections of load, the 99th percentile of how long /healthz takes, on the service's port
and on that for probes, as a multiple of its median while nothing else happens; and the rate of decisions while STALLED
callers do not go on with their bodies and STREAMS long requests are open, as a share of the rate without them.
"""

import contextlib
import itertools
import math
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from api.http.serving.probes import run_at_once
from engine.model.facts import Inventory
from tests.bench.example_network import directory, installed
from tests.bench.http_throughput import load_generator, orders_a_second, served
from tests.support.callers import key_of
from tests.support.free_port import free_port

LOAD = 64
STALLED, STREAMS = 12, 64
ROUNDS, SLICE, QUIET_PROBES = 5, 300, 400
_NETWORK = "crowd"
_HEAD = "Host: x\r\nAuthorization: Bearer {key}\r\n"
_STALLED = "POST /v1/decisions HTTP/1.1\r\n{head}Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{{"
_LINES = "{head}Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\n\r\n"
_BATCH = f"POST /v1/decisions/batch HTTP/1.1\r\n{_LINES}"
_FEED = "GET /v1/availability/feed?channel=web&nodes=true HTTP/1.1\r\n{head}\r\n"

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class PortFigures:
    """Seconds of probes on a port, round by round."""

    name: str
    quiet_median: Sequence[float]
    loaded_p99: Sequence[float]

    @property
    def ratio(self) -> float:
        """The median over the rounds of the 99th percentile under load as a multiple of the quiet median."""
        return statistics.median(map(float.__truediv__, self.loaded_p99, self.quiet_median))


@dataclass(frozen=True, kw_only=True)
class CrowdingFigures:
    """Probes by port; and orders a second, round by round."""

    ports: Sequence[PortFigures]
    probes: int
    alone: Sequence[float]
    crowded: Sequence[float]
    orders: int

    @property
    def rate_share(self) -> float:
        """The median over the rounds of the rate beside stalled callers and streams, as a share of that without."""
        return statistics.median(map(float.__truediv__, self.crowded, self.alone))


def measure(
    inventory: Inventory, *, rounds: int, size: int, quiet_probes: int, workers: int, say: Say
) -> CrowdingFigures:
    """Sends `size` orders three times a round; the first time of all is not counted."""
    run_at_once(100_000)  # who asks must not itself wait for a processor
    slices = itertools.count()
    probes_port = free_port()
    with directory() as data, contextlib.ExitStack() as opened:
        pointsman = opened.enter_context(installed(data, _NETWORK, inventory))
        key = key_of(pointsman, role="oms")
        more = {"POINTSMAN_NETWORK": _NETWORK, "POINTSMAN_PROBES_PORT": str(probes_port)}
        port = opened.enter_context(served("api.http.app:served_app", data, more, workers=workers))
        ports = {"the service's port": port, "the port for probes": probes_port}
        quiet: dict[str, list[list[float]]] = {name: [] for name in ports}
        loaded: dict[str, list[list[float]]] = {name: [] for name in ports}
        alone, crowded = [], []

        def rate() -> float:
            return orders_a_second(port, key, first=next(slices) * size, count=size)

        rate()
        for number in range(1, rounds + 1):
            say(f"crowding: round {number} of {rounds}")
            for name, asked in ports.items():
                quiet[name].append([_probe(asked) for _ in range(quiet_probes)])
            load = load_generator(port, key, first=next(slices) * size, count=size, connections=LOAD)
            for name, seconds in _probes_while(load, ports).items():
                loaded[name].append(seconds)
            alone.append(rate())
            with _crowd(port, key):
                crowded.append(rate())
    figures = [
        PortFigures(
            name=name,
            quiet_median=[statistics.median(seconds) for seconds in quiet[name]],
            loaded_p99=[_p99(seconds) for seconds in loaded[name]],
        )
        for name in ports
    ]
    probes = sum(len(seconds) for of_port in loaded.values() for seconds in of_port)
    return CrowdingFigures(ports=figures, probes=probes, alone=alone, crowded=crowded, orders=size)


def _p99(seconds: Sequence[float]) -> float:
    return sorted(seconds)[math.ceil(0.99 * len(seconds)) - 1]


def _probes_while(process: subprocess.Popen[bytes], ports: Mapping[str, int]) -> dict[str, list[float]]:
    """Seconds of each of the probes that are made one after another as long as the process runs, by port."""
    taken: dict[str, list[float]] = {name: [] for name in ports}
    with process:
        while process.poll() is None:
            for name, port in ports.items():
                taken[name].append(_probe(port))
            time.sleep(0.002)
    return taken


def _probe(port: int) -> float:
    """Seconds until /healthz was answered on a connection of its own, as load balancers ask."""
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = connection.recv(1_000)
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"/healthz was answered {answer!r}")
    return time.perf_counter() - began


@contextlib.contextmanager
def _crowd(port: int, key: str) -> Iterator[None]:
    """Callers who go on with nothing: half of the streams are batches whose orders do not come, half feeds that nobody
    reads.
    """
    head = _HEAD.format(key=key)
    begun = [_STALLED] * STALLED + [_BATCH, _FEED] * (STREAMS // 2)
    with contextlib.ExitStack() as opened:
        for request in begun:
            connection = opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            connection.sendall(request.format(head=head).encode())
        yield
