"""When a rule holds: from, until, weekdays and hours, by the wall clock of the installation."""

import datetime
import zoneinfo

import pytest

from tests.support.facts import LYON, decided, node, order, snapshot

PARIS_TIME = "Europe/Paris"


def fires(window, wall, zone=PARIS_TIME):
    """Whether a rule with that window fires when the wall clock of that zone shows that time."""
    scenario = snapshot([node("lyon", LYON)], {"A": {"lyon": 1}}, time_zone=zone)
    moment = datetime.datetime.fromisoformat(wall).replace(tzinfo=zoneinfo.ZoneInfo(zone))
    decision = decided(order(), scenario, f"then: {{hold: 1 h}}, {window}", now=int(moment.timestamp()))
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
