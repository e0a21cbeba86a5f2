"""The example network on an embedded server of the bench's own, in a temporary directory."""

import contextlib
import fcntl
import tempfile
from collections.abc import Iterator
from pathlib import Path

from api.files.policies import policy_files
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
    """Waits until the server has ended, because it writes to the directory until then. It holds this lock while it
    runs.
    """
    with (data / "data.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)


@contextlib.contextmanager
def installed(data: Path, network: str, inventory: Inventory) -> Iterator[Pointsman]:
    """A Pointsman with `inventory` loaded as `network` and the shipped policies active. All that are open on one
    directory share its server, which ends with the last of them.
    """
    with Pointsman(Settings(data=data, network=network)) as pointsman:
        pointsman.load(inventory)
        version = pointsman.publish(policy_files(POLICIES), who="bench", note="").version
        pointsman.activate(version, who="bench", note="")
        yield pointsman
