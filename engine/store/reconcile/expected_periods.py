"""What should be counted by period, by the log: what nodes were given to ship, and what channels took of allotments."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.model.load_periods import periods_of
from engine.model.node_loads import output
from engine.store.log.entry import Entry
from engine.store.reconcile.expected_state import (
    DayLoads,
    ExpectedHold,
    ExpectedShipment,
    LateChanges,
    PeriodUnits,
    PositionKey,
)
from engine.store.taken_units import seconds_kept


@dataclass(slots=True, kw_only=True)
class ExpectedLoads:
    """The shipments of each node, and their units and grams where these count, by date and hour."""

    late: LateChanges
    days: defaultdict[str, DayLoads] = field(default_factory=lambda: defaultdict(DayLoads))
    weights: dict[str, Mapping[str, int]] = field(default_factory=dict)
    """By decision, grams a unit by SKU, where units and grams count in the loads."""

    def begin(self, entry: Entry, hold: ExpectedHold) -> None:
        """Count a hold's shipments, and keep what is counted for as long as commit.lua does."""
        millis = entry.id[0]
        if hold.weights is not None:
            self.weights[entry.decision] = hold.weights
        for number, shipment in hold.shipments.items():
            if number in hold.later:
                continue
            periods = periods_of(hold.day).of(shipment.node)
            for period in periods:
                day = self._day(period, millis)
                day.added = millis
                day.amounts[shipment.node] += 1
            amounts = output(shipment.node, shipment.units.items(), hold.weights)
            self._day(periods[0], millis).amounts.update(amounts)

    def change_shipments(self, hold: ExpectedHold, node: str, shipments: int, entry: Entry) -> None:
        for period in periods_of(hold.day).of(node):
            self.late.note("loads", (period, node))
            if shipments:
                loads = self._day(period, entry.id[0]).amounts
                loads[node] = max(0, loads[node] + shipments)

    def change_output(
        self, hold: ExpectedHold, node: str, units: Iterable[tuple[str, int]], sign: int, entry: Entry
    ) -> None:
        """Let so many units of a hold, and their grams, count in its date's load from now on, or not any more."""
        if hold.weights is None or not sign:
            return
        date = periods_of(hold.day).of(node)[0]
        loads = self._day(date, entry.id[0]).amounts
        for load, amount in output(node, units, hold.weights).items():
            loads[load] = max(0, loads[load] + sign * amount)
            self.late.note("loads", (date, load))

    def note_late(self, hold: ExpectedHold, shipment: ExpectedShipment) -> None:
        """Note every load that a late entry about a shipment of the hold may change."""
        periods = periods_of(hold.day).of(shipment.node)
        for period in periods:
            self.late.note("loads", (period, shipment.node))
        for load in output(shipment.node, shipment.units.items(), hold.weights):
            self.late.note("loads", (periods[0], load))

    def _day(self, period: str, millis: int) -> DayLoads:
        if period in self.days and self.days[period].expired(millis):
            del self.days[period]
        return self.days[period]


@dataclass(slots=True, kw_only=True)
class ExpectedAllotments:
    """What was taken in the periods of allotments, by the names of the keys (see `Keys.taken_named`)."""

    late: LateChanges
    taken: dict[str, PeriodUnits] = field(default_factory=dict)

    def begin(self, entry: Entry, hold: ExpectedHold) -> None:
        """Count the units that a decision takes, and keep what is counted for as long as commit.lua does."""
        for period in hold.periods:
            for shipment in hold.shipments.values():
                for sku, units in shipment.units.items():
                    self._begin_position(period, (sku, shipment.node), units, entry)

    def change(self, hold: ExpectedHold, position: PositionKey, units: int, entry: Entry) -> None:
        """Change what counts as taken of a hold's units. Nothing is counted any more in a period that is over."""
        sku, node = position
        for period in hold.periods if units else ():
            name = f"{period}:{sku}"
            taken = self.taken.get(name)
            if taken is not None and not taken.expired(entry.id[0]):
                taken.units[node] = max(0, taken.units[node] + units)
                self.late.note("taken", (name, node))

    def _begin_position(self, period: str, position: PositionKey, units: int, entry: Entry) -> None:
        (sku, node), millis = position, entry.id[0]
        name = f"{period}:{sku}"
        if name in self.taken and self.taken[name].expired(millis):
            del self.taken[name]
        taken = self.taken.setdefault(name, PeriodUnits())
        taken.units[node] += units
        seconds = seconds_kept(period, entry.at)
        taken.kept_until = None if seconds is None else millis + 1_000 * seconds
        self.late.note("taken", (name, node))
