"""Leaves out the lanes that cost more than anything moved on them could gain, whatever else is moved."""

from typing import NamedTuple

import numpy as np

from engine.decide.shipping.columns import Flags, Integers, integers
from engine.transfers.flow.market import FAR, Market


class Useful(NamedTuple):
    """`lanes` marks those that an optimal flow may need; `origins` and `goals` are the places at their ends. In an
    optimal flow a pack is worth at most `most` and at least `least` at each place.
    """

    lanes: Flags
    origins: Integers
    goals: Integers
    most: Integers
    least: Integers


def useful_lanes(market: Market) -> Useful:
    """By bounds of what a pack is worth at a place in an optimal flow: at most what the next one gains there, or less
    the lanes at a place further on; at least what the first that it sends was worth, or with the lanes that of a place
    before. A lane that costs as much as lies between the bounds of its ends gains nothing.
    """
    places = range(len(market.movable))
    sends, receives = market.movable > 0, market.room > 0
    most = integers(market.value(place, 0) if receives[place] else -FAR for place in places)
    least = integers(market.value(place, -1) if sends[place] else FAR for place in places)
    cost = np.where(sends[:, None] & receives[None, :], market.cost, FAR)
    while True:
        further = np.maximum(most, (most[None, :] - cost).max(axis=1, initial=-FAR))
        if (further == most).all():
            break
        most = further
    while True:
        before = np.minimum(least, (least[:, None] + cost).min(axis=0, initial=FAR))
        if (before == least).all():
            break
        least = before
    lanes: Flags = (cost < FAR) & (most[None, :] - least[:, None] > cost)
    origins, goals = np.flatnonzero(lanes.any(axis=1)), np.flatnonzero(lanes.any(axis=0))
    return Useful(lanes, origins, goals, most, least)
