"""Items are worked on by several threads at once, which keep no process from ending."""

import subprocess
import sys
import threading

import pytest

from engine.events.daemon_threads import each_in_threads


def test_results_come_in_the_order_of_the_items_and_so_many_run_at_once():
    together = threading.Barrier(3)

    def act(item):
        together.wait(10)  # breaks if fewer than three come
        return 2 * item

    assert each_in_threads(act, range(9), most=3, name="x") == [2 * item for item in range(9)]
    assert each_in_threads(act, [], most=3, name="x") == []


def test_a_failure_is_raised_and_nothing_further_is_begun():
    begun = []

    def act(item):
        begun.append(item)
        raise ValueError(item)

    with pytest.raises(ValueError, match="0"):
        each_in_threads(act, range(100), most=1, name="x")
    assert begun == [0]


def test_a_process_ends_though_its_threads_go_on():
    script = (
        "import threading, time\n"
        "from engine.events.daemon_threads import each_in_threads\n"
        "act = lambda _: time.sleep(60)\n"
        "run = lambda: each_in_threads(act, [1], most=1, name='x')\n"
        "threading.Thread(target=run, daemon=True).start()\n"
    )
    assert subprocess.run([sys.executable, "-c", script], timeout=120, check=False).returncode == 0
