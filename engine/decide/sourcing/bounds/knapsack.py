"""Knapsacks of one SKU: how a node's units are best given to the demand classes that ask for it.

A unit is worth the dual of its class less its cost. Classes that can be split are filled greedily, the best margin
first; classes that are kept together are packed whole or not at all, by dynamic programming.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, chain, islice, repeat
from typing import NamedTuple, TypeAlias

Breakpoint: TypeAlias = tuple[int, int]
"""The dual from which on more units are supplied, and how many more."""


class Stock(NamedTuple):
    """Units of a SKU at a node; `quantities` asked for, by class; and the classes that are kept together."""

    units: int
    quantities: Mapping[int, int]
    together: frozenset[int]


class _Margin(NamedTuple):
    """What a unit of a class is worth beyond its cost, above zero."""

    margin: int
    quantity: int
    together: bool


def best_value(stock: Stock, costs: Mapping[int, int], duals: Sequence[int]) -> int:
    """What the units are worth at most beyond their costs. `costs` and `duals` are by class."""
    return _best_mix(stock.units, _margins(stock, costs, duals))


def values_beside(
    stock: Stock, costs: Mapping[int, int], duals: Sequence[int], index: int
) -> Iterator[tuple[int, int]]:
    """(units given to the class `index`, what the stock is then worth without these units' dual): their costs
    subtracted, and the other classes given the rest. Only for numbers of units at which the slope changes.
    """
    others = _margins(stock, costs, duals, except_index=index)
    yield 0, _best_mix(stock.units, others)
    if index in costs:
        largest, left = min(stock.units, stock.quantities[index]), stock.units
        yield largest, _best_mix(left - largest, others) - largest * costs[index]
        if index not in stock.together:
            for other in sorted(others, reverse=True):
                left -= other.quantity
                if 0 < left < largest:
                    yield left, _best_mix(stock.units - left, others) - left * costs[index]


def breakpoints_together(stock: Stock, costs: Mapping[int, int], duals: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(units given to all classes together, the least these cost beyond their duals), where the slope changes."""
    packed, split = _cheapest_first(stock, costs, duals)
    for packed_units, packed_cost in packed.items():
        units, total = packed_units, packed_cost
        yield units, total
        for cost, quantity in split:
            added = min(quantity, stock.units - units)
            units, total = units + added, total + added * cost
            yield units, total


def cost_by_units(stock: Stock, costs: Mapping[int, int], duals: Sequence[int]) -> dict[int, int]:
    """The same for every number of units."""
    packed, split = _cheapest_first(stock, costs, duals)
    least: dict[int, int] = {}
    for packed_units, packed_cost in packed.items():
        one_by_one = islice(
            chain.from_iterable([repeat(cost, quantity) for cost, quantity in split]), stock.units - packed_units
        )
        for units, total in enumerate(accumulate(one_by_one, initial=packed_cost), start=packed_units):
            least[units] = min(total, least.get(units, total))
    return least


def _cheapest_first(
    stock: Stock, costs: Mapping[int, int], duals: Sequence[int]
) -> tuple[dict[int, int], list[tuple[int, int]]]:
    """By number of units that are packed whole, what they cost beyond their duals; and (cost of a unit, how many) of
    the units that may be split, the cheapest first.
    """
    lines = [
        (costs[index] - duals[index], quantity, index in stock.together)
        for index, quantity in stock.quantities.items()
        if index in costs
    ]
    packed = _packed_values(stock.units, [(-cost, quantity) for cost, quantity, together in lines if together])
    return (
        {units: -worth for units, worth in packed.items()},
        sorted([(cost, quantity) for cost, quantity, together in lines if not together]),
    )


def upper_hull(intercepts: Mapping[int, int]) -> Iterator[Breakpoint]:
    """The upper hull of the lines with slope `units` and the given intercepts: the duals at which it changes to a
    steeper line, and by how many units steeper.
    """
    reached = 0
    while larger := [units for units in intercepts if units > reached]:
        # the dual rounded up; of equal duals the farthest line
        dual, farthest = min(
            (-((intercepts[units] - intercepts[reached]) // (units - reached)), -units) for units in larger
        )
        yield dual, -farthest - reached
        reached = -farthest


def _margins(stock: Stock, costs: Mapping[int, int], duals: Sequence[int], except_index: int = -1) -> list[_Margin]:
    together = stock.together
    return [
        _Margin(duals[index] - costs[index], quantity, index in together)
        for index, quantity in stock.quantities.items()
        if index in costs and duals[index] > costs[index] and index != except_index
    ]


def _best_mix(units: int, margins: Sequence[_Margin]) -> int:
    """The best value with some classes packed whole and the others filled greedily from what is left."""
    split = sorted([(margin, quantity) for margin, quantity, together in margins if not together], reverse=True)
    if len(split) == len(margins):
        return _greedy_value(units, split)
    packed = _packed_values(units, [(margin, quantity) for margin, quantity, together in margins if together])
    return max([worth + _greedy_value(units - packed_units, split) for packed_units, worth in packed.items()])


def _greedy_value(units: int, margins: Sequence[tuple[int, int]]) -> int:
    worth = 0
    for margin, quantity in margins:
        if quantity >= units:
            return worth + margin * units
        worth += margin * quantity
        units -= quantity
    return worth


def _packed_values(units: int, together: Sequence[tuple[int, int]]) -> dict[int, int]:
    """By number of units taken by some of these classes, each whole, what they are worth at most."""
    best_values = {0: 0}
    for margin, quantity in together:
        for packed_units, worth in list(best_values.items()):
            with_line = packed_units + quantity
            if with_line <= units and worth + quantity * margin > best_values.get(
                with_line, worth + quantity * margin - 1
            ):
                best_values[with_line] = worth + quantity * margin
    return best_values


def best_fill(stock: Stock, costs: Mapping[int, int], duals: Sequence[int]) -> tuple[int, list[tuple[int, int]]]:
    """What the units are worth at most beyond their costs, and (class, units) of that best way to give them."""
    worthwhile = [(duals[index] - cost, index) for index, cost in costs.items() if duals[index] > cost]
    if len(worthwhile) > 1:
        worthwhile.sort(reverse=True)
    split = worthwhile if not stock.together else [item for item in worthwhile if item[1] not in stock.together]
    if len(split) == len(worthwhile):
        return _fill_greedily(stock, stock.units, worthwhile)
    packings = _packed_lines(stock, [item for item in worthwhile if item[1] in stock.together])
    best: tuple[int, list[tuple[int, int]]] = (-1, [])
    for packed_units, (worth, filled) in packings.items():
        split_worth, split_fill = _fill_greedily(stock, stock.units - packed_units, split)
        if worth + split_worth > best[0]:
            best = (worth + split_worth, filled + split_fill)
    return best


def _packed_lines(stock: Stock, together: Sequence[tuple[int, int]]) -> dict[int, tuple[int, list[tuple[int, int]]]]:
    """By number of units taken by some of these classes, each whole, what they are worth at most, and which classes
    these are.
    """
    packings: dict[int, tuple[int, list[tuple[int, int]]]] = {0: (0, [])}
    for margin, index in together:
        quantity = stock.quantities[index]
        for packed_units, (worth, filled) in list(packings.items()):
            with_line = packed_units + quantity
            if with_line <= stock.units and (
                with_line not in packings or worth + quantity * margin > packings[with_line][0]
            ):
                packings[with_line] = (worth + quantity * margin, [*filled, (index, quantity)])
    return packings


def _fill_greedily(stock: Stock, units: int, margins: Sequence[tuple[int, int]]) -> tuple[int, list[tuple[int, int]]]:
    worth, filled = 0, []
    for margin, index in margins:
        take = stock.quantities[index]
        if take >= units:
            if units:
                filled.append((index, units))
            return worth + margin * units, filled
        worth += margin * take
        filled.append((index, take))
        units -= take
    return worth, filled
