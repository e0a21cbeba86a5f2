"""When a rule holds: from, until, weekdays and hours, by the clock of the installation or of the place."""

import pytest

from tests.support.clocks import at
from tests.support.facts import LYON, decided, node, order, snapshot

PARIS_TIME = "Europe/Paris"


def fires(window, wall, zone=PARIS_TIME):
    """Whether a rule with that window fires when the wall clock of that zone shows that time."""
    return fires_at(window, at(wall, zone), zone)


def fires_at(window, instant, zone=PARIS_TIME):
    scenario = snapshot([node("lyon", LYON)], {"A": {"lyon": 1}}, time_zone=zone)
    decision = decided(order(), scenario, f"then: {{hold: 1 h}}, {window}", now=instant)
    return decision.fired == {"test/r1": 1}


@pytest.mark.parametrize(
    ("window", "wall", "expected"),
    [
        ("from: 2026-11-01", "2026-10-31 23:59:59", False),
        ("from: 2026-11-01", "2026-11-01 00:00:00", True),
        ("until: 2026-12-31", "2026-12-31 23:59:59", True),
        ("until: 2026-12-31", "2027-01-01 00:00:00", False),
        ("from: 2026-11-27 18:00", "2026-11-27 17:59:59", False),
        ("from: 2026-11-27 18:00", "2026-11-27 18:00:00", True),
        ("from: 2026-11-27 18:00", "2026-11-28 00:00:00", True),
        ("until: 2026-11-27 18:00", "2026-11-27 17:59:59", True),
        ("until: 2026-11-27 18:00", "2026-11-27 18:00:00", False),
        ("weekdays: [friday, saturday]", "2026-11-27 12:00:00", True),
        ("weekdays: [friday, saturday]", "2026-11-29 12:00:00", False),
        ('hours: ["08:00", "18:00"]', "2026-11-27 07:59:59", False),
        ('hours: ["08:00", "18:00"]', "2026-11-27 08:00:00", True),
        ('hours: ["08:00", "18:00"]', "2026-11-27 17:59:59", True),
        ('hours: ["08:00", "18:00"]', "2026-11-27 18:00:00", False),
        ('hours: ["22:00", "06:00"]', "2026-11-27 23:00:00", True),
        ('hours: ["22:00", "06:00"]', "2026-11-27 05:59:59", True),
        ('hours: ["22:00", "06:00"]', "2026-11-27 12:00:00", False),
        ('from: 2026-11-27, until: 2026-11-27, hours: ["09:00", "10:00"]', "2026-11-27 09:30:00", True),
        ('from: 2026-11-27, until: 2026-11-27, hours: ["09:00", "10:00"]', "2026-11-28 09:30:00", False),
    ],
)
def test_a_window_opens_and_closes_to_the_second(window, wall, expected):
    assert fires(window, wall) is expected


@pytest.mark.parametrize("zone", ["Europe/Paris", "UTC", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati"])
def test_a_window_is_of_the_installation_s_wall_clock(zone):
    window = 'from: 2026-11-27, until: 2026-11-27, hours: ["08:00", "09:00"]'
    assert fires(window, "2026-11-27 08:30:00", zone)
    assert not fires(window, "2026-11-27 09:30:00", zone)


def test_hours_follow_summer_time():
    window = 'hours: ["08:00", "09:00"]'
    for day in ("2026-03-28", "2026-03-29", "2026-10-25", "2026-10-26"):
        assert fires(window, f"{day} 08:30:00")
        assert not fires(window, f"{day} 07:30:00")


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ('from: "2026-10-25 02:30"', [False, True, True, True]),
        ('until: "2026-10-25 02:30"', [True, True, True, False]),
        ('hours: ["02:30", "06:00"]', [False, True, True, True]),
        ('hours: ["00:00", "02:30"]', [True, True, True, False]),
        ('weekdays: [sunday], hours: ["02:30", "06:00"]', [False, True, True, True]),
        ('weekdays: [saturday], hours: ["22:00", "02:30"]', [True, True, True, False]),
    ],
)
def test_in_the_night_the_clocks_go_back_a_window_opens_the_first_time_and_closes_the_last(window, expected):
    half_hours = [at("2026-10-25 02:20") + 60 * minutes for minutes in (0, 20, 50, 80)]
    assert [fires_at(window, instant) for instant in half_hours] == expected


@pytest.mark.parametrize(
    ("window", "excluded", "of_order"),
    [
        ("weekdays: [monday]", {"sfo"}, False),
        ("weekdays: [tuesday]", {"nyc"}, True),
        ('hours: ["21:00", "24:00"]', {"sfo"}, False),
        ('hours: ["00:00", "08:00"]', {"nyc"}, False),
        ('hours: ["13:00", "14:00"]', set(), True),
        ("from: 2026-09-08", {"nyc", "sfo"}, True),
        ("until: 2026-09-07", set(), False),
    ],
)
def test_weekdays_and_hours_of_a_rule_about_places_are_of_each_place_s_clock(window, excluded, of_order):
    # Monday 21:30 in San Francisco, Tuesday 00:30 in New York, Tuesday 13:30 in Tokyo
    now = at("2026-09-08 00:30", "America/New_York")
    places = [node("nyc", LYON, time_zone="America/New_York"), node("sfo", LYON, time_zone="America/Los_Angeles")]
    scenario = snapshot(places, {"A": {"nyc": 1, "sfo": 1}}, time_zone="Asia/Tokyo")
    decision = decided(order(("A", 1)), scenario, f"then: {{exclude: true}}, {window}", now=now)
    assert {name for part in decision.exclusions for name in part.nodes["parcel"]} == excluded
    decision = decided(order(("A", 1)), scenario, f"then: {{hold: 1 h}}, {window}", now=now)
    assert bool(decision.fired) is of_order


@pytest.mark.parametrize(
    ("condition", "excluded"),
    [
        ("{node.weekday: monday}", {"sfo"}),
        ("{node.date: 2026-09-08}", {"nyc"}),
        ('{node.time: {at_least: "21:30"}}', {"sfo"}),
        ("{now.weekday: monday}", set()),
    ],
)
def test_conditions_on_a_node_s_clock_are_of_its_time_zone(condition, excluded):
    now = at("2026-09-08 00:30", "America/New_York")
    places = [node("nyc", LYON, time_zone="America/New_York"), node("sfo", LYON, time_zone="America/Los_Angeles")]
    scenario = snapshot(places, {"A": {"nyc": 1, "sfo": 1}}, time_zone="Asia/Tokyo")
    decision = decided(order(("A", 1)), scenario, f"when: {condition}, then: {{exclude: true}}", now=now)
    assert {name for part in decision.exclusions for name in part.nodes["parcel"]} == excluded
