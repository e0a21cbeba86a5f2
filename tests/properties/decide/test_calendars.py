"""Calendars compared with a walk over the wall clock minute by minute; and what is true of every departure."""

import dataclasses
import datetime
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.facts import CUT_OFF_GRACE
from engine.model.timetable import WHOLE_DAY, Timetable
from tests.reference.clock_changes import nearest_change
from tests.reference.routes import Exits, routes
from tests.support.examples import examples
from tests.support.facts import LYON, PARIS, collected, network, node, order, service

pytestmark = pytest.mark.slow

ZONES = {
    "Europe/Paris": ("2026-03-29", "2026-10-25"),
    "America/New_York": ("2026-03-08", "2026-11-01"),
    "Australia/Lord_Howe": ("2026-04-05", "2026-10-04"),  # by half an hour
    "Africa/Cairo": ("2026-04-24", "2026-10-30"),  # at midnight
    "America/Havana": ("2026-03-08", "2026-11-01"),  # to and from midnight
    "Pacific/Apia": ("2011-12-30", "2026-11-27"),  # without the first date
    "Asia/Kathmandu": ("2026-11-27", "2026-12-31"),
}
"""Time zones, each with two dates on which its clock is changed, if it ever is."""
SPANS = st.sampled_from(
    [
        (),
        WHOLE_DAY,
        ((540, 1_020),),
        ((0, 30), (150, 155), (600, 1_440)),
        ((90, 150),),
        ((145, 146), (180, 1_439)),
        ((1_380, 1_440),),
        ((0, 120),),
    ]
)
OPEN = SPANS.filter(bool)


@st.composite
def timetables(draw, about):
    """Open on at least two days of the week, with days off `about` a date."""
    week = draw(st.permutations([draw(OPEN), draw(OPEN), *(draw(SPANS) for _ in range(5))]))
    closed = draw(st.frozensets(st.integers(about - 3, about + 5), max_size=4))
    return Timetable(week=tuple(week), closed=closed)


@st.composite
def running(draw, about):
    days = draw(st.frozensets(st.integers(0, 6), min_size=2))
    closed = draw(st.frozensets(st.integers(about - 3, about + 5), max_size=3))
    return Timetable(week=tuple(WHOLE_DAY if day in days else () for day in range(7)), closed=closed)


@st.composite
def cases(draw):
    """A zone, an instant within three days of one of its dates, and the times of a node and of a service."""
    zone = draw(st.sampled_from(list(ZONES)))
    about = datetime.date.fromisoformat(draw(st.sampled_from(ZONES[zone]))).toordinal()
    midnight = datetime.datetime.combine(datetime.date.fromordinal(about), datetime.time(), zoneinfo.ZoneInfo(zone))
    now = int(midnight.timestamp()) // 60 * 60 + 60 * draw(st.integers(-3 * 1_440, 3 * 1_440))
    home = node(
        "lyon",
        LYON,
        services=("parcel",),
        time_zone=zone,
        preparation=draw(st.sampled_from((0, 1, 60, 181, 900))),
        hours=draw(st.none() | timetables(about)),
        cut_offs=draw(
            st.just({}) | st.builds(lambda minute: {"parcel": minute}, st.sampled_from((0, 1, 150, 960, 1_440)))
        ),
    )
    takes = draw(st.sampled_from((0, 1, 240, 1_440, 2_000)))
    way = service(transit=((2_000_000, takes),), runs=draw(st.none() | running(about)))
    return now, home, way


def route_of(now, home, way, *, placed_at=None, **more):
    """The route of an order placed then, or as it is decided."""
    placed_at = now if placed_at is None else placed_at
    ordered = (
        order(place=PARIS, placed_at=placed_at) if "shop" not in more else collected(at="shop", placed_at=placed_at)
    )
    facts = network([home, *more.values()], [way])
    reached = list(routes(ordered, Exits(facts), [home.id], now))
    return reached[0] if reached else None


class Walk:
    """A calendar that looks at one minute after another."""

    def __init__(self, home, way):
        self.zone = zoneinfo.ZoneInfo(home.time_zone)
        self.home, self.way = home, way

    def wall(self, instant):
        moment = datetime.datetime.fromtimestamp(instant, tz=self.zone)
        return moment.toordinal(), moment.hour * 60 + moment.minute

    def opened(self, instant, timetable):
        return timetable is None or any(
            self.instant("first", day, opens) <= instant < self.instant("last", day, closes)
            for day in range(self.wall(instant)[0] - 1, self.wall(instant)[0] + 2)
            for opens, closes in timetable.spans(day)
        )

    def instant(self, which, day, minute):
        """The first or the last instant at which the clock shows that minute of a day."""
        local = day * 86_400 + minute * 60
        return getattr(nearest_change(self.home.time_zone, local), which)(local)

    def runs(self, day):
        return self.way.runs is None or bool(self.way.runs.spans(day))

    def in_time(self, came_in):
        """Whether the wall clock will still show a time before the cut-off, this date."""
        cut_off, today = self.home.cut_offs.get(self.way.id, 1_440), self.wall(came_in)[0]
        while self.wall(came_in)[0] == today:
            if self.wall(came_in)[1] < cut_off:
                return True
            came_in += 60
        return False

    def work(self, instant, minutes, timetable):
        """When that many minutes have passed, and the date of the last; of none, the first open minute."""
        while not self.opened(instant, timetable):
            instant += 60
        day = self.wall(instant)[0]
        while minutes:
            if self.opened(instant, timetable):
                minutes -= 1
                day = self.wall(instant)[0]
            instant += 60
        return instant, day

    def departure(self, now, placed_at):
        return self.departure_of(now, max(placed_at, now - CUT_OFF_GRACE * 60))

    def departure_of(self, now, came_in):
        """Of an order that came in then."""
        ready, day = self.work(now, self.home.preparation, self.home.hours)
        today = self.wall(came_in)[0]
        bound = self.home.hours is not None or self.way.runs is not None or bool(self.home.cut_offs)
        earliest = today if self.in_time(came_in) else today + 1
        if not bound or (day >= earliest and self.runs(day)):
            return ready
        instant = ready - 60 if self.home.preparation else ready
        while True:
            date = self.wall(instant)[0]
            if date > day and date >= earliest and self.runs(date) and self.opened(instant, self.home.hours):
                return instant
            instant += 60

    def arrival(self, ships_at):
        return (
            self.work(ships_at, self.way.transit[0][1], self.way.runs)[0]
            if self.way.runs
            else (ships_at + self.way.transit[0][1] * 60)
        )


def meets(home, way):
    return home.hours is None or way.runs is None or home.hours.meets(way.runs)


@given(cases(), st.sampled_from((0, 1, 60, 120, 121, 1_500)))
@examples(50, in_suite=20)
def test_a_calendar_s_answer_is_that_of_a_walk_minute_by_minute(case, minutes_ago):
    now, home, way = case
    placed_at = now - 60 * minutes_ago
    route = route_of(*case, placed_at=placed_at)
    if not meets(home, way):
        assert route is None
        return
    walk = Walk(home, way)
    assert route.ships_at == walk.departure(now, placed_at)
    assert route.arrives_by == walk.arrival(route.ships_at)


@given(cases(), st.integers(0, 59))
def test_nothing_leaves_before_now_nor_arrives_before_it_leaves_nor_leaves_while_the_node_is_closed(case, seconds):
    now, home, way = case[0] + seconds, *case[1:]
    route = route_of(now, home, way)
    if route is not None:
        assert now + home.preparation * 60 <= route.ships_at <= route.arrives_by
        walk = Walk(home, way)
        # as it closes is the last moment at which something may be ready
        assert walk.opened(route.ships_at, home.hours) or walk.opened(route.ships_at - 1, home.hours)


@given(cases(), st.integers(1, 3 * 86_400))
def test_what_is_decided_later_never_leaves_or_arrives_earlier(case, seconds):
    now, home, way = case
    earlier, later = route_of(now, home, way), route_of(now + seconds, home, way)
    assert (earlier is None) == (later is None)
    if earlier is not None:
        assert earlier.ships_at <= later.ships_at
        assert earlier.arrives_by <= later.arrives_by


@given(cases(), st.integers(-3, 20), st.booleans())
def test_another_day_off_of_the_node_or_the_carrier_never_makes_anything_earlier(case, offset, of_node):
    now, home, way = case
    day = datetime.datetime.fromtimestamp(now, tz=datetime.UTC).toordinal() + offset

    def closing(timetable):
        timetable = timetable or Timetable()
        return dataclasses.replace(timetable, closed=timetable.closed | {day})

    changed = (
        (dataclasses.replace(home, hours=closing(home.hours)), way)
        if of_node
        else (home, dataclasses.replace(way, runs=closing(way.runs)))
    )
    before, after = route_of(now, home, way), route_of(now, *changed)
    assert (before is None) == (after is None)
    if before is not None:
        assert before.ships_at <= after.ships_at
        assert before.arrives_by <= after.arrives_by


@given(cases(), cases())
def test_what_is_brought_to_be_collected_arrives_when_the_shop_is_open(case, other):
    now, home, way = case
    shop = dataclasses.replace(other[1], id="shop", place=PARIS)
    route = route_of(now, home, way, shop=shop)
    assert (route is None) == (not meets(home, way))
    if route is not None:
        assert Walk(shop, way).opened(route.arrives_by, shop.hours)
        assert route.arrives_by >= route_of(now, home, way).arrives_by
