"""Buys the labels of packings whose carrier sells them, and stores them: the second and third step of packing.

Somebody may cancel the packing while its carrier is asked: then what was bought is given back.
"""

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.errors import CarrierHasNoSuch, CarrierRefused, CarrierUnavailable, Contended, NotPackable
from engine.fulfilment.carriers.carrier import Booking, Bought, BoughtLabel
from engine.fulfilment.carriers.carriers import label_format
from engine.fulfilment.parcels.carriage import Carriage, addressee_of, carriage_of
from engine.fulfilment.parcels.destination import verify_destination
from engine.fulfilment.parcels.packed_papers import PackedPapers
from engine.fulfilment.parcels.packing_endings import PackingEndings, on_its_way
from engine.fulfilment.parcels.shipment_reader import ShipmentReader
from engine.fulfilment.parcels.shipment_reading import ShipmentReading, passes
from engine.fulfilment.printing.node_printers import printer_of
from engine.idempotency import step_operation
from engine.model.facts import Network, Node
from engine.model.parcels import LabelFormat, PackedShipment, Packing, Parcel, ShipmentKey
from engine.store.fulfilment.addressees import erased
from engine.store.fulfilment.number_taking import ErasedMeanwhile
from engine.store.fulfilment.shipment_change import GO_ON_AFTER, EncryptedLabel, ShipmentChange
from engine.store.hold_changes.change_script import MOST_TRIES

if TYPE_CHECKING:
    from engine.fulfilment.parcels.packing import PackingParts


class LabelPurchase:
    """Of one network. Methods raise NotPackable, OrderErased, Contended, StoreUnavailable, and what carriers do."""

    def __init__(self, parts: "PackingParts", reader: ShipmentReader, papers: PackedPapers) -> None:
        self._parts = parts
        self._reader = reader
        self._papers = papers
        self._endings = PackingEndings(parts.shipments, clock=parts.clock, micros=parts.micros)

    def finish(self, key: ShipmentKey, number: int) -> PackedShipment:
        """Buy the labels of a packing that is being booked, and store them; of one that is packed, nothing happens."""
        bought: Bought | None = None
        for _ in range(MOST_TRIES):
            reading = self._reader.read(key)
            packing = next(item for item in reading.packed.packings if item.number == number)
            if packing.state == "cancelled" and bought is not None and bought.booking != packing.booking:
                self._give_back(key, packing, bought)
                raise _cancelled_meanwhile(key, packing)
            if packing.state == "cancelled" and packing.sold and packing.booking is None:
                raise _not_packed(packing)
            if packing.state == "cancelling":
                raise being_cancelled(key, packing)
            if packing.state != "booking":
                return reading.packed
            carriage, bought = self._buy(reading, packing)
            change = self._change(reading, packing, carriage, bought)
            outcome = self._parts.shipments.change(change, step_operation(f"bought {number}"))
            if isinstance(outcome, ErasedMeanwhile):
                raise erased(reading.packed.order)
        raise Contended(f"shipment {key} changes again and again; try again")

    def _give_back(self, key: ShipmentKey, packing: Packing, bought: Bought) -> None:
        """To the carrier that sold it for a packing that was cancelled meanwhile: at once or, if that fails, once the
        service asks again (`PackingRefunds.ask_again`).
        """
        parts = self._parts
        parts.shipments.go_on_later(key, packing.number, at=parts.clock() + GO_ON_AFTER, if_listed=False)
        with contextlib.suppress(CarrierRefused, CarrierHasNoSuch, CarrierUnavailable):
            parts.carriers.carrier(packing.carrier or "").cancel(bought.booking, reference(key, packing))

    def _buy(self, reading: ShipmentReading, packing: Packing) -> tuple[Carriage, Bought]:
        """Asks the carrier. If it refuses, the packing is cancelled, so that it can be packed otherwise."""
        network, record = self._network(), reading.record
        carriage = carriage_of(network, reading.shipment, order_collects_at=record.order.collect_at)
        order = reading.packed.order
        addressee = addressee_of(carriage, lambda: self._parts.addressees.read(order), order)
        if carriage.goal is None:
            verify_destination(addressee, record.order.destination, order)
        if carriage.account is None or packing.carrier is None:
            raise NotPackable(
                f"shipment {reading.key} was to be carried by '{packing.carrier}', which network.yaml has no more under"
                " carriers; cancel the packing, and pack it again"
            )
        booking = Booking(
            reference=reference(reading.key, packing),
            shipment=reading.key,
            product=carriage.product,
            sender=packing.texts.sender if packing.texts else carriage.sender,
            addressee=addressee,
            parcels=packing.parcels,
            label_format=_label_format(network, carriage.node, packing.carrier),
        )
        try:
            return carriage, self._parts.carriers.carrier(packing.carrier).buy(booking)
        except CarrierRefused as refusal:
            self._endings.store_cancelled(reading, packing, because=refusal.summary)
            raise

    def _change(self, reading: ShipmentReading, packing: Packing, carriage: Carriage, bought: Bought) -> ShipmentChange:
        """By which the packing is packed, with what was bought."""
        parts, now, packed = self._parts, self._parts.clock(), reading.packed
        by_parcel = {label.parcel: label for label in bought.labels}
        parcels = tuple(_with_sold_label(item, by_parcel.get(item.number)) for item in packing.parcels)
        done = replace(packing, state="packed", booking=bought.booking, parcels=parcels)
        after = packed.with_packing(done)
        labels: list[EncryptedLabel] = [
            parts.addressees.encrypted_label(packed.first, packed.key, label.parcel, (label.format, label.label))
            for label in bought.labels
            if label.label is not None
        ]
        return ShipmentChange(
            kind="packed",
            before=reading.stored.text,
            after=after,
            packing=packing.number,
            now=now,
            micros=self._parts.micros(),
            hold=reading.hold,
            promise=reading.promise,
            passed=passes(reading, after),
            labels=labels,
            jobs=self._papers.of_parcels(self._network(), after, done, now),
            needs_key=True,
            on_its_way=on_its_way(carriage.carrier),
        )

    def _network(self) -> Network:
        """As it is now: what stands on papers may have been loaded by another process."""
        return self._parts.facts.network_and_products([], fresh=True)[0]


def _with_sold_label(parcel: Parcel, sold: BoughtLabel | None) -> Parcel:
    if sold is None:
        return parcel
    return replace(parcel, tracking_number=sold.tracking_number, has_sold_label=sold.label is not None)


def _label_format(network: Network, node: Node, carrier: str) -> LabelFormat:
    """In which labels are bought: as the node says or, if it does not, as its printer of labels takes them."""
    printer = None if node.label_format else printer_of(node, "label")
    return printer.format if printer else label_format(network, node=node.id, carrier=carrier)


def reference(key: ShipmentKey, packing: Packing) -> str:
    """By which a carrier knows the packing: the same, however often it is asked."""
    return f"{key}/{packing.number}"


def being_cancelled(key: ShipmentKey, packing: Packing) -> NotPackable:
    """The error while the carrier is being asked to take the labels of a packing back."""
    return NotPackable(
        f"carrier '{packing.carrier}' is being asked to take the labels of packing {packing.number} of shipment"
        f" {key} back: it can be packed again once it has, or a day after that began at the latest. Have it"
        f" asked at once by POST /v1/shipments/{key}/cancel, or: pointsman shipment cancel {key}"
    )


def _not_packed(packing: Packing) -> NotPackable:
    if packing.because:
        return NotPackable(f"this was not packed, and is to be packed by a new operation: {packing.because}")
    return NotPackable("this was not packed, and is to be packed by a new operation")


def _cancelled_meanwhile(key: ShipmentKey, packing: Packing) -> NotPackable:
    return NotPackable(
        f"packing {packing.number} of shipment {key} was cancelled while carrier '{packing.carrier}' was selling its"
        " labels: they are given back to it; pack the shipment again by a new operation"
    )
