"""Gives labels back where units of a packed shipment are to leave no more: they were rejected, released or cancelled,
or an amendment let go of them; and where a return was cancelled. What was handed over and did not leave is handed over
again. The same turn goes on with manifests whose closing was
broken off, and with packings and labels of returns whose carrier was being asked.

Whoever changes a hold or cancels a return does not look at labels. The log says which changed; one process at a time
reads it on from where it was read before, so nothing is missed when a process dies.
"""

import contextlib
import functools
import uuid
from collections.abc import Callable, Iterator
from typing import Final

from engine.errors import Contended, NotFound
from engine.fulfilment.parcels.carrier_limits import CarrierLimits
from engine.fulfilment.parcels.handing_over import HandingOver
from engine.fulfilment.parcels.packing import PackingParts, ShipmentPacking
from engine.fulfilment.parcels.parcels import Parcels
from engine.fulfilment.parcels.returned_units import UNDONE, ReturnedUnits, returned_by
from engine.fulfilment.parcels.shipment_reading import packings_let_go
from engine.fulfilment.parcels.turn_attempts import StepResult, TurnAttempts
from engine.fulfilment.parcels.undone_handover import UndoneHandover
from engine.fulfilment.parcels.unfinished_packings import UnfinishedPackings
from engine.fulfilment.return_labels.return_labels import ReturnLabels
from engine.model.parcels import ShipmentKey
from engine.store.connection.client import faults
from engine.store.connection.lease import Leases
from engine.store.flows.returns import StoredReturns
from engine.store.flows.stored_return import StoredReturn
from engine.store.fulfilment.return_labels import label_field, return_of_label
from engine.store.fulfilment.stored_shipment import shipment_key
from engine.store.log import decision_log
from engine.store.log.entry import Entry
from engine.store.log.stored_entry import UNREADABLE, parse_entry
from engine.turn_thread import TurnThread

TURN_SECONDS: Final = 10.0
_TURN_MILLISECONDS: Final = 60_000
_AT_ONCE: Final = 1_000
_LETS_GO: Final = frozenset({"released", "rejected", "cancelled", "amended"})


class UnneededLabels:
    """Of one network."""

    def __init__(
        self,
        parts: PackingParts,
        parcels: Parcels,
        handing_over: HandingOver,
        return_labels: ReturnLabels,
        *,
        end_what_is_due: Callable[[], None],
    ) -> None:
        """`end_what_is_due` ends what is kept for a time."""
        self._parts = parts
        self._parcels = parcels
        self._handing_over = handing_over
        self._return_labels = return_labels
        self._end_what_is_due = end_what_is_due
        self._packing = ShipmentPacking(parts)
        self._undone_handover = UndoneHandover(parts)
        self._unfinished_packings = UnfinishedPackings(parts)
        self._returns = StoredReturns(parts.client, parts.keys)
        self._leases = Leases(parts.client, parts.keys)
        self._who = uuid.uuid4().hex
        self._thread: TurnThread | None = None

    def start(self) -> None:
        """From here on, and until it is closed, do so every few seconds."""
        self._thread = TurnThread(
            self.take_turn,
            name="parcels",
            seconds=TURN_SECONDS,
            later="labels of shipments that were let go are given back",
        )
        self._thread.start()

    def close(self) -> None:
        if self._thread is not None:
            self._thread.stop()

    def take_turn(self) -> None:
        """Confirm what was handed over, and give labels back, if no other process does at present."""
        keys = self._parts.keys
        if self._leases.take(keys.unneeded_labels_lease, self._who, milliseconds=_TURN_MILLISECONDS):
            limits = self._limits(self._keep_turn)
            with contextlib.ExitStack() as steps:  # each is taken, whatever becomes of those before it
                steps.callback(self._leases.give_back, keys.unneeded_labels_lease, self._who)
                steps.callback(self._take_step, self._end_what_is_due)
                steps.callback(self._take_step, lambda: self._run(limits))
                steps.callback(self._take_step, lambda: self._return_labels.go_on(limits))
                steps.callback(self._take_step, lambda: self._unfinished_packings.go_on(limits))
                steps.callback(self._take_step, self._handing_over.go_on)

    def _take_step(self, step: Callable[[], object]) -> None:
        self._keep_turn()
        step()

    def _keep_turn(self) -> None:
        """Raises Contended if it was over, and is another process's by now."""
        if not self._leases.take(self._parts.keys.unneeded_labels_lease, self._who, milliseconds=_TURN_MILLISECONDS):
            raise Contended("another process gives labels back")

    def _limits(self, keep_turn: Callable[[], None] = lambda: None) -> CarrierLimits:
        return CarrierLimits(clock=self._parts.clock, keep_turn=keep_turn)

    def go_on_with_packings(self) -> list[ShipmentKey]:
        """Go on with packings whose carrier was being asked (see UnfinishedPackings.go_on)."""
        return self._unfinished_packings.go_on(self._limits())

    def go_on_with_return_labels(self) -> list[str]:
        """Go on with labels of returns whose carrier was being asked (see UnfinishedReturnLabels.go_on)."""
        return self._return_labels.go_on(self._limits())

    def run(self) -> list[str]:
        """Give back what is to be by the log up to now; the names (`DECISION/NUMBER`, `return ID`) of what had a label
        by then. A carrier that can't be asked now keeps nobody else waiting: it is asked again after minutes. Raises
        the last such error, once all others are done.
        """
        return self._run(self._limits())

    def _run(self, limits: CarrierLimits) -> list[str]:
        client, keys = self._parts.client, self._parts.keys
        with faults():
            cursor = client.redis.get(keys.given_back_until)
            no_labels = not client.redis.exists(keys.shipments) and not client.redis.exists(keys.returns)
            last = client.redis.xrevrange(keys.log, count=1)
        end = last[0][0] if last else b"0-0"
        if no_labels:
            return []
        attempts = TurnAttempts(limits, clock=self._parts.clock)
        if cursor is None:
            given_back = self._all(attempts)
            self._note(end.decode())
        else:
            given_back = [*self._again(attempts), *self._since(cursor.decode(), attempts)]
        attempts.raise_last_error()
        return given_back

    def _since(self, place: str, attempts: TurnAttempts) -> Iterator[str]:
        """By the entries of the log behind that one."""
        client, keys = self._parts.client, self._parts.keys
        while entries := decision_log.next_entries(client, keys, start=f"({place}", count=_AT_ONCE):
            for entry_id, fields in entries:
                kind = fields.get(b"kind", b"").decode()
                if kind in _LETS_GO:
                    yield from self._of_entry(entry_id, fields, attempts)
                elif kind == "return_cancelled":
                    yield from self._of_return(entry_id, fields, attempts)
                elif kind == UNDONE:
                    self._reopen_all(entry_id, fields, attempts)
            place = entries[-1][0].decode()
            self._note(place)

    def _reopen_all(self, entry_id: bytes, fields: dict[bytes, bytes], attempts: TurnAttempts) -> None:
        """Have what did not leave after all handed over again."""
        try:
            returned = returned_by(parse_entry(entry_id, fields))
        except UNREADABLE:
            return  # the ledger check tells of it
        for item in returned:
            self._reopen(item, attempts)

    def _reopen(self, returned: ReturnedUnits, attempts: TurnAttempts) -> None:
        """What fails is kept, to be tried again."""
        attempts.attempt(
            functools.partial(self._reopen_shipment, returned),
            put_off=functools.partial(self._put_off, returned.name),
            later=f"shipment {returned.key} did not leave, and is listed later as to be handed over",
        )

    def _reopen_shipment(self, returned: ReturnedUnits) -> StepResult:
        done = self._undone_handover.reopen(returned)
        self._drop(returned.name)
        return StepResult(done=done)

    def _again(self, attempts: TurnAttempts) -> Iterator[str]:
        """Those whose carrier could not be asked before, or which could not be listed again, and are due."""
        with faults():
            due = self._parts.client.redis.zrangebyscore(
                self._parts.keys.not_given_back, "-inf", self._parts.clock(), start=0, num=_AT_ONCE
            )
        for name in map(bytes.decode, due):
            returned = ReturnedUnits.of_name(name)
            if returned is not None:
                self._reopen(returned, attempts)
            elif self._attempt(name, attempts):
                yield name

    def _note(self, place: str) -> None:
        with faults():
            self._parts.client.redis.set(self._parts.keys.given_back_until, place)

    def _all(self, attempts: TurnAttempts) -> list[str]:
        """Of all that was packed, and of all returns that were cancelled; and have all handed over again that the log
        says did not leave after all.
        """
        shipments = map(str, sorted(set(self._parts.shipments.every())))
        returns = map(label_field, self._return_labels.cancelled_with_label())
        given_back = [name for name in (*shipments, *returns) if self._attempt(name, attempts)]
        for item in self._undone_handover.find_all(attempts.limits.keep_turn):
            self._reopen(item, attempts)
        return given_back

    def _of_return(self, entry_id: bytes, fields: dict[bytes, bytes], attempts: TurnAttempts) -> Iterator[str]:
        try:
            name = label_field(parse_entry(entry_id, fields).returned.returned.id)
        except UNREADABLE:
            return  # the ledger check tells of it
        if self._attempt(name, attempts):
            yield name

    def _of_entry(self, entry_id: bytes, fields: dict[bytes, bytes], attempts: TurnAttempts) -> Iterator[str]:
        try:
            entry = parse_entry(entry_id, fields)
            decisions = dict.fromkeys(_decisions(entry))
        except UNREADABLE:
            return  # the ledger check tells of it
        for decision in decisions:
            for shipment in self._parts.shipments.of_decision(decision, self._count(decision)):
                if self._attempt(str(shipment.key), attempts):
                    yield str(shipment.key)

    def _count(self, decision: str) -> int:
        """How many shipments it has; none, if it is none of an order, as of what was set aside."""
        try:
            entry = decision_log.decided(self._parts.client, self._parts.keys, decision)
        except NotFound:
            return 0
        return len(entry.record.shipments)

    def _attempt(self, name: str, attempts: TurnAttempts) -> bool:
        """Whether something of it was given back. What fails is kept, to be tried again; and so is what its carrier is
        not asked in this turn.
        """
        return attempts.attempt(
            functools.partial(self._give_back_named, name, attempts.limits),
            put_off=functools.partial(self._put_off, name),
            later=f"labels of {name} are given back later",
        )

    def _give_back_named(self, name: str, limits: CarrierLimits) -> StepResult:
        return_id = return_of_label(name)
        if return_id is None:
            result = self._give_back(shipment_key(name), limits)
        else:
            result = self._give_back_return(return_id, limits)
        if result.go_on_at is None:
            self._drop(name)
        return result

    def _drop(self, name: str) -> None:
        """It is not to be tried again."""
        with faults():
            self._parts.client.redis.zrem(self._parts.keys.not_given_back, name)

    def _put_off(self, name: str, until: int) -> None:
        with faults():
            self._parts.client.redis.zadd(self._parts.keys.not_given_back, {name: until})

    def _give_back(self, key: ShipmentKey, limits: CarrierLimits) -> StepResult:
        """Cancel the packings of units that are there no more, the latest first. Whether there was one; and when the
        next is tried, if its carrier is not to be asked now.
        """
        cancelled = False
        while let_go := packings_let_go(self._packing.read(key)):
            carrier = let_go[0].carrier if let_go[0].sold else None
            until = limits.put_off_until(carrier)
            if until is not None:
                return StepResult(done=cancelled, go_on_at=until)
            with limits.asking(carrier), contextlib.suppress(Contended):
                self._parcels.give_back(key, let_go[0].number)
                cancelled = True
        return StepResult(done=cancelled)

    def _give_back_return(self, return_id: str, limits: CarrierLimits) -> StepResult:
        """The same of the label of a return."""
        stored = self._returns.read(return_id)
        label = StoredReturn.decode(stored).label if stored else None
        carrier = label.carrier if label is not None and label.sold else None
        until = limits.put_off_until(carrier)
        if until is not None:
            return StepResult(done=False, go_on_at=until)
        with limits.asking(carrier):
            return StepResult(done=self._return_labels.give_back_if_cancelled(return_id))


def _decisions(entry: Entry) -> Iterator[str]:
    """Those whose holds the entry changed."""
    yield entry.decision
    if entry.kind in ("cancelled", "amended") and entry.units is not None:
        yield from (hold.decision for hold in entry.units.holds)
