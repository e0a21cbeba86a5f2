"""`python -m tests.soak.waiting_race`: threads of newcomers race for units that arrive while orders wait for them.

Each unit can be used by every order that wants its SKU. The verdict is the log's alone: an order waits from the
decision that left its units unfilled to the one that fills them, and no newcomer's decision in between may take a unit
of its SKU, unless the newcomer has a higher priority. Nor may one that waits take it from one before it.
"""

import random
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from engine.decide.order_record import order_of
from engine.decide.priority import Rank, priority_of, rank
from engine.errors import Contended, HoldEnded, NotFound
from engine.model.facts import Order
from engine.service import Pointsman
from engine.store.log.entry import Entry
from engine.store.stock import Count, Movement, Stamp
from tests.soak.race import load_with_rules, run_race
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, NOW, inventory, node, order

SKUS = ("A", "B", "C", "D")
COUNTED, MOVED = "lille", "lyon"
RULES = ("when: {order.segment: vip}, then: {priority: 80}", "then: {hold: 1 h}")
VIP, PLAIN = 80, 50
PROCESSES = 5
"""So many Pointsmen share the threads, each as a process of its own would."""
MOST_WAITING = 60


@dataclass
class Race:
    """`arrived` counts, by kind, how often units became free; holds that expire come on top."""

    arrivals: int
    threads: int
    seed: int
    data: Path
    now: int = NOW
    arrived: Counter[str] = field(default_factory=Counter)
    contended: int = 0
    faults: list[BaseException] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _counts: int = 0
    _held: deque[str] = field(default_factory=deque)
    _waiting: deque[str] = field(default_factory=deque)

    def run(self) -> "Verdict":
        return run_race(
            self.data,
            clock=lambda: self.now,
            processes=PROCESSES,
            threads=self.threads,
            faults=self.faults,
            prepare=self._load,
            work=self._work,
            judge=judge,
        )

    def _load(self, pointsman: Pointsman) -> None:
        nodes = [node(COUNTED, LILLE), node(MOVED, LYON)]
        load_with_rules(pointsman, inventory(nodes, {sku: {MOVED: 1} for sku in SKUS}), RULES)
        pointsman.start_offering()

    def _work(self, pointsman: Pointsman, number: int) -> None:
        dice = random.Random(self.seed * 1_000 + number)
        acts = [self._decide] * 9 + [self._release] * 4 + [self._confirm] * 4 + [self._move] * 2 + [self._count] * 2
        acts.append(self._expire)
        turn = 0
        while self.arrived.total() < self.arrivals and not self.faults:
            turn += 1
            try:
                dice.choice(acts)(pointsman, dice, f"{number}-{turn}")
            except Contended:
                self.contended += 1
            except (HoldEnded, NotFound):  # others were faster
                pass

    def _decide(self, pointsman: Pointsman, dice: random.Random, name: str) -> None:
        lines = [(sku, dice.randint(1, 2)) for sku in dice.sample(SKUS, dice.choice([1, 1, 2]))]
        segment = "vip" if dice.random() < 0.2 else None
        record = json_of(pointsman.decide(order(*lines, id=name, segment=segment), wait=dice.random() < 0.6))
        if record["shipments"]:
            self._held.append(record["id"])
        if record.get("waiting"):
            self._waiting.append(record["id"])
            if len(self._waiting) > MOST_WAITING:
                pointsman.backlog.withdraw(self._waiting.popleft())

    def _release(self, pointsman: Pointsman, dice: random.Random, _: str) -> None:
        if self._held:
            self._held.rotate(dice.randrange(4))
            pointsman.holds.release(self._held.popleft())
            self._note("release")

    def _confirm(self, pointsman: Pointsman, *_: Any) -> None:
        if self._held:
            pointsman.holds.confirm(self._held.popleft())

    def _move(self, pointsman: Pointsman, dice: random.Random, name: str) -> None:
        pointsman.stock.move([Movement(op=name, node=MOVED, sku=dice.choice(SKUS), delta=1)])
        self._note("movement")

    def _count(self, pointsman: Pointsman, dice: random.Random, _: str) -> None:
        with self._lock:
            self._counts += 1
            stamp = Stamp(kind="s", number=self._counts)
        item = Count(node=COUNTED, sku=dice.choice(SKUS), on_hand=dice.randint(0, 3), stamp=stamp)
        pointsman.stock.set_count(item)
        self._note("count")

    def _expire(self, pointsman: Pointsman, dice: random.Random, _: str) -> None:
        """Time goes on, and the holds end that have lasted an hour by then."""
        with self._lock:
            self.now += dice.randrange(120)
        pointsman.ready()

    def _note(self, kind: str) -> None:
        with self._lock:
            self.arrived[kind] += 1


@dataclass
class Verdict:
    """`overtaken` are newcomers that took a unit while an order of their priority or a higher one waited for it, and
    `out_of_rank` orders that waited and took one from another that ranked before them.
    """

    decisions: int = 0
    newcomers: int = 0
    served: int = 0
    expired: int = 0
    most_waiting: int = 0
    overtaken: list[str] = field(default_factory=list)
    out_of_rank: list[str] = field(default_factory=list)
    drifts: list[str] = field(default_factory=list)


class Judge:
    """Reads the log's entries in their order. What is set aside for a decision that is still being made is its own from
    then on: it is judged when it is set aside, and not again when the decision takes it. `newcomers` are the
    priorities of all newcomers' decisions.
    """

    def __init__(self, newcomers: Mapping[str, int]) -> None:
        self.verdict = Verdict()
        self._newcomers = newcomers
        self._waiting: dict[str, tuple[Rank, set[str]]] = {}
        self._set_aside: dict[str, Counter[str]] = {}

    def read(self, entry: Entry) -> None:
        match entry.kind:
            case "withdrawn":
                self._waiting.pop(entry.decision, None)
            case "expired":
                self.verdict.expired += 1
            case "set_aside":
                units: Counter[str] = Counter()
                for part in entry.set_aside:
                    units.update({item.sku: item.units for item in part.units})
                decision = entry.decision.split(":")[1]
                if decision in self._newcomers:
                    self._judge_newcomer(decision, units)
                self._set_aside[decision] = units
            case "decided":
                self._read_decision(json_of(entry), order_of(entry.record.order))

    def _read_decision(self, record: dict[str, Any], placed: Order) -> None:
        self.verdict.decisions += 1
        own = rank(placed, VIP if placed.segment == "vip" else PLAIN, record["id"])
        taken: Counter[str] = Counter()
        for shipment in record["shipments"]:
            for line in shipment["lines"]:
                taken[line["sku"]] += line["quantity"]
        if "follows" in record:
            self._judge_served(record, own, set(taken))
        else:
            self.verdict.newcomers += bool(taken)
            self._judge_newcomer(record["id"], taken)
        if record.get("waiting"):
            self._waiting[record["id"]] = own, {item["sku"] for item in record["unfilled"]}
            self.verdict.most_waiting = max(self.verdict.most_waiting, len(self._waiting))

    def _judge_newcomer(self, decision: str, taken: Counter[str]) -> None:
        more = set(taken - self._set_aside.get(decision, Counter()))
        self.verdict.overtaken += [
            f"{decision} overtook {name}"
            for name, (other, skus) in self._waiting.items()
            if skus & more and priority_of(other) >= self._newcomers[decision]
        ]

    def _judge_served(self, record: dict[str, Any], own: Rank, taken: set[str]) -> None:
        self.verdict.served += 1
        before, _ = self._waiting.pop(record["follows"]["decision"], (own, None))
        self.verdict.out_of_rank += [
            f"{record['id']} overtook {name}"
            for name, (other, skus) in self._waiting.items()
            if skus & taken and other < before
        ]


def judge(pointsman: Pointsman) -> Verdict:
    """By the order of the log's entries, and `ledger check`."""
    decided = (json_of(entry) for entry in pointsman.entries(on_damaged=str) if entry.kind == "decided")
    newcomers = {
        record["id"]: VIP if record["order"]["segment"] == "vip" else PLAIN
        for record in decided
        if "follows" not in record
    }
    judge = Judge(newcomers)
    for entry in pointsman.entries(on_damaged=judge.verdict.drifts.append):
        judge.read(entry)
    judge.verdict.drifts += map(str, pointsman.check().drifts)
    return judge.verdict


@click.command()
@click.option("--arrivals", default=20_000, show_default=True, type=click.IntRange(1))
@click.option("--threads", default=50, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=0, show_default=True)
def main(*, arrivals: int, threads: int, seed: int) -> None:
    """Let newcomers race for units that arrive while orders wait for them, and count who was overtaken."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="pointsman-race-") as folder:
        race = Race(arrivals=arrivals, threads=threads, seed=seed, data=Path(folder) / "server")
        verdict = race.run()
    click.echo(f"{race.arrived.total():,} arrivals by {threads} threads in {time.monotonic() - began:.0f} s:")
    click.echo(", ".join(f"{count:,} by {kind}" for kind, count in race.arrived.most_common()))
    click.echo(f"{verdict.expired:,} holds expired; at most {verdict.most_waiting} orders waited")
    click.echo(
        f"{verdict.decisions:,} decisions: {verdict.newcomers:,} newcomers took units, {verdict.served:,} orders that"
        f" waited were served; {race.contended:,} requests were to be sent again"
    )
    click.echo(
        f"{len(verdict.overtaken)} overtaken by newcomers, {len(verdict.out_of_rank)} by others that waited,"
        f" {len(verdict.drifts)} drifts"
    )
    for line in [*verdict.overtaken[:20], *verdict.out_of_rank[:20], *verdict.drifts[:20]]:
        click.echo(line)
    sys.exit(1 if verdict.overtaken or verdict.out_of_rank or verdict.drifts else 0)


if __name__ == "__main__":
    main()
