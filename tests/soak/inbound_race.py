"""`python -m tests.soak.inbound_race`: threads promise, release and confirm units of what is to come in, while receipts
are announced, come later, bring fewer units, arrive in parts or not at all.

The verdict is the log's alone: of each receipt, never more may be promised than is to come, and what arrives goes to
those that rank first. In the end the ledger is as the log says, and nothing is promised once every hold has ended.
"""

import random
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from engine.errors import Contended, HoldEnded, InputInvalid, StockConflict
from engine.model.receipts import OPEN
from engine.service import Pointsman
from engine.store.flows.receipts import Announcement, Delivery
from engine.store.log.entry import Entry
from tests.soak.race import load_with_rules, run_race
from tests.support.decision_json import json_of
from tests.support.facts import HOUR, LILLE, LYON, NOW, inventory, node, order

SKUS, NODES = ("A", "B"), ("lille", "lyon")
DAY = 24 * HOUR
RULES = ("then: {promise_from: planned, hold: 90 d}", "when: {order.segment: vip}, then: {priority: 90}")
PROCESSES = 4
_MOST_RECEIPTS = 12


@dataclass
class InboundRace:
    decisions: int
    threads: int
    seed: int
    data: Path
    now: int = NOW
    decided: int = 0
    others: Counter[str] = field(default_factory=Counter)
    faults: list[BaseException] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _number: int = 0
    _held: deque[str] = field(default_factory=deque)

    def run(self) -> "InboundVerdict":
        stock = {sku: dict.fromkeys(NODES, 2) for sku in SKUS}
        loaded = inventory([node("lille", LILLE), node("lyon", LYON)], stock)
        return run_race(
            self.data,
            clock=lambda: self.now,
            processes=PROCESSES,
            threads=self.threads,
            faults=self.faults,
            prepare=lambda pointsman: load_with_rules(pointsman, loaded, RULES),
            work=self._work,
            judge=self._judge,
        )

    def _judge(self, pointsman: Pointsman) -> "InboundVerdict":
        verdict = InboundVerdict()
        for entry in pointsman.entries(on_damaged=verdict.broken.append):
            verdict.add(entry)
        audit = pointsman.check()
        verdict.drifts = list(map(str, audit.drifts))
        if audit.promised != verdict.pegs.total():
            verdict.broken.append(f"{audit.promised} units promised, {verdict.pegs.total()} by the log")
        self.now += 200 * DAY
        pointsman.stock.show(SKUS[0])  # ends what has expired
        left = pointsman.check()
        if left.promised or left.held or left.drifts:
            verdict.broken.append(f"{left.promised} promised and {left.held} held when all holds are over")
        return verdict

    def _work(self, pointsman: Pointsman, number: int) -> None:
        dice = random.Random(self.seed * 1_000 + number)
        acts = [self._decide] * 8 + [self._end] * 4 + [self._announce] * 4 + [self._receive] * 4
        while self.decided < self.decisions and not self.faults:
            act = dice.choice(acts)
            try:
                act(pointsman, dice)
            except (Contended, StockConflict, InputInvalid, HoldEnded) as error:
                self.others[type(error).__name__] += 1

    def _decide(self, pointsman: Pointsman, dice: random.Random) -> None:
        segment = dice.choice(["vip", "new"])
        placed = order((dice.choice(SKUS), dice.randint(1, 4)), id=self._next("W"), segment=segment)
        made = json_of(pointsman.decide(replace(placed, placed_at=self.now)))
        if made["shipments"]:
            self._held.append(made["id"])
        with self._lock:
            self.decided += 1
            self.now = NOW + 20 * DAY * min(self.decided, self.decisions) // self.decisions

    def _end(self, pointsman: Pointsman, dice: random.Random) -> None:
        with self._lock:
            name = self._held.popleft() if len(self._held) > dice.randrange(40) else None
        if name is None:
            return
        if dice.random() < 0.5:
            pointsman.holds.release(name)
            self.others["released"] += 1
            return
        try:
            pointsman.holds.confirm(name)
            self.others["confirmed"] += 1
        except StockConflict:
            self._held.append(name)
            raise

    def _announce(self, pointsman: Pointsman, dice: random.Random) -> None:
        """A receipt, new or known: of more units or fewer, earlier or later, or cancelled."""
        number = dice.randrange(_MOST_RECEIPTS)
        with self._lock:
            self._number += 1
            sequence, batch = self._number, self.decided * 10 // self.decisions
        pointsman.flows.inbound.announce(
            Announcement(
                id=f"PO-{batch}-{number}",
                source="purchase_order",
                node=NODES[number % 2],
                sku=SKUS[number // 2 % 2],
                quantity=dice.randint(1, 9),
                expected_at=self.now + dice.randint(1, 9) * DAY,
                status=dice.choice(["planned", "confirmed", "in_transit", "in_transit", "cancelled"]),
                sequence=sequence,
            )
        )
        self.others["announced"] += 1

    def _receive(self, pointsman: Pointsman, dice: random.Random) -> None:
        receipts = [item for sku in SKUS for coming in pointsman.flows.inbound.coming(sku).values() for item in coming]
        if receipts:
            delivery = Delivery(units=dice.randint(1, 4), closes=dice.random() < 0.2, over=True)
            pointsman.flows.inbound.receive(dice.choice(receipts).id, delivery)
            self.others["received"] += 1

    def _next(self, kind: str) -> str:
        with self._lock:
            self._number += 1
            return f"{kind}-{self._number:06}"


@dataclass
class InboundVerdict:
    """What stands on receipts by the log, (receipt, hold, number of the shipment) to units, and what went wrong."""

    to_come: dict[str, int] = field(default_factory=dict)
    pegs: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    ranks: dict[tuple[str, str, int], str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    drifts: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.broken or self.drifts)

    def add(self, entry: Entry) -> None:
        """The next entry of the log."""
        for _, receipt, hold, number, units in entry.unpegged:
            self._take((receipt, hold, number), units)
        for _, receipt, number, units, rank in entry.pegs:
            self.pegs[receipt, entry.decision, number] += units
            self.ranks[receipt, entry.decision, number] = rank
            self.counts["promised"] += units
            self._compare(receipt)
        if entry.kind in ("expected", "received"):
            self._change(entry)

    def _change(self, entry: Entry) -> None:
        body, name = entry.receipt, entry.decision
        before = sorted(self.ranks[peg] for peg, units in self.pegs.items() if peg[0] == name and units > 0)
        served = [self.ranks[name, hold, number] for hold, number, _ in body.arrived]
        if served != before[: len(served)]:
            self.broken.append(f"{name}: others were served than those that rank first")
        if len(served) < len(before) and sum(units for _, _, units in body.arrived) < body.units:
            self.broken.append(f"{name}: units arrived that nobody got")
        for hold, number, units in (*body.arrived, *body.lost):
            self._take((name, hold, number), units)
        self.counts["arrived"] += sum(units for _, _, units in body.arrived)
        self.counts["lost"] += sum(units for _, _, units in body.lost)
        self.to_come[name] = max(0, body.quantity - body.received) if body.status in OPEN else 0
        self._compare(name)

    def _take(self, peg: tuple[str, str, int], units: int) -> None:
        self.pegs[peg] -= units
        if self.pegs[peg] < 0:
            self.broken.append(f"{peg}: {-self.pegs[peg]} units more than stood on it")
        if not self.pegs[peg]:
            del self.pegs[peg]

    def _compare(self, receipt: str) -> None:
        promised = sum(units for (name, _, _), units in self.pegs.items() if name == receipt)
        if promised > self.to_come.get(receipt, 0):
            self.broken.append(f"{receipt}: {promised} promised of {self.to_come.get(receipt, 0)} to come")


@click.command()
@click.option("--decisions", default=4_000, show_default=True)
@click.option("--threads", default=32, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(decisions: int, threads: int, seed: int) -> None:
    """Race until so many orders were decided, and say what the log proves."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        race = InboundRace(decisions=decisions, threads=threads, seed=seed, data=Path(folder) / "server")
        verdict = race.run()
    click.echo(f"units {dict(verdict.counts)}; {dict(race.others)}, in {time.monotonic() - started:.0f} s")
    for name in ("broken", "drifts"):
        found = getattr(verdict, name)
        click.echo(f"{name}: {len(found)}")
        for item in found[:10]:
            click.echo(f"  {item}")
    sys.exit(0 if verdict.is_clean else 1)


if __name__ == "__main__":
    main()
