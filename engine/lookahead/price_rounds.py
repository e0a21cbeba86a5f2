"""Prices of units at nodes, so that orders which each choose what is cheapest for them share the stock well.

The whole problem is the linear program of Jasin and Sinha ("An LP-based correlated rounding scheme for multi-item
ecommerce order fulfillment", Operations Research 63(6), 2015): expected orders, of several lines each, are shipped from
nodes with so many units, and a shipment costs something however many lines it has. Its dual is a price for each SKU and
node. With the prices of all other SKUs given, those of one SKU are the duals of its own transportation problem
(`transport`), in which an arc costs what the order would come to with its line from that node (`marginal_costs`). So
the SKUs are solved one after another, over and over, each with the prices that the others have by then: block
coordinate ascent on the dual. Every step is exact, and raises the bound that the prices prove; the rounds end when
none changes, or after ROUNDS.

SKUs are solved in WAVES: those of one wave with the prices from before it, so that several processes can share a wave,
and it makes no difference how many there are.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from engine.decide.shipping.columns import Flags, Integers, integers
from engine.lookahead.expected_orders import MILLIS, NOT_REACHED, Basket, ExpectedOrders
from engine.lookahead.marginal_costs import costs_from_each_node
from engine.lookahead.transport import supply_values

ROUNDS: Final = 4
"""What one, two and four of them save is in docs/benchmarks.md."""
WAVES: Final = 8


class NodePrice(NamedTuple):
    """What a unit less at the node costs, in micros; the region that is expected to need most of what is there; and how
    many units, in thousandths, regions are expected to need of it.
    """

    price: int
    region: str
    needed: int


Solved: TypeAlias = Mapping[str, Mapping[int, NodePrice]]
"""By SKU, those of its nodes (by number) that have units. Without a SKU, all are 0."""
UnitPrices: TypeAlias = Mapping[str, Mapping[int, int]]
"""By SKU, the prices of a unit at nodes, by number, in micros; where there is none, it is 0."""
Solve: TypeAlias = Callable[[Sequence[str], Solved], Solved]
"""Solves SKUs with the prices that changed since it was last called."""


class SkuPrices:
    """Solves one SKU after another. Units are filled whatever they cost: what is not shipped costs more than any
    re-routing could, and of each SKU the least price over its nodes is 0, for a constant changes no choice. No price is
    higher than the next lower one by more than the dearest detour of an order: that would change no choice either.

    With `unfilled`, that is what a unit not shipped costs, in micros, and prices are the duals as they are: the best
    that a bound can be proven with.
    """

    def __init__(self, expected: ExpectedOrders, *, unfilled: int | None = None) -> None:
        self._expected = expected
        self._unfilled = unfilled
        self._baskets: defaultdict[str, list[Basket]] = defaultdict(list)
        for basket in expected.baskets:
            for line in basket.lines:
                self._baskets[line.sku].append(basket)
        self._prices: dict[str, Integers] = {}

    @property
    def skus(self) -> list[str]:
        """Those that somebody is expected to order and that several nodes have."""
        return sorted(sku for sku in self._baskets if int(self._expected.stocked(sku).sum()) > 1)

    def neighbours(self, sku: str) -> set[str]:
        """The SKUs that are ordered together with it, and itself."""
        return {line.sku for basket in self._baskets[sku] for line in basket.lines}

    def note(self, changed: Solved) -> None:
        """Take these prices for those of the other SKUs."""
        for sku, nodes in changed.items():
            self._prices[sku] = self._column({node: item.price for node, item in nodes.items()})

    def noted_beside(self, skus: Sequence[str]) -> UnitPrices:
        """The prices that were noted of the SKUs that are ordered together with these: solving these asks for no
        others.
        """
        beside = set[str]().union(*(self.neighbours(sku) for sku in skus))
        columns = {sku: self._prices[sku] for sku in sorted(beside & self._prices.keys())}
        return {sku: {node: int(its[node]) for node in its.nonzero()[0].tolist()} for sku, its in columns.items()}

    def replace_noted(self, prices: UnitPrices) -> None:
        """Take these prices for those of the other SKUs, and forget what was noted before."""
        self._prices = {sku: self._column(nodes) for sku, nodes in prices.items()}

    def _column(self, prices: Mapping[int, int]) -> Integers:
        column = np.zeros(len(self._expected.costs.nodes), dtype=np.int64)
        for node, price in prices.items():
            column[node] = price
        return column

    def solve(self, sku: str) -> Mapping[int, NodePrice]:
        """The prices of the SKU at the nodes that have units of it."""
        baskets = self._baskets[sku]
        stocked = self._expected.stocked(sku).nonzero()[0]
        cost = np.stack([self._unit_costs(basket, sku) for basket in baskets], axis=1)[stocked]
        reached = np.flatnonzero((cost < NOT_REACHED).any(axis=0))
        cost, baskets = cost[:, reached], [baskets[number] for number in reached.tolist()]
        if not baskets:
            return {}
        share = self._expected.shares.get(sku, MILLIS)
        units = (basket.orders * _quantity(basket, sku) * share // MILLIS for basket in baskets)
        demand = np.maximum(integers(units), 1)
        supply = self._expected.supply[sku][stocked] * MILLIS
        penalty = _more_than_any_rerouting(cost) if self._unfilled is None else self._unfilled
        values = supply_values(supply, demand, cost, penalty)
        prices = values.node if self._unfilled is not None else _normalised(values.node, cost)
        return {
            node: _node_price(int(prices[row]), demand, values.demand - values.node[row] == cost[row], baskets)
            for row, node in enumerate(stocked.tolist())
        }

    def _unit_costs(self, basket: Basket, sku: str) -> Integers:
        """By node, what a unit of the SKU costs from there, with its share of what the whole order then costs."""
        index, quantity = _index(basket, sku), _quantity(basket, sku)
        costs = self._expected.costs.of_basket(basket.region, basket.lines)
        prices = np.stack([self._dearer(line.sku) for line in basket.lines])
        quantities = integers(line.quantity for line in basket.lines)
        from_each = costs_from_each_node(costs, quantities, index, prices)
        return np.where(from_each < NOT_REACHED, from_each // quantity, NOT_REACHED)

    def _dearer(self, sku: str) -> Integers:
        """By node, the price of a unit of a line; NOT_REACHED where there is none."""
        prices = self._prices.get(sku)
        return np.where(self._expected.stocked(sku), 0 if prices is None else prices, NOT_REACHED)


def solve_in_rounds(
    prices: SkuPrices, solve: Solve, *, rounds: int = ROUNDS, only: Sequence[str] | None = None
) -> Solved:
    """The prices of all SKUs, or of `only` some, by `solve`, which one process or several do. A SKU is solved again if
    the prices of one that is ordered together with it have changed since.
    """
    skus = prices.skus if only is None else sorted(only)
    known: dict[str, Mapping[int, NodePrice]] = {}
    stale = set(skus)
    changed: dict[str, Mapping[int, NodePrice]] = {}
    for _ in range(rounds):
        for wave in range(WAVES):
            due = [sku for sku in skus[wave::WAVES] if sku in stale]
            if not due:
                continue
            solved = solve(due, changed)
            stale.difference_update(due)
            changed = {sku: nodes for sku, nodes in solved.items() if _differ(nodes, known.get(sku, {}))}
            known.update(solved)
            for sku in changed:
                stale |= (prices.neighbours(sku) - {sku}) & set(skus)
        if not stale:
            break
    return {sku: known[sku] for sku in sorted(known)}


def solve_here(prices: SkuPrices) -> Solve:
    """In this process."""

    def solve(skus: Sequence[str], changed: Solved) -> Solved:
        prices.note(changed)
        return {sku: prices.solve(sku) for sku in skus}

    return solve


def _differ(nodes: Mapping[int, NodePrice], before: Mapping[int, NodePrice]) -> bool:
    """Whether some price differs; without one it is 0."""
    return any(
        (nodes[node].price if node in nodes else 0) != (before[node].price if node in before else 0)
        for node in nodes.keys() | before.keys()
    )


def _more_than_any_rerouting(cost: Integers) -> int:
    """A path that lets one unit more be shipped goes over at most so many arcs and back over one fewer."""
    there = cost[cost < NOT_REACHED]
    dearest, cheapest = int(there.max()), int(there.min())
    hops: int = min(cost.shape)
    return dearest + (hops - 1) * (dearest - cheapest) + 1


def _normalised(prices: Integers, cost: Integers) -> Integers:
    """With 0 for the least. Nodes whose prices lie farther apart than the dearest detour never ship in place of each
    other, so there the dearer ones come down together until they are just so far apart: what they differ by among
    themselves stays.
    """
    detours = np.where(cost < NOT_REACHED, cost, 0).max(axis=0) - cost.min(axis=0)
    order = np.argsort(prices, kind="stable")
    normalised = np.zeros_like(prices)
    normalised[order[1:]] = np.minimum(np.diff(prices[order]), detours.max()).cumsum()
    return normalised


def _node_price(price: int, demand: Integers, tight: Flags, baskets: Sequence[Basket]) -> NodePrice:
    """The region that needs the units, of the demands that are served best from there (`tight`)."""
    by_region: defaultdict[str, int] = defaultdict(int)
    for index in tight.nonzero()[0].tolist():
        by_region[baskets[index].region] += int(demand[index])
    region = min(by_region, key=lambda name: (-by_region[name], name), default="")
    return NodePrice(price, region, sum(by_region.values()))


def _index(basket: Basket, sku: str) -> int:
    return next(index for index, line in enumerate(basket.lines) if line.sku == sku)


def _quantity(basket: Basket, sku: str) -> int:
    return basket.lines[_index(basket, sku)].quantity


def merged(baskets: Iterable[Basket]) -> list[Basket]:
    """Each kind once, in order."""
    orders: defaultdict[tuple[str, tuple[tuple[str, int], ...]], int] = defaultdict(int)
    kinds: dict[tuple[str, tuple[tuple[str, int], ...]], Basket] = {}
    for basket in baskets:
        key = (basket.region, basket.lines)
        orders[key] += basket.orders
        kinds[key] = basket
    return [Basket(region=key[0], lines=kinds[key].lines, orders=orders[key]) for key in sorted(orders)]
