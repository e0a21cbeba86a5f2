"""Takes in what carriers say of parcels: `Pointsman.fulfilment.tracking`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from engine.errors import Contended, NotFound
from engine.fulfilment.tracking.advance import ShipmentNews
from engine.fulfilment.tracking.tracked_shipment import TrackedShipment
from engine.fulfilment.tracking.tracked_shipments import NumberedParcel, TrackedShipments, TrackingCall
from engine.model.parcels import Packing, Parcel, ShipmentKey
from engine.model.tracking import Scan, TrackingEvent, latest_wordings, number_name, scan_of
from engine.store.connection.client import Client
from engine.store.fulfilment.tracked_parcels import Taken
from engine.store.fulfilment.unknown_numbers import UnknownNumbers
from engine.store.hold_changes.change_script import MOST_TRIES
from engine.store.keys import Keys

EventOutcome: TypeAlias = Literal["new", "known", "kept"]
"""`new`: it is taken. `known`: it was before. `kept`: no parcel goes by its number; it is kept for some days, and taken
once one does.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundParcel:
    """A parcel that goes by a number, with its shipment and what of that was packed together with it. `parcels` are all
    that go by the number.
    """

    parcel: Parcel
    parcels: tuple[Parcel, ...]
    packing: Packing
    shipment: TrackedShipment

    @property
    def events(self) -> tuple[Scan, ...]:
        """What its carrier said, each once, the oldest first."""
        return latest_wordings(self.shipment.scans.get(self.parcel.sscc, ()))


class Tracking:
    """Of one network. A shipment may be lost after `silence` seconds without a word. `clock` answers UTC seconds.
    Methods raise NotReady and StoreUnavailable.
    """

    def __init__(
        self, client: Client, keys: Keys, shipments: TrackedShipments, *, silence: int, clock: Callable[[], int]
    ) -> None:
        self._shipments = shipments
        self._unknown = UnknownNumbers(client, keys)
        self._silence = silence
        self._clock = clock

    def take(self, events: Sequence[TrackingEvent], source: str) -> list[EventOutcome]:
        """Take in what `source` says, in any order and however often; what becomes of each event. Raises Contended."""
        outcomes: dict[int, EventOutcome] = {}
        left = {
            index: replace(event, tracking_number=number_name(event.tracking_number))
            for index, event in enumerate(events)
        }
        for _ in range(MOST_TRIES):
            parcels = self._parcels(left.values(), source)
            outcomes |= {index: "kept" for index, event in left.items() if event.tracking_number not in parcels}
            outcomes |= self._take(left, parcels, source)
            left = {index: event for index, event in left.items() if index not in outcomes}
            if not left:
                return [outcomes[index] for index in range(len(events))]
        raise Contended("others change what is known of these parcels over and over; try again")

    def find(self, number: str) -> FoundParcel:
        """The parcel that goes by a tracking number or SSCC; raises NotFound."""
        name = number_name(number)
        found = self._shipments.numbered([name]).get(name)
        if found is None:
            raise NotFound(f"no parcel that is with a carrier, or was, goes by the number '{number}'")
        shipment, parcel = found.read.shipment, found.parcel
        packing = shipment.packing_of(parcel.sscc)
        return FoundParcel(parcel=parcel, parcels=found.parcels, packing=packing, shipment=shipment)

    def _parcels(self, events: Iterable[TrackingEvent], source: str) -> dict[str, NumberedParcel]:
        """By number, the parcel that goes by it. Events of other numbers are kept."""
        by_number: dict[str, list[TrackingEvent]] = {}
        for event in events:
            by_number.setdefault(event.tracking_number, []).append(event)
        parcels = self._shipments.numbered(by_number)
        unknown = {number: of_number for number, of_number in by_number.items() if number not in parcels}
        if unknown:
            self._unknown.keep(unknown.items(), source=source, now=self._clock())
            # whoever packed it meanwhile may have looked there before it was kept
            packed = self._shipments.numbered(unknown)
            self._unknown.forget(list(packed))
            parcels |= packed
        return parcels

    def _take(
        self, events: Mapping[int, TrackingEvent], parcels: Mapping[str, NumberedParcel], source: str
    ) -> dict[int, EventOutcome]:
        """What became of the events of these parcels that did not meet with another change."""
        now = self._clock()
        by_shipment: dict[ShipmentKey, list[int]] = {}
        for index, event in events.items():
            if event.tracking_number in parcels:
                by_shipment.setdefault(parcels[event.tracking_number].place.shipment, []).append(index)
        calls: list[TrackingCall] = []
        outcomes: list[dict[int, EventOutcome]] = []
        for indexes in by_shipment.values():
            numbered = [(parcels[events[index].tracking_number], scan_of(events[index], now)) for index in indexes]
            read = numbered[0][0].read
            outcomes.append(dict(zip(indexes, _outcomes(read.shipment, numbered), strict=True)))
            scans: dict[str, list[Scan]] = {}
            for parcel, scan in numbered:
                for each in parcel.parcels:
                    scans.setdefault(each.sscc, []).append(scan)
            places = {events[index].tracking_number: parcels[events[index].tracking_number].place for index in indexes}
            news = ShipmentNews(scans=scans, source=source, now=now, silence=self._silence)
            calls.append(TrackingCall(read=read, news=news, places=places))
        taken = self._shipments.take(calls)
        done = [some for some, outcome in zip(outcomes, taken, strict=True) if outcome in (None, Taken.DONE)]
        return {index: outcome for some in done for index, outcome in some.items()}


def _outcomes(shipment: TrackedShipment, scans: Iterable[tuple[NumberedParcel, Scan]]) -> Iterator[EventOutcome]:
    known = {(sscc, scan.state, scan.identity) for sscc, kept in shipment.scans.items() for scan in kept}
    for numbered, scan in scans:
        name = numbered.parcel.sscc, scan.state, scan.identity
        yield "known" if name in known else "new"
        known.add(name)
