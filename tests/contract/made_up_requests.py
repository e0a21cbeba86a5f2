"""`python -m tests.contract.made_up_requests` starts a service and sends it the requests that schemathesis makes up
from its description: by every bound and type of each field, at random, and in sequences by its links. All of its checks
are on.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from tests.contract.served import Service, service

HERE = Path(__file__).parent
PHASES = ("examples", "coverage", "fuzzing", "stateful")


def send(
    to: Service, key: str, phases: Sequence[str], *, examples: int, seed: int | None, operations: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """What schemathesis says; it ends with 0 if it has found nothing. Without a seed, the same each time. Of all
    operations, or of those alone whose ids are given.
    """
    words = [sys.executable, "-m", "schemathesis.cli", "--config-file", HERE / "schemathesis.toml", "run"]
    words += [f"{to.url}/openapi.json", "--header", f"Authorization: Bearer {key}", "--no-color"]
    words += ["--phases", ",".join(phases), "--max-examples", examples, "--continue-on-failure", "--warnings", "off"]
    words += [word for operation in operations for word in ("--include-operation-id", operation)]
    words += ["--generation-deterministic"] if seed is None else ["--seed", seed]
    return subprocess.run(
        [*map(str, words)],
        env=os.environ | {"SCHEMATHESIS_HOOKS": "tests.contract.schemathesis_hooks"},
        capture_output=True,
        text=True,
        check=False,
    )


@click.command()
@click.option("--requests", default=200, show_default=True, help="At random, for each operation.")
@click.option("--seed", default=0, show_default=True)
def main(requests: int, seed: int) -> None:
    """Send requests that fit the description and that don't, and report each answer that is not as described."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory, service(Path(directory)) as started:
        done = send(started, started.keys["ADMIN_KEY"], PHASES, examples=requests, seed=seed)
    click.echo(done.stdout + done.stderr)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
