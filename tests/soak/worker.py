"""`python -m tests.soak.worker DATA NUMBER BEGAN SPEED THREADS SEED`: many callers in one process, until it is killed.

First the requests are sent again to which the process of the same number that was killed got no answer. Then each
caller makes every kind of call at random (requests.py). While the server does not answer it repeats its request under
the same name.
"""

import hashlib
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from engine.errors import (
    AlreadyShipped,
    AwaitingApproval,
    Contended,
    DispositionRefused,
    HoldEnded,
    InputInvalid,
    NotFound,
    NotReturnable,
    OrderExists,
    PointsmanError,
    QuotaExceeded,
    QuoteExpired,
    QuoteNotKept,
    QuoteTaken,
    ReturnExists,
    ReturnOver,
    StockConflict,
    StoreUnavailable,
)
from engine.orders.decision_request import Answer
from engine.service import Pointsman
from engine.settings import Settings
from tests.soak.calls import CALLS, Done
from tests.soak.journal import Journal, Request, journal_path
from tests.soak.requests import ODDS, Caller
from tests.soak.scenario import Clock
from tests.support.decision_json import json_of

_MOST_FAULTS = 200
_REFUSED = (
    AlreadyShipped,
    AwaitingApproval,
    DispositionRefused,
    HoldEnded,
    InputInvalid,
    NotFound,
    NotReturnable,
    OrderExists,
    QuotaExceeded,
    QuoteExpired,
    QuoteNotKept,
    QuoteTaken,
    ReturnExists,
    ReturnOver,
    StockConflict,
)
T = TypeVar("T")


def insist(act: Callable[[], T]) -> T | None:
    """The answer, after repeating the request while the server does not answer; None if it was refused."""
    for _ in range(_MOST_FAULTS):
        try:
            return act()
        except _REFUSED:
            return None
        except (StoreUnavailable, Contended):
            time.sleep(0.05)
    raise TimeoutError("the server does not come back")


def send(pointsman: Pointsman, journal: Journal, request: Request) -> list[Answer]:
    """Send a request until it is answered, and write the answer down; the decisions that it was answered with."""
    done = insist(lambda: CALLS[request["call"]](pointsman, request)) or Done(answer=None)
    answers = list(done.decisions)
    for answer in answers:
        journal.decided(json_of(answer)["id"], hashlib.sha256(answer.body).hexdigest())
    journal.answered(request["op"], done.answer)
    return answers


def run(caller: Caller, journal: Journal, seed: str) -> None:
    number = 0
    while True:
        number += 1
        (call, draw), op = caller.dice.choices(list(ODDS), ODDS.values())[0], f"{seed}-{number}"
        drawn = draw(caller, op)
        if drawn is not None:
            request = {"op": op, "call": call, **drawn}
            journal.asked(request)
            caller.decisions += map(json_of, send(caller.pointsman, journal, request))


def main(*words: str) -> None:
    data, number, began, speed, threads, seed = words
    journal = Journal(journal_path(Path(data), int(number)))
    clock = Clock(began=float(began), speed=int(speed))
    pointsman = _opened(Settings(data=Path(data) / "server", fsync="always"), clock)
    pointsman.start_sealing()
    for request in journal.pending():
        send(pointsman, journal, request)
    published = insist(pointsman.versions.published) or ()
    versions = [version.version for version in published]
    for thread in range(int(threads)):
        name = f"{seed}.{thread}"
        caller = Caller(pointsman=pointsman, clock=clock, insist=insist, versions=versions, dice=random.Random(name))
        threading.Thread(target=_run, args=(caller, journal, name)).start()


def _opened(settings: Settings, clock: Clock) -> Pointsman:
    while True:
        try:
            return Pointsman(settings, clock=clock)
        except StoreUnavailable:  # the server may just have been killed
            time.sleep(0.05)


def _run(caller: Caller, journal: Journal, name: str) -> None:
    try:
        run(caller, journal, name)
    except BaseException as error:  # noqa: BLE001 - any other error fails the soak
        print(  # noqa: T201 - for the parent's stderr
            f"{type(error).__name__}: {error}", file=sys.stderr, flush=True
        )
        os._exit(3 if isinstance(error, PointsmanError) else 4)


if __name__ == "__main__":
    main(*sys.argv[1:])
