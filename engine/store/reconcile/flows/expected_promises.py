"""What the ledger should have of the promise of a held shipment, by the entries of the log about it."""

from engine.store.flows.promise_state import PromiseState
from engine.store.log.entry import Entry
from engine.store.reconcile.expected_state import ExpectedHold


def note_promise(hold: ExpectedHold, entry: Entry) -> None:
    """Apply an entry that says how far a shipment has come, or at risk, or packed no more."""
    if entry.kind == "packing_cancelled":
        number = entry.packing.number
        hold.promises[number] = PromiseState.of(hold.promises.get(number)).unpacked().text
        return
    details = entry.details
    number = details["shipment"]
    state = PromiseState.of(hold.promises.get(number)).after(entry.kind, details)
    hold.promises[number] = state.text
