"""The stock of the log, as far as its decisions told it: what each last read of an article, and what changed since."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from engine.decide.shipping.ways import Ways
from engine.model.facts import Product, Snapshot, StockPosition
from engine.model.lots import NO_LOT
from engine.model.node_loads import grams_field, node_of, units_field
from engine.simulation.rolled.units.stock_difference import StockDifference
from rules.policy import PolicySet


@dataclass(slots=True)
class KnownStock:
    """`since` is what entries changed of it since it was last read. `came` is by SKU and node what was on hand when it
    was first read, and all that came in since: at no time of the period was there more to take.
    """

    since: StockDifference = field(default_factory=StockDifference)
    came: dict[str, dict[str, int]] = field(default_factory=dict)
    _read: dict[str, tuple[int, Snapshot]] = field(default_factory=dict)
    """By SKU, the snapshot that it was last read with, and the number of that reading."""
    _loads: dict[tuple[str, str], int] = field(default_factory=dict)
    """By period and field, what nodes had been given when that was last read."""
    _number: int = 0

    def read(
        self, snapshot: Snapshot, skus: AbstractSet[str], nodes: Iterable[str], policies: PolicySet, now: int
    ) -> None:
        """The log read this, with the stock of these SKUs, and what these nodes were given."""
        self._number += 1
        named = frozenset(skus).intersection(snapshot.products)
        for sku in named:
            self._note_came(sku, snapshot.positions[sku])
            self._read[sku] = self._number, snapshot
            self.since.positions.pop(sku, None)
        for key in [key for key in self.since.promised if key[0] in named]:
            del self.since.promised[key]
        for taken in [key for key in self.since.taken if key[1] in named]:
            del self.since.taken[taken]
        self._read_loads(snapshot, nodes, policies, now)

    def with_loads(self, snapshot: Snapshot, nodes: AbstractSet[str], policies: PolicySet, now: int) -> Snapshot:
        """What was read, with what these nodes were given, of which that reading says nothing."""
        if not nodes:
            return snapshot
        loads = self._current_loads(snapshot, policies, now)
        known = {key: amount for key, amount in loads.items() if node_of(key[1]) in nodes}
        return StockDifference(loads=known).applied_to(snapshot, policies, now)

    def arrive(self, sku: str, node: str, units: int) -> None:
        """The log has so many units more on hand; below 0: fewer."""
        if units > 0 and sku in self._read:
            self._add_came(sku, node, units)
        self.since.change_position(sku, node, NO_LOT, units, 0)

    def _note_came(self, sku: str, positions: Mapping[str, StockPosition]) -> None:
        """What is there now beyond what was known: all, if it is read for the first time."""
        for node, position in positions.items():
            more = position.on_hand - self.at(sku, node).on_hand if sku in self._read else position.on_hand
            self._add_came(sku, node, max(0, more))

    def _add_came(self, sku: str, node: str, units: int) -> None:
        nodes = self.came.setdefault(sku, {})
        nodes[node] = nodes.get(node, 0) + units

    def _read_loads(self, snapshot: Snapshot, nodes: Iterable[str], policies: PolicySet, now: int) -> None:
        periods = snapshot.caches.get(Ways).clocks.periods(now, counts_hours=policies.counts_hours)
        for node in nodes:
            if node not in snapshot.network.nodes:
                continue
            names = periods.of(node)
            for load in (node, units_field(node), grams_field(node)):
                self._note_load(names[0], load, snapshot.loads.get(load, 0))
            for hour in names[1:]:
                self._note_load(hour, node, snapshot.hourly_loads.get(node, 0))

    def _note_load(self, period: str, load: str, amount: int) -> None:
        self.since.loads.pop((period, load), None)
        if amount:
            self._loads[period, load] = amount
        else:
            self._loads.pop((period, load), None)

    def facts(self, skus: Iterable[str], policies: PolicySet, now: int) -> Snapshot | None:
        """What a decision about these would have read now; None if one of them was read by no decision yet."""
        names = list(dict.fromkeys(skus))
        if not names or any(sku not in self._read for sku in names):
            return None
        newest = max((self._read[sku] for sku in names), key=lambda its: its[0])[1]
        snapshots = {sku: self._read[sku][1] for sku in names}
        snapshot = replace(
            newest,
            products={sku: its.products[sku] for sku, its in snapshots.items()},
            positions={sku: its.positions[sku] for sku, its in snapshots.items()},
            lots={sku: its.lots[sku] for sku, its in snapshots.items() if sku in its.lots},
            receipts={sku: its.receipts[sku] for sku, its in snapshots.items() if sku in its.receipts},
            taken={sku: its.taken[sku] for sku, its in snapshots.items() if sku in its.taken},
            resting={
                node: rest for its in snapshots.values() for node, rest in its.resting.items() if rest.until > now
            },
            loads={},
            hourly_loads={},
        )
        loads = StockDifference(loads=self._current_loads(snapshot, policies, now))
        return loads.applied_to(replace(self.since, loads={}).applied_to(snapshot, policies, now), policies, now)

    def _current_loads(self, snapshot: Snapshot, policies: PolicySet, now: int) -> dict[tuple[str, str], int]:
        periods = snapshot.caches.get(Ways).clocks.periods(now, counts_hours=policies.counts_hours)
        names = {name for node in snapshot.network.nodes for name in periods.of(node)}
        nodes = snapshot.network.nodes
        loads: dict[tuple[str, str], int] = {}
        for key in {*self._loads, *self.since.loads}:
            if key[0] in names and node_of(key[1]) in nodes:
                loads[key] = self._loads.get(key, 0) + self.since.loads.get(key, 0)
        return loads

    def at(self, sku: str, node: str) -> StockPosition:
        """A position of the log now; empty if no decision read the article, or if the place has none of it."""
        read = self._read.get(sku)
        position = StockPosition(0) if read is None else read[1].positions[sku].get(node, StockPosition(0))
        on_hand, held = self.since.at(sku, node)
        return position._replace(on_hand=position.on_hand + on_hand, held=position.held + held)

    def products(self) -> Iterator[tuple[Product, frozenset[str]]]:
        """Each article that a decision read, and the places that have some of it."""
        for sku, (_, snapshot) in self._read.items():
            nodes = {*snapshot.positions[sku], *self.since.positions.get(sku, ())}
            yield snapshot.products[sku], frozenset(nodes)
