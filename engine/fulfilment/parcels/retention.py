"""Ends what is kept of shipments for a time: labels that carriers sold, whom parcels went to, and packings that were
never handed over with a manifest.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Final

from engine.actor import by_itself
from engine.errors import NotFound, OrderErased, PointsmanError, StoreUnavailable
from engine.fulfilment.parcels.packing import PackingParts, ShipmentPacking
from engine.fulfilment.parcels.packing_endings import PackingEndings
from engine.model.parcels import ShipmentKey
from engine.orders.order_state import OrderState
from engine.store.connection.client import faults
from engine.store.fulfilment.kept_papers import KEPT_SECONDS, KeptPapers
from engine.store.log.stored_entry import UNREADABLE
from rules.syntax.literals import SECONDS_A_DAY

OPEN_SECONDS: Final = 30 * SECONDS_A_DAY
"""After which a packing that is on no manifest, and whose units are not held any more, is not to be handed over."""
_LATER_SECONDS: Final = 30 * SECONDS_A_DAY
"""After which it is looked again whether an order is over."""
_UNREADABLE_SECONDS: Final = SECONDS_A_DAY
"""After which an order is read again that could not be."""
_AT_ONCE: Final = 200

logger = logging.getLogger("pointsman")


class Retention:
    """Of one network. `order` shows an order as it stands. What can't be done for one order or shipment is logged, and
    keeps no other waiting. Methods raise StoreUnavailable.
    """

    def __init__(self, parts: PackingParts, *, order: Callable[[str], OrderState]) -> None:
        self._parts, self._order = parts, order
        self._packing = ShipmentPacking(parts)
        self._endings = PackingEndings(parts.shipments, clock=parts.clock, micros=parts.micros)
        self._papers = KeptPapers(parts.client, parts.keys)

    def take_turn(self) -> None:
        """End what is due; once a day also packings that nobody handed over."""
        with by_itself():
            self._papers.forget_labels(self._parts.clock() - KEPT_SECONDS, at_once=_AT_ONCE)
            self.forget_addressees()
            if not self._looked_through_today():
                self.close_packings()
                self._note_looked_through()

    def forget_addressees(self) -> None:
        """Of orders of which nothing is to be done any more, and of those that never came. An order that can't be read
        may not be over: its addressee is kept for another day.
        """
        now = self._parts.clock()
        for order in self._papers.old_addressees(now - KEPT_SECONDS, at_once=_AT_ONCE):
            kept_for = _UNREADABLE_SECONDS
            with _logged(f"whether order {order} is over, and its addressee to be forgotten, is looked at tomorrow"):
                if self._is_over(order):
                    self._forget_addressee(order)
                    continue
                kept_for = _LATER_SECONDS
            self._papers.keep_addressee(order, since=now - KEPT_SECONDS + kept_for)

    def _forget_addressee(self, order: str) -> None:
        try:
            self._parts.addressees.remove(order, now=self._parts.clock())
        except OrderErased:
            self._papers.leave_addressee(order)

    def _is_over(self, order: str) -> bool:
        try:
            state = self._order(order)
        except NotFound:
            return True
        is_awaited = state.awaits_approval or bool(state.open_returns(self._parts.clock()))
        return not (state.units("held") or state.units("waiting") or is_awaited)

    def close_packings(self) -> None:
        """Those whose units have left otherwise, or were let go, long ago."""
        packed = {item.shipment for item in self._parts.shipments.open() if item.state == "packed"}
        for key in sorted(packed):
            with _logged(f"whether the packings of shipment {key} are closed is looked at tomorrow"):
                self._close_old(key)

    def _close_old(self, key: ShipmentKey) -> None:
        until = self._parts.clock() - OPEN_SECONDS
        shipment = self._parts.shipments.read(key).shipment
        for packing in shipment.packings if shipment else ():
            if packing.state == "packed" and packing.is_open and packing.packed_at <= until:
                self._close(key, packing.number)

    def _close(self, key: ShipmentKey, number: int) -> None:
        """If others change it meanwhile, it is closed the next day."""
        reading = self._packing.read(key)
        packing = next(item for item in reading.packed.packings if item.number == number)
        if packing.is_open and not reading.is_held:
            self._endings.store_closed(reading, packing)

    def _looked_through_today(self) -> bool:
        with faults():
            return bool(self._parts.client.redis.exists(self._parts.keys.packings_closed))

    def _note_looked_through(self) -> None:
        with faults():
            self._parts.client.redis.set(self._parts.keys.packings_closed, "1", ex=SECONDS_A_DAY)


@contextlib.contextmanager
def _logged(later: str) -> Iterator[None]:
    """Whatever is raised within is logged behind these words, but for StoreUnavailable."""
    try:
        yield
    except StoreUnavailable:
        raise
    except (PointsmanError, *UNREADABLE) as error:
        logger.warning("%s: %s", later, error)
    except Exception:
        logger.exception("%s", later)
