"""Makes labels of returns. Where a carrier sells them, a label is stored, then bought, then stored with what was
bought; each step does nothing twice, so a request that is sent again goes on where the one before stopped.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from engine.decide.order_record import timestamp
from engine.errors import (
    CarrierHasNoSuch,
    CarrierRefused,
    Contended,
    NotFound,
    NotReturnable,
    NumbersExhausted,
    ReturnOver,
)
from engine.fulfilment.carriers.carrier import Bought
from engine.fulfilment.carriers.number_ranges import script_ranges
from engine.fulfilment.labels.letters.printable import check_address
from engine.fulfilment.parcels.carriage import address_of_node
from engine.fulfilment.parcels.packing import PackingParts, parcel_terms
from engine.fulfilment.return_labels.booking import ReturnLabelBooking, ReturnReading, reference
from engine.fulfilment.return_labels.label_request import ReturnLabelRequest, place_of, verify_same, weight
from engine.idempotency import name_reused, operation
from engine.orders.order_state import OrderState
from engine.returns.return_state import verify_expects
from engine.store.flows.returns import StoredReturns
from engine.store.flows.stored_return import StoredReturn, StoredReturnLabelRecord
from engine.store.fulfilment.addressees import erased
from engine.store.fulfilment.return_labels import (
    ReturnLabelChange,
    ReturnLabelChanged,
    ReturnLabelNumbers,
    ReturnLabelOutcome,
    StoredReturnLabels,
    about_label,
)
from engine.store.fulfilment.serials import Serials, exhausted
from engine.store.fulfilment.shipments import ErasedMeanwhile, NumberPlaces, NumbersLacking, SerialsLacking
from engine.store.fulfilment.stored_address import StoredAddressRecord
from engine.store.fulfilment.tracking_serials import TrackingSerials
from engine.store.hold_changes.change_script import MOST_TRIES
from engine.store.holds import Holds, Operation
from engine.store.outcomes import OperationReused


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledReturn:
    """A return that has a label; `new`: it was made by the request that this answers."""

    stored: StoredReturn
    label: StoredReturnLabelRecord
    new: bool = False


class ReturnLabels:
    """Those of one network. Methods raise NotFound, NotReady, Contended, StoreUnavailable, OrderErased."""

    def __init__(self, parts: PackingParts, *, order: Callable[[str], OrderState]) -> None:
        """`order` shows an order as it stands."""
        self._parts = parts
        self._order = order
        self._returns = StoredReturns(parts.client, parts.keys)
        self._labels = StoredReturnLabels(parts.client, parts.keys)
        self._booking = ReturnLabelBooking(parts, self._labels)
        self._serials = Serials(parts.client, parts.keys)
        self._tracking_serials = TrackingSerials(parts.client, parts.keys)
        self._holds = Holds(parts.client, parts.keys)

    def find(self, return_id: str) -> LabelledReturn:
        """Raises NotFound if it has no label, and ReturnOver if the return was cancelled."""
        stored = self._read(return_id).stored
        if stored.cancelled:
            raise ReturnOver(f"return '{return_id}' is cancelled, and its label is none any more")
        label = stored.label
        if label is None or label.state != "made":
            raise NotFound(
                f"return '{return_id}' has no label; have one made first (POST /v1/returns/{{id}}/label, or: pointsman"
                " return label RETURN)"
            )
        return LabelledReturn(stored=stored, label=label)

    def make(self, request: ReturnLabelRequest) -> LabelledReturn:
        """The label of a return that expects goods: made, and bought where the network names a carrier of returns that
        sells it. A return that has one is answered with that, and nothing is bought.

        Raises InputInvalid, NotPrintable, NotReturnable, ReturnOver, NotPackable, KeyReused, SerialsExhausted,
        SerialsTaken, NumbersExhausted, CarrierRefused (then it can be asked for otherwise, by a new operation), and
        CarrierUnavailable: send the same again later.
        """
        named = operation(request.fingerprint, request.op)
        for _ in range(MOST_TRIES):
            reading = self._read(request.return_id)
            number = self._made_before(request, named, reading)
            if number is not None:
                return self._finished(request.return_id, number, new=False)
            change = self._planned(request, reading)
            outcome = self._parts.client.retry_if_revived(functools.partial(self._labels.change, change, named))
            if isinstance(outcome, ReturnLabelChanged):
                label = outcome.after.label
                if label is not None:
                    return self._finished(request.return_id, label.number, new=not outcome.again)
            self._verify_goes_on(outcome, change, request)
        raise _contended(request.return_id)

    def give_back(self, return_id: str, *, because: str = "") -> StoredReturn:
        """Its label is none any more, and what was bought is given back to the carrier; again, nothing happens. Raises
        CarrierHasNoSuch if the carrier takes nothing back, CarrierRefused, CarrierUnavailable.
        """
        for _ in range(MOST_TRIES):
            reading = self._read(return_id)
            label = reading.stored.label
            if label is None or label.state == "cancelled":
                return reading.stored
            self._booking.give_back(reading.stored, label)
            outcome = self._booking.store_cancelled(reading, label, because=because)
            if isinstance(outcome, ReturnLabelChanged):
                return outcome.after
        raise _contended(return_id)

    def give_back_if_cancelled(self, return_id: str) -> bool:
        """Of a return that was cancelled, also if the carrier takes nothing back; whether there was something to do."""
        reading = self._read(return_id)
        label = reading.stored.label
        if not reading.stored.cancelled or label is None or label.state == "cancelled":
            return False
        because = "the return was cancelled"
        try:
            self._booking.give_back(reading.stored, label)
        except CarrierRefused as refusal:
            because = f"{because}; {refusal.summary}"
        except CarrierHasNoSuch:
            because = f"{because}; carrier '{label.carrier}' takes no label back"
        if not isinstance(self._booking.store_cancelled(reading, label, because=because), ReturnLabelChanged):
            raise _contended(return_id)
        return True

    def cancelled_with_label(self) -> list[str]:
        """Returns that were cancelled and have a label still."""
        return [
            stored.id
            for _, stored in self._returns.opened_last()
            if stored.cancelled and stored.label is not None and stored.label.state != "cancelled"
        ]

    def _read(self, return_id: str) -> ReturnReading:
        text = self._parts.client.retry_if_revived(lambda: self._returns.read(return_id))
        if not text:
            raise NotFound(f"no return goes by the id '{return_id}'")
        return ReturnReading(text=text, stored=StoredReturn.decode(text))

    def _made_before(self, request: ReturnLabelRequest, named: Operation, reading: ReturnReading) -> int | None:
        """The number of the label that the same request made, or that there is."""
        label = reading.stored.label
        if request.op is not None:
            earlier = self._holds.operation(about_label(request.return_id), named.name)
            if earlier is not None:
                fingerprint, _, answer = earlier.partition("\n")
                if fingerprint != named.request:
                    raise name_reused(request.op)
                made = StoredReturn.decode(answer).label
                return None if made is None else made.number
        if label is None or label.state == "cancelled":
            return None
        verify_same(request, label)
        return label.number

    def _planned(self, request: ReturnLabelRequest, reading: ReturnReading) -> ReturnLabelChange:
        """The change by which it is made, or its booking begins."""
        parts, stored = self._parts, reading.stored
        now = parts.clock()
        verify_expects(stored, now, expires=timestamp(stored.expires_at))
        network, products = parts.facts.network_and_products([line.sku for line in stored.lines], fresh=True)
        place = place_of(request, stored, self._order(stored.order), network)
        address = address_of_node(place)
        account = network.carriers.get(network.returns.carrier)
        customer = self._booking.customer(stored)
        if account is None or not account.sells_labels:
            check_address(customer, "addressee")  # a label that can't be drawn is known before it has a number
            check_address(address, "node")
        places = NumberPlaces()
        zone = ZoneInfo(network.zone_of(place))
        label = StoredReturnLabelRecord(
            number=1 + (stored.label.number if stored.label else 0),
            state="booking" if account and account.sells_labels else "made",
            node=place.id,
            place=StoredAddressRecord.of(address),
            issued_on=datetime.fromtimestamp(now, tz=zone).date(),
            until=datetime.fromtimestamp(stored.expires_at, tz=zone).date(),
            carrier=account.id if account else "",
            product=network.returns.carrier_product,
            sold=account is not None and account.sells_labels,
        )
        numbers = None
        if account is not None:
            terms = parcel_terms(network)
            grams = weight(stored, products, terms.packing_grams) if request.grams is None else request.grams
            tracking = places.tracking(1) if account.ranges else ""
            label = replace(label, grams=grams, sscc=places.sscc(1), tracking_number=tracking)
            numbers = ReturnLabelNumbers(places=places, terms=terms, ranges=script_ranges(account.ranges))
        return ReturnLabelChange(
            kind="return_labelled" if label.state == "made" else "return_label_begun",
            before=reading.text,
            after=replace(stored, label=label),
            now=now,
            numbers=numbers,
            needs_key=True,
        )

    def _verify_goes_on(
        self, outcome: ReturnLabelOutcome, change: ReturnLabelChange, request: ReturnLabelRequest
    ) -> None:
        """Raise what was wrong, unless the change only has to be worked out anew."""
        numbers, label = change.numbers, change.after.label
        match outcome:
            case OperationReused():
                raise name_reused(request.op)
            case ErasedMeanwhile():
                raise erased(change.after.order)
            case NumbersLacking() if numbers is not None and label is not None:
                if outcome.exhausted:
                    raise NumbersExhausted(carrier=label.carrier, needed=1)
                self._tracking_serials.reserve(numbers.ranges, 1, carrier=label.carrier)
            case SerialsLacking() if numbers is not None:
                if outcome.exhausted:
                    raise exhausted(numbers.terms, 1)
                self._serials.reserve(numbers.terms, 1)

    def _finished(self, return_id: str, number: int, *, new: bool) -> LabelledReturn:
        """Buy the label if it is being booked, and store it."""
        for _ in range(MOST_TRIES):
            reading = self._read(return_id)
            label = reading.stored.label
            if label is None or label.number != number or label.state == "cancelled" or reading.stored.cancelled:
                raise _given_back(return_id, reading.stored)
            if label.state == "made":
                return LabelledReturn(stored=reading.stored, label=label, new=new)
            bought = self._booking.buy(reading, label)
            outcome = self._booking.store_bought(reading, label, bought)
            if isinstance(outcome, ErasedMeanwhile):
                raise erased(reading.stored.order)
            if not isinstance(outcome, ReturnLabelChanged):
                self._verify_still_wanted(return_id, label, bought)
        raise _contended(return_id)

    def _verify_still_wanted(self, return_id: str, label: StoredReturnLabelRecord, bought: Bought) -> None:
        """Give back what was bought if the return or its label was cancelled meanwhile, and raise that it was."""
        stored = self._read(return_id).stored
        now = stored.label
        if stored.cancelled or now is None or now.number != label.number or now.state == "cancelled":
            self._parts.carriers.carrier(label.carrier).cancel(bought.booking, reference(stored, label.number))
            raise _given_back(return_id, stored)


def _given_back(return_id: str, stored: StoredReturn) -> NotReturnable | ReturnOver:
    if stored.cancelled:
        return ReturnOver(f"return '{return_id}' is cancelled, and its label is none any more")
    because = stored.label.because if stored.label else ""
    why = f": {because}" if because else ""
    return NotReturnable(
        f"this label of return '{return_id}' was given back{why}; ask for another one by a new operation"
    )


def _contended(return_id: str) -> Contended:
    return Contended(f"return '{return_id}' changes again and again; try again")
