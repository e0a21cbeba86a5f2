"""The example network on a server of the bench's own, in a directory that goes away with it."""

import contextlib
import fcntl
import tempfile
from collections.abc import Iterator
from pathlib import Path

from api.files.policies_and_orders import policy_files
from engine.model.facts import Inventory
from engine.service import Pointsman
from engine.settings import Settings
from tests.bench.option_sets import POLICIES


@contextlib.contextmanager
def directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="pointsman-bench-") as made:
        try:
            yield Path(made)
        finally:
            _wait_for_the_server(Path(made))


def _wait_for_the_server(data: Path) -> None:
    """Until it has ended, for it writes to the directory to the last. It holds this lock, and has a minute at most."""
    with (data / "data.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)


@contextlib.contextmanager
def installed(data: Path, network: str, found: Inventory) -> Iterator[Pointsman]:
    """A Pointsman with `found` loaded as `network` and the shipped policies active; its server is shared by all
    that are open on one directory, and ends with the last of them.
    """
    with Pointsman(Settings(data=data, network=network)) as pointsman:
        pointsman.load(found)
        version = pointsman.publish(policy_files(POLICIES), who="bench", note="").version
        pointsman.activate(version, who="bench", note="")
        yield pointsman
