"""The command line as its users meet it: real processes."""

import contextlib
import functools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.settings import Settings
from engine.store.server import open_server

SMALL = Path("tests/data/small")
Run = Callable[..., subprocess.CompletedProcess[str]]


def command(*words: object, **variables: object) -> subprocess.CompletedProcess[str]:
    """`pointsman` with these words, run to its end; of Pointsman's environment variables only those given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("POINTSMAN_")}
    return subprocess.run(
        [sys.executable, "-c", "from api.cli import main; main()", *map(str, words)],
        capture_output=True,
        text=True,
        env=kept | {"COLUMNS": "120"} | {name: str(value) for name, value in variables.items()},
        check=False,
    )


@contextlib.contextmanager
def installed(data: Path, policy: str, **variables: object) -> Iterator[Run]:
    """`run("stock", "show", "RARE")` in an installation of its own: tests/data/small, and one policy file active. Its
    server is kept from ending with each command, which takes time.
    """
    run = functools.partial(command, POINTSMAN_DATA=data, **variables)
    rules = data / "policies"
    rules.mkdir()
    (rules / "policy.yaml").write_text(policy)
    with open_server(Settings(data=data)):
        assert run("load", SMALL).returncode == 0
        assert run("policy", "publish", rules, "--activate").returncode == 0
        yield run
