"""Several processes learn what one learns."""

import pytest

from engine.errors import PointsmanError
from engine.lookahead.price_rounds import SkuPrices, merged, solve_here, solve_in_rounds
from engine.lookahead.solving import SolvingProcesses
from tests.support.expected_orders import basket, expected

pytestmark = pytest.mark.slow

NAMES = [f"S{number:03}" for number in range(500)]


def orders():
    baskets = [basket("north" if n % 3 else "south", name, NAMES[n - 7], orders=2) for n, name in enumerate(NAMES)]
    unit = {"north": (1, 5), "south": (9, 2)}
    return expected(merged(baskets), dict.fromkeys(NAMES, (2, 1)), unit=unit, fixed=(6, 8))


def test_two_processes_learn_the_same_prices_as_one():
    given = orders()
    alone = SkuPrices(given)
    with SolvingProcesses(given, SkuPrices(given), processes=2, skus=len(NAMES)) as processes:
        assert solve_in_rounds(SkuPrices(given), processes, rounds=2) == solve_in_rounds(
            alone, solve_here(alone), rounds=2
        )


def test_a_process_that_is_killed_is_said():
    given = orders()
    with SolvingProcesses(given, SkuPrices(given), processes=2, skus=len(NAMES)) as processes:
        for _, process in processes._processes[:1]:
            process.kill()
            process.join()
        with pytest.raises(PointsmanError, match="a process that learns prices has ended; nothing was published"):
            processes(NAMES, {})
