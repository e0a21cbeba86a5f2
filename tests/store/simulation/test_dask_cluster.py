"""What comes out of a what-if is the same on a Dask cluster, and if workers of it are killed."""

import functools
import threading

import pytest

from engine.errors import PointsmanError
from engine.parallel.executor import executor
from engine.parallel.work import Spread
from engine.simulation.one_step import OneStep, OneStepWork
from tests.store.simulation.test_processes import DRAFTS, pieces, work_of
from tests.support.dask import cluster
from tests.support.whatif import json_of_whatif, tried

pytest.importorskip("distributed", reason="the extra dask is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("server_url", ["embedded"], indirect=True)]


@pytest.fixture
def dask(shop, tmp_path):
    with cluster(tmp_path, workers=2, POINTSMAN_REDIS_URL=shop.settings.redis_url) as made:
        yield made


@pytest.mark.usefixtures("small_pieces")
def test_a_dask_cluster_answers_the_same_bytes_also_if_its_workers_are_killed(shop, dask):
    alone = json_of_whatif(tried(shop, *DRAFTS))
    assert json_of_whatif(tried(shop, *DRAFTS, spread=Spread(dask=dask.address))) == alone
    batches = pieces(shop) * 4
    tasks = [functools.partial(OneStep.try_decisions, batch=batch) for batch in batches]
    with executor(work_of(shop), Spread(), shop) as one:
        expected = list(one.each(tasks))
    with executor(work_of(shop), Spread(dask=dask.address), shop) as many:
        answers = []
        for answer in many.each(tasks):
            answers.append(answer)
            if len(answers) == 3:
                dask.kill_worker()
                dask.kill_worker()
                dask.start_worker()
    assert answers == expected
    refused = OneStepWork(against="0" * 64, drafts=DRAFTS)
    with executor(refused, Spread(dask=dask.address), shop) as many, pytest.raises(PointsmanError, match="can't begin"):
        list(many.each(tasks[:1]))


def test_an_address_without_a_scheduler_is_said_and_no_thread_is_left(shop):
    before = set(threading.enumerate())
    with pytest.raises(PointsmanError, match=r"there is no Dask scheduler at tcp://127\.0\.0\.1:1 "):
        executor(work_of(shop), Spread(dask="tcp://127.0.0.1:1"), shop)
    assert set(threading.enumerate()) <= before
