"""A short race; `make soak` runs the long one."""

from pathlib import Path

import pytest

from tests.soak.waiting_race import Race

pytestmark = pytest.mark.slow


def test_no_newcomer_gets_a_unit_while_an_order_of_its_priority_waits_for_it(tmp_path: Path) -> None:
    race = Race(arrivals=150, threads=12, seed=1, data=tmp_path / "server")
    verdict = race.run()
    assert set(race.arrived) == {"release", "movement", "count"}
    assert verdict.served > 0
    assert verdict.newcomers > 0
    assert (verdict.overtaken, verdict.out_of_rank, verdict.drifts) == ([], [], [])
