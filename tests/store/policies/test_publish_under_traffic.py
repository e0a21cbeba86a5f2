"""Publishing, activating and rolling back while many decide: no decision fails or is made by a version not active."""

import bisect
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.service import Pointsman
from tests.support.decision_json import json_of
from tests.support.facts import order, policy_file

pytestmark = pytest.mark.slow

THREADS = 50
CHANGES = 32
WHO = {"who": "a test", "note": ""}


class Timeline:
    """Which version may have been active when: each change is somewhere between `begun` and `ended`."""

    def __init__(self, first: str) -> None:
        self.begun = [float("-inf")]
        self.ended = [float("-inf")]
        self.versions = [first]

    def may_have_been_active(self, version: str, start: float, end: float) -> bool:
        """Whether it was at some instant of [start, end]: from the start of its change to the end of the next."""
        latest = bisect.bisect_right(self.begun, end)
        for number in range(latest - 1, -1, -1):
            until = self.ended[number + 1] if number + 1 < len(self.ended) else float("inf")
            if until < start:
                return False
            if self.versions[number] == version:
                return True
        return False


def test_every_decision_names_a_version_that_was_active_between_its_start_and_its_end(opened, pointsman):
    workers: list[Pointsman] = [pointsman, opened()]
    publisher = opened()
    timeline = Timeline(publisher.versions.timeline().active)
    over = threading.Event()

    def decide(number: int) -> list[tuple[str, float, float]]:
        made = []
        while not over.is_set():
            start = time.monotonic()
            answer = workers[number % 2].decide(order(("SHIRT", 1)), dry_run=number % 5 == 0)
            made.append((json_of(answer)["policy_version"], start, time.monotonic()))
        return made

    def change(number: int) -> None:
        """Three new versions, then one step back, and so on."""
        begun = time.monotonic()
        if number % 4 == 3:
            version = publisher.versions.roll_back(**WHO)
        else:
            version = publisher.publish(policy_file(f"then: {{priority: {number}}}"), **WHO).version
            begun = time.monotonic()
            publisher.activate(version, **WHO)
        timeline.begun.append(begun)
        timeline.ended.append(time.monotonic())
        timeline.versions.append(version)

    with ThreadPoolExecutor(THREADS) as pool:
        running = [pool.submit(decide, number) for number in range(THREADS)]
        try:
            for number in range(CHANGES):
                change(number)
        finally:
            over.set()
        made = [item for each in running for item in each.result()]
    assert len(made) >= THREADS
    assert len({version for version, _, _ in made}) > 3
    assert [item for item in made if not timeline.may_have_been_active(*item)] == []
    audit = pointsman.check()
    assert audit.clean
    assert sum(worker.incidents for worker in workers) == 0
