"""What adding up takes: the results of a few decisions are added again and again, each time as those of other orders,
until there are as many as asked. So the memory of the process that adds up is measured on any number of orders, without
deciding them.

    python -m tests.bench.scale.adding DATA [--orders N] [--tried N]
"""

import argparse
import itertools
import json
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

from engine.parallel.executor import executor
from engine.parallel.work import Spread
from engine.service import Pointsman
from engine.settings import Settings
from engine.simulation.comparison import Comparison
from engine.simulation.one_step import OneStepWork
from engine.simulation.tried_decision import TriedDecision
from engine.store.log import decision_log
from tests.bench.scale.processor_time import most_memory
from tests.bench.scale.trying import drafts_of

ORDERS, TRIED = 100_000, 1_000
_WEIGHED = 20
"""As `pointsman whatif` does without other options."""


@dataclass(frozen=True, kw_only=True)
class AddingFigures:
    """Bytes of memory are what the process had more at most, once all is added, and once the intervals are worked out
    as well; seconds are those of processor.
    """

    orders: int
    added_bytes: int
    interval_bytes: int
    adding_seconds: float
    interval_seconds: float


def added(data: Path, *, orders: int, tried: int) -> AddingFigures:
    # in another process, as in a what-if: what this one has is of the adding alone
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        results = pool.submit(_tried, data, tried).result()
    comparison = Comparison(shown=3, weighed=_WEIGHED)
    before, started = most_memory(), time.process_time()
    for result in itertools.islice(_of_other_orders(results), orders):
        comparison.add(result, result.drafts[0])
    full, between = most_memory(), time.process_time()
    comparison.intervals()
    return AddingFigures(
        orders=comparison.orders,
        added_bytes=full - before,
        interval_bytes=most_memory() - before,
        adding_seconds=between - started,
        interval_seconds=time.process_time() - between,
    )


def _tried(data: Path, count: int) -> list[TriedDecision]:
    drafts = drafts_of(count=1, unchanged=False)
    with Pointsman(Settings(data=data)) as service:
        work = OneStepWork(against=service.versions.find("active"), drafts=tuple(drafts))
        batches = decision_log.raw_decisions(service._client, service._keys)
        first = list(itertools.islice(itertools.chain.from_iterable(batches), count))
        with executor(work, Spread(), service) as pool:
            (results,) = pool.each([lambda one_step: one_step.try_decisions(first)])
    return [result for result in results if isinstance(result, TriedDecision)]


def _of_other_orders(results: Sequence[TriedDecision]) -> Iterator[TriedDecision]:
    """The results, over and over, each time as of orders that were not there before."""
    for number in itertools.count():
        for result in results:
            yield result._replace(
                entry=f"{result.entry}{number}",
                decision=f"{result.decision}{number}",
                order=f"{result.order}{number}",
                first=f"{result.first}{number}",
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--orders", type=int, default=ORDERS)
    parser.add_argument("--tried", type=int, default=TRIED)
    asked = parser.parse_args()
    json.dump(asdict(added(asked.data, orders=asked.orders, tried=asked.tried)), sys.stdout)


if __name__ == "__main__":
    main()
