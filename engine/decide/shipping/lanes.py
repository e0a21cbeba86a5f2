"""Which lanes of the network file lead to an order's destination, and what they say of distance and time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from engine.decide.address.address import Address
from engine.decide.shipping.columns import NOWHERE, Integers
from engine.model.facts import Lane
from rules.conditions import glob


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where an order goes, as far as it is known."""

    country: str | None
    region: str | None
    postcode: str | None

    @classmethod
    def of(cls, address: Address) -> "Destination":
        return cls(country=address.country, region=address.region, postcode=address.postcode)


def leads_to(lane: Lane, destination: Destination) -> bool:
    comparisons = (
        (lane.country, destination.country),
        (lane.region, destination.region),
        (lane.postcode, destination.postcode),
    )
    return all(
        pattern is None or (word is not None and glob(pattern).fullmatch(word) is not None)
        for pattern, word in comparisons
    )


NOT_SERVED: Final = -2
"""Minutes of a lane on which no service goes."""


class Lanes(NamedTuple):
    """The lanes to one destination: by number of the lanes that a way may take, the metres and minutes of the first
    that leads there. Metres are -1 and minutes NOWHERE where it does not say. The last entry is for ways without lanes.
    """

    distance: Integers
    minutes: Integers


def lanes_to(destination: Destination, by_number: Sequence[Sequence[Lane]]) -> Lanes | None:
    """The lanes to the destination; None: no lane leads there."""
    first = [next((lane for lane in lanes if leads_to(lane, destination)), None) for lanes in by_number]
    if not any(first):
        return None
    distance = [-1 if lane is None or lane.distance is None else lane.distance for lane in (*first, None)]
    minutes = [_minutes_of(lane) for lane in (*first, None)]
    return Lanes(np.array(distance, dtype=np.int64), np.array(minutes, dtype=np.int64))


def _minutes_of(lane: Lane | None) -> int:
    if lane is None:
        return NOWHERE
    if not lane.served:
        return NOT_SERVED
    return NOWHERE if lane.takes is None else lane.takes
