"""Fills the papers of parcels with what is stored: labels, dispatch notes and manifests. Of the same parcels they are
the same, so a reprint buys nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.decide.order_record import seconds
from engine.errors import NotFound, OrderErased
from engine.fulfilment.labels import paper
from engine.fulfilment.parcels.carriage import addressee_of, carriage_of
from engine.fulfilment.parcels.handing_over import ManifestView
from engine.fulfilment.parcels.packing import PackingParts, ShipmentPacking
from engine.fulfilment.parcels.shipment_reading import ShipmentReading
from engine.model.facts import Network, Product
from engine.model.parcels import PackedShipment, Packing, Parcel, ShipmentKey
from engine.model.postal_address import PostalAddress
from engine.orders.order_state import OrderState
from rules.wording.catalogue import ENGLISH, available_languages, load_catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shipment:
    """What papers of a shipment are made of."""

    reading: ShipmentReading
    network: Network
    sender: PostalAddress
    addressee: PostalAddress

    @property
    def packed(self) -> PackedShipment:
        return self.reading.packed

    def packing_of(self, number: int) -> tuple[Packing, Parcel]:
        """Of a parcel; raises NotFound."""
        for packing in self.packed.valid:
            for parcel in packing.parcels:
                if parcel.number == number:
                    return packing, parcel
        there = ", ".join(str(parcel.number) for parcel in self.packed.parcels) or "none"
        raise NotFound(f"shipment '{self.packed.key}' has no parcel {number}; it has {there}")

    def day(self, instant: int) -> date:
        """By the clock of its node."""
        return self.moment(instant).date()

    def moment(self, instant: int) -> datetime:
        node = self.network.nodes[self.packed.node]
        return datetime.fromtimestamp(instant, tz=ZoneInfo(self.network.zone_of(node)))


class ParcelPapers:
    """The papers of one network's parcels. Methods raise NotFound, NotPackable, OrderErased."""

    def __init__(self, parts: PackingParts, *, order: Callable[[str], OrderState]) -> None:
        """`order` shows an order as it stands."""
        self._parts = parts
        self._packing = ShipmentPacking(parts)
        self._order = order

    def packed(self, key: ShipmentKey) -> PackedShipment:
        return self._packing.read(key).packed

    def label(self, key: ShipmentKey, parcel: int, *, language: str | None = None) -> paper.ParcelLabel:
        """On the outside of a parcel."""
        shipment = self._read(key)
        packing, found = shipment.packing_of(parcel)
        return paper.ParcelLabel(
            sender=shipment.sender,
            addressee=shipment.addressee,
            sscc=found.sscc,
            carrier=packing.carrier or "",
            service=packing.service,
            tracking_number=found.tracking_number,
            grams=found.grams,
            number=1 + packing.parcels.index(found),
            of=len(packing.parcels),
            order=shipment.packed.order,
            packed_on=shipment.day(packing.packed_at),
            qr=found.tracking_number or found.sscc,
            language=language or language_of(shipment.addressee.country),
        )

    def note(self, key: ShipmentKey, parcel: int | None = None, *, language: str | None = None) -> paper.DispatchNote:
        """In a parcel or, without one, about all of the shipment."""
        shipment = self._read(key)
        packed = shipment.packed
        if not packed.parcels:
            raise NotFound(f"nothing of shipment '{key}' is packed")
        packing, chosen = (packed.valid[-1], None) if parcel is None else shipment.packing_of(parcel)
        products = self._parts.facts.products(line.sku for line in shipment.reading.record.order.lines)
        parcels = {item.number: _noted(item, products) for item in packed.parcels}
        return paper.DispatchNote(
            sender=shipment.sender,
            addressee=shipment.addressee,
            order=packed.order,
            shipment=str(key),
            carrier=packing.carrier or "",
            service=packing.service,
            packed_on=shipment.day(packing.packed_at),
            here=tuple(item for number, item in parcels.items() if chosen is None or number == chosen.number),
            besides=tuple(item for number, item in parcels.items() if chosen is not None and number != chosen.number),
            others=tuple(_others(shipment, self._order(packed.order), products)),
            returns=paper.ReturnTerms(
                until=shipment.day(seconds(shipment.reading.shipment.arrives_by))
                + timedelta(days=shipment.network.returns.window),
                address=shipment.sender,
            ),
            language=language or language_of(shipment.addressee.country),
        )

    def manifest(self, view: ManifestView, *, language: str | None = None) -> paper.Manifest:
        """For the carrier's driver."""
        network, _ = self._parts.facts.network_and_products([], fresh=True)
        manifest = view.manifest
        node = network.nodes.get(manifest.node)
        if node is None or node.address is None:
            raise NotFound(f"node '{manifest.node}' has no address any more, which stands on a manifest")
        return paper.Manifest(
            id=manifest.id,
            carrier=manifest.carrier,
            sender=node.address,
            closed_at=datetime.fromtimestamp(manifest.closed_at, tz=ZoneInfo(network.zone_of(node))),
            parcels=tuple(self._manifested(view.shipments, node.address)),
            language=language or language_of(node.country),
        )

    def _manifested(
        self, shipments: Sequence[tuple[PackedShipment, Packing]], sender: PostalAddress
    ) -> Iterator[paper.ManifestParcel]:
        for shipment, packing in shipments:
            goal = self._goal(shipment.key, sender)
            for parcel in packing.parcels:
                yield paper.ManifestParcel(
                    sscc=parcel.sscc,
                    order=shipment.order,
                    service=packing.service,
                    grams=parcel.grams,
                    postcode=goal.postcode,
                    country=goal.country,
                    tracking_number=parcel.tracking_number,
                )

    def _goal(self, key: ShipmentKey, sender: PostalAddress) -> PostalAddress:
        """Where a shipment goes; of one whose order was erased, its country alone."""
        try:
            return self._read(key).addressee
        except OrderErased:
            country = self._packing.read(key).record.order.destination.country
            return PostalAddress(lines=("",), town="", country=country or sender.country)

    def _read(self, key: ShipmentKey) -> _Shipment:
        reading = self._packing.read(key)
        network, _ = self._parts.facts.network_and_products([], fresh=True)
        order = reading.record.order
        carriage = carriage_of(network, reading.shipment, order_collects_at=order.collect_at)
        addressee = addressee_of(carriage, lambda: self._parts.addressees.read(order.id), order.id)
        return _Shipment(reading=reading, network=network, sender=carriage.sender, addressee=addressee)


def language_of(country: str) -> str:
    """Of the papers of a parcel that goes there: the one whose catalogue names the country, or else English."""
    for language in available_languages():
        if country in load_catalogue(language).text("papers.countries").split():
            return language
    return ENGLISH


def _noted(parcel: Parcel, products: Mapping[str, Product]) -> paper.NotedParcel:
    return paper.NotedParcel(
        number=parcel.number,
        sscc=parcel.sscc,
        grams=parcel.grams,
        lines=tuple(note_line(line.sku, line.quantity, products) for line in parcel.lines),
        tracking_number=parcel.tracking_number,
    )


def note_line(sku: str, quantity: int, products: Mapping[str, Product]) -> paper.NoteLine:
    product = products.get(sku)
    if product is None:
        return paper.NoteLine(sku=sku, quantity=quantity)
    return paper.NoteLine(sku=sku, quantity=quantity, name=product.name, decimals=product.decimals, unit=product.unit)


def _others(shipment: _Shipment, order: OrderState, products: Mapping[str, Product]) -> Iterator[paper.OtherShipment]:
    """What of the order does not come with these parcels: what of the shipment is packed later, what ships otherwise,
    and what waits for stock.
    """
    reading = shipment.reading
    arrives = shipment.day(seconds(reading.shipment.arrives_by))
    if reading.left:
        lines = (note_line(reading.skus[line], units, products) for line, units in reading.left.items())
        yield paper.OtherShipment(lines=tuple(lines), expected_on=arrives)
    numbers: dict[str, int] = {}
    for item in order.shipments:
        number = numbers.get(item.decision, 0)
        numbers[item.decision] = number + 1
        units = [(line.sku, line.held + line.shipped) for line in item.lines if line.held + line.shipped]
        if units and ShipmentKey(item.decision, number) != reading.key:
            yield paper.OtherShipment(
                lines=tuple(note_line(sku, count, products) for sku, count in units),
                expected_on=shipment.day(seconds(item.record.arrives_by)),
                has_left=not item.held,
            )
    waiting = [(line.sku, line.units["waiting"]) for line in order.lines if line.units["waiting"]]
    if waiting:
        yield paper.OtherShipment(lines=tuple(note_line(sku, count, products) for sku, count in waiting))
