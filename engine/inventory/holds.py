"""Shows, confirms, releases and extends the holds of decisions, and undoes confirms."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import msgspec

from engine.errors import Contended, HoldEnded, InputInvalid, Mistake, PointsmanError, StockConflict
from engine.idempotency import answered_before, name_reused, operation, operation_name
from engine.inventory.hold_length import in_words
from engine.inventory.hold_requests import NO_LINES, EndRequest, hold_ended, on_backorder, verify_stated
from engine.inventory.hold_state import HoldState
from engine.inventory.open_holds import HoldsFilter, HoldsPage, OpenHolds
from engine.inventory.returned_units import verify_not_returned
from engine.inventory.undo import Confirm, UndoRequest
from engine.inventory.unit_choice import QuantityText
from engine.model.facts import Network
from engine.store.connection.client import Client
from engine.store.hold_changes.change_script import (
    MOST_TRIES,
    ChangeRequest,
    ChangeScript,
    begin_fields,
    confirmed_units,
    entry_fields,
    step_fields,
)
from engine.store.hold_changes.hold_change import HoldChange, Shipments, returned_units
from engine.store.hold_changes.order_change import OrderChange
from engine.store.hold_changes.order_units import OrderUnits, read_order
from engine.store.hold_changes.shipment_units import ShipmentName
from engine.store.hold_changes.stored_holds import StoredHold, read_confirms, read_stored_holds
from engine.store.holds import Holds, Operation
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.entry import Entry
from engine.store.log.entry_bodies import UnitsBody
from engine.store.orders.parked import verify_approved
from engine.store.outcomes import (
    HoldExtended,
    NotHeld,
    OperationReused,
    UnitsChanged,
    UnitsLacking,
    UnitsOnBackorder,
)

GOODS_LEFT = "If goods left nonetheless, send a stock movement (POST /v1/stock/movements)"


class DecisionHolds:
    """The holds of one network, which may be extended by at most `max_hold` minutes from now. Methods raise NotFound,
    InputInvalid, HoldEnded, AwaitingApproval, KeyReused, Contended, NotReady, StoreUnavailable.

    Where they take `shipments` and `lines`, they are about these shipments, or all; and of these about so many units of
    a line, or of the lines of a SKU, or about all units.
    """

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        max_hold: int,
        undo_seconds: int,
        network: Callable[[], Network],
        after_freeing: Callable[[], None],
        clock: Callable[[], int],
        micros: Callable[[], int],
    ) -> None:
        """`after_freeing` is called once units were released; `clock` answers UTC seconds, `micros` microseconds."""
        self._client = client
        self._keys = keys
        self._holds = Holds(client, keys)
        self._open_holds = OpenHolds(client, keys, clock=clock)
        self._max_hold = max_hold
        self._change_script = ChangeScript(client, keys)
        self._undo_seconds = undo_seconds
        self._network = network
        self._after_freeing = after_freeing
        self._clock = clock
        self._micros = micros

    def confirm(
        self,
        decision: str,
        *,
        shipments: Sequence[ShipmentName] = (),
        lines: Mapping[str, int] = NO_LINES,
        left_at: int | None = None,
        op: str | None = None,
    ) -> HoldState:
        """Held units have left: they are neither on hand nor held. So have units whose hold has expired, if that many
        are on hand and held for nobody, and the order still lacks them; the answer says that it was `late`. Raises
        StockConflict if they are on backorder, and not that many are on hand yet.

        `left_at` is when they left, in UTC microseconds; None: now. A count of that instant or later has them as gone
        already, and what is on hand then stays as it is.
        """
        request = EndRequest(decision=decision, kind="confirmed", shipments=shipments, lines=lines, left_at=left_at)
        return self._end(request, op)

    def is_done(self, decision: str, op: str) -> bool:
        """Whether what the decision holds was changed under that name, as far as that is remembered."""
        return self._holds.operation(decision, operation_name(op)) is not None

    def verify_left_at(self, decision: str, left_at: int | None) -> None:
        """Raise InputInvalid if units of the decision can't have left at that instant, in UTC microseconds: `confirm`
        would refuse it. Raises NotFound, HoldEnded.
        """
        verify_stated(left_at, began=self._entry(decision).at, now=self._clock(), field="left_at")

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
        state = self._end(EndRequest(decision=decision, kind="released", shipments=shipments, lines=lines), op)
        self._after_freeing()
        return state

    def undo(
        self,
        decision: str,
        *,
        shipments: Sequence[ShipmentName] = (),
        lines: Mapping[str, int] = NO_LINES,
        op: str | None = None,
    ) -> HoldState:
        """Units that were confirmed, not longer ago than the setting says, did not leave: they are held again until the
        hold would have expired, and for half an hour at least. They are on hand again, too, unless they were counted
        or loaded since, as a count has them already. Raises StockConflict if it has fewer.
        """
        request = UndoRequest(decision=decision, seconds=self._undo_seconds, shipments=shipments, lines=lines)
        entry, named = self._entry(decision), operation(request.fingerprint, op)

        def plan(stored: StoredHold, now: int) -> ChangeRequest:
            confirms = read_confirms(self._client, self._keys, decision)
            change = request.change(
                stored, [Confirm.of(*item) for item in confirms.items()], now=now, text=self._quantity_text
            )
            undone = sum((Counter(item.lines) for item in change.returned), Counter())
            guard = verify_not_returned(self._client, self._keys, entry.record.order.id, undone)
            body = UnitsBody(holds=(returned_units(change),), order=entry.record.order.id).encode().decode()
            more = {"caller": stored.caller, **begin_fields(stored), "until": str(change.until), "units": body}
            return ChangeRequest(
                about=decision,
                now=now,
                changes=[change],
                entries=[entry_fields("undone", decision, now, **more)],
                micros=self._micros(),
                not_returned=guard,
                operation=named,
                answer=msgspec.json.encode(HoldState.after(stored, change.after, until=change.until)),
            )

        return self._run(entry, named, op, plan)

    def extend(
        self, decision: str, *, until: int | None = None, minutes: int | None = None, op: str | None = None
    ) -> HoldState:
        """Hold until the instant `until`, or for so many minutes from now; never shorter than before."""
        entry, now = self._entry(decision), self._clock()
        new_until = until if until is not None else now + 60 * (minutes or 0)
        if not now < new_until <= now + 60 * self._max_hold:
            bound = f"at most {in_words(self._max_hold)} from it (POINTSMAN_MAX_HOLD)"
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
        service: str | None = None,
        sku: str | None = None,
        expiring_before: int | None = None,
        after: tuple[int, str] | None = None,
        limit: int,
    ) -> HoldsPage:
        """At most `limit` open holds, the first to expire first: those with units at `node`, by `service` and of `sku`,
        as far as these are given.
        """
        filtered = HoldsFilter(node=node, service=service, sku=sku, expiring_before=expiring_before)
        return self._open_holds.page(filtered, after=after, limit=limit)

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
        verify_stated(request.left_at, began=entry.at, now=self._clock(), field="left_at")

        def plan(stored: StoredHold, now: int) -> ChangeRequest | None:
            if request.kind == "confirmed":
                verify_approved(self._client, self._keys, entry.record.order.id)
            after = request.shipments_after(stored, at=now, text=self._quantity_text)
            if after == stored.shipments:
                return None
            late = any(
                item.lines("expired") != new.lines("expired") for item, new in zip(stored.shipments, after, strict=True)
            )
            confirmed = None
            if request.kind == "confirmed":
                confirmed = confirmed_units(stored.shipments, after, seconds=self._undo_seconds)
            return ChangeRequest(
                about=request.decision,
                now=now,
                changes=[HoldChange(before=stored, after=after)],
                entries=[
                    step_fields(
                        entry.record,
                        stored.shipments,
                        after,
                        request.kind,
                        now=now,
                        late=stored if late else None,
                    )
                ],
                operation=named,
                answer=msgspec.json.encode(HoldState.after(stored, after, until=stored.until, late=late)),
                confirmed=confirmed,
                micros=self._micros(),
                left_at=request.left_at,
                order=self._order_of_late_units(stored, after) if late else None,
            )

        return self._run(entry, named, op, plan)

    def _run(
        self,
        entry: Entry,
        named: Operation,
        op: str | None,
        plan: Callable[[StoredHold, int], ChangeRequest | None],
    ) -> HoldState:
        """Make the change that `plan` works out of the hold as it is, again and again until no other change comes in
        between. Without a change the hold is as requested.
        """
        decision = entry.decision
        for _ in range(MOST_TRIES):
            now = self._clock()
            stored = self._read(entry, now)
            answer = answered_before(self._holds, decision, named, op)
            if answer is not None:
                return HoldState.remembered(answer, stored)
            change = self._planned(plan, stored, now)
            if change is None:
                return HoldState.of(stored)
            match self._change_script.run(change):
                case UnitsChanged(answer=done):
                    return HoldState.remembered(done.decode(), stored)
                case OperationReused():
                    raise name_reused(op)
                case UnitsLacking() as lacking:
                    raise _units_lacking(stored, lacking, change, self._quantity_text)
                case UnitsOnBackorder() as awaited:
                    raise on_backorder(awaited, self._quantity_text)
        raise Contended(f"what decision {decision} holds changes again and again; try again")

    def _planned(
        self, plan: Callable[[StoredHold, int], ChangeRequest | None], stored: StoredHold, now: int
    ) -> ChangeRequest | None:
        """What `plan` makes of the hold. That it is as requested already, or has ended, is not said before enough
        replicas have that.
        """
        try:
            change = plan(stored, now)
        except HoldEnded:
            self._client.verify_replicated(self._keys.log)
            raise
        if change is None:
            self._client.verify_replicated(self._keys.log)
        return change

    def _quantity_text(self, sku: str, units: int) -> str:
        return self._network().quantity_text(sku, units)

    def _order_of_late_units(self, stored: StoredHold, after: Shipments) -> OrderChange:
        """The order, of which these expired units must still be unfilled; raises HoldEnded if some are not."""
        reading = read_order(self._client, self._keys, stored.record.first)
        holds = tuple(read_stored_holds(self._client, self._keys, reading.entries))
        skus = {line: sku for shipment in after for line, sku in shipment.skus.items()}
        still_ordered = {line.id for line in reading.order.lines if line.sku == skus.get(line.id)}
        units = OrderUnits(reading=reading, holds=holds).unfilled
        unfilled = Counter({line: count for line, count in units.items() if line in still_ordered})
        leaving = _expired_units(stored.shipments) - _expired_units(after)
        lacking = [line for line, count in leaving.items() if count > unfilled[line]]
        if lacking:
            lacks = self._quantity_text(skus[lacking[0]], unfilled[lacking[0]])
            raise HoldEnded(
                f"{hold_ended(stored)}; of line {lacking[0]} the order lacks only {lacks} by now: the"
                f" others are cancelled, wait, or ship from elsewhere. {GOODS_LEFT}"
            )
        return OrderChange(reading=reading)


def _expired_units(shipments: Shipments) -> Counter[str]:
    """By line."""
    return sum((Counter(item.lines("expired")) for item in shipments), Counter())


def _units_lacking(
    stored: StoredHold, lacking: UnitsLacking, change: ChangeRequest, text: QuantityText
) -> PointsmanError:
    """Why units can't leave late, or be held again."""
    there = f"{text(lacking.sku, lacking.free)} of {lacking.sku} at {lacking.node} are on hand and held for nobody"
    if change.confirmed:
        return HoldEnded(f"{hold_ended(stored)}; {there}. {GOODS_LEFT}")
    return StockConflict(f"the stock was counted or loaded since, and only {there}; send a count if they are there")
