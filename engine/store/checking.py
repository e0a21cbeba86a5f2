"""`ledger check`: what is held, recomputed from the log and the holds, against what the ledger says."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from engine.store.client import Client, faults
from engine.store.keys import Keys
from engine.store.log import entries

_SCAN = 1_000


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
    """Every position and every logged decision. Nothing is changed. Decisions made meanwhile may show as drift."""
    live = dict(_holds(client, keys))
    shipped: Counter[tuple[str, str]] = Counter()
    expected: Counter[tuple[str, str]] = Counter()
    drifts: list[Drift] = []
    decisions = 0
    for entry in entries(client, keys):
        if entry.kind == "decided":
            decisions += 1
            claims = _claims(entry.record)
            shipped += claims
            held = live.pop(entry.decision, None)
            if held is not None:
                expected += claims
                if held != claims:
                    what = f"the hold of decision {entry.decision}"
                    drifts.append(Drift(what=what, expected=claims.total(), found=held.total()))
    drifts += [Drift(what=f"hold {name} without a decision", found=held.total()) for name, held in sorted(live.items())]
    on_hand = Counter(dict(_units(client, keys.on_hand(""))))
    held_now = Counter(dict(_units(client, keys.held_prefix)))
    drifts += _drifts(on_hand, held_now, expected)
    return Audit(
        decisions=decisions,
        positions=len(on_hand),
        on_hand=on_hand.total(),
        shipped=shipped.total(),
        ended=shipped.total() - expected.total(),
        held=held_now.total(),
        drifts=tuple(drifts),
    )


def _drifts(
    on_hand: Counter[tuple[str, str]], held: Counter[tuple[str, str]], expected: Counter[tuple[str, str]]
) -> Iterator[Drift]:
    for sku, node in sorted(held.keys() | expected.keys()):
        found, wanted = held[sku, node], expected[sku, node]
        if found != wanted:
            yield Drift(what="units held", sku=sku, node=node, expected=wanted, found=found)
        if found > on_hand[sku, node]:
            yield Drift(what="more held than on hand", sku=sku, node=node, expected=on_hand[sku, node], found=found)


def _claims(record: dict[str, object]) -> Counter[tuple[str, str]]:
    claims: Counter[tuple[str, str]] = Counter()
    for shipment in record["shipments"]:  # type: ignore[attr-defined]  # a list of objects, as `record` wrote it
        for line in shipment["lines"]:
            claims[line["sku"], shipment["node"]] += line["quantity"]
    return claims


def _holds(client: Client, keys: Keys) -> Iterator[tuple[str, Counter[tuple[str, str]]]]:
    prefix = keys.hold_prefix
    for name in _names(client, prefix):
        with faults():
            body = client.redis.get(name)
        if body is not None:
            units = Counter({(sku, node): count for sku, node, count in orjson.loads(body)})
            yield name.removeprefix(prefix), units


def _units(client: Client, prefix: str) -> Iterator[tuple[tuple[str, str], int]]:
    for name in _names(client, prefix):
        with faults():
            found = client.redis.hgetall(name)
        for node, units in found.items():
            yield (name.removeprefix(prefix), node.decode()), int(units)


def _names(client: Client, prefix: str) -> Iterator[str]:
    """Every key that starts with `prefix`, once."""
    literal = "".join(f"\\{letter}" if letter in "*?[]\\^" else letter for letter in prefix)
    with faults():
        found = {name.decode() for name in client.redis.scan_iter(f"{literal}*", count=_SCAN)}
    yield from sorted(found)
