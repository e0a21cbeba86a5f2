"""The hindsight bound, worked out by several processes: each solves some SKUs at a time, and then says what some of the
orders cost at least.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.lookahead.expected_orders import ExpectedOrders
from engine.lookahead.hindsight import hindsight_bound, least_of, unfilled_cost
from engine.lookahead.price_rounds import ROUNDS, SkuPrices, Solve, Solved
from engine.lookahead.solving import PriceSolver, solve_on
from engine.parallel.work import Executor, Task

if TYPE_CHECKING:
    from engine.service import Pointsman

_AT_ONCE: Final = 200
"""Orders that a process is given at a time."""


class Bounding(PriceSolver):
    """What a process does for the bound of these orders."""

    def __init__(self, known: ExpectedOrders) -> None:
        self._known = known
        self._penalty = unfilled_cost(known)
        super().__init__(known, unfilled=self._penalty)

    def least(self, start: int, solved: Solved) -> int:
        """What the orders from this place on, so many as are done at once, cost at least at these prices."""
        return least_of(self._known, self._known.baskets[start : start + _AT_ONCE], solved, self._penalty)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundingWork:
    """Bounding what these orders cost."""

    known: ExpectedOrders

    def begin(self, service: "Pointsman") -> Bounding:  # noqa: ARG002  # all that it needs was sent
        return Bounding(self.known)


def bound_on(pool: Executor, known: ExpectedOrders, *, advanced: Callable[[int, int], None]) -> int:
    """The hindsight bound of plans that fill all of these orders, on what began a `BoundingWork` of them. `advanced` is
    told how much is done, and of how much; some of it may turn out not to be needed.
    """
    skus = len(SkuPrices(known).skus)
    most = ROUNDS * skus + len(known.baskets)
    done = 0

    def solving(prices: SkuPrices) -> Solve:
        solve = solve_on(pool, prices)

        def counted(some: Sequence[str], changed: Solved) -> Solved:
            nonlocal done
            solved = solve(some, changed)
            done += len(some)
            advanced(done, most)
            return solved

        return counted

    def least(solved: Solved) -> int:
        sums = 0
        for number, cost in enumerate(pool.each(_least_tasks(known, solved)), start=1):
            sums += cost
            advanced(min(most, ROUNDS * skus + number * _AT_ONCE), most)
        return sums

    return hindsight_bound(known, unfilled=0, solving=solving, least=least)


def _least_tasks(known: ExpectedOrders, solved: Solved) -> Iterator[Task]:
    for start in range(0, len(known.baskets), _AT_ONCE):
        skus = {line.sku for basket in known.baskets[start : start + _AT_ONCE] for line in basket.lines}
        prices = {sku: solved[sku] for sku in sorted(skus) if sku in solved}
        yield functools.partial(Bounding.least, start=start, solved=prices)
