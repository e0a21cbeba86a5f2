"""Shows, confirms, releases and extends the holds of decisions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from engine.errors import Contended, HoldEnded, InputInvalid, Mistake
from engine.idempotency import name_reused, operation
from engine.inventory.hold_requests import NO_LINES, EndRequest, ShipmentName, hold_ended
from engine.store import decision_log
from engine.store.connection.client import Client
from engine.store.decision_log import Entry, Units
from engine.store.hold_changes.change_script import ChangeRequest, ChangeScript, confirmed_units, step_fields
from engine.store.hold_changes.hold_change import HoldChange, Shipments
from engine.store.hold_changes.shipment_units import ShipmentUnits
from engine.store.hold_changes.stored_holds import StoredHold
from engine.store.holds import Hold, Holds, Operation
from engine.store.keys import Keys
from engine.store.outcomes import HoldExtended, NotHeld, OperationReused, UnitsChanged, UnitState
from rules.syntax.effect_parser import MAX_HOLD

MOST_MINUTES = MAX_HOLD
"""For how long a hold may be extended, so that one that nobody ends is not there for ever. The bound is that of
`hold` in a policy.
"""
MOST_LOOKED_AT = 10_000
"""How many holds are read for one page."""


MOST_TRIES = 10
"""How often a change is worked out again because others changed the hold meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentState:
    """`state` says how the last of its units ended, and `at` when; held and None while some are held. `units` are those
    in that state, `others` those that ended otherwise.
    """

    node: str
    service: str
    units: Units
    state: UnitState
    at: int | None
    others: dict[UnitState, Units] = field(default_factory=dict)

    @classmethod
    def of(cls, shipment: ShipmentUnits) -> "ShipmentState":
        ending = shipment.ending
        state = ending.kind if ending else "held"
        return cls(
            node=shipment.node,
            service=shipment.service,
            units=shipment.by_sku(state),
            state=state,
            at=ending.at if ending else None,
            others={other: shipment.by_sku(other) for other in shipment.units if other != state},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldState:
    """A decision's hold. `until` is the instant it expires, None once nothing is held any more."""

    decision: str
    until: int | None
    shipments: tuple[ShipmentState, ...]

    @classmethod
    def of(cls, stored: StoredHold) -> "HoldState":
        return cls.after(stored, stored.shipments, until=stored.until)

    @classmethod
    def after(cls, stored: StoredHold, shipments: Iterable[ShipmentUnits], *, until: int | None) -> "HoldState":
        """Once the shipments are so."""
        states = tuple(ShipmentState.of(shipment) for shipment in shipments)
        return cls(
            decision=stored.decision,
            until=until if any(item.state == "held" for item in states) else None,
            shipments=states,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldsPage:
    """Some of the open holds, the first to expire first. The next page begins after the (instant, id) `after`; None:
    this is the last.

    A page may have fewer holds than were asked for, or none, and not be the last.
    """

    holds: tuple[Hold, ...]
    after: tuple[int, str] | None


class DecisionHolds:
    """The holds of one network. Methods raise NotFound, InputInvalid, HoldEnded, KeyReused, Contended,
    StoreUnavailable.

    Where they take `shipments` and `lines`, they are about these shipments, or all; and of these about so many units of
    a line, or of the lines of a SKU, or about all units.
    """

    def __init__(self, client: Client, keys: Keys, *, undo_seconds: int, clock: Callable[[], int]) -> None:
        self._client = client
        self._keys = keys
        self._holds = Holds(client, keys)
        self._change_script = ChangeScript(client, keys)
        self._undo_seconds = undo_seconds
        self._clock = clock

    def confirm(
        self,
        decision: str,
        *,
        shipments: Sequence[ShipmentName] = (),
        lines: Mapping[str, int] = NO_LINES,
        op: str | None = None,
    ) -> HoldState:
        """Units that are held have left: they are neither on hand nor held."""
        return self._end(EndRequest(decision=decision, kind="confirmed", shipments=shipments, lines=lines), op)

    def release(
        self,
        decision: str,
        *,
        shipments: Sequence[ShipmentName] = (),
        lines: Mapping[str, int] = NO_LINES,
        op: str | None = None,
    ) -> HoldState:
        """Hold units no longer: they are free for others and, once nothing of a shipment is held and nothing has left,
        so is the capacity that it used of its node's day.
        """
        return self._end(EndRequest(decision=decision, kind="released", shipments=shipments, lines=lines), op)

    def extend(
        self, decision: str, *, until: int | None = None, minutes: int | None = None, op: str | None = None
    ) -> HoldState:
        """Hold until the instant `until`, or for so many minutes from now; never shorter than before."""
        entry, now = self._entry(decision), self._clock()
        new_until = until if until is not None else now + 60 * (minutes or 0)
        if not now < new_until <= now + 60 * MOST_MINUTES:
            bound = f"at most {MOST_MINUTES} minutes (90 days) from it"
            message = f"a hold is extended to an instant after this one, {bound}"
            raise InputInvalid([Mistake(field="until" if minutes is None else "minutes", message=message)])
        request = operation(f"extended {until if until is not None else f'+{minutes}'}", op)
        outcome = self._holds.extend(decision, now=now, until=new_until, operation=request)
        stored = self._read(entry, now)
        match outcome:
            case OperationReused():
                raise name_reused(op)
            case NotHeld():
                raise hold_ended(stored)
            case HoldExtended(until=ends):
                return HoldState.after(stored, stored.shipments, until=ends)

    def state(self, decision: str) -> HoldState:
        """What became of each shipment of the decision until now."""
        return HoldState.of(self._read(self._entry(decision), self._clock()))

    def list_open(
        self,
        *,
        node: str | None = None,
        sku: str | None = None,
        expiring_before: int | None = None,
        after: tuple[int, str] | None = None,
        limit: int,
    ) -> HoldsPage:
        """At most `limit` open holds, at `node` and of `sku` if they are given, the first to expire first."""
        start = after or (self._clock() + 1, "")
        holds: list[Hold] = []
        for seen, hold in enumerate(self._holds.list_open(after=start, before=expiring_before), start=1):
            if _matches(hold, node, sku):
                holds.append(hold)
            if len(holds) == limit or seen == MOST_LOOKED_AT:
                return HoldsPage(holds=tuple(holds), after=(hold.until, hold.id))
        return HoldsPage(holds=tuple(holds), after=None)

    def _entry(self, decision: str) -> Entry:
        """The decision in the log; raises HoldEnded if it ships nothing."""
        entry = decision_log.decided(self._client, self._keys, decision)
        if not entry.record.shipments:
            raise HoldEnded(f"decision {decision} ships nothing, so it holds nothing")
        return entry

    def _read(self, entry: Entry, now: int) -> StoredHold:
        return self._change_script.read([entry], now=now)[0]

    def _end(self, request: EndRequest, op: str | None) -> HoldState:
        entry = self._entry(request.decision)
        named = operation(request.fingerprint(entry.record), op)
        for _ in range(MOST_TRIES):
            now = self._clock()
            stored = self._read(entry, now)
            # read after the hold: if this request has ended it already, it is answered
            answer = self._answered_before(request.decision, named) if op else None
            if answer is not None:
                return _state(answer, stored)
            after = request.shipments_after(stored, at=now)
            if after == stored.shipments:
                return HoldState.of(stored)
            outcome = self._change_script.run(self._change(request, stored, after, named, now=now))
            if isinstance(outcome, UnitsChanged):
                return _state(outcome.answer, stored)
            if isinstance(outcome, OperationReused):
                raise name_reused(op)
        raise Contended(f"what decision {request.decision} holds changes again and again; try again")

    def _change(
        self, request: EndRequest, stored: StoredHold, after: Shipments, named: Operation, *, now: int
    ) -> ChangeRequest:
        confirmed = None
        if request.kind == "confirmed":
            confirmed = confirmed_units(stored.shipments, after, now=now, seconds=self._undo_seconds)
        return ChangeRequest(
            now=now,
            changes=[HoldChange(before=stored, after=after)],
            entries=[step_fields(stored.decision, stored.shipments, after, request.kind, now=now)],
            operation=named,
            answer=msgspec.json.encode(HoldState.after(stored, after, until=stored.until)),
            confirmed=confirmed,
        )

    def _answered_before(self, decision: str, named: Operation) -> bytes | None:
        """What a request under this name was answered before; raises KeyReused if that was another request."""
        earlier = self._holds.operation(decision, named.name)
        if earlier is None:
            return None
        fingerprint, _, answer = earlier.partition("\n")
        if fingerprint != named.request:
            raise name_reused(named.name.partition(":")[2])
        return answer.encode()


def _state(answer: bytes, stored: StoredHold) -> HoldState:
    """The answer as it is remembered. Earlier releases remembered only that there was one."""
    return msgspec.json.decode(answer, type=HoldState) if answer.startswith(b"{") else HoldState.of(stored)


def _matches(hold: Hold, node: str | None, sku: str | None) -> bool:
    return any(
        (node is None or shipment.node == node) and (sku is None or any(name == sku for name, _ in shipment.units))
        for shipment in hold.shipments
    )
