"""A short soak; `make soak` is the long one."""

import pytest

from tests.soak.__main__ import Soak

pytestmark = pytest.mark.slow


def test_callers_and_the_server_killed_at_random_lose_and_oversell_nothing():
    soak = Soak(decisions=1_500, processes=2, threads=4, kills=2, seed=1, speed=600, units=1)
    verdict = soak.run(say=lambda _: None)
    assert soak.killed == {"callers": 1, "server": 1}
    assert verdict.decisions >= 1_500
    kinds = {
        "decided",
        "confirmed",
        "released",
        "expired",
        "extended",
        "rejected",
        "amended",
        "withdrawn",
        "moved",
        "woken",
    }
    # whether an order is withdrawn, or loses its stock twice, is chance
    assert kinds - {"withdrawn"} <= set(verdict.entries) <= kinds | {"set_aside"}
    assert verdict.rests > 0
    assert set(verdict.followed) == {None, "rejected", "stock", "amended"}
    assert (verdict.faults, verdict.lost, verdict.drifts) == (0, [], [])
