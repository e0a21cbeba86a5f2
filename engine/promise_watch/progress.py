"""Takes in what is reported of shipments: that they were released, picked, packed or handed over."""

from collections.abc import Callable
from dataclasses import dataclass

from engine.errors import Contended, HoldEnded, NotFound, StockConflict
from engine.idempotency import name_reused, operation
from engine.inventory.hold_requests import still_to_come, verify_stated
from engine.inventory.stated_instants import MICROSECONDS
from engine.model.milestones import Milestone
from engine.promise_watch.promised_shipments import PromisedShipments
from engine.promise_watch.watched_shipment import WatchedShipment
from engine.store.connection.client import Client
from engine.store.flows.promise_notes import Noted, PromiseNote, PromiseNotes
from engine.store.hold_changes.change_script import MOST_TRIES, ChangeScript
from engine.store.hold_changes.stored_holds import StoredHold
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.outcomes import NotHeld, OperationReused


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressReport:
    """Shipment `number` of a decision passed the milestone `at`, in UTC seconds; None: now. `op` names the request."""

    decision: str
    number: int
    milestone: Milestone
    at: int | None = None
    op: str | None = None

    @property
    def fingerprint(self) -> str:
        """Tells another request under the same name."""
        return f"progress {self.number} {self.milestone} {'' if self.at is None else self.at}"


class Progress:
    """The reports on one network. `clock` answers UTC seconds."""

    def __init__(
        self,
        client: Client,
        keys: Keys,
        notes: PromiseNotes,
        shipments: PromisedShipments,
        *,
        clock: Callable[[], int],
    ) -> None:
        self._client = client
        self._keys = keys
        self._notes = notes
        self._shipments = shipments
        self._changes = ChangeScript(client, keys)
        self._clock = clock

    def report(self, report: ProgressReport) -> WatchedShipment:
        """Take a report in; the shipment as it then is. Reports may come in any order: who has passed a milestone has
        passed those before it, and of one that is reported again, the later report counts. Raises NotFound, HoldEnded,
        InputInvalid, KeyReused, Contended, NotReady, StoreUnavailable; StockConflict if it was picked before its units
        are there.
        """
        entry = decision_log.decided(self._client, self._keys, report.decision)
        if report.number >= len(entry.record.shipments):
            count = len(entry.record.shipments)
            has = f"its shipments are 0 to {count - 1}" if count else "it ships nothing"
            raise NotFound(f"decision '{report.decision}' has no shipment {report.number}; {has}")
        now = self._clock()
        at = now if report.at is None else report.at
        verify_stated(at * MICROSECONDS, began=entry.at, now=now, field="at")
        named = operation(report.fingerprint, report.op)
        for _ in range(MOST_TRIES):
            stored = self._changes.read([entry], now=now)[0]  # which ends a hold whose time is over
            _verify_there(stored, report)
            states = self._notes.states(report.decision) if stored.held else None
            text = (states or {}).get(report.number)
            note = PromiseNote(
                decision=report.decision,
                number=report.number,
                before=text or "",
                kind="progressed",
                now=now,
                details={"milestone": report.milestone, "passed_at": at},
            )
            match self._notes.note(note, named):
                case Noted():
                    return self._shown(report)
                case OperationReused():
                    raise name_reused(report.op)
                case NotHeld():
                    raise _not_held(report)
        raise Contended(f"the promise of decision {report.decision} changes again and again; try again")

    def _shown(self, report: ProgressReport) -> WatchedShipment:
        found = self._shipments.find([(report.decision, report.number)])
        if not found:
            raise _not_held(report)
        return found[report.decision, report.number]


def _not_held(report: ProgressReport) -> HoldEnded:
    return HoldEnded(
        f"shipment {report.number} of decision {report.decision} is not held any more: it has left, or was let go"
    )


def _verify_there(stored: StoredHold, report: ProgressReport) -> None:
    """Nobody picks what is still to come."""
    awaited = next((peg for peg in stored.pegs if peg.number == report.number), None)
    if awaited is not None and report.milestone != "released":
        missing = still_to_come(awaited.sku, awaited.node, awaited.receipt, awaited.expected_at)
        raise StockConflict(f"{missing}, and then report what becomes of the shipment")
