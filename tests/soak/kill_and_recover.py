"""`python -m tests.soak.kill_and_recover`: how many of the decisions that were answered are still in the log after a
failure.

The server is killed with -9 and started again from its file; or its replica is cut off half way, the server is killed,
and the replica takes over. A power cut can't be tried here: with `everysec` it loses up to a second.
"""

import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from engine.errors import StoreUnavailable
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.log import decision_log
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import LYON, NOW, inventory, node, order
from tests.support.redis_topologies import HOST, Node, is_linked, nodes
from tests.support.wait_until import wait_until


@dataclass(frozen=True)
class Survival:
    """How many decisions were answered, how many of them are in the log afterwards, and whether `ledger check` is
    clean.
    """

    answered: int
    survived: int
    clean: bool


@click.command()
@click.option("--decisions", default=1_000, show_default=True)
def main(*, decisions: int) -> None:
    """Print how many decisions survive each failure."""
    # servers are ended where their `with` block is left, so SIGTERM must raise
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="pointsman-recovery-") as folder:
        data = Path(folder)
        for fsync in ("everysec", "always"):
            _print(f"server killed, {fsync}", killed(data / fsync, fsync, decisions))
        for replicas in (0, 1):
            setting = "with POINTSMAN_REPLICAS=1 (WAIT)" if replicas else "without WAIT"
            result = failed_over(data / f"replicas-{replicas}", replicas, decisions)
            _print(f"replica cut off half way, primary killed, {setting}", result)


def killed(data: Path, fsync: str, decisions: int) -> Survival:
    with nodes(data, 1, "--appendonly", "yes", "--appendfsync", fsync) as (server,):
        with shop(server) as pointsman:
            answered = decided(pointsman, decisions)
        server.kill()
        server.start()
        return count_survivors(server, answered)


def failed_over(data: Path, replicas: int, decisions: int) -> Survival:
    with nodes(data, 2, "--appendonly", "yes") as (primary, replica):
        replica.ask("REPLICAOF", HOST, primary.port)
        wait_until(lambda: is_linked(replica), "the replica has its primary's data")
        with shop(primary, replicas) as pointsman:
            answered = decided(pointsman, decisions // 2)
            primary.ask("WAIT", 1, 5_000)
            replica.ask("REPLICAOF", HOST, 1)  # the replica keeps its data, and gets no more
            # a decision that waits for the replica waits in vain, for a second
            answered += decided(pointsman, 3 if replicas else decisions - decisions // 2)
            primary.kill()
        replica.ask("REPLICAOF", "NO", "ONE")
        return count_survivors(replica, answered)


@contextmanager
def shop(server: Node, replicas: int = 0) -> Iterator[Pointsman]:
    settings = Settings(redis_url=_url(server), replicas=replicas)
    with Pointsman(settings, clock=lambda: NOW) as pointsman:
        pointsman.load(inventory([node("lyon", LYON)], {"A": {"lyon": 1_000_000}}))
        activate(pointsman)
        yield pointsman


def decided(pointsman: Pointsman, count: int) -> list[str]:
    """Decide so many orders; returns the ids of the decisions that were answered."""
    answered = []
    for _ in range(count):
        try:
            answered.append(json_of(pointsman.decide(order()))["id"])
        except StoreUnavailable:
            continue
    return answered


def count_survivors(server: Node, answered: list[str]) -> Survival:
    with Pointsman(Settings(redis_url=_url(server)), clock=lambda: NOW) as pointsman:
        logged = {entry.decision for entry in decision_log.entries(pointsman._client, pointsman._keys)}
        clean = pointsman.check().clean
    return Survival(answered=len(answered), survived=len(logged & set(answered)), clean=clean)


def _url(server: Node) -> str:
    return f"redis://{HOST}:{server.port}"


def _print(what: str, survival: Survival) -> None:
    clean = "ledger clean" if survival.clean else "LEDGER NOT CLEAN"
    click.echo(f"{what}: {survival.survived:,} of {survival.answered:,} answered decisions, {clean}")


if __name__ == "__main__":
    sys.exit(main())
