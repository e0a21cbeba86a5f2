"""Threads that do not keep a process from ending, as those of concurrent.futures do: what they send is sent again."""

import itertools
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def each_in_threads(act: Callable[[_Item], _Result], items: Sequence[_Item], *, most: int, name: str) -> list[_Result]:
    """What `act` returns of each item, in their order, at most so many at a time. Raises the first of what it raises,
    once all threads have ended.
    """
    results: dict[int, _Result] = {}
    failures: list[BaseException] = []
    places = itertools.count()
    taking = threading.Lock()

    def work() -> None:
        while not failures:
            with taking:
                place = next(places)
            if place >= len(items):
                return
            try:
                results[place] = act(items[place])
            except BaseException as error:  # noqa: BLE001  # raised again below, in the thread that waits
                failures.append(error)

    threads = [threading.Thread(target=work, name=name, daemon=True) for _ in range(min(most, len(items)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return [results[place] for place in range(len(items))]
