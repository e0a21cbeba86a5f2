"""Watches shipments that carriers have: takes what was sent about them before they were packed, says once of each that
it is late or may be lost, and lists those whose promise is at risk.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence

from engine.actor import by_itself
from engine.fulfilment.tracking.advance import ShipmentNews
from engine.fulfilment.tracking.on_time import OnTimeRates
from engine.fulfilment.tracking.tracked_shipment import TrackedShipment
from engine.fulfilment.tracking.tracked_shipments import ReadShipment, TrackedShipments, TrackingCall
from engine.model.milestones import OnTheWayCause
from engine.model.parcels import Parcel, ShipmentKey
from engine.model.tracking import Scan, number_name, scan_of
from engine.promise_watch.at_risk import OnTheWayRisk
from engine.store.connection.client import Client
from engine.store.fulfilment.tracked_parcels import Taken, TrackedParcels
from engine.store.fulfilment.unknown_numbers import UnknownNumbers
from engine.store.keys import Keys

WATCH = "watch"
"""The source of what Pointsman says by itself."""
MOST_IN_A_TURN = 5_000
_AT_ONCE = 200


class OnTheWay:
    """Of one network. A shipment may be lost after `silence` seconds without a word; `begin_polling` is told of those
    that are new. `clock` answers UTC seconds.
    """

    def __init__(
        self,
        client: Client,
        keys: Keys,
        shipments: TrackedShipments,
        *,
        rates: OnTimeRates,
        begin_polling: Callable[[Iterable[TrackedShipment]], None],
        silence: int,
        clock: Callable[[], int],
    ) -> None:
        self._shipments = shipments
        self._rates = rates
        self._begin_polling = begin_polling
        self._store = TrackedParcels(client, keys)
        self._unknown = UnknownNumbers(client, keys)
        self._silence = silence
        self._clock = clock

    def watch(self) -> tuple[OnTheWayRisk, ...]:
        """Say of each that is newly late or lost that it is, take what was sent before it was packed, and bring how
        often services are on time up to date. Raises NotReady, StoreUnavailable.
        """
        raised: list[OnTheWayRisk] = []
        with by_itself():
            for _ in range(MOST_IN_A_TURN // _AT_ONCE):
                due = [key for _, key in self._store.due(self._clock(), at_once=_AT_ONCE)]
                done = self._look(due)
                raised += [risk for risk in done if risk is not None]
                if not done:  # nothing is left, or others are changing the rest
                    break
            self._rates.refresh()
        return tuple(raised)

    def at_risk(
        self, *, until: int, after: tuple[int, str] | None
    ) -> Iterator[tuple[int, ShipmentKey, OnTheWayRisk | None]]:
        """As `OnTheWayRisks` says."""
        now = self._clock()
        listed = self._store.at_risk(until=until, after=after)
        while batch := list(itertools.islice(listed, _AT_ONCE)):
            found = self._shipments.find([key for _, key in batch])
            for at, key in batch:
                read = found.get(key)
                yield at, key, None if read is None else self._risk(read.shipment, now)

    def _look(self, due: Sequence[ShipmentKey]) -> list[OnTheWayRisk | None]:
        """Look at these shipments; of each that was changed, what is newly said of it."""
        found = self._shipments.find(due)
        gone = [key for key in due if key not in found]
        self._store.leave(gone)
        now, events_before = self._clock(), self._events_before_packing(found.values())
        calls: list[TrackingCall] = []
        for key, read in found.items():
            scans, source = events_before.get(key, ({}, WATCH))
            news = ShipmentNews(scans=scans, source=source, now=now, silence=self._silence, looks=True)
            calls.append(TrackingCall(read=read, news=news))
        outcomes = self._shipments.take(calls)
        taken = [read for read, outcome in zip(found.values(), outcomes, strict=True) if outcome == Taken.DONE]
        self._unknown.forget(
            [name for read in taken if read.shipment.key in events_before for name in _names(read.shipment.parcels)]
        )
        self._begin_polling(read.shipment for read in taken if not read.shipment.was_looked_at)
        return [*(None for _ in gone), *(self._newly(read, now) for read in taken)]

    def _events_before_packing(
        self, found: Iterable[ReadShipment]
    ) -> dict[ShipmentKey, tuple[dict[str, list[Scan]], str]]:
        """Of shipments of which something was sent before they were packed: that by SSCC, and who sent it last."""
        parcels: dict[str, list[tuple[ShipmentKey, str]]] = {}
        for read in found:
            for parcel in read.shipment.parcels:
                for name in _names([parcel]):
                    parcels.setdefault(name, []).append((read.shipment.key, parcel.sscc))
        by_shipment: dict[ShipmentKey, tuple[dict[str, list[Scan]], str]] = {}
        for name, events in self._unknown.read(list(parcels)).items():
            for key, sscc in parcels[name]:
                scans, _ = by_shipment.get(key, ({}, WATCH))
                scans.setdefault(sscc, []).extend(scan_of(item.event, item.heard_at) for item in events)
                by_shipment[key] = scans, max(events, key=lambda item: item.heard_at).source
        return by_shipment

    def _newly(self, read: ReadShipment, now: int) -> OnTheWayRisk | None:
        """What is said now of a shipment that was as it was read."""
        (after,) = self._shipments.find([read.shipment.key]).values()
        before, state = read.shipment.state, after.shipment.state
        if (state.late, state.lost) in ((before.late, before.lost), (before.late, False)):
            return None
        return self._risk(after.shipment, now)

    def _risk(self, shipment: TrackedShipment, now: int) -> OnTheWayRisk | None:
        """None: its carrier tells nobody anything, so nobody knows."""
        if not shipment.is_reported_on(shipment.scans, now):
            return None
        silent = shipment.silent_from(self._silence)
        is_lost = silent <= now
        due = silent if is_lost else shipment.promised
        cause: OnTheWayCause = "lost" if is_lost else "in_transit_late"
        state = shipment.state
        return OnTheWayRisk(
            shipment=shipment.watched,
            cause=cause,
            due=due,
            expected=None if is_lost or due < now else shipment.promise.planned,
            missed=due < now,
            raised=state.lost if is_lost else state.late,
        )


def _names(parcels: Iterable[Parcel]) -> list[str]:
    """All numbers by which they go."""
    return [
        number_name(number)
        for parcel in parcels
        for number in (parcel.sscc, parcel.tracking_number)
        if number is not None
    ]
