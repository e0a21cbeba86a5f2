"""Which lane of the network file a shipment to an order's destination takes."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.model.facts import Lane
from rules.conditions import glob


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where an order goes, as far as it is known."""

    country: str | None
    region: str | None
    postcode: str | None


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


class LaneFinder:
    """Finds lanes to one order's destination, once for all ways that may take the same lanes."""

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        self._first: dict[int, Lane | None] = {}

    def first(self, lanes: Sequence[Lane]) -> Lane | None:
        """The first of the lanes that leads there. `lanes` is remembered by its identity, so it must live as long as
        the network does.
        """
        key = id(lanes)
        if key not in self._first:
            self._first[key] = next((lane for lane in lanes if leads_to(lane, self._destination)), None)
        return self._first[key]
