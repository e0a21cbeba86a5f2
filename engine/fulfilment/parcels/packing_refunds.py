"""Gives the labels of packings back: the packing is stored as being cancelled, its carrier is asked, and then it is
cancelled. Each step does nothing twice; where one was the last, the service goes on by itself.
"""

from dataclasses import replace

from engine.errors import (
    CarrierHasNoSuch,
    CarrierRefused,
    Contended,
    GivenBackInPart,
    NotPackable,
    PointsmanError,
    StoreUnavailable,
)
from engine.fulfilment.carriers.refund_reasons import not_answered, not_taken_back, with_reason
from engine.fulfilment.parcels.label_purchase import reference
from engine.fulfilment.parcels.packing import PackingParts, ShipmentPacking
from engine.fulfilment.parcels.packing_endings import PackingEndings
from engine.fulfilment.parcels.shipment_reading import ShipmentReading, packings_let_go
from engine.idempotency import name_reused, operation
from engine.model.parcels import Packing, ShipmentKey
from engine.store.fulfilment.shipment_change import ShipmentChanged
from engine.store.hold_changes.change_script import MOST_TRIES
from engine.store.outcomes import OperationReused
from rules.syntax.literals import SECONDS_A_DAY

WAITED_FOR = SECONDS_A_DAY
"""For so long a carrier that does not answer is asked for labels, and then for so long to take them back."""
_ASKED_AGAIN_FOR = 3 * WAITED_FOR
"""Since it was packed: a day for its labels, a day to take them back, and a day to ask once more."""
_LET_GO = "its units are to leave no more"
_NOT_BOOKED = "its carrier sold no labels within a day"


class PackingRefunds:
    """Of one network. Methods raise Contended, StoreUnavailable."""

    def __init__(self, parts: PackingParts) -> None:
        self._parts = parts
        self._packing = ShipmentPacking(parts)
        self._endings = PackingEndings(parts.shipments, clock=parts.clock, micros=parts.micros)

    def cancel(self, key: ShipmentKey, number: int, *, because: str, op: str | None, request: str) -> None:
        """As somebody asks for it. Raises NotPackable, KeyReused, CarrierUnavailable, and CarrierRefused or
        CarrierHasNoSuch, with which it stays as it is. Where the carrier takes only some of its labels back, it is
        cancelled, and `because` names those that stay paid.
        """
        for _ in range(MOST_TRIES):
            reading, packing = self._read(key, number)
            if packing.state == "cancelled":
                return
            if packing.state != "cancelling":
                _verify_here(reading, packing)
                if packing.sold:
                    self._endings.store_cancelling(reading, packing, because=because)
                    continue
            try:
                self._ask(reading, packing)
            except GivenBackInPart as error:
                because = with_reason(because or packing.because, not_taken_back(error, packing.carrier or ""))
            except (CarrierRefused, CarrierHasNoSuch):
                self._endings.store_kept(reading, packing)
                raise
            outcome = self._endings.store_cancelled(
                reading,
                packing,
                because=because or packing.because,
                named=operation(request, op),
                asks_again=_may_be_bought_yet(packing),
            )
            match outcome:
                case ShipmentChanged():
                    return
                case OperationReused():
                    raise name_reused(op)
        raise _changes(key)

    def give_back(self, key: ShipmentKey, number: int, *, because: str = _LET_GO) -> None:
        """Because nobody needs it any more, also if its carrier takes no label back. Raises CarrierUnavailable."""
        for _ in range(MOST_TRIES):
            reading, packing = self._read(key, number)
            if packing.state == "cancelled":
                return
            if packing.state == "cancelling":
                self.go_on(key, number)
            elif packing.sold:
                self._endings.store_cancelling(reading, packing, because=because)
            else:
                self._endings.store_cancelled(reading, packing, because=because)
        raise _changes(key)

    def go_on(self, key: ShipmentKey, number: int) -> None:
        """Go on with a packing that is being cancelled, where whoever began does not. A carrier that takes no label
        back keeps it as it was, unless its units are let go, or it was never bought; one that takes only some back does
        not keep it, and one that does not answer for a day is waited for no longer. Raises what asking a carrier does.
        """
        reading, packing = self._read(key, number)
        if packing.state != "cancelling":
            return
        because, asks_again = packing.because, _may_be_bought_yet(packing)
        try:
            self._ask(reading, packing)
        except (CarrierRefused, CarrierHasNoSuch) as error:
            if not isinstance(error, GivenBackInPart) and not self._is_of_no_use(reading, packing):
                self._endings.store_kept(reading, packing)
                return
            because = with_reason(because, not_taken_back(error, packing.carrier or ""))
        except StoreUnavailable:
            raise
        except PointsmanError as error:
            if self._parts.clock() - (packing.cancelling_since or 0) < WAITED_FOR:
                raise
            because, asks_again = with_reason(because, not_answered(error)), False
        outcome = self._endings.store_cancelled(reading, packing, because=because, asks_again=asks_again)
        if not isinstance(outcome, ShipmentChanged):
            raise _changes(key)

    def ask_again(self, key: ShipmentKey, number: int) -> None:
        """Have the carrier of a packing that is cancelled take back what it sold for it since: somebody may have been
        about to buy its labels when it was cancelled. Raises what asking a carrier does; one that takes none back, or
        does not answer for days, is asked no longer, and `because` of the packing says so.
        """
        reading, packing = self._read(key, number)
        try:
            self._ask(reading, replace(packing, booking=None))  # by its reference: what was booked is known to nobody
        except StoreUnavailable:
            raise
        except CarrierHasNoSuch as error:
            self._end_asking(reading, packing, not_taken_back(error, packing.carrier or ""))
        except PointsmanError as error:
            if self._parts.clock() - packing.packed_at < _ASKED_AGAIN_FOR:
                raise
            self._end_asking(reading, packing, not_answered(error))
        else:
            self._parts.shipments.go_on_later(key, number, at=None)

    def _end_asking(self, reading: ShipmentReading, packing: Packing, why: str) -> None:
        """Its carrier is asked no more, and people read why."""
        because = with_reason(packing.because, why)
        if not isinstance(self._endings.store_cancelled(reading, packing, because=because), ShipmentChanged):
            raise _changes(reading.key)

    def go_on_with_booking(self, key: ShipmentKey, number: int) -> None:
        """Ask for the labels of a packing again, where whoever packed it does not; after a day, or if its units were
        let go, it is cancelled. Raises what asking a carrier does.
        """
        reading, packing = self._read(key, number)
        if packing in packings_let_go(reading):
            self.give_back(key, number)
        elif self._parts.clock() - packing.packed_at >= WAITED_FOR:
            self.give_back(key, number, because=_NOT_BOOKED)
        else:
            self._packing.go_on(key, number)

    def _is_of_no_use(self, reading: ShipmentReading, packing: Packing) -> bool:
        """Whether its units are let go, or its carrier sold nothing for it for a day."""
        waited = self._parts.clock() - packing.packed_at >= WAITED_FOR
        return packing in packings_let_go(reading) or (packing.booking is None and waited)

    def _ask(self, reading: ShipmentReading, packing: Packing) -> None:
        """The carrier, to take back what was bought for it. Where it is not known what was, it raises CarrierHasNoSuch,
        too, only if it finds something that was paid and takes it not back.
        """
        if packing.sold and packing.carrier is not None:
            carrier = self._parts.carriers.carrier(packing.carrier)
            carrier.cancel(packing.booking or "", reference(reading.key, packing))

    def _read(self, key: ShipmentKey, number: int) -> tuple[ShipmentReading, Packing]:
        reading = self._packing.read(key)
        return reading, next(item for item in reading.packed.packings if item.number == number)


def _may_be_bought_yet(packing: Packing) -> bool:
    """Whether somebody may be about to buy its labels, and not know that it is being cancelled."""
    return packing.sold and packing.booking is None


def _changes(key: ShipmentKey) -> Contended:
    return Contended(f"shipment {key} changes again and again; try again")


def _verify_here(reading: ShipmentReading, packing: Packing) -> None:
    """Raise NotPackable if the parcels have left their node: fewer units are held than are in them, and others have
    left than are in other parcels.
    """
    units = reading.hold.shipments[reading.key.number]
    held, left = units.lines("held"), units.lines("confirmed")
    others = reading.packed.with_packing(replace(packing, state="cancelled")).units
    if any(
        count > held.get(line, 0) and left.get(line, 0) > others.get(line, 0) for line, count in packing.units.items()
    ):
        raise NotPackable(
            f"packing {packing.number} of shipment {reading.key} has left; if it did not, undo the confirm first (POST"
            f" /v1/decisions/{reading.key.decision}/confirm/undo, or: pointsman hold undo {reading.key.decision})"
        )
