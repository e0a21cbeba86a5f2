"""When a shipment leaves and arrives: the node's hours and preparation, the service's cut-off, days and transit.

In the words of the network file:

- preparation takes time in the node's opening hours, from the moment of the decision on;
- a shipment leaves when it is prepared, if the service runs that day; otherwise when the node opens on the next day on
  which the service runs;
- a shipment of an order that came in at or after the cut-off leaves the next day at the earliest;
- the hours of days on which the service does not run don't count towards its transit;
- an order collected at the node that has it takes its transit in the node's opening hours, like the preparation;
- an order brought to a node to be collected is there for the customer when that node is next open.

Each of these only delays: a later decision never leads to an earlier arrival, and neither does a day off.
"""

from dataclasses import dataclass

from engine.decide.shipping.calendar import EVER, LAST_DAY, Calendar, Stretch, days_from
from engine.model.facts import Network, Node, Service
from engine.model.timetable import ALWAYS, Timetable


@dataclass(frozen=True, slots=True, kw_only=True)
class Departures:
    """When a service leaves a node. Nodes of the same hours, cut-off and preparation share one object for a service.

    `hours` is None if the shipment waits for nothing but the preparation: always open, no cut-off, leaves every day.
    """

    preparation: int
    """Seconds."""
    hours: Calendar | None = None
    cut_offs: tuple[int, ...] | None = None
    """Minutes of the day, from Monday to Sunday."""
    days: Timetable = ALWAYS

    def stretch(self, now: int, came_in: int | None = None) -> Stretch | None:
        """When a shipment decided `now` leaves, and for which instants around `now` that is computed alike. None:
        never. Of an order that came in before, at `came_in`, it is computed alike as long as no cut-off lies between
        the instants at which such orders came in.
        """
        hours = self.hours
        if hours is None:
            return Stretch(since=-EVER, until=EVER, moves=True, over=self.preparation, day=0)
        if not hours.timetable.meets(self.days):
            return None
        ready = hours.stretch(now, self.preparation)
        if ready is None:
            return None
        since, until, earliest = self.cut_offs_around(now if came_in is None else came_in)
        if came_in is not None:
            since, until = -EVER, EVER
        since, until = max(since, ready.since), min(until, ready.until)
        if ready.day >= earliest and self.days.spans(ready.day):
            return ready._replace(since=since, until=until)
        opens = self._opening(hours, ready.day + 1)
        return None if opens is None else Stretch(since=since, until=until, moves=False, over=opens, day=ready.day)

    def cut_offs_around(self, instant: int) -> tuple[int, int, int]:
        """(since, until, day): the first day whose cut-off is later than the instant, and the instants for which it
        is: from the last cut-off before until that one.
        """
        if self.hours is None or self.cut_offs is None:
            return -EVER, EVER, 0
        days = days_from(instant)
        since = self._cut_off(self.hours, days[0] - 1, self.cut_offs)
        for day in days:
            until = self._cut_off(self.hours, day, self.cut_offs)
            if instant < until:
                return since, until, day
            since = until
        return since, EVER, LAST_DAY

    @staticmethod
    def _cut_off(hours: Calendar, day: int, cut_offs: tuple[int, ...]) -> int:
        return hours.last_call(day, cut_offs[(day - 1) % 7])

    def _opening(self, hours: Calendar, first: int) -> int | None:
        """When the node first opens on a day on which the service leaves."""
        for day in range(first, LAST_DAY):
            openings = hours.open_on(day) if self.days.spans(day) else ()
            if openings:
                return openings[0][0]
        return None


class Calendars:
    """The calendars of a network. Equal timetables in one time zone share a calendar, so that each day is computed
    once.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._calendars: dict[tuple[Timetable, str], Calendar] = {}
        self._departures: dict[tuple[object, ...], Departures] = {}

    def of_node(self, node: Node) -> Calendar | None:
        """When the node is open. None: always."""
        return None if node.hours is None else self._calendar(node.hours, node)

    def of_service(self, service: Service, node: Node) -> Calendar | None:
        """When the service runs that leaves `node`. None: every day."""
        return None if service.runs is None else self._calendar(service.runs, node)

    def departures(self, node: Node, service: Service) -> Departures:
        cut_off = node.cut_offs.get(service.id)
        cut_offs = (cut_off,) * 7 if isinstance(cut_off, int) else cut_off
        bound = node.hours is not None or service.runs is not None or cut_offs is not None
        hours = self._calendar(node.hours or ALWAYS, node) if bound else None
        days = service.runs or ALWAYS
        departures = Departures(preparation=node.preparation * 60, hours=hours, cut_offs=cut_offs, days=days)
        return self._departures.setdefault((departures.preparation, id(hours), cut_offs, days), departures)

    def _calendar(self, timetable: Timetable, node: Node) -> Calendar:
        key = (timetable, self._network.zone_of(node))
        if key not in self._calendars:
            self._calendars[key] = Calendar(*key)
        return self._calendars[key]


def travel(travels: Calendar | None, leaves: int, seconds: int) -> Stretch | None:
    """When a shipment arrives that leaves then and moves for `seconds`, and for which instants of leaving that is
    computed alike. None: never.
    """
    if travels is None:
        return Stretch(since=-EVER, until=EVER, moves=True, over=seconds, day=0)
    return travels.stretch(leaves, seconds)
