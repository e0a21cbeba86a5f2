"""How a node's units of one SKU go to the wants for it: those first that are worth most beyond their costs, and lines
that stay together whole or not at all.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, chain, islice, repeat
from typing import NamedTuple, TypeAlias

Breakpoint: TypeAlias = tuple[int, int]
"""The value of a unit from which more units are supplied, and how many more."""


class Stock(NamedTuple):
    """Units of a SKU at a node; how many of them each want is for; and the wants that are shipped whole."""

    units: int
    quantities: Mapping[int, int]
    together: frozenset[int]


class _Margin(NamedTuple):
    """What a unit is worth beyond its cost, above zero."""

    margin: int
    quantity: int
    together: bool


def best_value(stock: Stock, costs: Mapping[int, int], duals: Sequence[int]) -> int:
    """What the units are worth at most, beyond their costs; both by want."""
    return _best_mix(stock.units, _margins(stock, costs, duals))


def values_beside(
    stock: Stock, costs: Mapping[int, int], duals: Sequence[int], index: int
) -> Iterator[tuple[int, int]]:
    """Units for `want`, less what they cost, and what the other wants are worth then: where that bends."""
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
    """Units for all wants together, and what those cost least beyond their values: where that bends."""
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
    """By units that are packed whole, what they cost; and what a unit costs that may be split off, how many times."""
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
    """Where a node goes from some units to more, if with so many it is worth what is said and their value."""
    reached = 0
    while larger := [units for units in intercepts if units > reached]:
        # rounded up, and of equals the farthest
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
    """By units that some of these take, each whole, what they are worth most."""
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
    """What the units are worth at most beyond their costs, and by want how many it then gets."""
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
    """By units that some of these take, each whole, what they are worth most, and which these are."""
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
