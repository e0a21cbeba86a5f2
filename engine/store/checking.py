"""`ledger check`: what is held and what moved, recomputed from the log, against what the ledger and the holds say."""

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson

from engine.store.client import Client, faults
from engine.store.keys import Keys
from engine.store.log import Entry, entries, place_of

_Units: TypeAlias = Counter[tuple[str, str]]
"""By SKU and node."""
_Parts: TypeAlias = dict[int, _Units]
"""By the number of a shipment that holds them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A position whose numbers don't agree, or a hold that isn't as the log says."""

    what: str
    sku: str = ""
    node: str = ""
    expected: int = 0
    found: int = 0

    def __str__(self) -> str:
        where = f"{self.sku} at {self.node}: " if self.sku else ""
        return f"{where}{self.what}: {self.found} found, {self.expected} expected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The check's figures, in units but for `decisions` and `positions`; clean if nothing drifted.

    `ended` are the units no longer held, `confirmed` those of them that left. `short` are units held beyond what is
    on hand where the source, after they were promised, counted less: told, but no drift.
    """

    decisions: int
    positions: int
    on_hand: int
    shipped: int
    ended: int
    confirmed: int
    held: int
    short: int
    drifts: tuple[Drift, ...]

    @property
    def clean(self) -> bool:
        return not self.drifts


@dataclass(slots=True, kw_only=True)
class _Told:
    """What the log tells, entry by entry. `bases` are where each position's movements are counted from."""

    bases: Mapping[tuple[str, str], tuple[int, tuple[int, int]]]
    living: dict[str, _Parts] = field(default_factory=dict)
    callers: dict[str, str] = field(default_factory=dict)
    until: dict[str, int] = field(default_factory=dict)
    seen: dict[tuple[str, str], int] = field(default_factory=dict)
    """What was on hand when units there were last taken, less what was confirmed since."""
    moved: _Units = field(default_factory=Counter)
    """Units that came and went since the bases."""
    shipped: int = 0
    confirmed: int = 0
    decisions: int = 0

    def add(self, entry: Entry) -> None:
        match entry.kind:
            case "decided":
                self._decided(entry)
            case "extended":
                self.until[entry.decision] = entry.until or 0
            case "rejected":
                self._rejected(entry)
            case "withdrawn":
                pass  # what waits holds nothing
            case "moved":
                taken = (move for move, bit in zip(orjson.loads(entry.body), entry.taken, strict=True) if bit == "1")
                for sku, node, delta, *_ in taken:
                    self._move((sku, node), delta, entry)
            case _:
                self._ended(entry)

    def _decided(self, entry: Entry) -> None:
        self.decisions += 1
        record = entry.record
        parts = dict(_claims(record))
        for units in parts.values():
            self.shipped += units.total()
            for sku, node in units:
                self.seen[sku, node] = record["stock"][sku][node]["on_hand"]
        if parts:
            self.living[entry.decision] = parts
            self.callers[entry.decision] = entry.caller
            self.until[entry.decision] = _seconds(record["hold"]["expires_at"])

    def _ended(self, entry: Entry) -> None:
        parts = self.living.get(entry.decision, {})
        for number in list(parts) if entry.shipments is None else entry.shipments:
            units = parts.pop(number, Counter())
            if entry.kind == "confirmed":
                self.confirmed += units.total()
                for position, count in units.items():
                    self._move(position, -count, entry)
                    self.seen[position] -= count
        if not parts:
            self.living.pop(entry.decision, None)

    def _rejected(self, entry: Entry) -> None:
        record, parts = entry.record, self.living.get(entry.decision, {})
        for number, units in record["parts"]:
            parts[number] -= Counter({(sku, record["node"]): count for sku, count in units})
            if not parts[number]:
                del parts[number]
        if not parts:
            self.living.pop(entry.decision, None)

    def _move(self, position: tuple[str, str], delta: int, entry: Entry) -> None:
        if position in self.bases and entry.place > self.bases[position][1]:
            self.moved[position] += delta

    @property
    def held(self) -> _Units:
        found: _Units = Counter()
        for parts in self.living.values():
            for units in parts.values():
                found.update(units)
        return found


def check(client: Client, keys: Keys) -> Audit:
    """Every position, hold and logged decision. Nothing is changed. Decisions made meanwhile may show as drift."""
    holds = dict(_holds(client, keys))
    expiring, callers = _expiring(client, keys), _callers(client, keys)
    told = _Told(bases=dict(_bases(client, keys)))
    for entry in entries(client, keys):
        told.add(entry)
    expected = told.held
    on_hand = Counter(dict(_units(client, keys.on_hand(""))))
    held = Counter(dict(_units(client, keys.held_prefix)))
    short = {place: count - max(0, on_hand[place]) for place, count in held.items() if count > on_hand[place]}
    # fewer than when they were promised: the source counted anew
    lawful = {place for place in short if place in told.seen and on_hand[place] < told.seen[place]}
    return Audit(
        decisions=told.decisions,
        positions=len(on_hand),
        on_hand=on_hand.total(),
        shipped=told.shipped,
        ended=told.shipped - expected.total(),
        confirmed=told.confirmed,
        held=held.total(),
        short=sum(short[place] for place in lawful),
        drifts=(
            *_astray(holds, told, expiring),
            *_miscounted(callers, told),
            *_held_drifts(held, expected, on_hand, short.keys() - lawful),
            *_moved_drifts(on_hand, told),
        ),
    )


def _astray(holds: Mapping[str, _Parts], told: _Told, expiring: Mapping[str, int]) -> Iterator[Drift]:
    """Holds that aren't as the log says: the decisions logged and not yet logged as ended are those that hold."""
    for name in sorted(holds.keys() | told.living.keys()):
        found, wanted = holds.get(name, {}), told.living.get(name, {})
        if name not in told.living:
            yield Drift(what=f"hold {name} without a decision", found=_total(found))
        elif found != wanted:
            yield Drift(what=f"the hold of decision {name}", expected=_total(wanted), found=_total(found))
        elif name not in expiring:
            yield Drift(what=f"hold {name} never expires", found=_total(found))
        elif expiring[name] != told.until[name]:
            what = f"the instant at which hold {name} expires"
            yield Drift(what=what, expected=told.until[name], found=expiring[name])


def _miscounted(found: Mapping[str, int], told: _Told) -> Iterator[Drift]:
    wanted = Counter(told.callers[name] for name in told.living)
    for caller in sorted(found.keys() | wanted.keys()):
        if found.get(caller, 0) != wanted[caller]:
            what = f"open holds of caller '{caller}'"
            yield Drift(what=what, expected=wanted[caller], found=found.get(caller, 0))


def _held_drifts(held: _Units, expected: _Units, on_hand: _Units, oversold: set[tuple[str, str]]) -> Iterator[Drift]:
    for sku, node in sorted(held.keys() | expected.keys()):
        found, wanted = held[sku, node], expected[sku, node]
        if found != wanted:
            yield Drift(what="units held", sku=sku, node=node, expected=wanted, found=found)
        if (sku, node) in oversold:
            yield Drift(what="more held than on hand", sku=sku, node=node, expected=on_hand[sku, node], found=found)


def _moved_drifts(on_hand: _Units, told: _Told) -> Iterator[Drift]:
    for (sku, node), (units, _) in sorted(told.bases.items()):
        wanted = units + told.moved[sku, node]
        if on_hand[sku, node] != wanted:
            yield Drift(what="units on hand", sku=sku, node=node, expected=wanted, found=on_hand[sku, node])


def _claims(record: dict[str, Any]) -> Iterator[tuple[int, _Units]]:
    for number, shipment in enumerate(record["shipments"]):
        units: _Units = Counter()
        for line in shipment["lines"]:
            units[line["sku"], shipment["node"]] += line["quantity"]
        yield number, units


def _total(parts: _Parts) -> int:
    return sum(units.total() for units in parts.values())


def _seconds(instant: str) -> int:
    return int(datetime.datetime.fromisoformat(instant).timestamp())


def _holds(client: Client, keys: Keys) -> Iterator[tuple[str, _Parts]]:
    prefix = keys.hold_prefix
    for name in client.names(prefix):
        with faults():
            found = client.redis.hgetall(name)
        parts = {int(number): orjson.loads(body) for number, body in found.items() if number.isdigit()}
        if found:
            yield (
                name.removeprefix(prefix),
                {
                    number: Counter({(sku, node): count for sku, count in units})
                    for number, (node, _, units) in parts.items()
                },
            )


def _expiring(client: Client, keys: Keys) -> dict[str, int]:
    with faults():
        return {name.decode(): int(until) for name, until in client.redis.zrange(keys.expiring, 0, -1, withscores=True)}


def _callers(client: Client, keys: Keys) -> dict[str, int]:
    with faults():
        return {name.decode(): int(count) for name, count in client.redis.hgetall(keys.open_holds).items()}


def _bases(client: Client, keys: Keys) -> Iterator[tuple[tuple[str, str], tuple[int, tuple[int, int]]]]:
    prefix = keys.base("")
    for name in client.names(prefix):
        with faults():
            found = client.redis.hgetall(name)
        for node, said in found.items():
            units, _, entry = said.partition(b" ")
            yield (name.removeprefix(prefix), node.decode()), (int(units), place_of(entry))


def _units(client: Client, prefix: str) -> Iterator[tuple[tuple[str, str], int]]:
    for name in client.names(prefix):
        with faults():
            found = client.redis.hgetall(name)
        for node, units in found.items():
            yield (name.removeprefix(prefix), node.decode()), int(units)
