"""Makes labels of returns. Where a carrier sells them, a label is stored, then bought, then stored with what was
bought; each step does nothing twice, so a request that is sent again goes on where the one before stopped.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from engine.decide.order_record import timestamp
from engine.errors import NotFound
from engine.fulfilment.carriers.number_ranges import script_ranges
from engine.fulfilment.labels.letters.printable import check_address
from engine.fulfilment.parcels.carriage import address_of_node
from engine.fulfilment.parcels.carrier_limits import CarrierLimits
from engine.fulfilment.parcels.packing import PackingParts, parcel_terms
from engine.fulfilment.return_labels.booking import ReturnLabelBooking
from engine.fulfilment.return_labels.label_refunds import ReturnLabelRefunds
from engine.fulfilment.return_labels.label_request import (
    ReturnLabelRequest,
    last_whole_day,
    place_of,
    verify_same,
    weight,
)
from engine.fulfilment.return_labels.return_reader import (
    ReturnReader,
    ReturnReading,
    cancelled_return,
    contended,
    label_in_cancellation,
)
from engine.fulfilment.return_labels.unfinished_labels import UnfinishedReturnLabels
from engine.idempotency import name_reused, operation
from engine.orders.order_state import OrderState
from engine.returns.return_state import verify_expects
from engine.store.flows.returns import StoredReturns
from engine.store.flows.stored_return import StoredReturn, StoredReturnLabelRecord
from engine.store.fulfilment.addressees import erased
from engine.store.fulfilment.number_taking import (
    ErasedMeanwhile,
    NumberPlaces,
    NumbersLacking,
    ReservedNumbers,
    SerialsLacking,
    TakenNumbers,
)
from engine.store.fulfilment.return_labels import (
    ReturnLabelChange,
    ReturnLabelChanged,
    ReturnLabelOutcome,
    StoredReturnLabels,
    about_label,
)
from engine.store.fulfilment.stored_address import StoredAddressRecord
from engine.store.hold_changes.change_script import MOST_TRIES
from engine.store.holds import Holds, Operation
from engine.store.outcomes import OperationReused

_MAKE: Final = "POST /v1/returns/{id}/label, or: pointsman return label RETURN"


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
        self._reader = ReturnReader(parts.client, parts.keys)
        self._refunds = ReturnLabelRefunds(parts, self._labels)
        self._booking = ReturnLabelBooking(parts, self._labels, self._refunds)
        self._unfinished = UnfinishedReturnLabels(parts, self._labels, self._booking, self._refunds)
        self._reserved = ReservedNumbers(parts.client, parts.keys)
        self._holds = Holds(parts.client, parts.keys)

    def find(self, return_id: str) -> LabelledReturn:
        """Raises NotFound if it has no label, and ReturnOver if the return was cancelled."""
        stored = self._reader.read(return_id).stored
        if stored.cancelled:
            raise cancelled_return(return_id)
        label = stored.label
        if label is None or label.state == "cancelled":
            raise NotFound(f"return '{return_id}' has no label; have one made first ({_MAKE})")
        if label.state == "booking":
            raise NotFound(
                f"the label of return '{return_id}' is still being bought of carrier '{label.carrier}'; ask for it"
                f" again ({_MAKE})"
            )
        if label.state == "cancelling":
            raise NotFound(
                f"return '{return_id}' has no label: carrier '{label.carrier}' is being asked to take label"
                f" {label.number} back"
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
            reading = self._reader.read(request.return_id)
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
        raise contended(request.return_id)

    def give_back(self, return_id: str, *, because: str = "") -> StoredReturn:
        """As `ReturnLabelRefunds.cancel`: its label is not valid any more, and what was bought is given back."""
        return self._refunds.cancel(return_id, because=because)

    def give_back_if_cancelled(self, return_id: str) -> bool:
        """As `ReturnLabelRefunds` does."""
        return self._refunds.give_back_if_cancelled(return_id)

    def go_on(self, limits: CarrierLimits) -> list[str]:
        """As `UnfinishedReturnLabels` does."""
        return self._unfinished.go_on(limits)

    def cancelled_with_label(self) -> list[str]:
        """Returns that were cancelled and have a label still."""
        return [
            stored.id
            for _, stored in self._returns.opened_last()
            if stored.cancelled and stored.label is not None and stored.label.state != "cancelled"
        ]

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
        if label.state == "cancelling":
            raise label_in_cancellation(reading.stored, label)
        verify_same(request, label)
        if request.op is not None and not self._labels.remember(request.return_id, named, reading.text):
            return self._made_before(request, named, reading)  # another request had that name a moment ago
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
            until=last_whole_day(stored.expires_at, now, zone),
            carrier=account.id if account else "",
            carrier_name=account.name if account else "",
            product=network.returns.carrier_product,
            sold=account is not None and account.sells_labels,
            begun_at=now if account and account.sells_labels else 0,
        )
        numbers = None
        if account is not None:
            terms = parcel_terms(network)
            grams = weight(stored, products, terms.packing_grams) if request.grams is None else request.grams
            tracking = places.tracking(1) if account.ranges else ""
            label = replace(label, grams=grams, sscc=places.sscc(1), tracking_number=tracking)
            numbers = TakenNumbers(places=places, terms=terms, carrier=account.id, ranges=script_ranges(account.ranges))
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
        match outcome:
            case OperationReused():
                raise name_reused(request.op)
            case ErasedMeanwhile():
                raise erased(change.after.order)
            case NumbersLacking() | SerialsLacking() if change.numbers is not None:
                self._reserved.reserve(
                    change.numbers,
                    outcome,
                    is_as_read=lambda: self._reader.read(change.after.id).text == change.before,
                )

    def _finished(self, return_id: str, number: int, *, new: bool) -> LabelledReturn:
        """Once the label is bought, if it is to be."""
        stored = self._booking.finish(return_id, number)
        return LabelledReturn(stored=stored, label=cast("StoredReturnLabelRecord", stored.label), new=new)
