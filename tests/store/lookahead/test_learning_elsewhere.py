"""A table of look-ahead prices is the same to the byte wherever it is learnt, also if who learns is killed."""

import dataclasses
import os
import signal
from multiprocessing import active_children

import pytest

from engine.lookahead import solving
from engine.lookahead.settings import LookaheadSettings
from engine.lookahead.spread import solved_where
from engine.parallel.executor import executor
from engine.parallel.work import Spread
from engine.service import Pointsman
from tests.conftest import activate
from tests.support.dask import cluster
from tests.support.facts import EURO, LILLE, LYON, MARSEILLE, PARIS, inventory, node, order, service

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("server_url", ["embedded"], indirect=True)]
SKUS = [f"S{number:02}" for number in range(12)]
DAY = 86_400


@pytest.fixture
def shop(bare, clock, monkeypatch):
    """Paris is short of articles that Lille orders by twos, so that the prices of all hang on each other."""
    monkeypatch.setattr(solving, "_AT_ONCE", 1)
    bare.load(
        inventory(
            [node("lyon", LYON), node("paris", PARIS)],
            {sku: {"lyon": 90, "paris": 9 + number} for number, sku in enumerate(SKUS)},
            services=[service(base=5 * EURO, per_km=10_000)],
        )
    )
    activate(bare)
    for number, sku in enumerate(SKUS):
        for place in (LILLE, MARSEILLE):
            bare.decide(order((sku, 1), (SKUS[number - 1], 1), place=place))
    clock.now += 60
    return bare


def learnt(shop, elsewhere=None, *, then=lambda: None):
    """The digest of the table that would be published; `then` something happens once the first wave is solved."""
    waves = []

    def advanced(part, *_):
        if part == "prices":
            waves.append(part)
            if len(waves) == 1:
                then()

    table = shop.flows.lookahead.learn(dry_run=True, elsewhere=elsewhere, advanced=advanced).prices.table
    assert len(table.prices) > 5
    assert len(waves) > 8, "prices of some hang on others, so there is more than one round"
    return table.digest


def where(spread, shop):
    """Whatever number of SKUs there are."""
    return dataclasses.replace(solved_where(spread, shop), at_least=1)


def kill_one():
    os.kill(active_children()[0].pid, signal.SIGKILL)


def test_several_processes_learn_the_same_bytes_as_one_also_if_one_of_them_is_killed(shop):
    alone = learnt(shop)
    assert learnt(shop, where(Spread(workers=1), shop)) == alone
    assert learnt(shop, where(Spread(workers=2), shop), then=kill_one) == alone
    assert active_children() == []


def test_a_dask_cluster_learns_the_same_bytes_also_if_one_of_its_workers_is_killed(shop, tmp_path):
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    alone = learnt(shop)
    with cluster(tmp_path, workers=2, POINTSMAN_REDIS_URL=shop.settings.redis_url) as dask:
        on_dask = solved_where(Spread(dask=dask.address), shop)
        assert learnt(shop, on_dask, then=dask.kill_worker) == alone


def test_what_is_learnt_by_itself_is_solved_elsewhere_if_there_is_enough_of_it(shop, clock):
    begun = []

    def begin(work):
        begun.append(work)
        return executor(work, Spread(), shop)

    def learnt_by_itself(*, at_least):
        with Pointsman(settings, clock=clock) as served:
            served.flows.lookahead.start(solving.SolvedElsewhere(executor=begin, at_least=at_least))
            return served.flows.lookahead.take_turn()

    settings = dataclasses.replace(shop.settings, lookahead=LookaheadSettings(every=DAY, use_for=2 * DAY))
    first = learnt_by_itself(at_least=len(SKUS))
    assert (first is None, len(begun)) == (False, 1)
    clock.now += DAY
    assert learnt_by_itself(at_least=len(SKUS) + 1) not in (None, first)
    assert len(begun) == 1, "few are solved sooner here"
