"""`python -m tests.soak.connector_kills`: a connector's process is killed again and again amid a file of many rows.

Sales of a till come as CSV, and what a warehouse shipped as X12: each row counts once, whatever is killed when. And the
memory of the process that ends the file is that of one with few rows, however many there are.
"""

import datetime
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from api.connectors.running import runner
from api.connectors.running.opening import open_runner
from engine.model.facts import Order
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection.server import open_server
from engine.store.connectors import connector_store
from tests.support.connectors_in_folders import in_folders, stocked
from tests.support.decision_json import json_of
from tests.support.facts import order

NETWORK = "kills"
SHORT_LEASE = 300
"""Milliseconds, so that whoever goes on need not wait for long."""
MOST_GROWTH = 24 << 20
"""Bytes that a process may need more for a file of many rows than for one of few."""
_HOUR = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`counted` are the units that changed, of as many as there are rows; `bytes` what the last process needed."""

    rows: int
    counted: int
    bad: int
    killed: int
    bytes: int

    @property
    def is_clean(self) -> bool:
        return self.counted == self.rows and not self.bad


class Children:
    """Processes that run connectors, forked of one that has loaded all that they need."""

    def __init__(self, parent: subprocess.Popen[str]) -> None:
        self._parent = parent
        self._ended: tuple[int, int] | None = None

    def start(self, *arguments: str) -> int:
        """Begin one; its process id."""
        self._ended = None
        self._parent.stdin.write("\t".join(arguments) + "\n")
        self._parent.stdin.flush()
        return int(self._line().removeprefix("started "))

    def wait_for_rows(self, times: int) -> None:
        """Until it has said so many times that rows are over, or has ended."""
        while times and self._line_is_of_rows():
            times -= 1

    def wait(self) -> tuple[int, int]:
        """How it ended, and the memory that it needed at most, in bytes."""
        while self._ended is None:
            self._line_is_of_rows()
        return self._ended

    def _line_is_of_rows(self) -> bool:
        word, *numbers = self._line().split()
        if word == "rows":
            return True
        self._ended = (int(numbers[0]), int(numbers[1]) * 1_024)
        return False

    def _line(self) -> str:
        return self._parent.stdout.readline().strip()


@contextmanager
def children() -> Iterator[Children]:
    arguments = [sys.executable, "-m", "tests.soak.connector_kills", "--children"]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        yield Children(parent)
        parent.stdin.close()


def _bear_children() -> None:
    """For each line of arguments, run a child and say how it ended."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            ended = 1
            try:
                click.echo(f"started {os.getpid()}")
                _run_connector(*line.rstrip("\n").split("\t"))
                ended = 0
            finally:
                os._exit(ended)
        _, status, usage = os.wait4(child, 0)
        click.echo(f"ended {os.waitstatus_to_exitcode(status)} {usage.ru_maxrss}")


def kill_sales(born: Children, data: Path, *, rows: int, kills: int, at_once: int) -> Verdict:
    """Sales of one piece each, as Excel writes them."""

    def content(_: Pointsman) -> bytes:
        at = _local(time.time() - _HOUR / 2)
        lines = [
            f"Lyon Bellecour;{at:%d/%m/%Y};{at:%H:%M};{number};1;TXT-0059;Jean;1,00;59,90" for number in range(rows)
        ]
        return "\r\n".join(["Magasin;Date;Heure;Ticket;Ligne;Référence;Désignation;Quantité;Prix", *lines, ""]).encode(
            "cp1252"
        )

    stock = {"TXT-0059": {"st-lyon": rows + 1}}
    return _killed(
        born,
        data,
        name="pos-sales-excel-fr",
        file="ventes.csv",
        stock=stock,
        content=content,
        kills=kills,
        at_once=at_once,
    )


def kill_advices(born: Children, data: Path, *, rows: int, kills: int, at_once: int) -> Verdict:
    """Shipments of one piece each, all in one interchange."""

    def content(pointsman: Pointsman) -> bytes:
        at = _local(time.time() - _HOUR / 2)
        keys = [json_of(pointsman.decide(_placed_now(pointsman)))["id"] for _ in range(rows)]
        isa = (
            f"ISA*00*{'':10}*00*{'':10}*ZZ*{'LYONWMS':15}*ZZ*{'HEXAGONE':15}*{at:%y%m%d*%H%M}*^*00501*000000001*0*P*>~"
        )
        messages = (
            f"ST*945*{number:04}~W06*F*W-{number}~N9*SI*{key}/0~G62*11*{at:%Y%m%d*8*%H%M}~LX*1~"
            f"W12*CC*1*1**EA**SK*TXT-0059~SE*7*{number:04}~"
            for number, key in enumerate(keys, start=1)
        )
        group = f"GS*SW*LYONWMS*HEXAGONE*{at:%Y%m%d*%H%M}*1*X*005010~"
        return "".join([isa, group, *messages, f"GE*{rows}*1~IEA*1*000000001~"]).encode()

    stock = {"TXT-0059": {"wh-lyon": rows + 1}}
    return _killed(
        born, data, name="wms-945", file="advice.edi", stock=stock, content=content, kills=kills, at_once=at_once
    )


def _placed_now(pointsman: Pointsman) -> Order:
    return order(("TXT-0059", 1), placed_at=pointsman.now)


def _local(instant: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(instant, tz=ZoneInfo("Europe/Paris"))


def _killed(
    born: Children,
    data: Path,
    *,
    name: str,
    file: str,
    stock: dict[str, dict[str, int]],
    content: Callable[[Pointsman], bytes],
    kills: int,
    at_once: int,
) -> Verdict:
    dice = random.Random(kills)
    files = data / "files"
    with _opened(data / "server", clock=lambda: time.time() - _HOUR) as (url, pointsman):
        stocked(pointsman, stock=stock)
        before = _on_hand(pointsman)
        inbox = files / name
        inbox.mkdir(parents=True)
        (inbox / f"{file}.tmp").write_bytes(content(pointsman))
        (inbox / f"{file}.tmp").rename(inbox / file)
        arguments = (name, url, str(files), str(at_once))
        killed = sum(_kill_one(born, arguments, dice) for _ in range(kills))
        born.start(*arguments)
        ended, used = born.wait()
        if ended:
            raise RuntimeError(f"the connector's process ended with {ended}")
        status = pointsman.connectors.status(name)
        counted = before - _on_hand(pointsman)
        return Verdict(rows=status.rows, counted=counted, bad=status.bad, killed=killed, bytes=used)


def _kill_one(born: Children, arguments: tuple[str, ...], dice: random.Random) -> bool:
    """Kill the process amid a batch of rows; whether it had not ended by then."""
    child = born.start(*arguments)
    born.wait_for_rows(dice.randint(1, 5))
    time.sleep(dice.random() / 100)
    with suppress(ProcessLookupError):  # it has ended by itself
        os.kill(child, signal.SIGKILL)
    ended, _ = born.wait()
    return ended == -signal.SIGKILL


@contextmanager
def _opened(data: Path, *, clock: Callable[[], float]) -> Iterator[tuple[str, Pointsman]]:
    with (
        open_server(Settings(data=data)) as server,
        Pointsman(Settings(redis_url=server.url, network=NETWORK), clock=clock) as pointsman,
    ):
        yield server.url, pointsman


def _on_hand(pointsman: Pointsman) -> int:
    return sum(item.position.on_hand for item in pointsman.stock.show("TXT-0059").nodes)


def _run_connector(name: str, url: str, files: str, at_once: str) -> None:
    connector_store.LEASE_MILLISECONDS = SHORT_LEASE
    runner.ROWS_AT_ONCE = int(at_once)
    with Pointsman(Settings(redis_url=url, network=NETWORK)) as pointsman:
        connector = in_folders(name, pointsman, Path(files)).connector
        while True:
            running = open_runner(pointsman, connector, Path(files), advanced=lambda rows: click.echo(f"rows {rows}"))
            report = running.take_turn()
            running.close()
            if not report.busy:
                break
            time.sleep(0.02)
        if report.error:
            raise RuntimeError(report.error)


@click.command()
@click.option("--rows", default=100_000)
@click.option("--shipments", default=2_000)
@click.option("--kills", default=40)
def main(rows: int, shipments: int, kills: int) -> None:
    with tempfile.TemporaryDirectory() as folder, children() as born:
        data = Path(folder)
        few = kill_sales(born, data / "few", rows=200, kills=0, at_once=200)
        many = kill_sales(born, data / "many", rows=rows, kills=kills, at_once=200)
        advices = kill_advices(born, data / "advices", rows=shipments, kills=kills, at_once=20)
    grown = many.bytes - few.bytes
    for name, verdict in (("sales", many), ("advices", advices)):
        click.echo(
            f"{name}: {verdict.rows:,} rows, {verdict.counted:,} counted, {verdict.bad} bad, {verdict.killed} kills"
        )
    click.echo(f"memory: {many.bytes >> 20} MiB for {many.rows:,} rows, {few.bytes >> 20} MiB for {few.rows:,}")
    if not (many.is_clean and advices.is_clean and grown < MOST_GROWTH):
        sys.exit(1)


if __name__ == "__main__":
    if sys.argv[1:] == ["--children"]:
        _bear_children()
    else:
        main()
