"""When a shipment leaves and arrives: hours, days off, cut-offs, preparation and carriers' days, by the wall clock."""

import pytest

from engine.model.timetable import Timetable
from tests.reference.routes import Exits, routes
from tests.support.clocks import at, hours, running, sent, shown
from tests.support.facts import LILLE, LYON, PARIS, collected, network, node, order, service

SHOP = hours("09:00-12:30", "14:00-19:00", sunday=[], closed=["2026-12-25"])
WORKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")


def leaves(now, **leaving):
    return shown(sent(at(now), **leaving).ships_at)


@pytest.mark.parametrize(
    ("now", "preparation", "expected"),
    [
        ("2026-11-27 10:00", 0, "Fri 2026-11-27 10:00"),
        ("2026-11-27 08:59", 0, "Fri 2026-11-27 09:00"),
        ("2026-11-27 12:29", 0, "Fri 2026-11-27 12:29"),
        ("2026-11-27 12:30", 0, "Fri 2026-11-27 14:00"),
        ("2026-11-27 19:00", 0, "Sat 2026-11-28 09:00"),
        ("2026-11-28 19:00", 0, "Mon 2026-11-30 09:00"),
        ("2026-11-27 10:00", 150, "Fri 2026-11-27 12:30"),
        ("2026-11-27 10:00", 151, "Fri 2026-11-27 14:01"),
        ("2026-11-27 18:00", 60, "Fri 2026-11-27 19:00"),
        ("2026-11-28 18:00", 61, "Mon 2026-11-30 09:01"),
        ("2026-11-27 08:00", 1_020, "Sat 2026-11-28 19:00"),
        ("2026-12-24 18:30", 60, "Sat 2026-12-26 09:30"),
    ],
)
def test_preparation_counts_in_the_opening_hours_alone(now, preparation, expected):
    assert leaves(now, preparation=preparation, hours=SHOP) == f"{expected} +01"


def test_seconds_are_kept():
    assert sent(at("2026-11-27 10:00") + 17, hours=SHOP, preparation=1).ships_at == at("2026-11-27 10:01") + 17


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-27 15:59", "Fri 2026-11-27 16:59 +01"),
        ("2026-11-27 16:00", "Sat 2026-11-28 09:00 +01"),
        ("2026-11-28 17:30", "Mon 2026-11-30 09:30 +01"),  # the last half hour and the first
        ("2026-11-29 23:00", "Mon 2026-11-30 10:00 +01"),  # on a day off; in time for Monday
    ],
)
def test_what_is_decided_at_the_cut_off_leaves_another_day(now, expected):
    home = {"hours": hours("09:00-18:00", sunday=[]), "preparation": 60}
    assert leaves(now, cut_offs={"parcel": 16 * 60}, **home) == expected
    assert leaves(now, cut_offs={"courier": 0}, **home) == leaves(now, **home)


def test_a_cut_off_of_a_weekday_counts_on_that_day_alone():
    weekly = (*(1_440,) * 5, 12 * 60, 10 * 60)  # Saturday 12:00, Sunday 10:00
    open_always = hours("00:00-24:00")
    for now, leaving in (
        ("2026-11-27 23:59", "Fri 2026-11-27 23:59 +01"),
        ("2026-11-28 11:59", "Sat 2026-11-28 11:59 +01"),
        ("2026-11-28 12:00", "Sun 2026-11-29 00:00 +01"),
        ("2026-11-29 10:00", "Mon 2026-11-30 00:00 +01"),
        ("2026-11-30 10:00", "Mon 2026-11-30 10:00 +01"),
    ):
        assert leaves(now, cut_offs={"parcel": weekly}, hours=open_always) == leaving


@pytest.mark.parametrize(
    ("placed", "decided", "expected"),
    [
        ("2026-11-27 15:59", "2026-11-27 16:10", "Fri 2026-11-27 16:10 +01"),
        ("2026-11-27 16:00", "2026-11-27 16:10", "Sat 2026-11-28 09:00 +01"),
        ("2026-11-27 08:00", "2026-11-27 17:59", "Fri 2026-11-27 17:59 +01"),
        ("2026-11-27 15:59", "2026-11-27 18:00", "Sat 2026-11-28 09:00 +01"),  # two hours after the cut-off
        ("2026-10-01 08:00", "2026-11-27 17:00", "Fri 2026-11-27 17:00 +01"),
        ("2026-10-01 08:00", "2026-11-27 19:00", "Sat 2026-11-28 09:00 +01"),
    ],
)
def test_what_was_placed_before_the_cut_off_makes_it_if_it_is_decided_soon_after(placed, decided, expected):
    late = order(place=PARIS, placed_at=at(placed))
    home = {"hours": hours("09:00-19:30"), "cut_offs": {"parcel": 16 * 60}}
    assert shown(sent(at(decided), to_ship=late, **home).ships_at) == expected


def test_a_cut_off_at_midnight_lets_nothing_leave_the_same_day_and_one_at_24_hours_everything():
    assert leaves("2026-11-27 00:00", cut_offs={"parcel": 0}) == "Sat 2026-11-28 00:00 +01"
    assert leaves("2026-11-27 23:59", cut_offs={"parcel": 0}) == "Sat 2026-11-28 00:00 +01"
    assert leaves("2026-11-27 23:59", cut_offs={"parcel": 1_440}) == "Fri 2026-11-27 23:59 +01"


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        # Saturday 28 March: a minute before midnight is in time; it is ready after the 60 minutes in which the clock is
        # put from 02:00 to 03:00, on a day on which the carrier does not run
        ("2026-03-28 23:29", "Mon 2026-03-30 00:00 +02"),
        ("2026-03-28 23:30", "Mon 2026-03-30 00:00 +02"),
        # Sunday's cut-off does not matter on a Sunday; at Monday's, Tuesday
        ("2026-03-29 01:59", "Mon 2026-03-30 00:00 +02"),
        ("2026-03-29 03:00", "Mon 2026-03-30 00:00 +02"),
        ("2026-03-29 22:30", "Mon 2026-03-30 01:30 +02"),
        ("2026-03-30 20:29", "Mon 2026-03-30 23:29 +02"),
        ("2026-03-30 23:29", "Tue 2026-03-31 02:29 +02"),
        ("2026-03-30 23:30", "Tue 2026-03-31 02:30 +02"),
        # on the eve of Easter Monday, which is a holiday
        ("2026-04-04 20:29", "Sat 2026-04-04 23:29 +02"),
        ("2026-04-04 23:30", "Tue 2026-04-07 00:00 +02"),
        ("2026-04-05 23:30", "Tue 2026-04-07 00:00 +02"),
    ],
)
def test_a_holiday_and_a_cut_off_around_midnight_when_summer_time_begins(now, expected):
    carrier = service(transit=((2_000_000, 0),), runs=running(*WORKDAYS, "saturday", closed=["2026-04-06"]))
    assert leaves(now, way=carrier, preparation=180, cut_offs={"parcel": 23 * 60 + 30}) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        # three hours of work, one of them the second from 02:00 to 03:00
        ("2026-10-25 00:00", "Sun 2026-10-25 02:00 +01"),
        ("2026-10-25 23:29", "Tue 2026-10-27 00:00 +01"),
        ("2026-10-25 23:30", "Tue 2026-10-27 00:00 +01"),
        ("2026-10-24 23:29", "Sun 2026-10-25 02:29 +02"),
        ("2026-10-24 23:30", "Sun 2026-10-25 02:30 +02"),
        ("2026-10-26 12:00", "Tue 2026-10-27 00:00 +01"),
        ("2026-10-26 23:30", "Tue 2026-10-27 02:30 +01"),
        ("2026-10-27 23:29", "Wed 2026-10-28 02:29 +01"),
    ],
)
def test_a_holiday_and_a_cut_off_around_midnight_when_winter_time_begins(now, expected):
    carrier = service(transit=((2_000_000, 0),), runs=running(*WORKDAYS, "saturday", "sunday", closed=["2026-10-26"]))
    assert leaves(now, way=carrier, preparation=180, cut_offs={"parcel": 23 * 60 + 30}) == expected


def test_the_hour_that_is_left_out_in_spring_is_not_worked():
    night = hours("00:00-06:00")
    assert leaves("2026-03-28 00:00", hours=night, preparation=300) == "Sat 2026-03-28 05:00 +01"
    assert leaves("2026-03-29 00:00", hours=night, preparation=300) == "Sun 2026-03-29 06:00 +02"
    assert leaves("2026-03-29 00:00", hours=night, preparation=301) == "Mon 2026-03-30 00:01 +02"


def test_the_hour_that_comes_twice_in_autumn_is_worked_twice():
    night = hours("00:00-06:00")
    assert leaves("2026-10-25 00:00", hours=night, preparation=420) == "Sun 2026-10-25 06:00 +01"
    assert leaves("2026-10-25 00:00", hours=night, preparation=150) == "Sun 2026-10-25 02:30 +02"
    assert leaves("2026-10-25 00:00", hours=night, preparation=210) == "Sun 2026-10-25 02:30 +01"


def test_a_cut_off_that_the_clock_shows_twice_is_the_second_and_one_it_never_shows_is_where_it_jumps():
    cut_off = {"cut_offs": {"parcel": 150}}  # 02:30
    first, second = at("2026-10-25 02:45"), at("2026-10-25 02:29", fold=1)
    assert shown(sent(first, **cut_off).ships_at) == "Sun 2026-10-25 02:45 +02"
    assert shown(sent(second, **cut_off).ships_at) == "Sun 2026-10-25 02:29 +01"
    assert shown(sent(second + 60, **cut_off).ships_at) == "Mon 2026-10-26 00:00 +01"
    assert leaves("2026-03-29 01:59", **cut_off) == "Sun 2026-03-29 01:59 +01"
    assert leaves("2026-03-29 03:00", **cut_off) == "Mon 2026-03-30 00:00 +02"


def test_opening_at_a_time_the_clock_never_shows_is_opening_when_it_jumps():
    assert leaves("2026-03-29 00:00", hours=hours("02:30-10:00")) == "Sun 2026-03-29 03:00 +02"


def test_a_node_keeps_the_clock_of_its_own_zone():
    nine_to_five = {"hours": hours("09:00-17:00")}
    now = at("2026-11-27 10:00")
    assert sent(now, **nine_to_five).ships_at == now
    assert sent(now, **nine_to_five, time_zone="America/New_York").ships_at == at("2026-11-27 15:00")
    assert sent(now, **nine_to_five, time_zone="Asia/Tokyo").ships_at == at("2026-11-28 01:00")


def test_a_carrier_that_does_not_run_leaves_goods_ready_until_the_node_opens_on_a_day_it_does():
    carrier = service(transit=((2_000_000, 0),), runs=running(*WORKDAYS, closed=["2026-11-30"]))
    home = {"hours": hours("08:00-20:00"), "preparation": 60, "way": carrier}
    assert leaves("2026-11-27 19:00", **home) == "Fri 2026-11-27 20:00 +01"
    assert leaves("2026-11-27 19:01", **home) == "Tue 2026-12-01 08:00 +01"


@pytest.mark.parametrize(
    ("now", "takes", "expected"),
    [
        ("2026-11-26 16:00", 24, "Fri 2026-11-27 16:00"),
        ("2026-11-27 16:00", 8, "Sat 2026-11-28 00:00"),
        ("2026-11-27 16:00", 24, "Mon 2026-11-30 16:00"),
        ("2026-11-26 16:00", 48, "Mon 2026-11-30 16:00"),
        ("2026-11-27 16:00", 6 * 24, "Tue 2026-12-08 16:00"),  # a holiday on the 3rd, two weekends
    ],
)
def test_transit_does_not_count_on_days_on_which_the_service_does_not_run(now, takes, expected):
    carrier = service(transit=((2_000_000, takes * 60),), runs=running(*WORKDAYS, closed=["2026-12-03"]))
    assert shown(sent(at(now), way=carrier).arrives_by) == f"{expected} +01"


def test_a_day_s_transit_over_the_change_of_the_clock_is_24_hours():
    carrier = service(transit=((2_000_000, 24 * 60),), runs=running(*WORKDAYS, "saturday", "sunday"))
    carrier_with_day_off = service(
        transit=((2_000_000, 24 * 60),), runs=running(*WORKDAYS, "saturday", "sunday", closed=["2026-01-01"])
    )
    for way in (carrier, carrier_with_day_off):
        assert shown(sent(at("2026-03-28 16:00"), way=way).arrives_by) == "Sun 2026-03-29 17:00 +02"


@pytest.mark.parametrize(("a_day", "days"), [(500_000, 1), (393_200, 1), (393_100, 2), (196_600, 2), (100_000, 4)])
def test_by_kilometres_a_day_every_day_begun_counts_whole(a_day, days):
    carrier = service(transit=(), daily_distance=a_day)
    route = sent(at("2026-11-27 10:00"), way=carrier)
    assert route.distance == 393_200
    assert route.arrives_by == at("2026-11-27 10:00") + days * 86_400


def test_a_service_of_kilometres_a_day_goes_nowhere_that_takes_it_more_than_a_year():
    assert sent(at("2026-11-27 10:00"), way=service(transit=(), daily_distance=1_080)) is not None
    assert sent(at("2026-11-27 10:00"), way=service(transit=(), daily_distance=1_070)) is None


def test_a_node_never_open_when_the_service_runs_does_not_ship_by_it():
    assert (
        sent(at("2026-11-27 10:00"), hours=hours("09:00-17:00", sunday=[]), way=service(runs=running("sunday"))) is None
    )


def test_beyond_the_last_year_of_the_calendar_nothing_leaves():
    last = at("9998-12-31 12:00", "UTC")
    home = {"hours": hours("09:00-10:00"), "way": service(runs=running(*WORKDAYS))}
    assert shown(sent(last, **home, preparation=60 * 300).ships_at, "UTC")[4:14] == "9999-10-27"
    assert sent(last, **home, preparation=60 * 366) is None
    assert sent(last, hours=Timetable(week=((),) * 7)) is None


SATURDAY_EVENING = "2026-11-28 18:30"
COUNTER = service("pickup", mode="pickup", base=0, transit=((0, 60),))
STORE = node("shop", PARIS, type="store", services=("pickup",), hours=SHOP)


def ready(now, home, *services):
    """When an order that ships from `home` can be collected at the shop in Paris."""
    # what the store can carry away is of no matter here, but every service of a node is one of the network
    nodes = {item.id: item for item in (STORE, home)}
    routes_found = list(
        routes(collected(at="shop"), Exits(network(nodes.values(), [COUNTER, *services])), [home.id], at(now))
    )
    return [shown(route.arrives_by) for route in routes_found]


def test_what_the_shop_has_is_brought_to_the_counter_in_its_opening_hours():
    assert ready("2026-11-27 12:00", STORE) == ["Fri 2026-11-27 14:30 +01"]
    assert ready(SATURDAY_EVENING, STORE) == ["Mon 2026-11-30 09:30 +01"]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-26 10:00", "Fri 2026-11-27 10:00"),
        ("2026-11-26 13:00", "Fri 2026-11-27 14:00"),  # at lunch
        ("2026-11-26 19:00", "Sat 2026-11-28 09:00"),  # as it closes
        ("2026-11-28 10:00", "Mon 2026-11-30 09:00"),  # on a Sunday
        ("2026-12-24 10:00", "Sat 2026-12-26 09:00"),  # at Christmas
    ],
)
def test_what_is_brought_to_the_shop_is_there_for_the_customer_when_it_is_open(now, expected):
    assert ready(now, node("lyon", LYON), service(transit=((2_000_000, 24 * 60),))) == [f"{expected} +01"]


def test_only_what_is_brought_waits_for_the_shop_to_open():
    exits = Exits(network([STORE, node("lille", LILLE)], [COUNTER, service()]))
    route = routes(order(place=PARIS), exits, ["lille"], at("2026-11-27 22:00"))[0]
    assert shown(route.arrives_by) == "Sun 2026-11-29 22:00 +01"


def test_lateness_is_of_the_hour_at_which_it_can_be_collected():
    promised = collected(at="shop", promise_by=at("2026-11-28 20:00"))
    facts = network([STORE, node("lyon", LYON)], [COUNTER, service(transit=((2_000_000, 24 * 60),))])
    (in_time,) = routes(promised, Exits(facts), ["lyon"], at("2026-11-27 18:59"))
    (late,) = routes(promised, Exits(facts), ["lyon"], at("2026-11-27 19:00"))
    assert (in_time.late, late.late) == (False, True)
