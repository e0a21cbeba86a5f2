"""Ends what is kept of shipments for a time: labels that carriers sold, whom parcels went to, and packings that were
never handed over with a manifest.
"""

from collections.abc import Callable
from typing import Final

from engine.actor import by_itself
from engine.errors import NotFound, OrderErased
from engine.fulfilment.parcels.packing import PackingParts, ShipmentPacking
from engine.fulfilment.parcels.packing_endings import PackingEndings
from engine.fulfilment.parcels.parcels import OpenFilter, Parcels
from engine.model.parcels import PackedShipment, Packing
from engine.orders.order_state import OrderState
from engine.store.connection.client import faults
from engine.store.fulfilment.kept_papers import KEPT_SECONDS, KeptPapers
from rules.syntax.literals import SECONDS_A_DAY

OPEN_SECONDS: Final = 30 * SECONDS_A_DAY
"""After which a packing that is on no manifest, and whose units are not held any more, is not to be handed over."""
_LATER_SECONDS: Final = 30 * SECONDS_A_DAY
"""After which it is looked again whether an order is over."""
_AT_ONCE: Final = 200


class Retention:
    """Of one network. `order` shows an order as it stands."""

    def __init__(self, parts: PackingParts, parcels: Parcels, *, order: Callable[[str], OrderState]) -> None:
        self._parts, self._parcels, self._order = parts, parcels, order
        self._packing = ShipmentPacking(parts)
        self._endings = PackingEndings(parts.shipments, clock=parts.clock, micros=parts.micros)
        self._papers = KeptPapers(parts.client, parts.keys)

    def take_turn(self) -> None:
        """End what is due; once a day also packings that nobody handed over."""
        with by_itself():
            self._papers.forget_labels(self._parts.clock() - KEPT_SECONDS, at_once=_AT_ONCE)
            self.forget_addressees()
            with faults():
                first = self._parts.client.redis.set(self._parts.keys.packings_closed, "1", nx=True, ex=SECONDS_A_DAY)
            if first:
                self.close_packings()

    def forget_addressees(self) -> None:
        """Of orders of which nothing is to be done any more, and of those that never came."""
        for order in self._papers.old_addressees(self._parts.clock() - KEPT_SECONDS, at_once=_AT_ONCE):
            if self._is_over(order):
                try:
                    self._parts.addressees.remove(order, now=self._parts.clock())
                except OrderErased:
                    self._papers.leave_addressee(order)
            else:
                self._papers.keep_addressee(order, since=self._parts.clock() - KEPT_SECONDS + _LATER_SECONDS)

    def _is_over(self, order: str) -> bool:
        try:
            state = self._order(order)
        except NotFound:
            return True
        is_awaited = state.awaits_approval or bool(state.open_returns(self._parts.clock()))
        return not (state.units("held") or state.units("waiting") or is_awaited)

    def close_packings(self) -> None:
        """Those whose units have left otherwise, or were let go, long ago."""
        until = self._parts.clock() - OPEN_SECONDS
        for shipment, packing in list(self._parcels.open_packings(OpenFilter(state="packed"))):
            if packing.packed_at <= until:
                self._close(shipment, packing)

    def _close(self, shipment: PackedShipment, packing: Packing) -> None:
        """If others change it meanwhile, it is closed the next day."""
        reading = self._packing.read(shipment.key)
        found = next(item for item in reading.packed.packings if item.number == packing.number)
        if found.is_open and not reading.is_held:
            self._endings.store_closed(reading, found)
