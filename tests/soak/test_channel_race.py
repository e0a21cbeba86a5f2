"""A short race on five channels; `make soak` runs the long one, with 64 threads."""

import datetime
from pathlib import Path

import pytest

from tests.soak.channel_race import CHANNELS, NOW, ChannelRace, floor_by_hand

pytestmark = pytest.mark.slow


def test_no_channel_takes_what_is_not_there_is_kept_or_is_anothers(tmp_path: Path) -> None:
    race = ChannelRace(decisions=400, threads=16, seed=1, data=tmp_path / "server")
    verdict = race.run()
    assert verdict.is_clean, verdict
    assert set(verdict.decisions) == set(CHANNELS)
    assert len(verdict.days) >= 4
    assert {"count", "receipt", "feed"} <= set(race.others)
    assert race.now > NOW


def test_what_has_to_stay_is_worked_out_by_the_formula_of_the_language() -> None:
    before, during = datetime.date(2026, 11, 27), datetime.date(2026, 11, 28)
    assert floor_by_hand("marketplace", 30, 0, date=before, pace=1_500, store=5) == 2 + 3 + 6 + 5
    assert floor_by_hand("marketplace", 30, 0, date=during, pace=1_500, store=5) == 2 + 3 + 9 + 5 + 6
    assert floor_by_hand("web", 30, 0, date=before, pace=0, store=0) == 2
    assert floor_by_hand("store", 30, 26, date=before, pace=0, store=1) == 2 + 1
