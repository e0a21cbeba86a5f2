"""Buys the label of a return of a carrier that sells it. No step does anything twice, so whoever comes back goes on."""

from msgspec.structs import replace

from engine.decide.order_record import timestamp
from engine.errors import CarrierHasNoSuch, CarrierRefused, NotPackable, NotReturnable, PointsmanError, ReturnOver
from engine.fulfilment.carriers.carrier import Booking, Bought
from engine.fulfilment.carriers.carriers import label_format
from engine.fulfilment.parcels.carriage import known_addressee
from engine.fulfilment.parcels.packing import PackingParts
from engine.fulfilment.return_labels.label_endings import ReturnLabelEndings
from engine.fulfilment.return_labels.label_refunds import ReturnLabelRefunds
from engine.fulfilment.return_labels.label_request import GIVE_BACK
from engine.fulfilment.return_labels.return_reader import (
    ReturnReader,
    ReturnReading,
    cancelled_return,
    contended,
    label_in_cancellation,
    reference,
)
from engine.idempotency import operation
from engine.model.parcels import Parcel, ShipmentKey
from engine.model.postal_address import PostalAddress
from engine.returns.return_state import verify_expects
from engine.store.flows.stored_return import StoredReturn, StoredReturnLabelRecord
from engine.store.fulfilment.addressees import erased
from engine.store.fulfilment.number_taking import ErasedMeanwhile
from engine.store.fulfilment.return_labels import (
    LatePurchase,
    ReturnLabelChange,
    ReturnLabelChanged,
    ReturnLabelOutcome,
    StoredReturnLabels,
)
from engine.store.hold_changes.change_script import MOST_TRIES


class ReturnLabelBooking:
    """Of one network."""

    def __init__(self, parts: PackingParts, labels: StoredReturnLabels, refunds: ReturnLabelRefunds) -> None:
        self._parts, self._labels, self._refunds = parts, labels, refunds
        self._reader = ReturnReader(parts.client, parts.keys)
        self._endings = ReturnLabelEndings(labels, clock=parts.clock)

    def customer(self, stored: StoredReturn) -> PostalAddress:
        """Who sends the goods. Raises InputInvalid if it is not known."""
        return known_addressee(self._parts.addressees.read(stored.order), stored.order)

    def finish(self, return_id: str, number: int) -> StoredReturn:
        """Buy the label if it is being bought, and store it. Raises ReturnOver, NotReturnable and what `buy` of a
        carrier does.
        """
        for _ in range(MOST_TRIES):
            reading = self._reader.read(return_id)
            stored, label = reading.stored, reading.stored.label
            if label is None or label.number != number or label.state == "cancelled" or stored.cancelled:
                raise _given_back(return_id, stored)
            if label.state == "cancelling":
                raise label_in_cancellation(stored, label)
            if label.state == "made":
                return stored
            verify_expects(stored, self._parts.clock(), expires=timestamp(stored.expires_at))
            bought = self._buy(reading, label)
            outcome = self._store_bought(reading, label, bought)
            if isinstance(outcome, ErasedMeanwhile):
                raise erased(stored.order)
            if not isinstance(outcome, ReturnLabelChanged):
                self._verify_still_wanted(return_id, label, bought)
        raise contended(return_id)

    def _buy(self, reading: ReturnReading, label: StoredReturnLabelRecord) -> Bought:
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
            self._endings.store_cancelled(reading, label, because=because)
            raise

    def _store_bought(
        self, reading: ReturnReading, label: StoredReturnLabelRecord, bought: Bought
    ) -> ReturnLabelOutcome:
        stored, sold = reading.stored, bought.labels[0]
        made = replace(
            label,
            state="made",
            booking=bought.booking,
            tracking_number=sold.tracking_number,
            drawn_here=sold.label is None,
        )
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
        # not one name for all who buy it: who comes after the label was cancelled would be answered as the first was
        return self._labels.change(change, operation(f"bought {label.number}", None))

    def _verify_still_wanted(self, return_id: str, label: StoredReturnLabelRecord, bought: Bought) -> None:
        """Give back what was bought if the return or its label was cancelled meanwhile, or is being, and raise that it
        was. That it is to be given back is stored first: if the carrier does not answer, it is asked again by itself.
        """
        stored = self._reader.read(return_id).stored
        now = stored.label
        if now is not None and now.number == label.number and now.state in {"booking", "made"} and not stored.cancelled:
            return
        late = LatePurchase(
            return_id=return_id,
            number=label.number,
            carrier=label.carrier,
            since=self._parts.clock(),
            booking=bought.booking,
        )
        self._refunds.keep_late_purchase(late)
        over = _given_back(return_id, stored)
        try:
            self._refunds.give_late_purchase_back(late)
        except PointsmanError as error:
            raise over from error
        raise over


def _given_back(return_id: str, stored: StoredReturn) -> NotReturnable | ReturnOver:
    if stored.cancelled:
        return cancelled_return(return_id)
    because = stored.label.because if stored.label else ""
    why = f": {because}" if because else ""
    return NotReturnable(
        f"this label of return '{return_id}' was given back{why}; ask for another one by a new operation"
    )
