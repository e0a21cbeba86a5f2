"""Fills the papers of parcels with what is stored: labels, dispatch notes and manifests. Of the same parcels they are
the same, whatever network is loaded by then, so a reprint buys nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from engine.decide.order_record import seconds
from engine.errors import NotFound, NotPackable, OrderErased
from engine.fulfilment.labels import paper
from engine.fulfilment.labels.address.language import language_of
from engine.fulfilment.parcels.carriage import carriage_of, known_addressee
from engine.fulfilment.parcels.handing_over import ManifestView
from engine.fulfilment.parcels.packing import PackingParts, ShipmentPacking
from engine.fulfilment.parcels.paper_texts import manifest_texts, paper_texts
from engine.fulfilment.parcels.shipment_reading import ShipmentReading
from engine.model.paper_texts import ManifestTexts, PaperTexts
from engine.model.parcels import PackedShipment, Packing, Parcel, ShipmentKey
from engine.model.postal_address import PostalAddress
from engine.orders.order_state import OrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shipment:
    """What papers of a shipment are made of."""

    reading: ShipmentReading
    texts: PaperTexts
    addressee: PostalAddress

    def day(self, instant: int) -> date:
        """By the clock of its node."""
        return datetime.fromtimestamp(instant, tz=ZoneInfo(self.texts.zone)).date()

    def noted(self, parcel: Parcel, packed_on: date | None) -> paper.NotedParcel:
        return paper.NotedParcel(
            number=parcel.number,
            sscc=parcel.sscc,
            grams=parcel.grams,
            lines=tuple(self.line(line.sku, line.quantity) for line in parcel.lines),
            tracking_number=parcel.tracking_number,
            packed_on=packed_on,
        )

    def line(self, sku: str, quantity: int) -> paper.NoteLine:
        article = self.texts.articles.get(sku)
        if article is None:
            return paper.NoteLine(sku=sku, quantity=quantity)
        return paper.NoteLine(
            sku=sku, quantity=quantity, name=article.name, decimals=article.decimals, unit=article.unit
        )


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
        reading = self._packing.read(key)
        packing, found = packed_parcel(reading.packed, parcel)
        shipment = self._shipment(reading, packing)
        return paper.ParcelLabel(
            sender=shipment.texts.sender,
            addressee=shipment.addressee,
            sscc=found.sscc,
            carrier=shipment.texts.carrier or packing.carrier or "",
            service=shipment.texts.service or packing.service,
            tracking_number=found.tracking_number,
            grams=found.grams,
            number=1 + packing.parcels.index(found),
            of=len(packing.parcels),
            order=reading.packed.order,
            packed_on=shipment.day(packing.packed_at),
            qr=found.tracking_number or found.sscc,
            language=language or language_of(shipment.addressee.country),
        )

    def note(self, key: ShipmentKey, parcel: int | None = None, *, language: str | None = None) -> paper.DispatchNote:
        """In a parcel or, without one, about all of the shipment."""
        reading = self._packing.read(key)
        packed = reading.packed
        if not packed.parcels:
            raise NotFound(f"nothing of shipment '{key}' is packed")
        if parcel is None:
            for item in packed.valid:
                _verify_packed(packed, item)
        packing, chosen = (packed.valid[-1], None) if parcel is None else packed_parcel(packed, parcel)
        shipment = self._shipment(reading, packing)
        day = shipment.day(packing.packed_at)
        days = {item.number: shipment.day(one.packed_at) for one in packed.valid for item in one.parcels}
        parcels = {
            item.number: shipment.noted(item, None if days[item.number] == day else days[item.number])
            for item in packed.parcels
        }
        return paper.DispatchNote(
            sender=shipment.texts.sender,
            addressee=shipment.addressee,
            order=packed.order,
            shipment=str(key),
            carrier=shipment.texts.carrier or packing.carrier or "",
            service=shipment.texts.service or packing.service,
            packed_on=day,
            here=tuple(item for number, item in parcels.items() if chosen is None or number == chosen.number),
            besides=tuple(item for number, item in parcels.items() if chosen is not None and number != chosen.number),
            later=_later(shipment),
            others=tuple(_others(shipment, self._order(packed.order))),
            returns=paper.ReturnTerms(until=shipment.texts.back_until, address=shipment.texts.sender),
            language=language or language_of(shipment.addressee.country),
        )

    def manifest(self, view: ManifestView, *, language: str | None = None) -> paper.Manifest:
        """For the carrier's driver."""
        manifest = view.manifest
        texts = manifest.texts or self._manifest_texts(manifest.node, manifest.carrier)
        return paper.Manifest(
            id=manifest.id,
            carrier=texts.carrier or manifest.carrier,
            sender=texts.sender,
            closed_at=datetime.fromtimestamp(manifest.closed_at, tz=ZoneInfo(texts.zone)),
            parcels=tuple(self._manifested(view.shipments, texts.sender)),
            language=language or language_of(texts.sender.country),
        )

    def _manifest_texts(self, name: str, carrier: str) -> ManifestTexts:
        """As the network has it now, of a manifest that was closed by a release that did not keep it."""
        network, _ = self._parts.facts.network_and_products([], fresh=True)
        node = network.nodes.get(name)
        texts = None if node is None else manifest_texts(network, node, carrier)
        if texts is None:
            raise NotFound(f"node '{name}' has no address any more, which stands on a manifest")
        return texts

    def _manifested(
        self, shipments: Sequence[tuple[PackedShipment, Packing]], sender: PostalAddress
    ) -> Iterator[paper.ManifestParcel]:
        # of a packing whose texts say whom it goes to, or whose addressee is known, its order need not be read
        asked = {shipment.order for shipment, packing in shipments if packing.texts and not packing.texts.goal}
        known = self._parts.addressees.read_all(sorted(asked))
        for shipment, packing in shipments:
            found = packing.texts.goal or known[shipment.order] if packing.texts else None
            goal = found if isinstance(found, PostalAddress) else self._goal(shipment, packing, sender)
            for parcel in packing.parcels:
                yield paper.ManifestParcel(
                    sscc=parcel.sscc,
                    order=shipment.order,
                    service=(packing.texts.service if packing.texts else "") or packing.service,
                    grams=parcel.grams,
                    postcode=goal.postcode,
                    country=goal.country,
                    tracking_number=parcel.tracking_number,
                )

    def _goal(self, shipment: PackedShipment, packing: Packing, sender: PostalAddress) -> PostalAddress:
        """Where a packing goes, by its order; of one that was erased, its country alone."""
        reading = self._packing.read(shipment.key)
        try:
            return self._shipment(reading, packing).addressee
        except OrderErased:
            country = reading.record.order.destination.country
            return PostalAddress(lines=("",), town="", country=country or sender.country)

    def _shipment(self, reading: ShipmentReading, packing: Packing) -> _Shipment:
        """Of papers of that packing."""
        texts = packing.texts or self._texts(reading)
        order = reading.record.order.id
        goal = texts.goal or known_addressee(self._parts.addressees.read(order), order)
        return _Shipment(reading=reading, texts=texts, addressee=goal)

    def _texts(self, reading: ShipmentReading) -> PaperTexts:
        """As the network has them now, of a shipment that was packed by a release that did not keep them."""
        order = reading.record.order
        network, products = self._parts.facts.network_and_products([line.sku for line in order.lines], fresh=True)
        carriage = carriage_of(network, reading.shipment, order_collects_at=order.collect_at)
        return paper_texts(network, carriage, reading.shipment, products)


def packed_parcel(packed: PackedShipment, number: int) -> tuple[Packing, Parcel]:
    """The parcel of that number, and its packing. Raises NotFound, and NotPackable if its packing is not finished."""
    for packing in packed.valid:
        for parcel in packing.parcels:
            if parcel.number == number:
                _verify_packed(packed, packing)
                return packing, parcel
    there = ", ".join(str(parcel.number) for parcel in packed.parcels) or "none"
    raise NotFound(f"shipment '{packed.key}' has no parcel {number}; it has {there}")


def _verify_packed(packed: PackedShipment, packing: Packing) -> None:
    """Raise NotPackable while the carrier is asked to sell the labels of a packing, or to take them back: with papers
    that were drawn meanwhile, a parcel would leave with postage that nobody paid.
    """
    if packing.state == "booking":
        raise NotPackable(
            f"carrier '{packing.carrier}' has not sold the labels of packing {packing.number} of shipment {packed.key}"
            " yet, and there are no papers of it before that: send the request by which it was packed again (POST"
            f" /v1/shipments/{packed.key}/packed, or: pointsman shipment pack {packed.key}); pointsman serve does so by"
            " itself after a few minutes"
        )
    if packing.state == "cancelling":
        raise NotPackable(
            f"carrier '{packing.carrier}' is being asked to take the labels of packing {packing.number} of shipment"
            f" {packed.key} back, and its papers are not valid meanwhile: cancel it again to have the carrier asked at"
            f" once (POST /v1/shipments/{packed.key}/cancel, or: pointsman shipment cancel {packed.key}), then pack it"
            " again"
        )


def _later(shipment: _Shipment) -> paper.LaterArticles | None:
    """What of the shipment is packed later."""
    reading = shipment.reading
    if not reading.left:
        return None
    lines = (shipment.line(reading.skus[line], units) for line, units in reading.left.items())
    return paper.LaterArticles(lines=tuple(lines), expected_on=shipment.day(seconds(reading.shipment.arrives_by)))


def _others(shipment: _Shipment, order: OrderState) -> Iterator[paper.OtherShipment]:
    """What of the order comes neither with these parcels nor in this shipment: what ships otherwise, and what waits for
    stock.
    """
    reading = shipment.reading
    numbers: dict[str, int] = {}
    for item in order.shipments:
        number = numbers.get(item.decision, 0)
        numbers[item.decision] = number + 1
        units = [(line.sku, line.held + line.shipped) for line in item.lines if line.held + line.shipped]
        if units and ShipmentKey(item.decision, number) != reading.key:
            yield paper.OtherShipment(
                lines=tuple(shipment.line(sku, count) for sku, count in units),
                expected_on=shipment.day(seconds(item.record.arrives_by)),
                has_left=not item.held,
            )
    waiting = [(line.sku, line.units["waiting"]) for line in order.lines if line.units["waiting"]]
    if waiting:
        yield paper.OtherShipment(lines=tuple(shipment.line(sku, count) for sku, count in waiting))
