"""Fixtures for all tests. Servers are real: the embedded one and, if there is one on
PATH, a redis-server 7 or newer.
"""

import contextlib
import functools
import gc
import itertools
import os
import re
import shutil
import subprocess
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest
import redis
from flask import Flask
from werkzeug.local import LocalProxy

from api.files.inventory_folder import load_inventory
from api.http.app import create_app
from engine.actor import act_as, begin_request
from engine.model.facts import Inventory
from engine.service import Pointsman
from engine.settings import RunsBacklog, Settings
from engine.store.connection.server import open_server
from tests.support.callers import client_of
from tests.support.examples import examples
from tests.support.facts import NOW, policy_file
from tests.support.forked_cli import Command, forked_commands
from tests.support.wait_until import wait_until

hypothesis.settings.register_profile("here", examples(50))
hypothesis.settings.register_profile("ci", examples(50, derandomize=True, print_blob=True))
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")

SMALL = Path(__file__).parent / "data" / "small"
STORING = Path(__file__).parent / "store"

_numbers = itertools.count(1)


@functools.cache
def redis_server() -> str | None:
    """The path of a redis-server on PATH that is new enough."""
    path = shutil.which("redis-server")
    if path is None:
        return None
    output = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"v=(\d+)", output)
    return path if version and int(version[1]) >= 7 else None


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-server", action="store_true", help="run each test that stores on each server")
    parser.addoption("--exhaustive", action="store_true", help="run also what is marked as exhaustive")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The store's tests are shared out among the servers by their names: half of them run on the embedded one, half on
    Redis. What stands above it asks the store alone, and is tested on the embedded one. With `--every-server` each test
    runs on each, as those that are marked `each_server` always do. A test that says itself on which it runs, runs on
    that.
    """
    says_itself = any("server_url" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    if says_itself or "server_url" not in metafunc.fixturenames:
        return
    path = metafunc.definition.path
    servers = ["embedded", "redis"] if redis_server() else ["embedded"]
    on_each = metafunc.config.getoption("every_server") or metafunc.definition.get_closest_marker("each_server")
    if not on_each:
        stores = path.is_relative_to(STORING)
        name = f"{path.name}::{metafunc.definition.name}"
        servers = [servers[zlib.crc32(name.encode()) % len(servers)]] if stores else servers[:1]
    metafunc.parametrize("server_url", servers, indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked as exhaustive, but for `--exhaustive`."""
    if not config.getoption("exhaustive"):
        left_out = [item for item in items if item.get_closest_marker("exhaustive")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("exhaustive")]


def pytest_collection_finish() -> None:
    """What is loaded by then stays until the end: the collector of garbage need not look through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def server_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the server of a name; one of each runs for the whole session."""
    data = tmp_path_factory.mktemp("data")
    if request.param == "embedded":
        with open_server(Settings(data=data)) as server:
            yield server.url
    else:
        yield from started_redis(data)


def started_redis(data: Path) -> Iterator[str]:
    socket = data / "redis.sock"
    options = ["--port", "0", "--unixsocket", str(socket), "--dir", str(data), "--save", "", "--appendonly", "yes"]
    options += ["--appendfsync", "no"]  # no test depends on the disk, which other processes may keep busy
    with subprocess.Popen([str(redis_server()), *options], stdout=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: _answers(f"unix://{socket}"), "redis-server answers")
            yield f"unix://{socket}"
        finally:
            process.terminate()


def _answers(url: str) -> bool:
    # its socket is there before it listens
    with redis.Redis.from_url(url) as client, contextlib.suppress(redis.ConnectionError):
        return bool(client.ping())
    return False


@pytest.fixture
def redis_client(server_url: str) -> Iterator[redis.Redis]:
    """Answers bytes."""
    with redis.Redis.from_url(server_url, decode_responses=False) as client:
        yield client


@pytest.fixture(scope="session")
def command() -> Iterator[Command]:
    """Runs `pointsman` as a process of its own; see tests/support/forked_cli.py."""
    with forked_commands() as runner:
        yield runner


@pytest.fixture(autouse=True)
def acts_as_nobody() -> None:
    """Who acted in the test before, in the same thread, does not act in this one."""
    act_as("")
    begin_request("")


@pytest.fixture
def network() -> str:
    """The name of a network of the test's own, so that tests share a server and no key."""
    return f"test-{os.getpid()}-{next(_numbers)}"


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    now: int = NOW

    def __call__(self) -> float:
        return float(self.now)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def runs_backlog() -> RunsBacklog:
    """Who offers stock to orders that wait. A module about runs of the backlog overrides it."""
    return "auto"


@pytest.fixture
def opened(server_url: str, network: str, clock: Clock, runs_backlog: RunsBacklog) -> Iterator[Callable[[], Pointsman]]:
    """Opens one more Pointsman on the test's network, as another worker would."""
    made: list[Pointsman] = []

    def another() -> Pointsman:
        settings = Settings(redis_url=server_url, network=network, backlog=runs_backlog)
        made.append(Pointsman(settings, clock=clock))
        return made[-1]

    yield another
    for pointsman in made:
        pointsman.close()


@pytest.fixture
def bare(opened: Callable[[], Pointsman]) -> Iterator[Pointsman]:
    """A Pointsman without a network and without policies."""
    pointsman = opened()
    yield pointsman
    pointsman.forget()


@pytest.fixture
def pointsman(bare: Pointsman) -> Pointsman:
    """A Pointsman with tests/data/small loaded, and a policy without rules active."""
    bare.load(small())
    activate(bare)
    return bare


@functools.cache
def small() -> Inventory:
    """tests/data/small, read once."""
    return load_inventory(SMALL)


@dataclass
class Served:
    """One application for all tests, which serves the Pointsman of each test in turn: to build its routes and their
    description takes longer than most tests.
    """

    pointsman: Pointsman | None = None
    app: Flask | None = None

    def around(self, pointsman: Pointsman) -> Flask:
        self.pointsman = pointsman
        self.app = self.app or create_app(Current(self))
        return self.app


@dataclass
class Current:
    """Stands for the Pointsman of the current test: looks up each attribute whenever it is used, a number at once."""

    served: Served

    def __getattr__(self, name: str) -> LocalProxy | int:
        part = getattr(self.served.pointsman, name)
        return part if isinstance(part, int) else LocalProxy(lambda: getattr(self.served.pointsman, name))


@pytest.fixture(scope="session")
def application() -> Served:
    return Served()


@pytest.fixture
def http(pointsman: Pointsman, application: Served):
    """A client of the application that serves `pointsman`."""
    return client_of(pointsman, application.around(pointsman))


@pytest.fixture
def contents(redis_client: redis.Redis, network: str) -> Callable[[], dict[bytes, object]]:
    """Returns the contents of all keys of the network but for its cache and what is noted of requests, to compare
    later.
    """
    return lambda: contents_of(redis_client, network)


def contents_of(client: redis.Redis, network: str) -> dict[bytes, object]:
    readers = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"zset": lambda name: client.zrange(name, 0, -1, withscores=True),
        b"list": lambda name: client.lrange(name, 0, -1),
        b"stream": client.xrange,
        b"set": client.smembers,
    }
    cache = f"{{{network}}}:policies:answers".encode()
    names = set(client.scan_iter(f"{{{network}}}:*", count=1000)) - {cache}
    noted = tuple(f"{{{network}}}:{kind}:".encode() for kind in ("request", "requests"))
    names -= {name for name in names if name.startswith(noted)}
    return {name: readers[client.type(name)](name) for name in sorted(names)}


PARKS_RISKY_ORDERS = "when: {order.segment: risky}, then: {approve: true}"
"""A rule as `activate` takes it."""


def activate(pointsman: Pointsman, *rules: str) -> str:
    """Publish the rules (as `policy_file` takes them) and activate them; returns their version."""
    version = pointsman.publish(policy_file(*rules), who="a test", note="").version
    pointsman.activate(version, who="a test", note="")
    return version
