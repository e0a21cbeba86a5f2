"""`python -m tests.soak`: many callers compete for little stock; they and their server are killed with -9 at random.

At the end nothing must be oversold, no floor broken and no hold leaked; every answer that a caller got must be in the
log, which reaches the disk before the answer is given (`appendfsync always`); each call must have been carried out
once; and each unit of each order must be in exactly one state.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import click
import redis

from engine.errors import Contended, StoreUnavailable
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection.embedded import socket_of
from tests.bench.example_network import _wait_for_the_server
from tests.soak.journal import Journal, journal_path
from tests.soak.log_state import Verdict
from tests.soak.scenario import CHANNELS, POLICIES, UNITS, Clock, files, warehouse
from tests.soak.verdict import judge, leaked
from tests.soak.worker import send

ROOT = Path(__file__).parents[2]
_LONG_AFTER = 400 * 86_400
_BETWEEN_LOOKS = 0.05
_CHECKS = 4
"""How often the ledger is checked while callers run."""


@click.command()
@click.option("--decisions", default=200_000, show_default=True, type=click.IntRange(1))
@click.option("--processes", default=8, show_default=True, type=click.IntRange(1))
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1))
@click.option(
    "--kills",
    default=20,
    show_default=True,
    type=click.IntRange(0),
    help="How many processes are killed, callers and servers together.",
)
@click.option("--seed", default=0, show_default=True)
def main(*, decisions: int, processes: int, threads: int, kills: int, seed: int) -> None:
    """Run callers against scarce stock, kill them and their server at random, and check what is left."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    began = time.monotonic()
    soak = Soak(decisions=decisions, processes=processes, threads=threads, kills=kills, seed=seed)
    verdict = soak.run(say=lambda what: click.echo(what, err=True))
    click.echo(f"{verdict.decisions:,} decisions and {verdict.answers:,} answers in {time.monotonic() - began:.0f} s")
    click.echo(", ".join(f"{count:,} {kind}" for kind, count in verdict.entries.most_common()))
    because = ", ".join(f"{count:,} because of {why}" for why, count in verdict.followed.most_common() if why)
    click.echo(f"decided again: {because}; {verdict.lacked:,} were told which order took what they lacked")
    click.echo(f"killed: {soak.killed['callers']} processes of callers, {soak.killed['server']} servers")
    for call in dict.fromkeys(call for call, _ in sorted(verdict.calls)):
        click.echo(f"  {call}: {verdict.calls[call, True]:,} answered, {verdict.calls[call, False]:,} refused")
    click.echo(f"{verdict.orders:,} orders, {verdict.held:,} units held at the end; {soak.checks} checks on the way")
    click.echo(
        f"{verdict.oversold} units oversold, {verdict.floors_broken} floors broken, {verdict.days_too_full} full days"
        f", {verdict.shipped_resting} shipments from nodes that rest ({verdict.rests:,} rests)"
        f", {verdict.starved} orders starved, {len(verdict.astray)} orders astray"
        f", {verdict.leaked} holds leaked, {len(verdict.lost)} answers lost, {len(verdict.drifts)} drifts"
    )
    for line in [*verdict.astray[:20], *verdict.lost[:20], *verdict.drifts[:20]]:
        click.echo(line)
    sys.exit(1 if verdict.faults else 0)


class CallerFailed(Exception):
    """A process of callers has ended by itself."""


@dataclass
class Soak:
    """`speed` is how many seconds of the service's clock pass in a second, `units` the stock that each position begins
    with.
    """

    decisions: int
    processes: int
    threads: int
    kills: int
    seed: int
    speed: int = 60
    units: int = UNITS
    killed: dict[str, int] = field(default_factory=lambda: {"callers": 0, "server": 0})
    _workers: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    _started: int = 0
    checks: int = 0
    _drifts: list[str] = field(default_factory=list)

    def run(self, *, say: Callable[[str], None]) -> Verdict:
        with tempfile.TemporaryDirectory(prefix="pointsman-soak-") as folder:
            data = Path(folder)
            try:
                return self._run(data, say)
            finally:
                for worker in self._workers.values():
                    worker.kill()
                    worker.wait()
                _wait_for_the_server(data / "server")

    def _run(self, data: Path, say: Callable[[str], None]) -> Verdict:
        clock = Clock(began=time.time(), speed=self.speed)
        settings = Settings(data=data / "server", fsync="always")
        with Pointsman(settings, clock=clock) as pointsman:
            pointsman.load(warehouse(self.units))
            policies = {pointsman.publish(files(name), who="soak", note="").version: name for name in POLICIES}
            pointsman.activate(next(iter(policies)), who="soak", note="")
            for number in range(self.processes):
                self._start(number, data, clock)
            self._run_and_kill(pointsman, data, clock, say)
            for worker in self._workers.values():
                worker.kill()
                worker.wait()
        say("checking what is left")
        ended = clock()
        with _opened(settings, lambda: ended) as pointsman:
            self._settle(pointsman, data)
            starved = _serve_all(pointsman)
            verdict = judge(pointsman, data, policies, clock)
        with _opened(settings, lambda: ended + _LONG_AFTER) as pointsman:  # every hold has expired
            pointsman.ready()
            verdict.starved, verdict.leaked = starved, leaked(pointsman)
            verdict.drifts += [*self._drifts, *map(str, pointsman.check().drifts)]
        return verdict

    def _settle(self, pointsman: Pointsman, data: Path) -> None:
        """Send the requests again that nobody was answered."""
        for number in self._workers:
            journal = Journal(journal_path(data, number))
            for request in journal.pending():
                send(pointsman, journal, request)

    def _start(self, number: int, data: Path, clock: Clock) -> None:
        self._started += 1
        seed = f"{self.seed}{self._started:03}"
        words = [str(data), str(number), str(clock.began), str(clock.speed), str(self.threads), seed]
        command = [sys.executable, "-m", "tests.soak.worker", *words]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        self._workers[number] = subprocess.Popen(command, cwd=ROOT, env=environment)

    def _run_and_kill(self, pointsman: Pointsman, data: Path, clock: Clock, say: Callable[[str], None]) -> None:
        """Let the callers run until enough orders are decided, and kill callers and servers at random on the way. Now
        and then, the ledger is checked meanwhile.
        """
        dice = random.Random(self.seed)
        when = sorted(dice.randrange(self.decisions) for _ in range(self.kills))
        victims = ["server" if number % 2 else "callers" for number in range(self.kills)]
        dice.shuffle(victims)
        decided, reported = 0, 0
        while decided < self.decisions or when:
            time.sleep(_BETWEEN_LOOKS)
            decided = _decided(data)
            if decided >= reported + self.decisions // 20:
                reported = decided
                say(f"{decided:,} decided, {sum(self.killed.values())} kills")
            if decided * _CHECKS >= (self.checks + 1) * self.decisions:
                self._check(pointsman)
            while when and decided >= when[0]:
                when.pop(0)
                self._kill(victims.pop(), dice, data, clock)
            for worker in self._workers.values():
                if worker.poll() is not None:
                    raise CallerFailed(f"exit code {worker.returncode}")

    def _check(self, pointsman: Pointsman) -> None:
        """The live system, with its feeds and low stock; next time, if the server has just been killed."""
        with contextlib.suppress(StoreUnavailable, Contended):
            pointsman.flows.channels.recompute(CHANNELS)
            self._drifts += [f"while callers run: {drift}" for drift in pointsman.check().drifts]
            self.checks += 1

    def _kill(self, victim: str, dice: random.Random, data: Path, clock: Clock) -> None:
        self.killed[victim] += 1
        if victim == "callers":
            number = dice.choice(list(self._workers))
            self._workers[number].kill()
            self._workers[number].wait()
            self._start(number, data, clock)
        else:
            os.kill(_server(data / "server"), signal.SIGKILL)


def _server(data: Path) -> int:
    """The process id of the embedded server, once one answers."""
    while True:
        try:
            with redis.Redis(unix_socket_path=str(socket_of(data.resolve())), retry=None) as client:
                return int(client.info("server")["process_id"])
        except redis.RedisError:
            time.sleep(_BETWEEN_LOOKS)


def _serve_all(pointsman: Pointsman) -> int:
    """Offer all stock that is free to those that wait, as a process that goes on does; how many orders a run of the
    backlog then finds stock for.
    """
    while True:
        pointsman._client.redis.delete(pointsman._keys.offering)  # as if the turn of a killed process were over
        if pointsman.take_turn():
            break
    return len(pointsman.backlog.run(limit=1_000_000).answers)


def _opened(settings: Settings, clock: Callable[[], float]) -> Pointsman:
    while True:
        try:
            return Pointsman(settings, clock=clock)
        except StoreUnavailable:  # its supervisor may still be ending it
            time.sleep(_BETWEEN_LOOKS)


_seen: dict[Path, tuple[int, int]] = {}


def _decided(data: Path) -> int:
    """How many decisions the callers have written down; of each file, only what is new is read."""
    for file in data.glob("*.journal"):
        at, count = _seen.get(file, (0, 0))
        with file.open("rb") as opened:
            opened.seek(at)
            more = opened.read()
        _seen[file] = at + len(more), count + more.count(b'["decided"')
    return sum(count for file, (_, count) in _seen.items() if file.parent == data)


if __name__ == "__main__":
    main()
