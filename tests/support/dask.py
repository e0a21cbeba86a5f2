"""A Dask cluster of real processes on this machine: a scheduler, and workers that are killed by their ids."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass
class Cluster:
    """`address` is that of its scheduler."""

    address: str
    folder: Path
    environment: Mapping[str, str]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start_worker(self) -> None:
        """Without a nanny, which would start it again."""
        options = ["worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        self.workers.append(_started([*options, "--local-directory", str(self.folder)], self.environment))

    def kill_worker(self) -> None:
        """By SIGKILL."""
        worker = self.workers.pop()
        worker.kill()
        worker.wait()


@contextlib.contextmanager
def cluster(folder: Path, *, workers: int, **environment: str) -> Iterator[Cluster]:
    """So many workers, which have these variables in their environment."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    scheduler = _started(["scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"], environment)
    made = Cluster(f"tcp://127.0.0.1:{port}", folder, environment)
    try:
        _wait_for(scheduler, port)
        for _ in range(workers):
            made.start_worker()
        yield made
    finally:
        for process in (*made.workers, scheduler):
            process.kill()
            process.wait()


def _wait_for(scheduler: subprocess.Popen[bytes], port: int) -> None:
    """Until it listens: on a busy machine it takes longer than a client waits."""
    while scheduler.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise AssertionError("the Dask scheduler ended")


def _started(words: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-W", "ignore", "-m", "dask", *words]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, env={**os.environ, **environment}, cwd=ROOT, stdout=quiet, stderr=quiet)
