"""Prices that several processes solve, here or on a Dask cluster: each has all that is expected, and is given some SKUs
of a wave at a time with the prices that these depend on. So it makes no difference who solves what, nor how often.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.lookahead.expected_orders import ExpectedOrders
from engine.lookahead.price_rounds import NodePrice, SkuPrices, Solve, Solved, UnitPrices
from engine.parallel.work import Executor, Task, Work

if TYPE_CHECKING:
    from engine.service import Pointsman

WORTH_PROCESSES: Final = 500
"""Fewer SKUs are solved sooner than processes start."""
_AT_ONCE: Final = 25
"""SKUs that a process is given at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SolvedElsewhere:
    """`executor` begins work in other processes; it is asked to if so many SKUs are to be solved, `at_least`."""

    executor: Callable[[Work], Executor]
    at_least: int = WORTH_PROCESSES


class PriceSolver:
    """What a process does: solves some SKUs of these orders."""

    def __init__(self, expected: ExpectedOrders, *, unfilled: int | None) -> None:
        self._prices = SkuPrices(expected, unfilled=unfilled)

    def solve(self, skus: Sequence[str], beside: UnitPrices) -> Solved:
        """With these prices of the SKUs that are ordered together with them."""
        self._prices.replace_noted(beside)
        return {sku: self._prices.solve(sku) for sku in skus}

    def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SolvingWork:
    """Solving the prices of these orders; `unfilled` as `SkuPrices` has it."""

    expected: ExpectedOrders
    unfilled: int | None = None

    def begin(self, service: "Pointsman") -> PriceSolver:  # noqa: ARG002  # all that it needs was sent
        return PriceSolver(self.expected, unfilled=self.unfilled)


def solve_on(pool: Executor, prices: SkuPrices) -> Solve:
    """On what began a `SolvingWork` of the same orders."""

    def solve(skus: Sequence[str], changed: Solved) -> Solved:
        prices.note(changed)
        solved: dict[str, Mapping[int, NodePrice]] = {}
        for answer in pool.each(_tasks(skus, prices)):
            solved |= answer
        return solved

    return solve


def _tasks(skus: Sequence[str], prices: SkuPrices) -> Iterator[Task]:
    for at in range(0, len(skus), _AT_ONCE):
        some = skus[at : at + _AT_ONCE]
        yield functools.partial(PriceSolver.solve, skus=some, beside=prices.noted_beside(some))
