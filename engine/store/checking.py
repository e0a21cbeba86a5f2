"""`ledger check`: what is held, recomputed from the log and the holds, against what the ledger says."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import orjson

from engine.store.client import Client, faults
from engine.store.keys import Keys
from engine.store.log import entries

_Units: TypeAlias = Counter[tuple[str, str]]
"""By SKU and node."""


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
    """The check's figures, in units but for `decisions` and `positions`; clean if nothing drifted."""

    decisions: int
    positions: int
    on_hand: int
    shipped: int
    ended: int
    held: int
    drifts: tuple[Drift, ...]

    @property
    def clean(self) -> bool:
        return not self.drifts


def check(client: Client, keys: Keys) -> Audit:
    """Every position, hold and logged decision. Nothing is changed. Decisions made meanwhile may show as drift."""
    holds = dict(_holds(client, keys))
    expiring = _expiring(client, keys)
    shipped: _Units = Counter()
    living: dict[str, _Units] = {}
    decisions = 0
    for entry in entries(client, keys):
        if entry.kind == "decided":
            decisions += 1
            claims = _claims(entry.record)
            shipped.update(claims)
            if claims:
                living[entry.decision] = claims
        else:
            living.pop(entry.decision, None)
    expected: _Units = Counter()
    for claims in living.values():
        expected.update(claims)
    on_hand = Counter(dict(_units(client, keys.on_hand(""))))
    held = Counter(dict(_units(client, keys.held_prefix)))
    return Audit(
        decisions=decisions,
        positions=len(on_hand),
        on_hand=on_hand.total(),
        shipped=shipped.total(),
        ended=shipped.total() - expected.total(),
        held=held.total(),
        drifts=(*_astray(holds, living, expiring), *_drifts(on_hand, held, expected)),
    )


def _astray(holds: Mapping[str, _Units], living: Mapping[str, _Units], expiring: Collection[str]) -> Iterator[Drift]:
    """Holds that aren't as the log says: the decisions logged and not yet logged as ended are those that hold."""
    for name in sorted(holds.keys() | living.keys()):
        found, wanted = holds.get(name, Counter()), living.get(name, Counter())
        if name not in living:
            yield Drift(what=f"hold {name} without a decision", found=found.total())
        elif found != wanted:
            yield Drift(what=f"the hold of decision {name}", expected=wanted.total(), found=found.total())
        elif name not in expiring:
            yield Drift(what=f"hold {name} never expires", found=found.total())


def _drifts(on_hand: _Units, held: _Units, expected: _Units) -> Iterator[Drift]:
    for sku, node in sorted(held.keys() | expected.keys()):
        found, wanted = held[sku, node], expected[sku, node]
        if found != wanted:
            yield Drift(what="units held", sku=sku, node=node, expected=wanted, found=found)
        if found > on_hand[sku, node]:
            yield Drift(what="more held than on hand", sku=sku, node=node, expected=on_hand[sku, node], found=found)


def _claims(record: dict[str, object]) -> _Units:
    claims: _Units = Counter()
    for shipment in record["shipments"]:  # type: ignore[attr-defined]  # a list of objects, as `record` wrote it
        for line in shipment["lines"]:
            claims[line["sku"], shipment["node"]] += line["quantity"]
    return claims


def _holds(client: Client, keys: Keys) -> Iterator[tuple[str, _Units]]:
    prefix = keys.hold_prefix
    for name in client.names(prefix):
        with faults():
            body = client.redis.get(name)
        if body is not None:
            units = Counter({(sku, node): count for sku, node, count in orjson.loads(body)})
            yield name.removeprefix(prefix), units


def _expiring(client: Client, keys: Keys) -> set[str]:
    with faults():
        return {name.decode() for name in client.redis.zrange(keys.expiring, 0, -1)}


def _units(client: Client, prefix: str) -> Iterator[tuple[tuple[str, str], int]]:
    for name in client.names(prefix):
        with faults():
            found = client.redis.hgetall(name)
        for node, units in found.items():
            yield (name.removeprefix(prefix), node.decode()), int(units)
