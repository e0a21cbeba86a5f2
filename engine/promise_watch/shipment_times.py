"""When a shipment has to pass each milestone to arrive by an instant, and when it arrives from where it stands.

Both ask the schedule of its way, as the decision did: the node's hours, its preparation, the cut-offs, the days on
which the service runs, what it takes to travel, and the hours of the place where it is collected. A later start never
leads to an earlier arrival, so the latest start is found by halving.
"""

import bisect
from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.decide.shipping.calendar import EVER, Calendar
from engine.decide.shipping.reach import route_of
from engine.decide.shipping.schedule import Departures, travel
from engine.decide.shipping.ways import Ways
from engine.model.facts import Node, Order
from engine.model.milestones import MILESTONES, USUAL_SHARES, WHOLE_PREPARATION, Milestone
from rules.syntax.literals import SECONDS_A_DAY

FARTHEST_BACK = 400 * SECONDS_A_DAY
"""No preparation and no way takes longer."""


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
        return self._arrival_after(self._still_to_prepare(milestone), at)

    def latest(self, milestone: Milestone, arrives_by: int) -> int | None:
        """The last second at which it may pass the milestone, and still arrive by then; None: there is none."""
        seconds = self._still_to_prepare(milestone)
        starts = range(arrives_by - FARTHEST_BACK, arrives_by + 1)
        place = bisect.bisect_right(starts, arrives_by, key=lambda at: self._arrival_after(seconds, at)) - 1
        return starts[place] if place >= 0 else None

    def milestones(self, arrives_by: int) -> dict[Milestone, int]:
        """By milestone that its node has, the last second for it; empty if it can't arrive by then."""
        names = [name for name in MILESTONES if name == "handed_over" or name in self.shares]
        latest = {name: self.latest(name, arrives_by) for name in names}
        return {name: at for name, at in latest.items() if at is not None}

    def _still_to_prepare(self, milestone: Milestone) -> int:
        """Seconds of the preparation that are left at the milestone, rounded up."""
        share = self.shares.get(milestone, WHOLE_PREPARATION if milestone == "handed_over" else USUAL_SHARES[milestone])
        return -(-self.departures.preparation * (WHOLE_PREPARATION - share) // WHOLE_PREPARATION)

    def _arrival_after(self, preparation: int, at: int) -> int:
        leaving = replace(self.departures, preparation=preparation).stretch(at, self.came_in)
        if leaving is None:
            return EVER
        leaves = leaving.at(at)
        arriving = travel(self.travels, leaves, self.travels_for)
        if arriving is None:
            return EVER
        arrives = arriving.at(leaves)
        if self.collected is None:
            return arrives
        opening = self.collected.stretch(arrives, 0)
        return EVER if opening is None else opening.at(arrives)


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
