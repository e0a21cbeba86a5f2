"""The ways that lead to the places of several orders, worked out as one table."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from engine.decide.address.address import Address, goal_address
from engine.decide.shipping import ways as columns
from engine.decide.shipping.columns import NOWHERE, Flags, Integers, integers
from engine.decide.shipping.distance import direction
from engine.decide.shipping.lanes import Destination
from engine.decide.shipping.reach import Reach, great_circle, reach, reach_of, with_detour
from engine.decide.shipping.ways import Ways
from engine.model.facts import Order

_NO_PROMISE = 1 << 62
"""An instant after every promise."""


class _Group(NamedTuple):
    """What orders have in common whose ways are worked out as one table: their country, the number of the node at which
    they are collected (NOWHERE: at none), and the last cut-off that they missed.
    """

    country: str | None
    collected_at: int
    missed: int | None


def reach_together(orders: Sequence[Order], ways: Ways, leaving: Flags, now: int) -> list[Reach]:
    """By order, as `reach` does, of orders that are sent now, all lines of each to one place. `leaving` has a row for
    each.
    """
    found: dict[int, Reach] = {}
    groups: defaultdict[_Group, dict[int, Address]] = defaultdict(dict)
    for number, order in enumerate(orders):
        (collect_at,) = order.destinations
        address = goal_address(order, collect_at, ways.network)
        if address.place is None or ways.lanes_to(Destination.of(address)) is not None:
            found[number] = reach(order, ways, leaving[number], now)
            continue
        collected_at = ways.node_index[collect_at] if collect_at else NOWHERE
        missed = ways.timings(collected_at).cut_off_missed(ways.network.came_in(order.placed_at, now), now)
        groups[_Group(address.country, collected_at, missed)][number] = address
    for group, members in groups.items():
        some, addresses = [orders[number] for number in members], list(members.values())
        its = _reach(some, addresses, group, ways, leaving[list(members)], now=now)
        found |= zip(members, its, strict=True)
    return [found[number] for number in range(len(orders))]


def _reach(
    orders: Sequence[Order], addresses: Sequence[Address], group: _Group, ways: Ways, leaving: Flags, *, now: int
) -> Iterator[Reach]:
    """Of the orders of a group, to whose places no lane leads."""
    table, timings = ways.leading(group.country, group.collected_at), ways.timings(group.collected_at)
    order, way = leaving[:, table[columns.NODE]].nonzero()
    table = table[:, way]
    distance = _distances(addresses, ways, order, table)
    minutes = ways.minutes(table[columns.SERVICE], distance)
    came_in = ways.network.came_in(orders[0].placed_at, now)
    ships_at, arrives_by, alike_until = timings.at(now, table[columns.SCHEDULE], minutes, came_in)
    there = (arrives_by >= 0).nonzero()[0]
    table, order, distance = table[:, there], order[there], distance[there]
    ships_at, arrives_by, alike_until = ships_at[there], arrives_by[there], alike_until[there]
    promise = integers(_NO_PROMISE if item.promise_by is None else item.promise_by for item in orders)[order]
    every = reach_of(
        table,
        distance,
        (ships_at, arrives_by, alike_until),
        late=np.where(promise == _NO_PROMISE, 0, 1 + (arrives_by > promise)),
        begins=np.full(len(there), now),
        destination=np.zeros(len(there), dtype=np.int64),
    )
    ends = np.bincount(order, minlength=len(orders)).cumsum().tolist()
    for start, end in zip([0, *ends], ends, strict=False):
        yield Reach._make(None if column is None else column[start:end] for column in every)


def _distances(addresses: Sequence[Address], ways: Ways, order: Integers, table: Integers) -> Integers:
    """Metres by great circle and detour; NOWHERE where the place of a node is not known."""
    places = np.array([direction(address.place) for address in addresses if address.place])
    metres = great_circle(ways.directions[:, None, :], places.T[:, :, None])[order, table[columns.NODE]]
    return with_detour(metres, ways, table)
