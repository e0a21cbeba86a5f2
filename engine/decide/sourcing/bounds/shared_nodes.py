"""What a node is worth whose shipments, or lines of one SKU, share its stock or its room."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, groupby, pairwise
from typing import NamedTuple

from engine.decide.sourcing.bounds.knapsack import Point, Stock, amounts, beside, by_unit, given, hull, most_worth
from engine.decide.sourcing.columns import Lane
from engine.decide.sourcing.demand_classes import Want, several_want
from engine.decide.sourcing.problem import Problem

PACKED = 10
"""So many lines that stay together are packed whole into a node's stock; of more, as if they could be split."""
MENU, CLOSELY = 3, 4
"""At most so many shipments of a node are looked at together: they make 2 ** 3 menus, or 2 ** 4."""


class Menu(NamedTuple):
    """Some of a node's shipments; `costs` of a unit by want, by the cheapest of them."""

    numbers: frozenset[int]
    fixed: int
    costs: Mapping[int, int]


class Sharing:
    """A node, or some shipments of one that has many; `stocks` by SKU."""

    def __init__(
        self,
        fixed: Mapping[int, int],
        costs: Mapping[int, Mapping[int, int]],
        stocks: Mapping[str, Stock],
        room: int,
    ) -> None:
        self.numbers = tuple(fixed)
        self.stocks = stocks
        self.menus = [
            Menu(
                numbers=frozenset(some),
                fixed=sum([fixed[number] for number in some]),
                costs=_cheapest([costs[number] for number in some]),
            )
            for size in range(min(room, len(fixed)) + 1)
            for some in combinations(fixed, size)
        ]

    def among(self, opened: Collection[int], free: Collection[int]) -> list[Menu]:
        """The menus with all those opened and perhaps some of the free."""
        must = [number for number in self.numbers if number in opened]
        return [
            menu
            for menu in self.menus
            if menu.numbers.issuperset(must) and all(number in opened or number in free for number in menu.numbers)
        ]


def sharing(problem: Problem, lanes: Sequence[Lane], wants: Sequence[Want], *, closely: bool) -> Iterator[Sharing]:
    """The nodes that have less room than shipments, less of a SKU than several shipments want to carry, or a SKU that
    several wants are for.
    """
    several, most = several_want(wants), CLOSELY if closely else MENU
    shared: set[str] = set()
    for want in wants:
        nodes = [lanes[offer.number].key[0] for offer in want.offers]
        if want.sku in several:
            shared.update(nodes)
        elif closely and len(nodes) > len(set(nodes)):
            shared.update([a for a, b in pairwise(nodes) if a == b and problem.supply[a, want.sku] < want.units])
    if not shared and not closely:
        return
    for node, numbers in groupby(range(len(lanes)), key=lambda number: lanes[number].key[0]):
        some = list(numbers)
        room = problem.room.get(node, len(some))
        if node in shared or (closely and room < len(some)):
            for start in range(0, len(some), most):
                yield _sharing(problem, lanes, wants, some[start : start + most], room)


def _sharing(
    problem: Problem, lanes: Sequence[Lane], wants: Sequence[Want], numbers: Sequence[int], room: int
) -> Sharing:
    node = lanes[numbers[0]].key[0]
    costs: dict[int, dict[int, int]] = {number: {} for number in numbers}
    wanted: dict[str, dict[int, int]] = {}
    for index, want in enumerate(wants):
        for offer in want.offers:
            if offer.number in costs:
                costs[offer.number][index] = offer.cost
                wanted.setdefault(want.sku, {})[index] = want.units
    whole = frozenset([index for index, want in enumerate(wants) if want.whole])
    if len(whole) > PACKED:
        whole = frozenset()
    stocks = {sku: Stock(problem.supply[node, sku], units, whole) for sku, units in wanted.items()}
    return Sharing(
        {number: lanes[number].fixed for number in numbers},
        costs,
        stocks,
        room,
    )


def _cheapest(costs: Iterable[Mapping[int, int]]) -> Mapping[int, int]:
    least: dict[int, int] = {}
    for of_shipment in costs:
        for want, cost in of_shipment.items():
            least[want] = min(cost, least.get(want, cost))
    return least


class Worth:
    """What each menu of a node is worth while the values of wants are raised: its units' values beyond their costs,
    less the fixed costs of all its shipments.
    """

    def __init__(self, sharing: Sharing, menus: Sequence[Menu], free: Collection[int], values: Sequence[int]) -> None:
        self.free = [number for number in sharing.numbers if number in free]
        self.menus = menus
        self.stocks = sharing.stocks
        self.steps = 4 * len(menus) * sum([len(stock.wants) ** 2 for stock in self.stocks.values()])
        """As many prices are looked at when the values of all wants are raised."""
        self.totals = [-menu.fixed for menu in menus]
        self._taken: dict[str, Sequence[int]] = {sku: [0] * len(menus) for sku in sharing.stocks}
        for sku in sharing.stocks:
            self.revalue(sku, values)

    @property
    def most(self) -> int:
        return max(self.totals)

    def supplied(self, values: Sequence[int]) -> dict[int, int]:
        """Units by want of the menu that is worth most."""
        menu = self.menus[self.totals.index(self.most)]
        found: dict[int, int] = {}
        for stock in self.stocks.values():
            found |= given(stock, menu.costs, values)
        return found

    def points(self, want: int, sku: str, values: Sequence[int]) -> list[Point]:
        """From which values of a unit of `want` on the node supplies how many more of them.

        With `t` units of it and the best of the rest, the node is worth `t` times the value plus what `apart` says: so
        it goes up along the upper hull of these.
        """
        stock = self.stocks[sku]
        apart: dict[int, int] = {}
        for menu, total, taken in zip(self.menus, self.totals, self._taken[sku], strict=True):
            for units, worth in beside(stock, menu.costs, values, want):
                if units not in apart or total - taken + worth > apart[units]:
                    apart[units] = total - taken + worth
        return list(hull(apart))

    def points_together(self, sku: str, values: Sequence[int]) -> list[Point]:
        """The same if the values of all wants for a SKU are raised by as much, from the rise on."""
        stock = self.stocks[sku]
        apart: dict[int, int] = {}
        for menu, total, taken in zip(self.menus, self.totals, self._taken[sku], strict=True):
            for units, cost in amounts(stock, menu.costs, values):
                apart[units] = max(total - taken - cost, apart.get(units, total - taken - cost))
        return list(hull(apart))

    def by_unit(self, sku: str, values: Sequence[int]) -> dict[int, int]:
        """What the node is worth with so many units of a SKU."""
        stock = self.stocks[sku]
        found: dict[int, int] = {}
        for menu, total, taken in zip(self.menus, self.totals, self._taken[sku], strict=True):
            for units, cost in by_unit(stock, menu.costs, values).items():
                found[units] = max(total - taken - cost, found.get(units, total - taken - cost))
        return found

    def revalue(self, sku: str, values: Sequence[int]) -> None:
        """The values of wants for a SKU have changed."""
        stock = self.stocks[sku]
        taken = [most_worth(stock, menu.costs, values) for menu in self.menus]
        before = self._taken[sku]
        self.totals = [total + new - old for total, new, old in zip(self.totals, taken, before, strict=True)]
        self._taken[sku] = taken

    def charge(self, each: int, opened: Collection[int]) -> None:
        """Let every shipment that is not yet opened cost so much more."""
        self.totals = [
            total - each * sum(number not in opened for number in menu.numbers)
            for total, menu in zip(self.totals, self.menus, strict=True)
        ]

    def surplus(self, number: int) -> int:
        """By how much the node is worth more with the shipment than without; there are menus of both kinds."""
        within = [total for total, menu in zip(self.totals, self.menus, strict=True) if number in menu.numbers]
        without = [total for total, menu in zip(self.totals, self.menus, strict=True) if number not in menu.numbers]
        return max(within) - max(without)
