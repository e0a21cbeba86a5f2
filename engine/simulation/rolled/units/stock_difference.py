"""By how much the stock and the loads of a variant differ from those of the log, at the same place in the log.

The log keeps with each decision what it was made on. A variant decides on the same, but for this difference: what its
own orders hold and shipped, less what the orders of the log did. So counts, movements and receipts count in the variant
as they did, whatever they say, and a variant that decides as the log does differs in nothing. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from engine.decide.evaluation.allotment_periods import period_names
from engine.decide.shipping.ways import Ways
from engine.model.facts import Snapshot, StockPosition, TakenUnits
from engine.model.lots import NO_LOT, Lot, expiry_of
from engine.model.node_loads import node_of
from engine.model.receipts import Receipt
from rules.policy import PolicySet

Units: TypeAlias = tuple[int, int]
"""On hand, and held."""
ByLabel: TypeAlias = dict[str, Units]
"""By lot; NO_LOT is what is of none."""


@dataclass(slots=True)
class StockDifference:
    """How much more the variant has: below 0, how much less. What is the same in both is not in it."""

    positions: dict[str, dict[str, ByLabel]] = field(default_factory=dict)
    """By SKU, then node."""
    loads: dict[tuple[str, str], int] = field(default_factory=dict)
    """By period, and field as node_loads.py names it."""
    taken: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    """By period of an allotment and SKU, then node: what its channel took."""
    promised: dict[tuple[str, str], int] = field(default_factory=dict)
    """By SKU and receipt, units that are promised of what is still to come."""

    def change_position(self, sku: str, node: str, label: str, on_hand: int, held: int) -> None:
        labels = self.positions.setdefault(sku, {}).setdefault(node, {})
        before = labels.get(label, (0, 0))
        after = before[0] + on_hand, before[1] + held
        if after != (0, 0):
            labels[label] = after
            return
        labels.pop(label, None)
        if not labels:
            del self.positions[sku][node]
            if not self.positions[sku]:
                del self.positions[sku]

    def change_load(self, period: str, load: str, amount: int) -> None:
        _add(self.loads, (period, load), amount)

    def change_taken(self, period: str, sku: str, node: str, units: int) -> None:
        nodes = self.taken.setdefault((period, sku), {})
        _add(nodes, node, units)
        if not nodes:
            del self.taken[period, sku]

    def change_promised(self, sku: str, receipt: str, units: int) -> None:
        _add(self.promised, (sku, receipt), units)

    def at(self, sku: str, node: str, today: int = 0) -> Units:
        """Of a whole position, as facts have it on the date `today`, an ordinal: of what expired before, they have on
        hand as much as is held.
        """
        labels = self.positions.get(sku, {}).get(node, {})
        on_hand = sum(held if expiry_of(label) < today else units for label, (units, held) in labels.items())
        return on_hand, sum(held for _, held in labels.values())

    def touches(self, skus: Iterable[str]) -> bool:
        """Whether the stock of some of these differs, or what nodes were given to ship."""
        named = frozenset(skus)
        return (
            bool(self.loads)
            or any(sku in self.positions for sku in named)
            or any(sku in named for _, sku in self.taken)
            or any(sku in named for sku, _ in self.promised)
        )

    def part(self, skus: Iterable[str]) -> "StockDifference":
        """What of it a decision about these SKUs reads."""
        named = frozenset(skus)
        return StockDifference(
            positions={
                sku: {node: dict(labels) for node, labels in self.positions[sku].items()}
                for sku in sorted(named.intersection(self.positions))
            },
            loads=dict(self.loads),
            taken={key: dict(nodes) for key, nodes in self.taken.items() if key[1] in named},
            promised={key: units for key, units in self.promised.items() if key[0] in named},
        )

    def applied_to(
        self, snapshot: Snapshot, policies: PolicySet, now: int, paces: Mapping[str, Mapping[str, int]] | None = None
    ) -> Snapshot:
        """The facts of the log as they are in the variant; `paces` are those of positions that the log lacks."""
        skus = [sku for sku in snapshot.products if sku in self.positions]
        positions, lots = dict(snapshot.positions), dict(snapshot.lots)
        today = date_of(snapshot, now) if lots else 0
        for sku in skus:
            its = self._positions(sku, snapshot.positions.get(sku, {}), (paces or {}).get(sku, {}), today)
            positions[sku] = {node: position for node, position in its.items() if node in snapshot.network.nodes}
            if sku in lots:
                lots[sku] = {node: self._lots(sku, node, its) for node, its in lots[sku].items()}
        loads, hourly = self._loads(snapshot, now, counts_hours=policies.counts_hours)
        return replace(
            snapshot,
            positions=positions,
            lots=lots,
            loads=loads,
            hourly_loads=hourly,
            taken=self._taken(snapshot, policies, now),
            receipts=self._receipts(snapshot),
        )

    def _positions(
        self, sku: str, logged: Mapping[str, StockPosition], paces: Mapping[str, int], today: int
    ) -> dict[str, StockPosition]:
        positions = dict(logged)
        for node in self.positions[sku]:
            on_hand, held = self.at(sku, node, today)
            before = positions.get(node) or StockPosition(0, 0, paces.get(node))
            positions[node] = before._replace(on_hand=max(0, before.on_hand + on_hand), held=max(0, before.held + held))
        return positions

    def _lots(self, sku: str, node: str, lots: Iterable[Lot]) -> tuple[Lot, ...]:
        labels = dict(self.positions[sku].get(node, {}))
        changed = [_changed(lot, labels.pop(lot.label, (0, 0))) for lot in lots]
        # what is of a lot that the log has no units of any more, or of none, is of the last: units of no lot
        more, held = sum(units[0] for units in labels.values()), sum(units[1] for units in labels.values())
        if more or held:
            if changed and changed[-1].label == NO_LOT:
                changed[-1] = _changed(changed[-1], (more, held))
            else:
                changed.append(Lot(NO_LOT, max(0, more), max(0, held)))
        return tuple(changed)

    def _loads(
        self, snapshot: Snapshot, now: int, *, counts_hours: bool
    ) -> tuple[Mapping[str, int], Mapping[str, int]]:
        if not self.loads:
            return snapshot.loads, snapshot.hourly_loads
        current = snapshot.caches.get(Ways).clocks.periods(now, counts_hours=counts_hours)
        loads, hourly = dict(snapshot.loads), dict(snapshot.hourly_loads)
        nodes = snapshot.network.nodes
        for (period, load), amount in self.loads.items():
            node = node_of(load)
            periods = current.of(node) if node in nodes else ()
            for name, amounts in zip(periods, (loads, hourly), strict=False):
                if name == period:
                    amounts[load] = max(0, amounts.get(load, 0) + amount)
        return loads, hourly

    def _taken(self, snapshot: Snapshot, policies: PolicySet, now: int) -> Mapping[str, TakenUnits]:
        if not self.taken or not policies.allotments:
            return snapshot.taken
        names = period_names(policies, snapshot.network, now)
        taken = {sku: {tally: dict(units) for tally, units in its.items()} for sku, its in snapshot.taken.items()}
        for tally, name in names.items():
            for sku in snapshot.products:
                for node, units in self.taken.get((name, sku), {}).items():
                    if node not in snapshot.network.nodes:
                        continue
                    by_node = taken.setdefault(sku, {}).setdefault(tally, {})
                    by_node[node] = max(0, by_node.get(node, 0) + units)
        return taken

    def _receipts(self, snapshot: Snapshot) -> Mapping[str, Mapping[str, tuple[Receipt, ...]]]:
        if not self.promised:
            return snapshot.receipts  # type: ignore[return-value]  # sequences, which nobody changes
        return {
            sku: {node: tuple(self._with_promised(receipt) for receipt in its) for node, its in nodes.items()}
            for sku, nodes in snapshot.receipts.items()
        }

    def _with_promised(self, receipt: Receipt) -> Receipt:
        units = self.promised.get((receipt.sku, receipt.id), 0)
        return replace(receipt, promised=min(receipt.to_come, max(0, receipt.promised + units))) if units else receipt

    def each_position(self) -> Iterator[tuple[str, str, int, int]]:
        """SKU, node, and how much more is on hand and held there."""
        for sku, nodes in self.positions.items():
            for node in nodes:
                yield (sku, node, *self.at(sku, node))


def date_of(snapshot: Snapshot, now: int) -> int:
    """The date by which its lots expire, as an ordinal."""
    return snapshot.network.local(now).date().toordinal()


def _changed(lot: Lot, by: Units) -> Lot:
    return Lot(lot.label, max(0, lot.on_hand + by[0]), max(0, lot.held + by[1]))


def _add(amounts: dict, key: object, amount: int) -> None:  # type: ignore[type-arg]  # of any key
    after = amounts.get(key, 0) + amount
    if after:
        amounts[key] = after
    else:
        amounts.pop(key, None)
