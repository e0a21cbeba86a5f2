"""A short soak; `make soak` is the long one."""

import pytest

from engine.store.log.kinds import ACT_KINDS, KINDS, PARCEL_KINDS, RETURN_LABEL_KINDS
from tests.soak.__main__ import Soak
from tests.soak.calls import CALLS

pytestmark = pytest.mark.slow


def test_callers_and_the_server_killed_at_random_lose_and_oversell_nothing():
    soak = Soak(decisions=1_300, processes=2, threads=4, kills=2, seed=1, speed=600, units=1)
    verdict = soak.run(say=lambda _: None)
    assert soak.killed == {"callers": 1, "server": 1}
    assert verdict.decisions >= 1_300
    of_ledger = set(verdict.entries) - set(ACT_KINDS)
    assert of_ledger | {"withdrawn", "set_aside", "promise_at_risk", "promise_stays"} == set(KINDS) - {
        *("repaired", "print_failed", "tracked"),  # nothing is printed or handed to a carrier there
        *PARCEL_KINDS,
        *RETURN_LABEL_KINDS,
        *ACT_KINDS,
    }, "these are chance"
    assert {call for call, answered in verdict.calls if answered} == set(CALLS)
    assert verdict.rests > 0
    assert set(verdict.followed) == {None, "rejected", "stock", "amended"}
    assert soak.checks > 0
    assert (verdict.faults, verdict.astray, verdict.lost, verdict.drifts) == (0, [], [], [])
