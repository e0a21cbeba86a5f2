"""What comes out of a what-if is the same however many processes try it, and if some of them die."""

import functools
import os
import signal
from multiprocessing import get_context
from pathlib import Path

import pytest

from engine.errors import PointsmanError
from engine.parallel.executor import executor
from engine.parallel.work import Spread, tasks_of
from engine.simulation.one_step import OneStep, OneStepWork
from tests.support.decisions_of_many_kinds import RULES
from tests.support.staying_work import StayingWork, die_once_others_are_done, hand_out, note
from tests.support.wait_until import wait_until
from tests.support.whatif import active, draft, json_of_whatif, tried

pytestmark = pytest.mark.slow
DRAFTS = (
    draft("when: {node.id: lyon}, then: {exclude: true}", name="not from lyon"),
    draft(*RULES, "when: {node.id: lille}, then: {prefer: 7.00}", name="from lille"),
)


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("workers", [2, pytest.param(3, marks=pytest.mark.exhaustive)])
def test_the_number_of_processes_changes_no_byte(shop, workers):
    alone = json_of_whatif(tried(shop, *DRAFTS))
    assert json_of_whatif(tried(shop, *DRAFTS, spread=Spread(workers=workers))) == alone


def pieces(shop):
    stored = list(shop.replays.as_stored(None, None, on_missing=pytest.fail))
    return list(tasks_of(stored, 1))


def work_of(shop):
    return OneStepWork(against=shop.versions.find("active"), drafts=(active(shop),))


def test_what_a_process_that_died_had_to_do_is_done_by_another(shop):
    batches = pieces(shop) * 4
    with executor(work_of(shop), Spread(), shop) as alone:
        expected = list(alone.each(functools.partial(OneStep.try_decisions, batch=batch) for batch in batches))
    with executor(work_of(shop), Spread(workers=2), shop) as pool:
        answers = []
        for answer in pool.each(functools.partial(OneStep.try_decisions, batch=batch) for batch in batches):
            answers.append(answer)
            if len(answers) == 3:
                os.kill(next(iter(pool._processes.values())).pid, signal.SIGKILL)
    assert answers == expected


def test_what_a_process_died_over_is_done_however_many_answers_behind_it_wait(shop, tmp_path):
    names = [f"{number}" for number in range(9)]
    tasks = [functools.partial(note, folder=tmp_path, name=name) for name in names]
    first = functools.partial(die_once_others_are_done, folder=tmp_path, others=8)
    with executor(StayingWork(), Spread(workers=2), shop) as pool:
        assert list(pool.each([first, *tasks])) == ["done the second time", *names]


def test_if_all_processes_die_that_is_said(shop):
    batches = pieces(shop) * 4
    with executor(work_of(shop), Spread(workers=2), shop) as pool:
        answers = pool.each(functools.partial(OneStep.try_decisions, batch=batch) for batch in batches)
        next(answers)
        for process in list(pool._processes.values()):
            os.kill(process.pid, signal.SIGKILL)
        with pytest.raises(PointsmanError, match="all processes that did the work have ended"):
            list(answers)


def test_what_a_process_refuses_is_raised_with_its_reason(shop):
    work = OneStepWork(against="0" * 64, drafts=(active(shop),))
    with executor(work, Spread(workers=2), shop) as pool, pytest.raises(PointsmanError, match="0000"):
        list(pool.each([functools.partial(OneStep.try_decisions, batch=[])]))


def test_pieces_have_the_same_items_whatever_the_batches_were():
    assert list(tasks_of([[1, 2, 3], [], [4], [5, 6, 7, 8]], 3)) == [[1, 2, 3], [4, 5, 6], [7, 8]]
    assert list(tasks_of([], 3)) == []


def test_processes_end_with_whoever_started_them_whatever_they_are_at(shop, tmp_path):
    starter = get_context("spawn").Process(target=hand_out, args=(shop.settings, tmp_path, 2))
    starter.start()
    wait_until(lambda: len(list(tmp_path.iterdir())) == 2, "both processes are at their task", seconds=300)
    starter.kill()
    starter.join()
    for file in tmp_path.iterdir():
        wait_until(lambda pid=file.name: not is_alive(pid), f"process {file.name} has ended", seconds=300)


def is_alive(pid):
    """Whether it runs; one that has ended may stay listed until somebody asks for its exit code."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
