"""Gives labels back where units of a packed shipment are to leave no more: they were rejected, released or cancelled,
or an amendment let go of them; and where a return was cancelled. The same turn goes on with manifests whose closing was
broken off, and with packings whose carrier was being asked.

Whoever changes a hold or cancels a return does not look at labels. The log says which changed; one process at a time
reads it on from where it was read before, so nothing is missed when a process dies.
"""

import contextlib
import uuid
from collections.abc import Callable, Iterator
from typing import Final

from engine.actor import by_itself
from engine.errors import Contended, NotFound, PointsmanError, StoreUnavailable
from engine.fulfilment.parcels.handing_over import HandingOver
from engine.fulfilment.parcels.labels_back import LabelsBack
from engine.fulfilment.parcels.packing import PackingParts, ShipmentPacking
from engine.fulfilment.parcels.parcels import Parcels
from engine.fulfilment.parcels.shipment_reading import packings_let_go
from engine.fulfilment.return_labels.return_labels import ReturnLabels
from engine.model.parcels import ShipmentKey
from engine.store.connection.client import faults
from engine.store.connection.lease import Leases
from engine.store.fulfilment.return_labels import label_field, return_of_label
from engine.store.fulfilment.stored_shipment import shipment_key
from engine.store.log import decision_log
from engine.store.log.entry import Entry
from engine.store.log.stored_entry import UNREADABLE, parse_entry
from engine.turn_thread import TurnThread

TURN_SECONDS: Final = 10.0
_TURN_MILLISECONDS: Final = 60_000
_AT_ONCE: Final = 1_000
_RETRY_SECONDS: Final = 300
"""After which a carrier is asked again that did not take labels back."""
_LETS_GO: Final = frozenset({"released", "rejected", "cancelled", "amended"})


class GivingBack:
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
        self._labels_back = LabelsBack(parts)
        self._leases = Leases(parts.client, parts.keys)
        self._who = uuid.uuid4().hex
        self._failed: PointsmanError | None = None
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
        if self._leases.take(keys.giving_back_lease, self._who, milliseconds=_TURN_MILLISECONDS):
            with contextlib.ExitStack() as steps:  # each is taken, whatever becomes of those before it
                steps.callback(self._leases.give_back, keys.giving_back_lease, self._who)
                steps.callback(self._end_what_is_due)
                steps.callback(self.run)
                steps.callback(self.go_on_with_packings)
                steps.callback(self._handing_over.go_on)

    def go_on_with_packings(self) -> list[ShipmentKey]:
        """Go on with packings whose carrier was being asked, for labels or to take them back, when whoever asked
        stopped; the shipments with which that is done. What a carrier does not answer now is tried again after minutes.
        Raises the last such error, once all others are done.
        """
        shipments, done, failed = self._parts.shipments, [], None
        for key, number in shipments.unfinished(self._parts.clock(), at_once=_AT_ONCE):
            try:
                with by_itself():
                    self._go_on(key, number)
            except StoreUnavailable:
                raise
            except PointsmanError as error:
                failed = error
                shipments.go_on_later(key, number, at=self._parts.clock() + _RETRY_SECONDS)
            else:
                done.append(key)
        if failed is not None:
            raise failed
        return done

    def _go_on(self, key: ShipmentKey, number: int) -> None:
        shipment = self._parts.shipments.read(key).shipment
        packings = shipment.packings if shipment else ()
        match next((item.state for item in packings if item.number == number), None):
            case "booking":
                self._labels_back.go_on_with_booking(key, number)
            case "cancelling":
                self._labels_back.go_on(key, number)
            case _:
                self._parts.shipments.go_on_later(key, number, at=None)

    def run(self) -> list[str]:
        """Give back what is to be by the log up to now; the names (`DECISION/NUMBER`, `return ID`) of what had a label
        by then. A carrier that can't be asked now keeps nobody else waiting: it is asked again after minutes. Raises
        the last such error, once all others are done.
        """
        client, keys = self._parts.client, self._parts.keys
        with faults():
            cursor = client.redis.get(keys.given_back_until)
            no_labels = not client.redis.exists(keys.shipments) and not client.redis.exists(keys.returns)
            last = client.redis.xrevrange(keys.log, count=1)
        end = last[0][0] if last else b"0-0"
        if no_labels:
            return []
        self._failed = None
        if cursor is None:
            given_back = self._all()
            self._note(end.decode())
        else:
            given_back = [*self._again(), *self._since(cursor.decode())]
        if self._failed is not None:
            raise self._failed
        return given_back

    def _since(self, place: str) -> Iterator[str]:
        """By the entries of the log behind that one."""
        client, keys = self._parts.client, self._parts.keys
        while entries := decision_log.next_entries(client, keys, start=f"({place}", count=_AT_ONCE):
            for entry_id, fields in entries:
                kind = fields.get(b"kind", b"").decode()
                if kind in _LETS_GO:
                    yield from self._of_entry(entry_id, fields)
                elif kind == "return_cancelled":
                    yield from self._of_return(entry_id, fields)
            place = entries[-1][0].decode()
            self._note(place)

    def _again(self) -> Iterator[str]:
        """Those whose carrier could not be asked before, and is due."""
        with faults():
            due = self._parts.client.redis.zrangebyscore(
                self._parts.keys.not_given_back, "-inf", self._parts.clock(), start=0, num=_AT_ONCE
            )
        for name in due:
            if self._tried(name.decode()):
                yield name.decode()

    def _note(self, place: str) -> None:
        with faults():
            self._parts.client.redis.set(self._parts.keys.given_back_until, place)

    def _all(self) -> list[str]:
        """Of all that is packed and was not handed over, and of all returns that were cancelled."""
        open_packings = {item.shipment for item in self._parts.shipments.open()}
        returns = map(label_field, self._return_labels.cancelled_with_label())
        return [name for name in (*map(str, sorted(open_packings)), *returns) if self._tried(name)]

    def _of_return(self, entry_id: bytes, fields: dict[bytes, bytes]) -> Iterator[str]:
        try:
            name = label_field(parse_entry(entry_id, fields).returned.returned.id)
        except UNREADABLE:
            return  # the ledger check tells of it
        if self._tried(name):
            yield name

    def _of_entry(self, entry_id: bytes, fields: dict[bytes, bytes]) -> Iterator[str]:
        try:
            entry = parse_entry(entry_id, fields)
            decisions = dict.fromkeys(_decisions(entry))
        except UNREADABLE:
            return  # the ledger check tells of it
        for decision in decisions:
            for shipment in self._parts.shipments.of_decision(decision, self._count(decision)):
                if self._tried(str(shipment.key)):
                    yield str(shipment.key)

    def _count(self, decision: str) -> int:
        """How many shipments it has; none, if it is none of an order, as of what was set aside."""
        try:
            entry = decision_log.decided(self._parts.client, self._parts.keys, decision)
        except NotFound:
            return 0
        return len(entry.record.shipments)

    def _tried(self, name: str) -> bool:
        """Whether something of it was given back. What fails is kept, to be tried again."""
        redis, keys = self._parts.client.redis, self._parts.keys
        try:
            return_id = return_of_label(name)
            if return_id is None:
                cancelled = self._give_back(shipment_key(name))
            else:
                cancelled = self._return_labels.give_back_if_cancelled(return_id)
        except StoreUnavailable:
            raise
        except PointsmanError as error:
            self._failed = error
            with faults():
                redis.zadd(keys.not_given_back, {name: self._parts.clock() + _RETRY_SECONDS})
            return False
        with faults():
            redis.zrem(keys.not_given_back, name)
        return cancelled

    def _give_back(self, key: ShipmentKey) -> bool:
        """Cancel the packings of units that are there no more, the latest first."""
        cancelled = False
        while let_go := packings_let_go(self._packing.read(key)):
            try:
                self._parcels.give_back(key, let_go[0].number)
            except Contended:
                continue
            cancelled = True
        return cancelled


def _decisions(entry: Entry) -> Iterator[str]:
    """Those whose holds the entry changed."""
    yield entry.decision
    if entry.kind in ("cancelled", "amended") and entry.units is not None:
        yield from (hold.decision for hold in entry.units.holds)
