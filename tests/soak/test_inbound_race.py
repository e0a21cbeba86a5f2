"""A short race for what is to come in; `make soak` runs the long one."""

from pathlib import Path

import pytest

from tests.soak.inbound_race import InboundRace

pytestmark = pytest.mark.slow


def test_nothing_that_is_to_come_is_promised_twice_and_who_ranks_first_gets_it(tmp_path: Path) -> None:
    race = InboundRace(decisions=150, threads=8, seed=1, data=tmp_path / "server")
    verdict = race.run()
    assert verdict.is_clean, verdict
    assert {"promised", "arrived", "lost"} <= {name for name, units in verdict.counts.items() if units}
    assert {"released", "announced", "received"} <= set(race.others)
