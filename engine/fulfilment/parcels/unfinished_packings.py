"""Goes on with packings whose carrier was being asked, for labels or to take them back, when whoever asked stopped."""

import functools
from typing import Final

from engine.actor import by_itself
from engine.fulfilment.parcels.carrier_limits import CarrierLimits
from engine.fulfilment.parcels.packing import PackingParts
from engine.fulfilment.parcels.packing_refunds import PackingRefunds
from engine.fulfilment.parcels.turn_attempts import StepResult, TurnAttempts
from engine.model.parcels import Packing, ShipmentKey

_AT_ONCE: Final = 1_000


class UnfinishedPackings:
    """Of one network."""

    def __init__(self, parts: PackingParts) -> None:
        self._parts = parts
        self._refunds = PackingRefunds(parts)

    def go_on(self, limits: CarrierLimits) -> list[ShipmentKey]:
        """The shipments with which that is done. What a carrier does not answer now is tried again after minutes, and
        what else it is to be asked, a little later. Raises the last such error, once all others are done; Contended
        if another process has the turn by now; and StoreUnavailable.
        """
        attempts = TurnAttempts(limits, clock=self._parts.clock)
        done = [
            key
            for key, number in self._parts.shipments.unfinished(self._parts.clock(), at_once=_AT_ONCE)
            if attempts.attempt(
                functools.partial(self._go_on, key, number, limits),
                put_off=functools.partial(self._put_off, key, number),
                later=f"packing {number} of shipment {key} is gone on with later",
            )
        ]
        attempts.raise_last_error()
        return done

    def _go_on(self, key: ShipmentKey, number: int, limits: CarrierLimits) -> StepResult:
        """Whether that is done; if not, when it is to be."""
        packing = self._find(key, number)
        if packing is None or packing.state == "packed":
            self._parts.shipments.go_on_later(key, number, at=None)
            return StepResult(done=True)
        until = limits.put_off_until(packing.carrier)
        if until is not None:
            return StepResult(done=False, go_on_at=until)
        with limits.asking(packing.carrier), by_itself():
            match packing.state:
                case "booking":
                    self._refunds.go_on_with_booking(key, number)
                case "cancelling":
                    self._refunds.go_on(key, number)
                case "cancelled":
                    self._refunds.ask_again(key, number)
        return StepResult(done=True)

    def _find(self, key: ShipmentKey, number: int) -> Packing | None:
        shipment = self._parts.shipments.read(key).shipment
        packings = shipment.packings if shipment else ()
        return next((item for item in packings if item.number == number), None)

    def _put_off(self, key: ShipmentKey, number: int, until: int) -> None:
        self._parts.shipments.go_on_later(key, number, at=until)
