"""The least that a set of orders could have cost, had all of them been known before the first was decided.

It is a lower bound, proven by weak duality. Let each unit of a SKU that leaves a node cost its price p >= 0 beside what
is paid, and each unit that is not filled cost u. Any plan that respects the stock S pays

    money + u * unfilled  >=  sum over orders (money + u * unfilled + p * units taken)  -  sum over stock (p * S),

because it takes at most S of each. Each order's part is at least what the order would cost by its own best choice if
there were any number of units at these prices, to which Pointsman's own choice gives the exact minimum, or what it has
proven of it. So

    money  >=  sum over orders of that minimum  -  sum of p * S  -  u * unfilled

holds of every plan that leaves so many units unfilled, whatever p and u are; `solve_in_rounds` finds prices for which
it is high. What the bound leaves out is what makes plans dearer: rules, hours, promises, limits of nodes, and that a
shipment may be by another service than its lines are counted with. It is exact where the dual has no gap, that is where
the linear program has an optimum in whole shipments.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.decide.shipping.columns import Integers
from engine.decide.sourcing.choose import choose
from engine.decide.sourcing.problem import Candidate, Choice, Demand, Price, Problem
from engine.lookahead.expected_orders import MILLIS, NOT_REACHED, Basket, BasketCosts, ExpectedOrders
from engine.lookahead.price_rounds import ROUNDS, NodePrice, SkuPrices, Solve, Solved, solve_here, solve_in_rounds
from engine.model.facts import OptionKey, rounded

_NOT_FILLED: Final = OptionKey("", "")
"""A place that has units of everything, at what a unit not filled costs."""
PERCENT_PARTS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """Micros that the same orders cost: without look-ahead (`baseline`), with it (`achieved`), at least (`bound`)."""

    baseline: int
    achieved: int
    bound: int

    @property
    def share(self) -> int | None:
        """How much of what was possible was captured, in percent, rounded half to even; below 0 if it cost more. None:
        nothing was possible.
        """
        possible = self.baseline - self.bound
        return rounded((self.baseline - self.achieved) * PERCENT_PARTS, possible) if possible > 0 else None


def hindsight_bound(
    known: ExpectedOrders,
    *,
    unfilled: int,
    rounds: int = ROUNDS,
    solving: Callable[[SkuPrices], Solve] = solve_here,
    least: Callable[[Solved], int] | None = None,
) -> int:
    """Micros that the orders cost at least by any plan that leaves so many units unfilled. `known` are the orders that
    there were, each counted in whole thousandths, and the stock that there was for them. Its costs must be no higher
    than what a shipment costs by any service (`LeastCosts`). Processes may solve the prices, and work out what all
    baskets cost at least at them (`least_of`).
    """
    penalty = unfilled_cost(known)
    prices = SkuPrices(known, unfilled=penalty)
    solved = solve_in_rounds(prices, solving(prices), rounds=rounds)
    together = least_of(known, known.baskets, solved, penalty) if least is None else least(solved)
    stock = sum(int(_column(known, nodes) @ known.supply[sku]) for sku, nodes in solved.items())
    return max(0, together - stock - penalty * unfilled)


def least_of(known: ExpectedOrders, baskets: Sequence[Basket], solved: Solved, penalty: int) -> int:
    """What the orders of these baskets cost at least at the prices, if there were any number of units, and if one that
    is not filled costs the `penalty`.
    """
    columns = {sku: _column(known, nodes) for sku, nodes in solved.items()}
    nothing = np.zeros(len(known.costs.nodes), dtype=np.int64)
    return sum(basket.orders // MILLIS * _least(known, basket, penalty, columns, nothing) for basket in baskets)


def _column(known: ExpectedOrders, prices: Mapping[int, NodePrice]) -> Integers:
    column = np.zeros(len(known.costs.nodes), dtype=np.int64)
    for node, item in prices.items():
        column[node] = item.price
    return column


def _least(
    known: ExpectedOrders, basket: Basket, penalty: int, columns: Mapping[str, Integers], nothing: Integers
) -> int:
    """What one such order costs at least, at these prices, if there were any number of units."""
    costs = known.costs.of_basket(basket.region, basket.lines)
    problem = _problem(known, basket, costs, penalty, [columns.get(line.sku, nothing) for line in basket.lines])
    choice = choose(problem)
    return choice.score.money - _unproven(choice)


def _unproven(choice: Choice) -> int:
    """By how much another choice could be cheaper. All fill everything, by nothing if need be."""
    if choice.gap is None:
        raise AssertionError("every choice fills all units")
    return choice.gap


def _problem(
    known: ExpectedOrders, basket: Basket, costs: BasketCosts, penalty: int, prices: list[Integers]
) -> Problem:
    supply: dict[tuple[str, str], int] = {}
    candidates = []
    stocked = [
        known.stocked(line.sku) & (costs.fixed < NOT_REACHED) & (costs.unit[index] < NOT_REACHED)
        for index, line in enumerate(basket.lines)
    ]
    for number in np.logical_or.reduce(stocked).nonzero()[0].tolist():
        name = known.costs.nodes[number]
        priced = {
            index: _price(int(costs.unit[index, number] + prices[index][number]))
            for index, flags in enumerate(stocked)
            if flags[number]
        }
        candidates.append(Candidate(key=OptionKey(name, "s"), fixed=int(costs.fixed[number]), prices=priced))
        supply |= {(name, basket.lines[index].sku): basket.lines[index].quantity for index in priced}
    candidates.append(
        Candidate(key=_NOT_FILLED, fixed=0, prices=dict.fromkeys(range(len(basket.lines)), _price(penalty)))
    )
    supply |= {("", line.sku): line.quantity for line in basket.lines}
    demands = [Demand(sku=line.sku, quantity=line.quantity) for line in basket.lines]
    return Problem(demands=demands, candidates=sorted(candidates, key=lambda item: item.key), supply=supply)


def _price(money: int) -> Price:
    return Price(unless_needed=0, tier=1, money=money)


def unfilled_cost(known: ExpectedOrders) -> int:
    """Micros a unit that is not filled: more than a unit costs that ships alone, twice over."""
    dearest = 0
    for basket in known.baskets:
        costs = known.costs.of_basket(basket.region, basket.lines)
        alone = costs.fixed[None, :] + costs.unit
        dearest = max(dearest, int(np.where(alone < NOT_REACHED, alone, 0).max(initial=0)))
    return 2 * dearest + 1
