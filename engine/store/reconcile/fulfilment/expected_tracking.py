"""Where shipments are that carriers have, as the ledger should have it by its log, and how many came on time."""

from collections import Counter
from dataclasses import dataclass, field

from engine.model.parcels import ShipmentKey
from engine.store.fulfilment.stored_tracking import TrackedChange, TrackedState, count_changes
from engine.store.log.entry import Entry
from engine.store.reconcile.expected_state import LateChanges


@dataclass(slots=True, kw_only=True)
class ExpectedTracking:
    """Those of one network."""

    late: LateChanges
    states: dict[str, TrackedState] = field(default_factory=dict)
    """By `DECISION/NUMBER`."""
    on_time: Counter[str] = field(default_factory=Counter)
    """As `Keys.on_time` has it."""
    newest: int = 0
    """When the latest change was made, in UTC seconds."""

    def change(self, entry: Entry) -> None:
        """Something else is known of a shipment."""
        change = TrackedChange.of_details(entry.details)
        name = str(ShipmentKey(entry.decision, change.shipment))
        before = self.states.get(name, TrackedState())
        after = self.states[name] = before.after(change)
        self.late.note("tracking", name)
        self.newest = max(self.newest, entry.at)
        for counted, more in count_changes(before.counted, after.counted):
            self.on_time[counted] += more
            if not self.on_time[counted]:
                del self.on_time[counted]
            self.late.note("on_time", counted)
