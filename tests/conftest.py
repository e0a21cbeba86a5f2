"""What every test may ask for. Servers are real: the embedded one and, if there is one, a redis-server 7 or newer."""

import itertools
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import redis

from engine.settings import Settings
from engine.store.server import open_server
from tests.waiting import wait_until

hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")

_numbers = itertools.count(1)


def redis_server() -> str | None:
    """A redis-server on PATH that is new enough."""
    path = shutil.which("redis-server")
    if path is None:
        return None
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"v=(\d+)", said)
    return path if version and int(version[1]) >= 7 else None


@pytest.fixture(scope="session", params=["embedded", *(["redis"] if redis_server() else [])])
def server_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Each server in turn; one of each for the whole session."""
    data = tmp_path_factory.mktemp("data")
    if request.param == "embedded":
        with open_server(Settings(data=data)) as server:
            yield server.url
    else:
        yield from started_redis(data)


def started_redis(data: Path) -> Iterator[str]:
    socket = data / "redis.sock"
    said = ["--port", "0", "--unixsocket", str(socket), "--dir", str(data), "--save", "", "--appendonly", "yes"]
    with subprocess.Popen([str(redis_server()), *said], stdout=subprocess.DEVNULL) as process:
        try:
            wait_until(socket.exists, "redis-server listens")
            yield f"unix://{socket}"
        finally:
            process.terminate()


@pytest.fixture
def redis_client(server_url: str) -> Iterator[redis.Redis]:
    """Answers bytes."""
    with redis.Redis.from_url(server_url, decode_responses=False) as client:
        yield client


@pytest.fixture
def network() -> str:
    """A network of the test's own, so that tests share a server and no key."""
    return f"test-{os.getpid()}-{next(_numbers)}"
