"""Buys the label of a return of a carrier that sells it, and gives it back: a step each, which does nothing twice."""

import hashlib
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from engine.errors import CarrierHasNoSuch, CarrierRefused, NotPackable
from engine.fulfilment.carriers.carrier import Booking, Bought
from engine.fulfilment.carriers.carriers import label_format
from engine.fulfilment.parcels.carriage import known_addressee
from engine.fulfilment.parcels.packing import PackingParts
from engine.fulfilment.return_labels.label_request import GIVE_BACK
from engine.idempotency import operation, step_operation
from engine.model.parcels import Parcel, ShipmentKey
from engine.model.postal_address import PostalAddress
from engine.store.flows.stored_return import StoredReturn, StoredReturnLabelRecord
from engine.store.fulfilment.return_labels import ReturnLabelChange, ReturnLabelOutcome, StoredReturnLabels

_REFERENCE_LETTERS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnReading:
    """A return, and the text of it as it is stored."""

    text: str
    stored: StoredReturn


class ReturnLabelBooking:
    """Of one network."""

    def __init__(self, parts: PackingParts, labels: StoredReturnLabels) -> None:
        self._parts = parts
        self._labels = labels

    def customer(self, stored: StoredReturn) -> PostalAddress:
        """Who sends the goods. Raises InputInvalid if it is not known."""
        return known_addressee(self._parts.addressees.read(stored.order), stored.order)

    def buy(self, reading: ReturnReading, label: StoredReturnLabelRecord) -> Bought:
        """Ask the carrier. If it refuses, the label is cancelled, so that it can be asked for otherwise."""
        stored = reading.stored
        network, _ = self._parts.facts.network_and_products([], fresh=True)
        if label.carrier not in network.carriers:
            raise NotPackable(
                f"the label is to be bought of carrier '{label.carrier}', which network.yaml has no more under"
                f" carriers; give it back ({GIVE_BACK}), and ask again"
            )
        booking = Booking(
            reference=reference(stored, label.number),
            shipment=ShipmentKey(stored.first, 0),
            product=label.product,
            sender=self.customer(stored),
            addressee=label.place.address,
            parcels=(Parcel(number=1, sscc=label.sscc, lines=(), grams=label.grams),),
            label_format=label_format(network, node="", carrier=label.carrier),
            is_return=True,
        )
        try:
            return self._parts.carriers.carrier(label.carrier).buy(booking)
        except (CarrierRefused, CarrierHasNoSuch) as refusal:
            because = refusal.summary if isinstance(refusal, CarrierRefused) else str(refusal)
            self.store_cancelled(reading, label, because=because)
            raise

    def store_bought(
        self, reading: ReturnReading, label: StoredReturnLabelRecord, bought: Bought
    ) -> ReturnLabelOutcome:
        stored, sold = reading.stored, bought.labels[0]
        made = replace(label, state="made", booking=bought.booking, tracking_number=sold.tracking_number)
        content = b""
        if sold.label is not None:
            content = self._parts.addressees.encrypted_return_label(stored.first, stored.id, (sold.format, sold.label))
        change = ReturnLabelChange(
            kind="return_labelled",
            before=reading.text,
            after=replace(stored, label=made),
            now=self._parts.clock(),
            sold=content,
            needs_key=True,
        )
        return self._labels.change(change, step_operation(f"bought {label.number}"))

    def give_back(self, stored: StoredReturn, label: StoredReturnLabelRecord) -> None:
        """Give back what was bought. Raises CarrierRefused, CarrierHasNoSuch, CarrierUnavailable."""
        if not label.sold:
            return
        carrier = self._parts.carriers.carrier(label.carrier)
        try:
            carrier.cancel(label.booking, reference(stored, label.number))
        except CarrierHasNoSuch:
            if label.state != "booking":
                raise  # it was bought, and the carrier takes no label back

    def store_cancelled(
        self, reading: ReturnReading, label: StoredReturnLabelRecord, *, because: str
    ) -> ReturnLabelOutcome:
        change = ReturnLabelChange(
            kind="return_label_cancelled",
            before=reading.text,
            after=replace(reading.stored, label=replace(label, state="cancelled", because=because)),
            now=self._parts.clock(),
        )
        return self._labels.change(change, operation(f"cancelled {label.number}", None))


def reference(stored: StoredReturn, number: int) -> str:
    """By which a carrier knows the label: the same, however often it is asked. Ids of returns may have any letters."""
    name = hashlib.sha256(stored.id.encode()).hexdigest()[:_REFERENCE_LETTERS]
    return f"{stored.first}/R{name}/{number}"
