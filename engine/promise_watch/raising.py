"""One turn of the watch: says of each promise that is newly at risk that it is, and has it looked whether the shipment
should come from elsewhere.
"""

import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, TypeAlias

from engine.actor import by_itself
from engine.idempotency import RESEND_SECONDS
from engine.promise_watch.at_risk import AtRisk, OnTheWayRisk, risk_of
from engine.promise_watch.held_shipments import ShipmentKey
from engine.promise_watch.promised_shipments import PromisedShipments
from engine.promise_watch.watched_shipment import WatchedShipment
from engine.store.flows.promise_index import PromiseIndex
from engine.store.flows.promise_notes import Noted, PromiseNote, PromiseNotes
from engine.store.holds import Operation
from engine.store.outcomes import OfferedFirst

MOST_IN_A_TURN: Final = 5_000
"""Promises that are looked at in one turn."""

Rerouted: TypeAlias = Literal["moved", "stays", "later"]
"""Its units ship from elsewhere now; nothing arrives in time or earlier; or it has to be looked at again later."""


class Rerouting(Protocol):
    """Ships from elsewhere what would come too late."""

    def asked_for(self, risks: Sequence[AtRisk]) -> Collection[ShipmentKey]:
        """Those of the shipments of which it is to be looked whether they should come from elsewhere."""
        ...

    def ranked(self, risks: Sequence[AtRisk]) -> list[AtRisk]:
        """Those that go first come first."""
        ...

    def run(self, risk: AtRisk) -> Rerouted:
        """Look for it, and have it so if that is better."""
        ...

    def run_offered(self, risk: AtRisk, rank: str) -> Rerouted | OfferedFirst:
        """The same, of units that are offered to those that wait; those before the `rank` come first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchTurn:
    """What one turn did: promises newly `raised`, and shipments that now come from elsewhere (`moved`) or for which
    nothing better was found (`stay`); and shipments `on_the_way` that are newly late or lost.
    """

    raised: tuple[AtRisk, ...] = ()
    on_the_way: tuple[OnTheWayRisk, ...] = ()
    moved: int = 0
    stay: int = 0


class Raising:
    """Of one network. `horizon` is how many seconds before a milestone is due its promise counts as at risk; `clock`
    answers UTC seconds.
    """

    def __init__(
        self,
        index: PromiseIndex,
        shipments: PromisedShipments,
        notes: PromiseNotes,
        *,
        horizon: int,
        rerouting: Rerouting,
        clock: Callable[[], int],
    ) -> None:
        self._index = index
        self._shipments = shipments
        self._notes = notes
        self._horizon = horizon
        self._rerouting = rerouting
        self._clock = clock

    def run(self, *, rest: Callable[[], object] = lambda: None) -> WatchTurn:
        """Do what is due by now; calls `rest` after each step of several. Raises NotReady, StoreUnavailable."""
        with by_itself():
            now = self._clock()
            self._shipments.catch_up(now, rest=rest)
            self._shipments.work_out_all(until=now + self._horizon, rest=rest)
            risks, misplaced = self._risks(now)
            new = [risk for risk in risks if not risk.shipment.is_raised]
            asked_for = self._rerouting.asked_for(new)
            raised = [risk for risk in new if self._raise(risk, now, rerouting=risk.key in asked_for)]
            outcomes = [self._look_for_better(risk) for risk in self._to_reroute(risks, raised)]
            self._shipments.refresh(misplaced)
            self._shipments.catch_up(now, rest=rest)  # what was raised is in the log: nobody looks at it again
        return WatchTurn(raised=tuple(raised), moved=outcomes.count("moved"), stay=outcomes.count("stays"))

    def _risks(self, now: int) -> tuple[list[AtRisk], set[str]]:
        """What is at risk and was not said to be yet, the first to be due first; and the decisions of shipments that
        stand in the index where they do not belong.
        """
        risks: list[AtRisk] = []
        misplaced: set[str] = set()
        until = now + self._horizon
        for batch in self._index.due(until=until, unraised=True):
            found = self._shipments.find((decision, number) for _, decision, number in batch)
            for at, decision, number in batch:
                shipment = found.get((decision, number))
                risk = None if shipment is None else risk_of(shipment, now, until=until)
                if shipment is None or shipment.due != at:
                    misplaced.add(decision)
                if risk is not None:
                    risks.append(risk)
            if len(risks) >= MOST_IN_A_TURN:
                break
        return risks, misplaced

    def _raise(self, risk: AtRisk, now: int, *, rerouting: bool) -> bool:
        return self._note(risk.shipment, "promise_at_risk", now, risk.details | {"rerouting": rerouting})

    def _to_reroute(self, risks: Sequence[AtRisk], raised: Iterable[AtRisk]) -> list[AtRisk]:
        """Those of which it is to be looked whether they should come from elsewhere; the highest priority first, so
        that what is left goes to those.
        """
        new = {risk.key for risk in raised}
        again = self._shipments.find(new)
        pending = [risk for risk in risks if risk.shipment.state.rerouting and risk.key not in new]
        now = self._clock()
        for shipment in again.values():
            risk = risk_of(shipment, now, until=now + self._horizon)
            if risk is not None and shipment.state.rerouting:
                pending.append(risk)
        return self._rerouting.ranked(pending)

    def _look_for_better(self, risk: AtRisk) -> Rerouted:
        seen = self._index.newest_stamp()
        outcome = self._rerouting.run(risk)
        if outcome == "stays":
            self._note(risk.shipment, "promise_stays", self._clock(), risk.details | {"seen": seen})
        return outcome

    def _note(self, shipment: WatchedShipment, kind: str, now: int, details: dict[str, Any]) -> bool:
        """Whether that is logged; not so if the shipment has changed meanwhile, so that a later turn sees to it."""
        note = PromiseNote(
            decision=shipment.decision,
            number=shipment.number,
            before=shipment.stored,
            kind=kind,
            now=now,
            details=details,
        )
        operation = Operation(name=f"own:{uuid.uuid4().hex}", request=kind, seconds=RESEND_SECONDS)
        return isinstance(self._notes.note(note, operation), Noted)
