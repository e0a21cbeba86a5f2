"""`pointsman serve` as a process of its own."""

import contextlib
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.support.free_port import free_port
from tests.support.wait_until import wait_until

POINTSMAN = (sys.executable, "-c", "from api.cli.main import main; main()")
"""The words that start it from the sources."""


@contextlib.contextmanager
def served(
    *, environment: Mapping[str, str], pointsman: Sequence[object] = POINTSMAN, directory: Path | None = None
) -> Iterator[str]:
    """The URL where `pointsman` (the words that start it) serves, until the end of the block."""
    port = free_port()
    words = [*map(str, pointsman), "serve", "--port", str(port), "--workers", "1"]
    url = f"http://127.0.0.1:{port}"
    nowhere = subprocess.DEVNULL
    with subprocess.Popen(words, env=environment, cwd=directory, stdout=nowhere, stderr=nowhere) as service:
        try:
            wait_until(lambda: _is_ready(url), "the service answers")
            yield url
        finally:
            service.terminate()


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz") as response:
            return bool(response.status == 200)
    except OSError:
        return False


def keys_in(data: Path) -> dict[str, str]:
    """The API keys that the first start with a data directory made, as `OMS_KEY`."""
    return dict(line.split("=") for line in (data / "keys").read_text(encoding="utf-8").splitlines())
