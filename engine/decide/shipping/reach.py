"""The ways that lead to where an order's lines go, as columns: distance, departure, arrival, lateness, cost and CO2e.

Distances are the only floating point of a decision. They are made of +, -, x, / and square roots alone, in the same
order as in `distance`, so every machine gets the same bits.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.decide.address.address import goal_address
from engine.decide.shipping import ways as columns
from engine.decide.shipping.calendar import Calendar
from engine.decide.shipping.columns import NOWHERE, Flags, Integers, filled, rounded
from engine.decide.shipping.distance import DISTANCE_STEP, EARTH_RADIUS, SERIES, SMALL, direction
from engine.decide.shipping.lanes import NOT_SERVED, Destination
from engine.decide.shipping.schedule import Departures
from engine.decide.shipping.ways import Ways
from engine.model.facts import GeoPoint, Order

Floats = NDArray[np.float64]
_TERMS = tuple(map(np.array, SERIES))
"""As arrays, with which numpy reckons faster than with numbers of Python's."""
LATE: Final[Sequence[bool | None]] = (None, False, True)
"""What the codes of the column `late` mean; None: nothing was promised."""


class Reach(NamedTuple):
    """The ways that lead there, by key. `way`, `node` and `service` are their numbers in `Ways`, `destination` is that
    in `Order.destinations`; metres, UTC seconds, codes of `LATE`, micros and milligrams of CO2e a shipment. `begins` is
    the instant from which on it is prepared: now or, for a nominated day, the latest at which it still arrives on that
    day. A decision made at `alike_until` or later may ship or arrive at other hours. `ready_at` is from when on the
    goods are there that a shipment waits for, 0: now; None: none waits.
    """

    way: Integers
    node: Integers
    service: Integers
    distance: Integers
    ships_at: Integers
    arrives_by: Integers
    alike_until: Integers
    late: Integers
    fixed: Integers
    drop: Integers
    begins: Integers
    destination: Integers
    ready_at: Integers | None = None


def minutes_until(instant: Integers, now: int) -> Integers:
    """From now on, rounded up."""
    return -((now - instant) // 60)


def reach(order: Order, ways: Ways, leaving: Flags, now: int, *, ready_at: int | None = None) -> Reach:
    """The ways of the nodes `leaving` to the destinations of the order's lines. Where a place is not known, that of
    the order or of a node, only those lead there of which a lane says how far that is. Of shipments whose goods are
    there only later, at `ready_at`, the preparation begins then.
    """
    used = dict.fromkeys(map(order.collected_at, order.lines))
    parts = [_reach_to(collect_at, order, ways, leaving, now, ready_at=ready_at) for collect_at in used]
    if len(parts) == 1:
        return parts[0]
    every = joined(parts)
    by_key = np.lexsort((every.destination, every.way))
    return Reach._make(None if column is None else column[by_key] for column in every)


def joined(parts: Sequence[Reach]) -> Reach:
    """The rows of all parts, one after another."""
    columns = zip(*parts, strict=True)
    return Reach._make(None if column[0] is None else np.concatenate(column) for column in columns)


class Leading(NamedTuple):
    """The ways that lead to one destination, as a table of `Ways`; metres and minutes that each takes, or NOWHERE."""

    table: Integers
    distance: Integers
    minutes: Integers
    collected_at: int


def leading_to(collect_at: str | None, order: Order, ways: Ways, leaving: Flags) -> Leading:
    """The ways of the nodes `leaving` to the node `collect_at` or, None, to the order's place."""
    address = goal_address(order, collect_at, ways.network)
    collected_at = ways.node_index[collect_at] if collect_at else NOWHERE
    table = ways.leading(address.country, collected_at)
    table = table.take(leaving[table[columns.NODE]].nonzero()[0], axis=1)
    distance = _distance(address.place, ways, table)
    lanes = ways.lanes_to(Destination.of(address))
    if lanes is None:
        minutes = ways.minutes(table[columns.SERVICE], distance)
    else:
        theirs, takes = lanes.distance[table[columns.LANES]], lanes.minutes[table[columns.LANES]]
        distance = np.where(theirs >= 0, theirs, distance)
        minutes = ways.minutes(table[columns.SERVICE], distance)
        minutes = np.where(takes >= 0, takes, np.where(takes == NOT_SERVED, NOWHERE, minutes))
        minutes[(distance > table[columns.MAX_DISTANCE]) | (distance == NOWHERE)] = NOWHERE
    return Leading(table, distance, minutes, collected_at)


class Route(NamedTuple):
    """How one shipment travels: for so many `minutes` on the calendar `travels` (None: all the time), to be `collected`
    when a place with these hours is open (None: it is not, or that is always open).
    """

    departures: Departures
    travels: Calendar | None
    minutes: int
    collected: Calendar | None


def route_of(order: Order, ways: Ways, *, node: str, service: str, collect_at: str | None) -> Route | None:
    """The route of what the node ships of an order by the service, to the node `collect_at` or, None, to its place.
    None: the network has no such way, or does not know how far it is.
    """
    names = ways.node_index
    if node not in names or (collect_at is not None and collect_at not in names):
        return None
    leaving = np.zeros(len(ways.nodes), dtype=bool)
    leaving[names[node]] = True
    table, _, minutes, collected_at = leading_to(collect_at, order, ways, leaving)
    for way, number in enumerate(table[columns.SERVICE].tolist()):
        if ways.services[number].id == service and minutes[way] != NOWHERE:
            departures, travels = ways.schedule(int(table[columns.SCHEDULE][way]))
            collected = None if collected_at == NOWHERE else ways.hours(collected_at)
            return Route(departures, travels, int(minutes[way]), collected)
    return None


def _reach_to(
    collect_at: str | None, order: Order, ways: Ways, leaving: Flags, now: int, *, ready_at: int | None
) -> Reach:
    table, distance, minutes, collected_at = leading_to(collect_at, order, ways, leaving)
    timings, schedule = ways.timings(collected_at), table[columns.SCHEDULE]
    starts = now if ready_at is None else ready_at
    if order.deliver_on is not None:
        begins, ships_at, arrives_by = timings.latest(*ways.day(order.deliver_on), schedule, minutes)
        alike_until, there = begins + 1, (begins >= starts).nonzero()[0]
    else:
        if ready_at is None:
            came_in = ways.network.came_in(order.placed_at, now)
            ships_at, arrives_by, alike_until = timings.at(now, schedule, minutes, came_in)
        else:
            ships_at, arrives_by = timings.later(ready_at, schedule, minutes)
            alike_until = filled(len(minutes), ready_at)
        begins, there = filled(len(minutes), starts), (arrives_by >= 0).nonzero()[0]
    if len(there) < len(distance):
        table, distance, begins = table.take(there, axis=1), distance[there], begins[there]
        ships_at, arrives_by, alike_until = ships_at[there], arrives_by[there], alike_until[there]
    promise = order.promise_by
    late = np.zeros(len(there), dtype=np.int64) if promise is None else 1 + (arrives_by > promise)
    destination = filled(len(there), order.destinations.index(collect_at))
    return reach_of(
        table, distance, (ships_at, arrives_by, alike_until), late=late, begins=begins, destination=destination
    )


def reach_of(
    table: Integers,
    distance: Integers,
    timing: tuple[Integers, Integers, Integers],
    *,
    late: Integers,
    begins: Integers,
    destination: Integers,
) -> Reach:
    """The ways of a table of `Ways`; `timing` is when they leave, arrive, and until when that is alike."""
    ships_at, arrives_by, alike_until = timing
    return Reach(
        way=table[columns.WAY],
        node=table[columns.NODE],
        service=table[columns.SERVICE],
        distance=distance,
        ships_at=ships_at,
        arrives_by=arrives_by,
        alike_until=alike_until,
        late=late,
        fixed=table[columns.FIXED] + rounded(table[columns.PER_KM] * distance, 1_000),
        drop=table[columns.DROP],
        begins=begins,
        destination=destination,
    )


def _distance(place: GeoPoint | None, ways: Ways, table: Integers) -> Integers:
    """Metres by great circle and detour; NOWHERE where a place is not known. What is collected where it
    is need not travel.
    """
    if place is None:
        return np.where(table[columns.DETOUR] > 0, NOWHERE, 0)
    metres = great_circle(ways.directions, np.array(direction(place))[:, None])[table[columns.NODE]]
    return with_detour(metres, ways, table)


def with_detour(metres: Integers, ways: Ways, table: Integers) -> Integers:
    """What is travelled over so many metres by great circle; NOWHERE where the place of a node is not known."""
    distance = rounded(metres * table[columns.DETOUR], 1_000 * DISTANCE_STEP) * DISTANCE_STEP
    if ways.some_unplaced:
        distance[ways.unplaced.take(table[columns.NODE]) & (table[columns.DETOUR] > 0)] = NOWHERE
    return distance


def great_circle(nodes: Floats, destination: Floats) -> Integers:
    """Metres from each node, rounded half to even. Both are x, y and z of directions, a row each."""
    chord = nodes - destination
    x, y, z = chord * chord
    half = np.sqrt(x + y + z) / 2
    angle = _arcsine(half) if half.size and half.flat[half.argmax()] > SMALL else _small_arcsine(half)
    return np.rint(2 * EARTH_RADIUS * angle).astype(np.int64)


def _arcsine(sine: Floats) -> Floats:
    small = np.minimum(sine, 1.0)
    times = np.ones(small.shape)
    while (large := small > SMALL).any():
        halved = small / np.sqrt(2 * (1 + np.sqrt(1 - small * small)))
        small = np.where(large, halved, small)
        times = np.where(large, times * 2, times)
    return times * _small_arcsine(small)


def _small_arcsine(x: Floats) -> Floats:
    square = x * x
    series = _TERMS[-1] * square
    for term in _TERMS[-2:0:-1]:
        series += term
        series *= square
    series += _TERMS[0]
    return x + x * square * series
