"""The ways that lead to where an order goes, as columns: distance, departure, arrival, lateness, cost and CO2e.

Distances are the only floating point of a decision. They are made of +, -, x, / and square roots alone, in the same
order as in `distance`, so every machine gets the same bits.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.decide.shipping import ways as columns
from engine.decide.shipping.calendar import Calendar
from engine.decide.shipping.distance import DISTANCE_STEP, EARTH_RADIUS, SERIES, SMALL, Direction, direction
from engine.decide.shipping.lanes import Destination, LaneFinder
from engine.decide.shipping.schedule import arrival
from engine.decide.shipping.ways import NOWHERE, Flags, Integers, Ways, product_rounded, rounded
from engine.model.facts import Lane, Order

Floats = NDArray[np.float64]
LATE: Final[Sequence[bool | None]] = (None, False, True)
"""What the codes of the column `late` mean; None: nothing was promised."""
_NEVER = (-1, -1)


class Reach(NamedTuple):
    """The ways that lead there, by key. `way`, `node` and `service` are their numbers in `Ways`; metres, UTC seconds,
    minutes from the decision (rounded up), codes of `LATE`, micros and milligrams of CO2e a shipment.
    """

    way: Integers
    node: Integers
    service: Integers
    distance: Integers
    ships_at: Integers
    arrives_by: Integers
    arrives: Integers
    late: Integers
    fixed: Integers
    drop: Integers


def reach(order: Order, ways: Ways, leaving: Flags, now: int) -> Reach:
    """The ways of the nodes `leaving` to the order's destination."""
    chosen = ways.network.nodes[order.collect_at] if order.collect_at else None
    place = chosen.place if chosen else order.place
    if place is None:
        raise ValueError(f"order {order.id} has neither a place nor a node to collect at")
    country, region = (chosen.country, chosen.region) if chosen else (order.country, order.region)
    collected_at = ways.node_index[chosen.id] if chosen else NOWHERE
    table = ways.leading(country, collected_at)
    table = table.take(leaving.take(table[columns.NODE]).nonzero()[0], axis=1)
    metres = _great_circle(ways.directions, direction(place)).take(table[columns.NODE])
    distance = rounded(metres * table[columns.DETOUR], 1_000 * DISTANCE_STEP) * DISTANCE_STEP
    if ways.lanes:
        finder = LaneFinder(Destination(country=country, region=region, postcode=None if chosen else order.postcode))
        lanes = [finder.first(item) for item in ways.lanes]
        distance, takes = _by_lanes(lanes, table[columns.LANES], distance)
        minutes = ways.minutes(table[columns.SERVICE], distance)
        minutes = np.where(takes >= 0, takes, np.where(takes == _NOT_SERVED, NOWHERE, minutes))
    else:
        minutes = ways.minutes(table[columns.SERVICE], distance)
    minutes[distance > table[columns.MAX_DISTANCE]] = NOWHERE
    hours = ways.hours[collected_at] if chosen else None
    ships_at, arrives_by = _times(ways, table[columns.SCHEDULE], minutes, now, hours)
    there = (arrives_by >= 0).nonzero()[0]
    if len(there) < len(distance):
        table, distance, ships_at, arrives_by = table[:, there], distance[there], ships_at[there], arrives_by[there]
    promise = order.promise_by
    return Reach(
        way=table[columns.WAY],
        node=table[columns.NODE],
        service=table[columns.SERVICE],
        distance=distance,
        ships_at=ships_at,
        arrives_by=arrives_by,
        arrives=-((now - arrives_by) // 60),
        late=np.zeros(len(there), dtype=np.int64) if promise is None else 1 + (arrives_by > promise),
        fixed=table[columns.FIXED] + product_rounded(table[columns.PER_KM], distance, 1_000),
        drop=table[columns.DROP],
    )


_NOT_SERVED = -2
"""Minutes of a lane on which no service goes."""


def _by_lanes(lanes: Sequence[Lane | None], number: Integers, distance: Integers) -> tuple[Integers, Integers]:
    """The ways' distances, and the minutes that their lanes say; NOWHERE: the service says them."""
    # the last entry is for ways without a lane, whose number is -1
    distances = np.array([-1 if lane is None or lane.distance is None else lane.distance for lane in (*lanes, None)])
    takes = np.array([_minutes_of(lane) for lane in (*lanes, None)])
    theirs = distances[number]
    return np.where(theirs >= 0, theirs, distance), takes[number]


def _minutes_of(lane: Lane | None) -> int:
    if lane is None:
        return NOWHERE
    if not lane.served:
        return _NOT_SERVED
    return NOWHERE if lane.takes is None else lane.takes


def _times(
    ways: Ways, schedule: Integers, minutes: Integers, now: int, hours: Calendar | None
) -> tuple[Integers, Integers]:
    """When each ships and arrives, in UTC seconds; -1: never. `hours` are those of the place of collection."""
    keys = list(zip(schedule.tolist(), minutes.tolist(), strict=True))
    times: dict[tuple[int, int], tuple[int, int]] = {}
    for key in set(keys):
        number, takes = key
        times[key] = _NEVER
        if takes != NOWHERE:
            departures, travels = ways.schedules[number]
            leaves = departures.next(now)
            arrives = None if leaves is None else arrival(travels, leaves, takes * 60)
            if arrives is not None and hours is not None:
                arrives = arrival(hours, arrives, 0)
            if leaves is not None and arrives is not None:
                times[key] = (leaves, arrives)
    table = np.array([times[key] for key in keys], dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _great_circle(nodes: Floats, destination: Direction) -> Integers:
    """Metres from each node, rounded half to even."""
    x, y, z = nodes[0] - destination[0], nodes[1] - destination[1], nodes[2] - destination[2]
    half = np.sqrt(x * x + y * y + z * z) / 2
    angle = _arcsine(half) if half.max(initial=0.0) > SMALL else _small_arcsine(half)
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
    series = SERIES[-1] * square
    for term in SERIES[-2:0:-1]:
        series += term
        series *= square
    series += SERIES[0]
    return x + x * square * series
