"""Around every change of every clock: what begins then begins once, and what ends then ends once. A sample; all of them
are in `make fuzz`.
"""

import random

import pytest

from engine.model.wall_clock import WallClock
from tests.fuzz.clock_changes import faults, spans_midnight
from tests.reference.clock_changes import changes, zones

pytestmark = pytest.mark.slow

SAMPLE, TELLING = 150, 50
HOUR = 3_600


def test_around_changes_of_clocks_all_begins_once_and_ends_once():
    chance = random.Random(0)
    every = [change for zone in zones() for change in changes(zone)]
    telling = [change for change in every if abs(change.after - change.before) > 2 * HOUR or spans_midnight(change)]
    for change in chance.sample(every, SAMPLE) + chance.sample(telling, TELLING):
        assert faults(change, chance) == []


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York", "Asia/Kathmandu", "UTC"])
def test_the_changes_of_a_zone_are_read_from_its_file(zone):
    clock = WallClock(zone)
    for change in changes(zone):
        assert (clock.ahead(change.at - 1), clock.ahead(change.at)) == (change.before, change.after)
