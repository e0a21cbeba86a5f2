"""Stock that is free for a decision that replaces holds, though these still hold it when the facts are read. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from engine.model.load_periods import periods_of
from engine.model.lots import TAB, place_of
from engine.store.hold_changes.hold_change import HoldChange, units_taken
from engine.store.holds import Hold


@dataclass(frozen=True, slots=True, kw_only=True)
class FreedStock:
    """Units by (SKU, node), those of lots also by (SKU, place of the lot), what counts in loads, by (period,
    field) (shipments, and units and grams where these count), and units that count as taken in the periods of
    allotments, by (period, SKU, node). They are free for one decision, whose commit ends their holds.
    """

    units: Mapping[tuple[str, str], int]
    loads: Mapping[tuple[str, str], int]
    taken: Mapping[tuple[str, str, str], int]
    pegs: Mapping[str, int] = field(default_factory=dict)
    """By receipt, the units that stand on it. They are none of the others."""

    @classmethod
    def of_holds(cls, holds: Iterable[Hold]) -> Self:
        """All that these hold, but for shipments that wait for what is to come."""
        units: Counter[tuple[str, str]] = Counter()
        loads: Counter[tuple[str, str]] = Counter()
        taken: Counter[tuple[str, str, str]] = Counter()
        for hold in holds:
            units += hold.units
            loads.update(hold.loads)
            for period in hold.periods:
                taken.update(
                    {(period, sku, node): count for (sku, node), count in hold.units.items() if TAB not in node}
                )
        return cls(units=units, loads=loads, taken=taken)

    @classmethod
    def of_changes(cls, changes: Iterable[HoldChange]) -> Self:
        """What is held before these changes, and not after them."""
        units: Counter[tuple[str, str]] = Counter()
        loads: Counter[tuple[str, str]] = Counter()
        taken: Counter[tuple[str, str, str]] = Counter()
        pegs: Counter[str] = Counter()
        for change in changes:
            for peg, count in change.unpegged:
                pegs[peg.receipt] += count
                units[peg.sku, peg.node] -= count
            for before, after in change.changed:
                units.update({(sku, before.node): count for sku, count in before.by_sku("held")})
                units.subtract({(sku, before.node): count for sku, count in after.by_sku("held")})
                for shipment, sign in ((before, 1), (after, -1)):
                    for sku, lots in shipment.lots.items():
                        units.update({(sku, place_of(shipment.node, label)): sign * count for label, count in lots})
                names = periods_of(change.before.day).of(before.node)
                for name in names if before.number not in change.before.later else ():
                    loads[name, before.node] += int(before.counts) - int(after.counts)
                loads.subtract({(names[0], field): more for field, more in change.more_output(before, after).items()})
                for sku, count in units_taken(before, after).items() if change.before.periods else ():
                    taken.subtract({(period, sku, before.node): count for period in change.before.periods})
        return cls(units=units, loads=loads, taken=taken, pegs=pegs)
