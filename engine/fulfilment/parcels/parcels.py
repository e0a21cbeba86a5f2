"""Parcels of a network: shipments are packed, shown, listed, and their labels given back."""

import bisect
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from engine.errors import NotFound
from engine.fulfilment.parcels.pack_request import PackRequest
from engine.fulfilment.parcels.packing import PackingParts, ShipmentPacking
from engine.fulfilment.parcels.packing_refunds import PackingRefunds
from engine.idempotency import name_reused, operation
from engine.model.parcels import PackedShipment, Packing, PackingPlace, PackingState, ShipmentKey, place_of_packing
from engine.model.postal_address import PostalAddress
from engine.store.fulfilment.shipments import about_shipment
from engine.store.holds import Holds

Handover: TypeAlias = Literal["open", "handed_over"]
_LOOKED_AT_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentView:
    """A shipment as it is packed, with units by line that are in no parcel yet."""

    shipment: PackedShipment
    left: dict[str, int]
    skus: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFilter:
    """Which packings are listed: those of a node, a carrier and a state; None: any."""

    node: str | None = None
    carrier: str | None = None
    state: PackingState | None = None


class Parcels:
    """The parcels of one network. What changes something takes an operation id `op`: sent again, it is answered, and
    nothing is done twice. Methods raise NotFound, NotReady, Contended, StoreUnavailable, OrderErased.
    """

    def __init__(self, parts: PackingParts) -> None:
        self._parts = parts
        self._packing = ShipmentPacking(parts)
        self._refunds = PackingRefunds(parts)
        self._holds = Holds(parts.client, parts.keys)

    def pack(self, request: PackRequest) -> ShipmentView:
        """Put units of a shipment that are held, or have left, into parcels: each gets an SSCC and, from its carrier, a
        tracking number and a label. Sent again, also without an operation but with the same parcels, it is answered as
        the shipment stands, and buys nothing.

        Raises InputInvalid, HoldEnded, StockConflict, AwaitingApproval, NotPackable, KeyReused, SerialsExhausted,
        SerialsTaken, NumbersExhausted, CarrierRefused (then it can be packed otherwise, by a new operation), and
        CarrierUnavailable: send the same again later.
        """
        self._packing.pack(request)
        return self.show(request.shipment)

    def show(self, key: ShipmentKey) -> ShipmentView:
        """A shipment and how it is packed, also if nothing of it is."""
        reading = self._packing.read(key)
        return ShipmentView(shipment=reading.packed, left=reading.left, skus=dict(reading.skus))

    def first_parcel(self, key: ShipmentKey) -> int:
        """The number of the first parcel that is packed: those of cancelled packings keep theirs. Raises NotFound if
        none is.
        """
        parcels = self._packing.read(key).packed.parcels
        if not parcels:
            raise NotFound(f"nothing of shipment '{key}' is packed")
        return parcels[0].number

    def is_cancelled(self, key: ShipmentKey, parcel: int) -> bool:
        """Whether the packing with the parcel of that number was cancelled."""
        shipment = self._parts.shipments.read(key).shipment
        packings = shipment.packings if shipment else ()
        return any(
            packing.state == "cancelled" and any(item.number == parcel for item in packing.parcels)
            for packing in packings
        )

    def find(self, key: ShipmentKey) -> PackedShipment:
        """A shipment of which something was packed; raises NotFound."""
        found = self._parts.shipments.read(key).shipment
        if found is None:
            raise NotFound(f"nothing of shipment '{key}' is packed")
        return found

    def list_open(
        self, wanted: OpenFilter, *, limit: int, after: PackingPlace | None = None
    ) -> list[tuple[PackedShipment, Packing]]:
        """At most `limit` packings that no manifest has, those packed first first; of those that come `after` one."""
        found = sorted(self.open_packings(wanted), key=place_of_packing)
        begin = 0 if after is None else bisect.bisect_right(found, after, key=place_of_packing)
        return found[begin : begin + limit]

    def open_packings(self, wanted: OpenFilter) -> Iterator[tuple[PackedShipment, Packing]]:
        """Those that no manifest has."""
        chosen = (
            item
            for item in self._parts.shipments.open()
            if wanted.node in (None, item.node)
            and wanted.carrier in (None, item.carrier)
            and wanted.state in (None, item.state)
        )
        while batch := list(itertools.islice(chosen, _LOOKED_AT_AT_ONCE)):
            read = self._parts.shipments.read_all([item.shipment for item in batch])
            for item, stored in zip(batch, read, strict=True):
                if stored.shipment is not None:
                    for packing in stored.shipment.packings:
                        if packing.number == item.packing and packing.is_open:
                            yield stored.shipment, packing

    def cancel(
        self, key: ShipmentKey, *, packing: int | None = None, because: str = "", op: str | None = None
    ) -> ShipmentView:
        """Give the labels of a packing back, or of all packings of the shipment: its units can be packed again. Numbers
        are not given out again. Raises NotPackable if units of it have left, CarrierRefused, and CarrierUnavailable: it
        is gone on with then, by the same call or by itself (see PackingRefunds.go_on).
        """
        named = operation(f"cancelled {packing}", op)
        if op is not None:
            stored = self._holds.operation(about_shipment(key), named.name)
            if stored is not None:
                if stored.partition("\n")[0] != named.request:
                    raise name_reused(op)
                return self.show(key)
        shipment = self.find(key)
        if packing is not None and all(item.number != packing for item in shipment.packings):
            raise NotFound(f"shipment '{key}' has no packing {packing}; it has 1 to {len(shipment.packings)}")
        chosen = [item.number for item in shipment.valid if packing in (None, item.number)]
        for number in chosen:
            # the operation is remembered once the last of them is cancelled: those before are found cancelled then
            last = number == chosen[-1]
            self._refunds.cancel(key, number, because=because, op=op if last else None, request=named.request)
        return self.show(key)

    def give_back(self, key: ShipmentKey, packing: int) -> None:
        """Cancel a packing whose units are to leave no more, also if its carrier takes no label back. Raises Contended,
        CarrierUnavailable.
        """
        self._refunds.give_back(key, packing)

    def put_addressee(self, order: str, address: PostalAddress) -> None:
        """Whom parcels of the order go to, in place of the one before; the order may still be to come."""
        self._parts.addressees.put(order, address, now=self._parts.clock())

    def addressee(self, order: str) -> PostalAddress:
        """Raises NotFound if it has none."""
        found = self._parts.addressees.read(order)
        if found is None:
            raise NotFound(f"order '{order}' has no addressee")
        return found

    def remove_addressee(self, order: str) -> None:
        """As if none had been sent; again, nothing happens."""
        self._parts.addressees.remove(order, now=self._parts.clock())
