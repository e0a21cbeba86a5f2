"""When a shipment has to pass each milestone to arrive by an instant, and when it arrives from where it stands.

Both ask the schedule of its way, as the decision did: the node's hours, its preparation, the cut-offs, the days on
which the service runs, what it takes to travel, and the hours of the place where it is collected. A later start never
leads to an earlier arrival, so the latest start is found by halving. A schedule says for which starts around one it is
computed alike: these are found at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.decide.shipping.calendar import EVER, Calendar, Stretch
from engine.decide.shipping.reach import route_of
from engine.decide.shipping.schedule import Departures, travel
from engine.decide.shipping.ways import Ways
from engine.model.facts import Node, Order
from engine.model.milestones import MILESTONES, USUAL_SHARES, WHOLE_PREPARATION, Milestone
from rules.syntax.literals import SECONDS_A_DAY

FARTHEST_BACK = 400 * SECONDS_A_DAY
"""No preparation and no way takes longer."""
_FIRST_STEP = 3_600
"""How many seconds earlier is tried first, where the hours of a day stand in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentTimes:
    """The schedule of one shipment, of an order that came in at `came_in`. It travels for `travels_for` seconds on the
    calendar `travels` (None: all the time), and is there for its customer when the place with the hours `collected` is
    open (None: as it arrives). `shares` are those of its node's preparation, by milestone.
    """

    departures: Departures
    travels: Calendar | None
    travels_for: int
    collected: Calendar | None
    came_in: int
    shares: Mapping[str, int]

    def arrival(self, milestone: Milestone, at: int) -> int:
        """When it arrives if it passes the milestone then; EVER: never."""
        return self._alike_after(self._still_to_prepare(milestone), at).at(at)

    def latest(self, milestone: Milestone, arrives_by: int) -> int | None:
        """The last second at which it may pass the milestone, and still arrive by then; None: there is none."""
        seconds = self._still_to_prepare(milestone)
        first = arrives_by - FARTHEST_BACK
        # none takes less than its preparation and its way
        good, late, step = first - 1, arrives_by - seconds - self.travels_for + 1, 0
        while good + 1 < late:
            at = (good + late) // 2 if good >= first else max(first, late - 1 - step)
            step = 2 * step + _FIRST_STEP
            alike = self._alike_after(seconds, at)
            arrives = alike.at(at)
            just_in_time = at - (arrives - arrives_by)
            if alike.moves and alike.since <= just_in_time < alike.until - 1:
                return just_in_time if just_in_time >= first else None
            if arrives <= arrives_by:
                good = min(late, alike.until) - 1
            else:
                late = max(good + 1, alike.since)
        return good if good >= first else None

    def milestones(self, arrives_by: int) -> dict[Milestone, int]:
        """By milestone that its node has, the last second for it; empty if it can't arrive by then."""
        names = [name for name in MILESTONES if name == "handed_over" or name in self.shares]
        latest = {name: self.latest(name, arrives_by) for name in names}
        return {name: at for name, at in latest.items() if at is not None}

    def _still_to_prepare(self, milestone: Milestone) -> int:
        """Seconds of the preparation that are left at the milestone, rounded up."""
        share = self.shares.get(milestone, WHOLE_PREPARATION if milestone == "handed_over" else USUAL_SHARES[milestone])
        return -(-self.departures.preparation * (WHOLE_PREPARATION - share) // WHOLE_PREPARATION)

    def _alike_after(self, preparation: int, at: int) -> Stretch:
        """When it arrives if so many seconds of its preparation are left then, and for which instants around that it is
        computed alike.
        """
        departures = self.departures
        if departures.preparation != preparation:
            departures = replace(departures, preparation=preparation)
        leaving = departures.stretch(at, self.came_in)
        arriving = leaving and leaving.then(travel(self.travels, leaving.at(at), self.travels_for))
        if arriving is not None and self.collected is not None:
            arriving = arriving.then(self.collected.stretch(arriving.at(at), 0))
        return Stretch(since=at, until=at + 1, moves=False, over=EVER, day=0) if arriving is None else arriving


def shares_of(node: Node) -> Mapping[str, int]:
    """By milestone that the node's shipments pass, the share of the preparation that is over by then."""
    return USUAL_SHARES if node.milestones is None else node.milestones


def times_of(
    order: Order, ways: Ways, *, node: str, service: str, collect_at: str | None, came_in: int
) -> ShipmentTimes | None:
    """The times of what `order` ships from the node by the service, to the node `collect_at` or, None, to its place.
    None: the network has no such way any more, or does not know how far it is.
    """
    route = route_of(order, ways, node=node, service=service, collect_at=collect_at)
    if route is None:
        return None
    return ShipmentTimes(
        departures=route.departures,
        travels=route.travels,
        travels_for=route.minutes * 60,
        collected=route.collected,
        came_in=came_in,
        shares=shares_of(ways.network.nodes[node]),
    )
