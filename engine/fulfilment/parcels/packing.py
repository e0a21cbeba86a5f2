"""Packs shipments. Where a carrier sells the labels, a packing is stored, then bought, then stored with its labels;
each step does nothing twice, so a request that is sent again goes on where the one before stopped.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from engine.errors import (
    Contended,
    HoldEnded,
    NotPackable,
    NotReady,
    StockConflict,
)
from engine.facts_reader import FactsReader
from engine.fulfilment.carriers.number_ranges import script_ranges
from engine.fulfilment.labels.letters.printable import check_address
from engine.fulfilment.parcels.carriage import CarrierSource, addressee_of, carriage_of
from engine.fulfilment.parcels.destination import verify_destination
from engine.fulfilment.parcels.label_purchase import LabelPurchase, being_cancelled
from engine.fulfilment.parcels.pack_request import PackRequest, PlannedParcel, is_same, plan_parcels, verify_count
from engine.fulfilment.parcels.packed_papers import PackedPapers
from engine.fulfilment.parcels.packing_endings import on_its_way
from engine.fulfilment.parcels.paper_texts import paper_texts
from engine.fulfilment.parcels.shipment_reader import ShipmentReader
from engine.fulfilment.parcels.shipment_reading import ShipmentReading, passes
from engine.fulfilment.parcels.supplied_numbers import SuppliedNumbers
from engine.idempotency import name_reused, operation
from engine.inventory.hold_requests import hold_ended, still_to_come
from engine.model.facts import Network
from engine.model.parcels import PackedShipment, Packing, Parcel, ParcelTerms, ShipmentKey
from engine.model.tracking import number_name
from engine.store.connection.client import Client
from engine.store.fulfilment.addressees import Addressees, erased
from engine.store.fulfilment.number_taking import (
    ErasedMeanwhile,
    NumberPlaces,
    NumbersLacking,
    ReservedNumbers,
    SerialsLacking,
    TakenNumbers,
)
from engine.store.fulfilment.shipment_change import ShipmentChange, ShipmentChanged, ShipmentOutcome
from engine.store.fulfilment.shipments import Shipments, about_shipment
from engine.store.hold_changes.change_script import MOST_TRIES
from engine.store.holds import Holds, Operation
from engine.store.keys import Keys
from engine.store.orders.parked import verify_approved
from engine.store.outcomes import OperationReused


@dataclass(frozen=True, slots=True, kw_only=True)
class PackingParts:
    """What packing needs; `clock` answers UTC seconds, `micros` microseconds."""

    client: Client
    keys: Keys
    facts: FactsReader
    carriers: CarrierSource
    shipments: Shipments
    addressees: Addressees
    new_id: Callable[[], str]
    clock: Callable[[], int]
    micros: Callable[[], int]


class ShipmentPacking:
    """The packing of one network's shipments."""

    def __init__(self, parts: PackingParts) -> None:
        self._parts = parts
        self._reserved = ReservedNumbers(parts.client, parts.keys)
        self._holds = Holds(parts.client, parts.keys)
        self._reader = ShipmentReader(parts.client, parts.keys, parts.shipments, clock=parts.clock)
        self._papers = PackedPapers(parts.new_id)
        self._purchase = LabelPurchase(parts, self._reader, self._papers)

    def read(self, key: ShipmentKey) -> ShipmentReading:
        """As `ShipmentReader.read`."""
        return self._reader.read(key)

    def pack(self, request: PackRequest) -> PackedShipment:
        """Pack a shipment, or what is left of it. See Parcels.pack."""
        parts, named = self._parts, operation(request.fingerprint, request.op)
        for _ in range(MOST_TRIES):
            reading = self.read(request.shipment)
            number = self._packed_before(request, named, reading)
            if number is not None:
                return self._purchase.finish(request.shipment, number)
            change = self._planned(request, reading)
            outcome = parts.client.retry_if_revived(functools.partial(parts.shipments.change, change, named))
            if isinstance(outcome, ShipmentChanged):
                return self._purchase.finish(request.shipment, outcome.packing)
            self._verify_goes_on(outcome, change, request)
        raise Contended(f"shipment {request.shipment} changes again and again; try again")

    def _packed_before(self, request: PackRequest, named: Operation, reading: ShipmentReading) -> int | None:
        """The packing that the same request made before, by its operation or, without one, by its parcels."""
        if request.op is not None:
            stored = self._holds.operation(about_shipment(request.shipment), named.name)
            if stored is not None:
                fingerprint, _, answer = stored.partition("\n")
                if fingerprint != named.request:
                    raise name_reused(request.op)
                return int(answer)
        valid = reading.packed.valid
        if not valid:
            return None
        if valid[-1].state == "booking" and (request.op is None or not reading.left):
            if request.op is None and self._is_like(request, reading, valid[-1]):
                self._verify_addressee(request, reading)
                return valid[-1].number
            raise NotPackable(
                f"shipment {request.shipment} is being booked with carrier '{valid[-1].carrier}': send the same request"
                f" again, or cancel the packing first (POST /v1/shipments/{request.shipment}/cancel, or: pointsman"
                f" shipment cancel {request.shipment})"
            )
        cancelling = next((item for item in valid if item.state == "cancelling"), None)
        if not reading.left and cancelling is not None:
            raise being_cancelled(request.shipment, cancelling)
        if request.op is None and not reading.left:
            same = [item for item in valid if self._is_like(request, reading, item)]
            if same:
                self._verify_addressee(request, reading)
                return same[-1].number
        return None

    def _verify_addressee(self, request: PackRequest, reading: ShipmentReading) -> None:
        """Raise NotPackable if the request names another addressee than the one for whom it was packed."""
        if request.addressee not in (None, self._parts.addressees.read(reading.packed.order)):
            raise NotPackable(
                f"shipment {request.shipment} was packed for another addressee; cancel the packing, then pack it again"
                f" (POST /v1/shipments/{request.shipment}/cancel, or: pointsman shipment cancel {request.shipment})"
            )

    def _is_like(self, request: PackRequest, reading: ShipmentReading, packing: Packing) -> bool:
        """Whether the request would have led to this packing."""
        if not request.parcels:
            number = request.tracking_number
            return number is None or all(parcel.tracking_number == number for parcel in packing.parcels)
        left = {line: reading.left.get(line, 0) + packing.units.get(line, 0) for line in reading.skus}
        return is_same(packing, self._plan(replace_partial(request), reading, left))

    def _plan(
        self, request: PackRequest, reading: ShipmentReading, left: Mapping[str, int]
    ) -> tuple[PlannedParcel, ...]:
        network, products = self._parts.facts.network_and_products(reading.skus.values(), fresh=True)
        return plan_parcels(
            request,
            left=left,
            skus=reading.skus,
            products=products,
            packing_grams=parcel_terms(network).packing_grams,
            text=network.quantity_text,
        )

    def _planned(self, request: PackRequest, reading: ShipmentReading) -> ShipmentChange:
        """The change by which it is packed, or its booking begins."""
        network, now, packed = self._network(), self._parts.clock(), reading.packed
        terms = parcel_terms(network)
        verify_packable(self._parts, reading)
        verify_count(request, sum(len(item.parcels) for item in packed.packings))
        planned = self._plan(request, reading, reading.left)
        record = reading.record
        carriage = carriage_of(network, reading.shipment, order_collects_at=record.order.collect_at)
        goal = addressee_of(
            carriage, lambda: request.addressee or self._parts.addressees.read(packed.order), packed.order
        )
        if carriage.goal is None:
            verify_destination(goal, record.order.destination, packed.order)
        supplied = SuppliedNumbers(
            numbers=request.supplied_numbers,
            shipment=packed,
            carriage=carriage,
            network=network,
            find=self._parts.shipments.find_number,
        )
        sells = carriage.sells and not any(supplied.numbers)
        if not sells:
            check_address(goal, "addressee")  # a label that can't be drawn is known before anything has a number
        supplied.verify()
        products = self._parts.facts.products(line.sku for line in record.order.lines)
        places = NumberPlaces()
        has_ranges = carriage.account is not None and bool(carriage.account.ranges) and not carriage.sells
        without = [place for place, parcel in enumerate(planned, start=1) if parcel.tracking_number is None]
        before = sum(len(item.parcels) for item in packed.packings)
        packing = Packing(
            number=len(packed.packings) + 1,
            state="booking" if sells else "packed",
            service=carriage.service,
            carrier=carriage.carrier,
            sold=sells,
            packed_at=now,
            texts=paper_texts(network, carriage, reading.shipment, products),
            parcels=tuple(
                Parcel(
                    number=before + place,
                    sscc=places.sscc(place),
                    lines=parcel.lines,
                    grams=parcel.grams,
                    size=parcel.size,
                    tracking_number=parcel.tracking_number
                    or (places.tracking(1 + without.index(place)) if has_ranges else None),
                )
                for place, parcel in enumerate(planned, start=1)
            ),
        )
        after = packed.with_packing(packing)
        done = packing.state == "packed"
        ranges = script_ranges(carriage.account.ranges) if has_ranges and without and carriage.account else ()
        return ShipmentChange(
            kind="packed" if done else "packing_begun",
            before=reading.stored.text,
            after=after,
            packing=packing.number,
            now=now,
            micros=self._parts.micros(),
            hold=reading.hold,
            promise=reading.promise,
            passed=done and passes(reading, after),
            numbers=TakenNumbers(
                places=places,
                terms=terms,
                count=len(planned),
                carrier=carriage.carrier or "",
                ranges=ranges,
                tracking_count=len(without),
            ),
            supplied_numbers=tuple(number_name(number) for number in supplied.numbers if number),
            addressee=self._parts.addressees.encrypted(packed.order, request.addressee) if request.addressee else b"",
            jobs=self._papers.of_parcels(network, after, packing, now) if done else (),
            needs_key=True,
            on_its_way=on_its_way(carriage.carrier) if done else "",
        )

    def _network(self) -> Network:
        """As it is now: what stands on papers may have been loaded by another process."""
        return self._parts.facts.network_and_products([], fresh=True)[0]

    def _verify_goes_on(self, outcome: ShipmentOutcome, change: ShipmentChange, request: PackRequest) -> None:
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
                    is_as_read=lambda: self._parts.shipments.read(change.after.key).text == change.before,
                )

    def go_on(self, key: ShipmentKey, number: int) -> None:
        """Go on with a packing that is being booked, where whoever sent it does not. Raises what `pack` does."""
        self._purchase.finish(key, number)


def replace_partial(request: PackRequest) -> PackRequest:
    return replace(request, partial=True)


def verify_packable(parts: PackingParts, reading: ShipmentReading) -> None:
    """Raise unless units of the shipment are held, or have left, and are in no parcel yet."""
    verify_approved(parts.client, parts.keys, reading.record.order.id)
    peg = next((peg for peg in reading.hold.pegs if peg.number == reading.key.number), None)
    if peg is not None:
        raise StockConflict(
            f"{still_to_come(peg.sku, peg.node, peg.receipt, peg.expected_at)}, and then pack the shipment"
        )
    if reading.left:
        return
    if reading.packed.valid:
        raise NotPackable(
            f"every unit of shipment {reading.key} is packed; cancel a packing to pack it otherwise"
            f" (POST /v1/shipments/{reading.key}/cancel, or: pointsman shipment cancel {reading.key})"
        )
    raise _nothing_held(reading)


def _nothing_held(reading: ShipmentReading) -> HoldEnded:
    return hold_ended(replace(reading.hold, shipments=(reading.hold.shipments[reading.key.number],)))


def parcel_terms(network: Network) -> ParcelTerms:
    """Raises NotReady if the network does not say how parcels are numbered."""
    if network.parcels is None:
        raise NotReady(
            "network.yaml does not say how parcels are numbered; write for example"
            ' parcels: {gs1_prefix: "3456789"}, with your GS1 company prefix, and load that'
            " (pointsman load DIR --network-only)"
        )
    return network.parcels
