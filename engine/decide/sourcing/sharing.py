"""What a node is worth whose shipments, or lines of one SKU, share its stock or its room."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, groupby, pairwise
from typing import NamedTuple, TypeAlias

from engine.decide.sourcing.lanes import Lane
from engine.decide.sourcing.problem import Problem
from engine.decide.sourcing.wants import Want, several_want

MENU = 3
"""At most so many shipments of a node are looked at together: they make 2 ** 3 menus."""

Point: TypeAlias = tuple[int, int]
"""The value of a unit from which a node supplies more units, and how many more."""


class Menu(NamedTuple):
    """Some of a node's shipments; `costs` of a unit by want, by the cheapest of them."""

    numbers: frozenset[int]
    fixed: int
    costs: Mapping[int, int]


class Stock(NamedTuple):
    """Units of a SKU, and the wants for it with how many each."""

    sku: str
    units: int
    wants: Mapping[int, int]


class Sharing:
    """A node, or some shipments of one that has many; `stocks` by want, the same for wants of one SKU."""

    def __init__(
        self,
        fixed: Mapping[int, int],
        costs: Mapping[int, Mapping[int, int]],
        stocks: Mapping[int, Stock],
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
    several = several_want(wants)
    shared: set[str] = set()
    for want in wants:
        nodes = [lanes[offer.number].key[0] for offer in want.offers]
        if want.sku in several:
            shared.update(nodes)
        elif closely and len(nodes) > len(set(nodes)):
            shared.update([a for a, b in pairwise(nodes) if a == b and problem.supply[a, want.sku] < want.units])
    for node, numbers in groupby(range(len(lanes)), key=lambda number: lanes[number].key[0]):
        some = list(numbers)
        room = problem.room.get(node, len(some))
        if node in shared or (closely and room < len(some)):
            for start in range(0, len(some), MENU):
                yield _sharing(problem, lanes, wants, some[start : start + MENU], room)


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
    stocks = {sku: Stock(sku, problem.supply[node, sku], units) for sku, units in wanted.items()}
    return Sharing(
        {number: lanes[number].fixed for number in numbers},
        costs,
        {index: stocks[wants[index].sku] for units in wanted.values() for index in units},
        room,
    )


def _cheapest(costs: Iterable[Mapping[int, int]]) -> Mapping[int, int]:
    least: dict[int, int] = {}
    for of_shipment in costs:
        for want, cost in of_shipment.items():
            least[want] = min(cost, least.get(want, cost))
    return least


class Worth:
    """What each menu of a node is worth while the values of wants are raised: its units' values beyond their costs, less
    the fixed costs of all its shipments.
    """

    def __init__(self, sharing: Sharing, menus: Sequence[Menu], free: Collection[int], values: Sequence[int]) -> None:
        self.free = [number for number in sharing.numbers if number in free]
        self.menus = menus
        self.stocks = sharing.stocks
        self._taken = {
            stock.sku: [_best(stock.units, _margins(menu, stock, values)) for menu in menus]
            for stock in self.stocks.values()
        }
        self.totals = [sum(taken) - menu.fixed for menu, *taken in zip(menus, *self._taken.values(), strict=True)]

    @property
    def most(self) -> int:
        return max(self.totals)

    def points(self, want: int, values: Sequence[int]) -> list[Point]:
        """From which values of a unit of `want` on the node supplies how many more of them.

        With `t` units of it and the best of the rest, the node is worth `t` times the value plus what `apart` says: so
        it goes up along the upper hull of these.
        """
        stock = self.stocks[want]
        apart: dict[int, int] = {}
        for menu, total, taken in zip(self.menus, self.totals, self._taken[stock.sku], strict=True):
            for units, worth in _beside(menu, stock, want, values):
                if units not in apart or total - taken + worth > apart[units]:
                    apart[units] = total - taken + worth
        return list(_hull(apart))

    def points_together(self, stock: Stock, values: Sequence[int]) -> list[Point]:
        """The same if the values of all wants for a SKU are raised by as much, from the rise on."""
        apart: dict[int, int] = {}
        for menu, total, taken in zip(self.menus, self.totals, self._taken[stock.sku], strict=True):
            units, worth = 0, total - taken
            apart[0] = max(worth, apart.get(0, worth))
            costs = sorted([(menu.costs[w] - values[w], n) for w, n in stock.wants.items() if w in menu.costs])
            for cost, wanted in costs:
                more = min(wanted, stock.units - units)
                units, worth = units + more, worth - more * cost
                apart[units] = max(worth, apart.get(units, worth))
        return list(_hull(apart))

    def revalue(self, stock: Stock, values: Sequence[int]) -> None:
        """The values of wants for a SKU have changed."""
        taken = [_best(stock.units, _margins(menu, stock, values)) for menu in self.menus]
        before = self._taken[stock.sku]
        self.totals = [total + new - old for total, new, old in zip(self.totals, taken, before, strict=True)]
        self._taken[stock.sku] = taken

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


def _margins(menu: Menu, stock: Stock, values: Sequence[int], but: int = -1) -> list[tuple[int, int]]:
    """What a unit of each want is worth beyond its cost, if anything, and how many are wanted."""
    costs = menu.costs
    return [
        (values[want] - costs[want], wanted)
        for want, wanted in stock.wants.items()
        if want in costs and values[want] > costs[want] and want != but
    ]


def _best(units: int, margins: list[tuple[int, int]]) -> int:
    """The dearest first."""
    if len(margins) > 1:
        margins.sort(reverse=True)
    worth = 0
    for margin, wanted in margins:
        if wanted >= units:
            return worth + margin * units
        worth += margin * wanted
        units -= wanted
    return worth


def _beside(menu: Menu, stock: Stock, want: int, values: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Units of `want`, and what they cost and the others of its SKU are worth then; where the others' worth bends."""
    others = _margins(menu, stock, values, want)
    yield 0, _best(stock.units, others)
    if want in menu.costs:
        most, left = min(stock.units, stock.wants[want]), stock.units
        yield most, _best(left - most, others) - most * menu.costs[want]
        for _, wanted in sorted(others, reverse=True):
            left -= wanted
            if 0 < left < most:
                yield left, _best(stock.units - left, others) - left * menu.costs[want]


def _hull(apart: Mapping[int, int]) -> Iterator[Point]:
    at = 0
    while later := [units for units in apart if units > at]:
        # rounded up, and of equals the farthest
        value, most = min((-((apart[units] - apart[at]) // (units - at)), -units) for units in later)
        yield value, -most - at
        at = -most
