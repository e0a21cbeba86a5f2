"""Before which instant no shipment of a new decision has to pass its first milestone, read off the decision's record.

How long it travels follows from when it leaves and arrives as it was decided, so that nothing has to be looked up of
where it goes. When its order came in is left out of account, so that shipments which travel for as long and are to
arrive by the same instant share what is worked out: a cut-off that the order missed makes it wait until the day on
which it leaves as it was decided at most. So the instant is before the last moment for the milestone, or that moment
itself, and never after it.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec import UNSET, Struct, UnsetType

from engine.decide.order_record import date_number, seconds
from engine.decide.shipping.calendar import Calendar, days_from
from engine.decide.shipping.schedule import Calendars, Departures
from engine.decide.shipping.ways import Ways
from engine.model.milestones import MILESTONES, Milestone
from engine.promise_watch.promised_instant import promised_instant
from engine.promise_watch.shipment_times import FARTHEST_BACK, ShipmentTimes, shares_of

_MOST_KEPT = 10_000
_STEP = 30 * 60
"""Seconds to which journeys are rounded up, and promises down if there is little time between them."""
_LONG_STEPS = (24 * 3_600, 6 * 3_600, 2 * 3_600)
"""To which of them promises are rounded down if there are twice as many seconds or more between them."""


class _Shipment(Struct):
    node: str
    service: str
    ships_at: str
    arrives_by: str
    collect_at: str | UnsetType | None = UNSET
    """As in `ShipmentRecord`: null if it goes to the destination, left out if it goes where the order does."""


class _Order(Struct):
    promise_by: str | None
    collect_at: str | None
    deliver_on: str | None = None


class _Quote(Struct):
    arrives_by: str


class _Record(Struct):
    """The fields of `DecisionRecord` that are needed here; all others are skipped."""

    network_version: str
    order: _Order
    shipments: list[_Shipment]
    quote: _Quote | None = None


_DECODER = msgspec.json.Decoder(_Record)


class Journey(NamedTuple):
    """A shipment leaves the node by the service, travels for so many seconds in which that runs, and is there for its
    customer when the node `collect_at` is open (None: as it arrives); it is to arrive by `promised`.
    """

    node: str
    service: str
    collect_at: str | None
    travels_for: int
    promised: int


class _Way(NamedTuple):
    """When a service leaves a node, and when it travels (None: all the time); the node's `shares`, and the first
    milestone that it reports.
    """

    departures: Departures
    travels: Calendar | None
    shares: Mapping[str, int]
    first: Milestone


class EarliestDues:
    """Of the network of these ways."""

    def __init__(self, ways: Ways) -> None:
        self.ways = ways
        self._calendars = Calendars(ways.network)
        self._ways: dict[tuple[str, str], _Way] = {}
        self._kept: dict[Journey, int | None] = {}

    def of(self, record: bytes, version: str) -> list[int] | None:
        """By number of its shipments, such an instant for each, of a decision whose record is this JSON. None: it can't
        be told, as the decision was made on another than this `version` of the network. Raises ValueError.
        """
        decided = _DECODER.decode(record)
        if decided.network_version != version:
            return None
        order, quote = decided.order, decided.quote
        promises = [seconds(text) for text in (order.promise_by, quote and quote.arrives_by) if text]
        if order.deliver_on:
            promises.append(self.ways.day(date_number(order.deliver_on))[1])
        instants = [self._earliest(shipment, order.collect_at, promises) for shipment in decided.shipments]
        known = [instant for instant in instants if instant is not None]
        return known if len(known) == len(instants) else None

    def _earliest(self, shipment: _Shipment, collect_at: str | None, promises: Sequence[int]) -> int | None:
        planned = seconds(shipment.arrives_by)
        travels_for = _open_seconds(self._way(shipment).travels, seconds(shipment.ships_at), planned)
        promised = promised_instant(promises, planned, self.ways)
        step = next((long for long in _LONG_STEPS if 2 * long <= promised - planned), _STEP)
        # as if it travelled a little longer and were to arrive a little earlier, so that more journeys are the same
        journey = Journey(
            node=shipment.node,
            service=shipment.service,
            collect_at=collect_at if shipment.collect_at is UNSET else shipment.collect_at,
            travels_for=travels_for + -travels_for % _STEP,
            promised=promised - promised % step,
        )
        if journey not in self._kept:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[journey] = self._latest(journey, self._way(shipment))
        return self._kept[journey]

    def _way(self, shipment: _Shipment) -> _Way:
        key = shipment.node, shipment.service
        if key not in self._ways:
            node, service = self.ways.network.nodes[key[0]], self.ways.network.services[key[1]]
            pickup, reported = service.mode == "pickup", node.milestones or {}
            self._ways[key] = _Way(
                departures=self._calendars.departures(node, service),
                travels=self._calendars.of_node(node) if pickup else self._calendars.of_service(service, node),
                shares=shares_of(node),
                first=next(name for name in MILESTONES if name == "handed_over" or name in reported),
            )
        return self._ways[key]

    def _latest(self, journey: Journey, way: _Way) -> int | None:
        """The last second at which a shipment may pass the first milestone, and still arrive in time, had its order
        come in before any cut-off; None: there is none.
        """
        collect_at = journey.collect_at
        times = ShipmentTimes(
            departures=way.departures,
            travels=way.travels,
            travels_for=journey.travels_for,
            collected=self._calendars.of_node(self.ways.network.nodes[collect_at]) if collect_at else None,
            came_in=journey.promised - FARTHEST_BACK,
            shares=way.shares,
        )
        return times.latest(way.first, journey.promised)


def _open_seconds(calendar: Calendar | None, since: int, until: int) -> int:
    """How many seconds it is open between the two instants; None: it always is."""
    if calendar is None:
        return until - since
    total = 0
    for day in days_from(since):
        openings = calendar.open_on(day)
        if openings and openings[0][0] >= until:
            break
        total += sum(max(0, min(end, until) - max(start, since)) for start, end in openings)
    return total
