"""What races have in common: threads that share several Pointsmen on one store, each as a process of its own would, and
a verdict in the end.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from engine.model.facts import Inventory
from engine.service import Pointsman
from engine.settings import Settings
from tests.bench.example_network import _wait_for_the_server
from tests.support.facts import policy_file

_V = TypeVar("_V")


def run_race(
    data: Path,
    *,
    clock: Callable[[], float],
    processes: int,
    threads: int,
    faults: list[BaseException],
    prepare: Callable[[Pointsman], object],
    work: Callable[[Pointsman, int], object],
    judge: Callable[[Pointsman], _V],
) -> _V:
    """Each thread does `work` with its number, which ends once there are `faults`; the first of them fails the race."""
    opened = [Pointsman(Settings(data=data), clock=clock) for _ in range(processes)]

    def run(number: int) -> None:
        try:
            work(opened[number % processes], number)
        except BaseException as error:  # noqa: BLE001 - fails the race, in the thread that runs it
            faults.append(error)

    try:
        prepare(opened[0])
        started = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
        for thread in started:
            thread.start()
        for thread in started:
            thread.join()
        if faults:
            raise faults[0]
        return judge(opened[0])
    finally:
        for pointsman in opened:
            pointsman.close()
        _wait_for_the_server(data)


def load_with_rules(pointsman: Pointsman, inventory: Inventory, rules: tuple[str, ...]) -> None:
    pointsman.load(inventory)
    version = pointsman.publish(policy_file(*rules), who="race", note="").version
    pointsman.activate(version, who="race", note="")
