"""Which lane of the network file leads to where an order goes."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.model.facts import Lane
from rules.conditions import glob


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """Where an order goes, as far as it is known."""

    country: str | None
    region: str | None
    postcode: str | None


def leads_to(lane: Lane, goal: Goal) -> bool:
    asked = ((lane.country, goal.country), (lane.region, goal.region), (lane.postcode, goal.postcode))
    return all(
        pattern is None or (known is not None and glob(pattern).fullmatch(known) is not None)
        for pattern, known in asked
    )


class Lanes:
    """Those of one order: what leads where it goes is found once for all ways that may take the same lanes."""

    def __init__(self, goal: Goal) -> None:
        self._goal = goal
        self._found: dict[int, Lane | None] = {}

    def first(self, lanes: Sequence[Lane]) -> Lane | None:
        """The first that leads there. `lanes` lives as long as the network does."""
        key = id(lanes)
        if key not in self._found:
            self._found[key] = next((lane for lane in lanes if leads_to(lane, self._goal)), None)
        return self._found[key]
