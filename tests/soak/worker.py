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
<<<<<<< HEAD
=======
    AwaitingApproval,
>>>>>>> life-soak
    Contended,
    HoldEnded,
    InputInvalid,
    NotFound,
    OrderExists,
    PointsmanError,
    QuotaExceeded,
    StockConflict,
    StoreUnavailable,
)
<<<<<<< HEAD
from engine.model.facts import Order
from engine.orders.amendment.plan import AmendRequest
=======
>>>>>>> life-soak
from engine.orders.decide_and_commit import Answer
from engine.service import Pointsman
from engine.settings import Settings
from tests.soak.calls import CALLS, Done
from tests.soak.journal import Journal, Request, journal_path
from tests.soak.requests import ODDS, Caller
from tests.soak.scenario import Clock
from tests.support.decision_json import json_of

_MOST_FAULTS = 200
<<<<<<< HEAD
_MOST_WAITING = 50
_ODDS = {
    "decide": 50,
    "batch": 3,
    "reject": 6,
    "amend": 6,
    "serve": 3,
    "confirm": 8,
    "release": 8,
    "extend": 4,
    "count": 6,
    "move": 13,
    "wake": 4,
    "activate": 1,
}


class Caller:
    """One caller, which runs in a thread of its own."""

    def __init__(self, pointsman: Pointsman, clock: Clock, seed: str, answers: int) -> None:
        self._pointsman, self._clock, self._seed, self._answers = pointsman, clock, seed, answers
        self._dice = random.Random(seed)
        self._decided: list[dict[str, Any]] = []
        self._number = 0
        self._versions = [version.version for version in self._insist(pointsman.versions.published)]

    def run(self) -> None:
        while True:
            act = self._dice.choices(list(_ODDS), _ODDS.values())[0]
            self._number += 1
            getattr(self, act)(f"{self._seed}-{self._number}")

    def decide(self, name: str) -> None:
        requested, wait = self._order(name), self._dice.random() < WAITING
        self._note_decisions(self._insist(lambda: self._pointsman.decide(requested, key=self._key(name), wait=wait)))

    def batch(self, name: str) -> None:
        orders = [self._order(f"{name}.{number}") for number in range(self._dice.randint(2, 4))]
        wait = self._dice.random() < WAITING
        batch = self._insist(lambda: self._decided_whole(orders, wait=wait))
        self._note_decisions(*(batch.answers if batch else ()))

    def _decided_whole(self, orders: Sequence[Order], *, wait: bool) -> BatchResult:
        batch = decide_batch(self._pointsman, orders, keys=lambda item: self._key(item.id), wait=wait)
        if batch.failure is not None:
            raise batch.failure
        return batch

    def reject(self, name: str) -> None:
        made = [record for record in self._decided if record["shipments"]]
        if not made:
            return
        record, dice = self._dice.choice(made), self._dice
        shipment, reason = dice.choice(record["shipments"]), dice.choice(get_args(Reason))
        some = {shipment["lines"][0]["line"]: 1} if dice.random() < 0.5 else {}
        counted = (
            {shipment["lines"][0]["sku"]: dice.randint(0, 9)} if reason in COUNTED and dice.random() < 0.5 else None
        )
        rejection = RejectionRequest(
            decision=record["id"],
            node=shipment["node"],
            reason=reason,
            lines=some,
            on_hand=counted,
            waits=dice.random() < WAITING,
            op=name,
        )
        answer = self._insist(lambda: self._pointsman.rerouting.reject(rejection))
        if answer is not None:
            self._write("rejected", rejection.decision, rejection.node)
            self._note_decisions(answer)

    def amend(self, name: str) -> None:
        """One of the orders is for other units from now on."""
        if self._decided:
            changed = self._order(self._dice.choice(self._decided)["order"]["id"])
            request = AmendRequest(order=changed, waits=self._dice.random() < WAITING, op=name)
            amended = self._insist(lambda: self._pointsman.amendments.amend(request))
            self._note_decisions(amended.decision if amended else None)

    def serve(self, _: str) -> None:
        """Run the backlog; withdraw the last entries if there are too many."""
        run = self._insist(lambda: self._pointsman.backlog.run(limit=5))
        self._note_decisions(*(run.answers if run else ()))
        page = self._insist(lambda: self._pointsman.backlog.page(limit=10 * _MOST_WAITING))
        for place in page.places[_MOST_WAITING:]:
            self._insist(lambda place=place: self._pointsman.backlog.withdraw(place.entry.decision))

    def _order(self, name: str) -> Order:
        dice = self._dice
        lines = [(dice.choice(SKUS), dice.randint(1, 3)) for _ in range(dice.randint(1, 3))]
        return order(*lines, id=name, channel=dice.choice(CHANNELS))

    def _key(self, name: str) -> RequestKey:
        return RequestKey(caller=self._seed[:2], name=name)

    def _note_decisions(self, *answers: Answer | None) -> None:
        for answer in answers:
            if answer is not None:
                self._write("decided", json_of(answer)["id"], hashlib.sha256(answer.body).hexdigest())
                self._decided = [*self._decided[-_REMEMBERED:], json_of(answer)]

    def confirm(self, name: str) -> None:
        self._end("confirm", name)

    def release(self, name: str) -> None:
        self._end("release", name)

    def _end(self, verb: str, name: str) -> None:
        if self._decided:
            decision = self._dice.choice(self._decided)["id"]
            state = self._insist(lambda: getattr(self._pointsman.holds, verb)(decision, op=name))
            if state is not None:
                self._write("ended", decision, [item.state for item in state.shipments])

    def extend(self, name: str) -> None:
        if self._decided:
            decision = self._dice.choice(self._decided)["id"]
            state = self._insist(lambda: self._pointsman.holds.extend(decision, minutes=30, op=name))
            if state is not None:
                self._write("extended", decision, state.until)

    def count(self, _: str) -> None:
        # the same clock as that of rejections
        stamp = Stamp(kind="t", number=int(self._clock() * 1_000_000))
        units = self._dice.randint(5, 30)
        item = Count(node=self._dice.choice(NODES), sku=self._dice.choice(SKUS), on_hand=units, stamp=stamp)
        if self._insist(lambda: self._pointsman.stock.set_count(item)) is not None:
            self._write("counted", f"{item.sku} {item.node}", stamp.number)

    def move(self, name: str) -> None:
        delta = self._dice.choice([-2, -1, 3, 6])
        item = Movement(op=name, node=self._dice.choice(NODES), sku=self._dice.choice(SKUS), delta=delta)
        outcomes = self._insist(lambda: self._pointsman.stock.move([item]))
        # asked again after it was applied, it is answered as repeated
        if outcomes is not None and isinstance(outcomes[0], MovementApplied | MovementRepeated):
            self._write("moved", name, delta)

    def wake(self, name: str) -> None:
        """End a rest, under a name that no other request has."""
        resting = self._insist(self._pointsman.rests.all)
        if resting:
            node = self._dice.choice(resting).node
            if self._insist(lambda: self._pointsman.rests.end(node, who=name) or True):
                self._write("woken", node, name)

    def activate(self, name: str) -> None:
        version = self._dice.choice(self._versions)
        self._insist(lambda: self._pointsman.versions.activate(version, who="soak", note="", operation=name))

    def _insist(self, act: Callable[[], Any]) -> Any:
        """The answer, after repeating the request while the server does not answer; None if it was refused."""
        for _ in range(_MOST_FAULTS):
            try:
                return act()
            except (AlreadyShipped, HoldEnded, InputInvalid, NotFound, QuotaExceeded, StockConflict):
                return None
            except (StoreUnavailable, Contended):
                time.sleep(0.05)
        raise TimeoutError("the server does not come back")

    def _write(self, *answer: Any) -> None:
        os.write(self._answers, json.dumps(answer).encode() + b"\n")
=======
_REFUSED = (
    AlreadyShipped,
    AwaitingApproval,
    HoldEnded,
    InputInvalid,
    NotFound,
    OrderExists,
    QuotaExceeded,
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
>>>>>>> life-soak


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
