"""`python -m tests.soak.channel_race`: threads sell on five channels while stock is counted, receipts arrive, and a
promotion begins and ends.

The verdict is the log's alone. Of each decision it says what was on hand and held of each position it took units of.
From that, and from what was decided before it, the units are worked out that its channel had to leave there, by the
formula in docs/policy-language.md and by nothing of Pointsman: none may be taken that is not there, that is kept or
that is put aside for another channel, and no channel may get more of an article than its cap. In the end, what each
channel's feed says is what an order of it gets.
"""

import datetime
import random
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from engine.channels.feeds import ChannelCursor
from engine.errors import Contended
from engine.service import Pointsman
from engine.store.flows.receipts import Announcement, Delivery
from engine.store.log.entry import Entry
from engine.store.stock import Count, Stamp
from tests.soak.race import load_with_rules, run_race
from tests.support.decision_json import json_of
from tests.support.facts import HOUR, LILLE, LYON, NOW, inventory, node, order

SKUS = ("A", "B", "C", "D")
NODES = ("lille", "lyon")
CHANNELS = ("web", "app", "store", "social", "marketplace")
KEPT, WEB, APP_DAYS, STORE, SOCIAL_PERCENT, CAP = 2, 3, 2, 5, 20, 4
UPLIFT = 3
PROMOTION = (datetime.date(2026, 11, 28), datetime.date(2026, 11, 29))
PACE = {"lyon": 1_500}
"""Thousandths of a unit a day; nobody knows any of Lille."""
RULES = (
    f"then: {{keep: {KEPT}, protect: [{{channel: web, units: {WEB}}}, {{channel: app, cover: {APP_DAYS} days}}]}}",
    f"then: {{allocate: {{channel: store, units: {STORE}, per: day}}}}",
    f"then: {{cap: {{channel: marketplace, units: {CAP}}}}}",
    (
        f"from: {PROMOTION[0]}, until: {PROMOTION[1]}, then: {{uplift: {UPLIFT}00%, "
        f"protect: {{channel: social, share: {SOCIAL_PERCENT}%}}}}"
    ),
    "then: {hold: 60 d}",
)
"""The fourth says two things at once, as a merchandiser would: both belong to the promotion."""
PROCESSES = 4
DAYS = 4
"""The race begins on the day before the promotion, and ends on the day after it."""


@dataclass
class ChannelRace:
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

    def run(self) -> "ChannelVerdict":
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
        stock = {sku: dict.fromkeys(NODES, 30) for sku in SKUS}
        nodes = [node("lille", LILLE), node("lyon", LYON)]
        load_with_rules(pointsman, inventory(nodes, stock, paces=dict.fromkeys(SKUS, PACE)), RULES)

    def _work(self, pointsman: Pointsman, number: int) -> None:
        dice = random.Random(self.seed * 1_000 + number)
        acts = [self._decide] * 12 + [self._confirm] * 8 + [self._count] * 4 + [self._receive] * 3 + [self._read]
        while self.decided < self.decisions and not self.faults:
            try:
                dice.choice(acts)(pointsman, dice)
            except Contended:
                self.others["contended"] += 1

    def _decide(self, pointsman: Pointsman, dice: random.Random) -> None:
        lines = [(sku, dice.randint(1, 6)) for sku in dice.sample(SKUS, dice.choice([1, 1, 2]))]
        made = json_of(pointsman.decide(order(*lines, id=self._next("W"), channel=dice.choice(CHANNELS))))
        if made["shipments"]:
            self._held.append(made["id"])
        with self._lock:
            self.decided += 1
            self.now = NOW + DAYS * 24 * HOUR * min(self.decided, self.decisions) // self.decisions

    def _confirm(self, pointsman: Pointsman, dice: random.Random) -> None:
        """Units leave, so that less is held and less on hand."""
        with self._lock:
            name = self._held.popleft() if len(self._held) > dice.randrange(60) else None
        if name is not None:
            pointsman.holds.confirm(name)
            self.others["confirm"] += 1

    def _count(self, pointsman: Pointsman, dice: random.Random) -> None:
        with self._lock:
            self._number += 1
            stamp = Stamp(kind="s", number=self._number)
        pointsman.stock.set_count(
            Count(node=dice.choice(NODES), sku=dice.choice(SKUS), on_hand=dice.randint(0, 60), stamp=stamp)
        )
        self.others["count"] += 1

    def _receive(self, pointsman: Pointsman, dice: random.Random) -> None:
        name = self._next("PO")
        pointsman.flows.inbound.announce(
            Announcement(
                id=name,
                source="purchase_order",
                node=dice.choice(NODES),
                sku=dice.choice(SKUS),
                quantity=dice.randint(1, 9),
                expected_at=self.now + 30 * 24 * HOUR,
                status="in_transit",
                sequence=1,
            )
        )
        pointsman.flows.inbound.receive(name, Delivery(units=None))
        self.others["receipt"] += 1

    def _read(self, pointsman: Pointsman, dice: random.Random) -> None:
        feed = pointsman.flows.channels.feeds.read(dice.choice(CHANNELS))
        if any(units is None or units < 0 for block in feed.blocks for _, units in block):
            raise AssertionError("a feed says that there are fewer than no units")
        self.others["feed"] += 1

    def _next(self, kind: str) -> str:
        with self._lock:
            self._number += 1
            return f"{kind}-{self._number}"


@dataclass
class ChannelVerdict:
    """What went against the rules, of so many `decisions` that took units, by channel; `feeds` that differ from what an
    order would get, and drifts of the ledger. `days` are those on which units were taken.
    """

    decisions: Counter[str] = field(default_factory=Counter)
    days: set[datetime.date] = field(default_factory=set)
    oversold: list[str] = field(default_factory=list)
    unprotected: list[str] = field(default_factory=list)
    beyond_cap: list[str] = field(default_factory=list)
    feeds: list[str] = field(default_factory=list)
    drifts: list[Any] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.oversold or self.unprotected or self.beyond_cap or self.feeds or self.drifts)


def judge(pointsman: Pointsman) -> ChannelVerdict:
    verdict = ChannelVerdict()
    taken_by_store: Counter[tuple[str, str, datetime.date]] = Counter()
    for entry in pointsman.entries(on_damaged=verdict.oversold.append):
        if entry.kind == "decided":
            _judge_decision(entry, verdict, taken_by_store)
    verdict.drifts = list(pointsman.check().drifts)
    for channel in CHANNELS:
        verdict.feeds += list(_differing(pointsman, channel))
    return verdict


def _judge_decision(
    entry: Entry, verdict: ChannelVerdict, taken_by_store: Counter[tuple[str, str, datetime.date]]
) -> None:
    record = entry.record
    units: Counter[tuple[str, str]] = Counter()
    for shipment in record.shipments:
        for line in shipment.lines:
            units[line.sku, shipment.node] += line.quantity
    if not units:
        return
    channel, date = record.order.channel, _date(entry.at)
    verdict.decisions[channel] += 1
    verdict.days.add(date)
    stood = dict(zip(sorted(units), entry.positions_before, strict=True))
    for (sku, place), (on_hand, held, _) in stood.items():
        count, what = units[sku, place], f"{entry.decision}: {sku} at {place} for {channel} on {date}"
        if on_hand - held < count:
            verdict.oversold.append(what)
        store = max(0, STORE - taken_by_store[sku, place, date])
        floor = floor_by_hand(channel, on_hand, held, date=date, pace=PACE.get(place, 0), store=store)
        if on_hand - held - floor < count:
            verdict.unprotected.append(f"{what}: {count} of {on_hand} less {held}, of which {floor} had to stay")
        if channel == "store":
            taken_by_store[sku, place, date] += count
    for sku, count in _by_sku(units).items():
        if channel == "marketplace" and count > CAP:
            verdict.beyond_cap.append(f"{entry.decision}: {count} of {sku}")


def floor_by_hand(channel: str, on_hand: int, held: int, *, date: datetime.date, pace: int, store: int) -> int:
    """What an order of the channel has to leave; `store` is what is left of the stores' allotment there that day."""
    share = -(-on_hand * SOCIAL_PERCENT // 100) if PROMOTION[0] <= date <= PROMOTION[1] else 0
    days = [date + datetime.timedelta(days=number) for number in range(APP_DAYS)]
    usual_days = sum(UPLIFT if PROMOTION[0] <= day <= PROMOTION[1] else 1 for day in days)
    aside = {"web": WEB, "app": -(-pace * usual_days // 1_000), "social": share, "store": store}
    own = 0 if channel == "store" else aside.get(channel, 0)
    for_others = on_hand - KEPT - own
    if channel == "store":
        for_others = min(for_others, on_hand - held - KEPT - store)
    others = sum(units for name, units in aside.items() if name != channel)
    return KEPT + min(others, max(0, for_others))


def _by_sku(units: Mapping[tuple[str, str], int]) -> Counter[str]:
    total: Counter[str] = Counter()
    for (sku, _), count in units.items():
        total[sku] += count
    return total


def _differing(pointsman: Pointsman, channel: str) -> Iterator[str]:
    """SKUs of which the feed says something else than an order of any size gets."""
    feed = pointsman.flows.channels.feeds.read(channel)
    assert isinstance(feed.cursor, ChannelCursor)
    for sku, units in (item for block in feed.blocks for item in block):
        record = json_of(
            pointsman.decide(order((sku, 10_000), id=f"try-{channel}-{sku}", channel=channel), dry_run=True)
        )
        gets = sum(line["quantity"] for shipment in record["shipments"] for line in shipment["lines"])
        if gets != units:
            yield f"{channel}: {units} of {sku} in the feed, an order gets {gets}"


def _date(at: int) -> datetime.date:
    """In Paris, in November."""
    return datetime.datetime.fromtimestamp(at + HOUR, tz=datetime.UTC).date()


@click.command()
@click.option("--decisions", default=6_000, show_default=True)
@click.option("--threads", default=64, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(decisions: int, threads: int, seed: int) -> None:
    """Race until so many orders were decided, and say what the log proves."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        race = ChannelRace(decisions=decisions, threads=threads, seed=seed, data=Path(folder) / "server")
        verdict = race.run()
    click.echo(f"{sum(verdict.decisions.values())} decisions took units, by channel: {dict(verdict.decisions)}")
    click.echo(f"meanwhile {dict(race.others)}, in {time.monotonic() - started:.0f} s")
    for name in ("oversold", "unprotected", "beyond_cap", "feeds", "drifts"):
        found = getattr(verdict, name)
        click.echo(f"{name}: {len(found)}")
        for item in found[:10]:
            click.echo(f"  {item}")
    sys.exit(0 if verdict.is_clean else 1)


if __name__ == "__main__":
    main()
