"""`python -m tests.soak.worker DATA BEGAN SPEED THREADS SEED`: many callers in one process, until it is killed.

Each decides, confirms, releases, extends, counts, moves and activates at random. It asks again under the same name
while the server does not answer, and writes down each answer it got, and nothing that it got none for.
"""

import hashlib
import json
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.errors import Contended, HoldEnded, PointsmanError, StockConflict, StoreUnavailable
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.ledger import Key
from engine.store.stock import Count, Movement, Stamp
from tests.building import order
from tests.soak.worlds import CHANNELS, NODES, SKUS, Clock

_REMEMBERED = 30
_MOST_FAULTS = 200
_ODDS = {"decide": 60, "confirm": 8, "release": 8, "extend": 4, "count": 6, "move": 13, "activate": 1}


class Caller:
    """One thread."""

    def __init__(self, pointsman: Pointsman, seed: str, answers: int) -> None:
        self._pointsman, self._seed, self._answers = pointsman, seed, answers
        self._dice = random.Random(seed)
        self._known: list[str] = []
        self._number = 0
        self._versions = [version.version for version in pointsman.versions.published()]

    def run(self) -> None:
        while True:
            act = self._dice.choices(list(_ODDS), _ODDS.values())[0]
            self._number += 1
            getattr(self, act)(f"{self._seed}-{self._number}")

    def decide(self, name: str) -> None:
        dice = self._dice
        lines = [(dice.choice(SKUS), dice.randint(1, 3)) for _ in range(dice.randint(1, 3))]
        wanted = order(*lines, id=name, channel=dice.choice(CHANNELS))
        answer = self._asked(lambda: self._pointsman.decide(wanted, key=Key(caller=self._seed[:2], name=name)))
        if answer is not None:
            self._write("decided", answer.record["id"], hashlib.sha256(answer.body).hexdigest())
            self._known = [*self._known[-_REMEMBERED:], answer.record["id"]]

    def confirm(self, name: str) -> None:
        self._end("confirm", name)

    def release(self, name: str) -> None:
        self._end("release", name)

    def _end(self, verb: str, name: str) -> None:
        if self._known:
            decision = self._dice.choice(self._known)
            state = self._asked(lambda: getattr(self._pointsman.holds, verb)(decision, op=name))
            if state is not None:
                self._write("ended", decision, [item.state for item in state.shipments])

    def extend(self, name: str) -> None:
        if self._known:
            decision = self._dice.choice(self._known)
            state = self._asked(lambda: self._pointsman.holds.extend(decision, minutes=30, op=name))
            if state is not None:
                self._write("extended", decision, state.until)

    def count(self, _: str) -> None:
        stamp = Stamp(kind="t", number=time.time_ns() // 1_000)
        units = self._dice.randint(5, 30)
        item = Count(node=self._dice.choice(NODES), sku=self._dice.choice(SKUS), on_hand=units, stamp=stamp)
        if self._asked(lambda: self._pointsman.stock.put(item)) is not None:
            self._write("counted", f"{item.sku} {item.node}", stamp.number)

    def move(self, name: str) -> None:
        delta = self._dice.choice([-2, -1, 3, 6])
        item = Movement(op=name, node=self._dice.choice(NODES), sku=self._dice.choice(SKUS), delta=delta)
        found = self._asked(lambda: self._pointsman.stock.move([item]))
        # asked again after it was applied, it is told as seen
        if found is not None and found[0].word in ("applied", "seen"):
            self._write("moved", name, delta)

    def activate(self, name: str) -> None:
        version = self._dice.choice(self._versions)
        self._asked(lambda: self._pointsman.versions.activate(version, who="soak", note="", operation=name))

    def _asked(self, act: Callable[[], Any]) -> Any:
        """The answer; None if it was refused."""
        for _ in range(_MOST_FAULTS):
            try:
                return act()
            except (HoldEnded, StockConflict):
                return None
            except (StoreUnavailable, Contended):
                time.sleep(0.05)
        raise TimeoutError("the server does not come back")

    def _write(self, *said: Any) -> None:
        os.write(self._answers, json.dumps(said).encode() + b"\n")


def main(data: str, began: str, speed: str, threads: str, seed: str) -> None:
    answers = os.open(Path(data) / f"{seed}.answers", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    settings = Settings(data=Path(data) / "server", fsync="always")
    pointsman = _opened(settings, Clock(began=float(began), speed=int(speed)))
    for number in range(int(threads)):
        caller = Caller(pointsman, f"{seed}.{number}", answers)
        threading.Thread(target=_run, args=(caller,)).start()


def _opened(settings: Settings, clock: Clock) -> Pointsman:
    while True:
        try:
            return Pointsman(settings, clock=clock)
        except StoreUnavailable:  # the server may just have been killed
            time.sleep(0.05)


def _run(caller: Caller) -> None:
    try:
        caller.run()
    except BaseException as error:  # noqa: BLE001 - a caller that fails for another reason than it may fails the soak
        print(  # noqa: T201 - for the parent's stderr
            f"{type(error).__name__}: {error}", file=sys.stderr, flush=True
        )
        os._exit(3 if isinstance(error, PointsmanError) else 4)


if __name__ == "__main__":
    main(*sys.argv[1:])
