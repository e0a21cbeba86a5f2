"""Goes on with packings whose carrier was being asked, for labels or to take them back, when whoever asked stopped."""

import logging
from typing import Final

from engine.actor import by_itself
from engine.errors import CarrierUnavailable, PointsmanError, StoreUnavailable
from engine.fulfilment.parcels.carrier_limits import CarrierLimits
from engine.fulfilment.parcels.labels_back import LabelsBack
from engine.fulfilment.parcels.packing import PackingParts
from engine.model.parcels import Packing, ShipmentKey

RETRY_SECONDS: Final = 300
"""After which a carrier is asked again for what it did not answer."""
_AT_ONCE: Final = 1_000

logger = logging.getLogger("pointsman")


class UnfinishedPackings:
    """Of one network."""

    def __init__(self, parts: PackingParts) -> None:
        self._parts = parts
        self._labels_back = LabelsBack(parts)

    def go_on(self, limits: CarrierLimits) -> list[ShipmentKey]:
        """The shipments with which that is done. What a carrier does not answer now is tried again after minutes, and
        what else it is to be asked, a little later. Raises the last such error, once all others are done; Contended
        if another process has the turn by now; and StoreUnavailable.
        """
        done: list[ShipmentKey] = []
        failed: PointsmanError | None = None
        for key, number in self._parts.shipments.unfinished(self._parts.clock(), at_once=_AT_ONCE):
            limits.keep_turn()
            try:
                if self._go_on(key, number, limits):
                    done.append(key)
            except StoreUnavailable:
                raise
            except PointsmanError as error:
                failed = error
                self._put_off(key, number, error)
            except Exception as error:
                logger.exception("packing %d of shipment %s is gone on with later", number, key)
                self._put_off(key, number, error)
        if failed is not None:
            raise failed
        return done

    def _go_on(self, key: ShipmentKey, number: int, limits: CarrierLimits) -> bool:
        """Whether that is done; if not, it is put off."""
        packing = self._find(key, number)
        if packing is None or packing.state == "packed":
            self._parts.shipments.go_on_later(key, number, at=None)
            return True
        until = limits.put_off_until(packing.carrier)
        if until is not None:
            self._parts.shipments.go_on_later(key, number, at=until)
            return False
        with limits.asking(packing.carrier), by_itself():
            match packing.state:
                case "booking":
                    self._labels_back.go_on_with_booking(key, number)
                case "cancelling":
                    self._labels_back.go_on(key, number)
                case "cancelled":
                    self._labels_back.ask_again(key, number)
        return True

    def _find(self, key: ShipmentKey, number: int) -> Packing | None:
        shipment = self._parts.shipments.read(key).shipment
        packings = shipment.packings if shipment else ()
        return next((item for item in packings if item.number == number), None)

    def _put_off(self, key: ShipmentKey, number: int, error: Exception) -> None:
        self._parts.shipments.go_on_later(key, number, at=retry_at(error, self._parts.clock()))


def retry_at(error: Exception, now: int) -> int:
    """When what failed so is tried again."""
    asked_for = (error.retry_after or 0) if isinstance(error, CarrierUnavailable) else 0
    return now + max(RETRY_SECONDS, asked_for)
