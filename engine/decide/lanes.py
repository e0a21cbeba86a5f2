"""Which lane of the network file a service takes from a node to where an order goes."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.facts import Lane, Service
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
    """Those of one order; each is compared with where it goes at most once."""

    def __init__(self, goal: Goal) -> None:
        self._goal = goal
        self._leads: dict[int, bool] = {}

    def first(self, lanes: Sequence[Lane], service: Service) -> Lane | None:
        """The first of them that the service takes, if any. Nothing travels to be collected where it is."""
        for lane in lanes if service.mode != "pickup" else ():
            if not lane.services or service.id in lane.services:
                leads = self._leads.get(id(lane))
                if leads is None:
                    leads = self._leads[id(lane)] = leads_to(lane, self._goal)
                if leads:
                    return lane
        return None
