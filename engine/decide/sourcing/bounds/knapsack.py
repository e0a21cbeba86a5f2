"""How a node's units of one SKU go to the wants for it: those first that are worth most beyond their costs, and lines
that stay together whole or not at all.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, chain, islice, repeat
from typing import NamedTuple, TypeAlias

Point: TypeAlias = tuple[int, int]
"""The value of a unit from which more units are supplied, and how many more."""


class Stock(NamedTuple):
    """Units of a SKU at a node; how many of them each want is for; and the wants that are shipped whole."""

    units: int
    wants: Mapping[int, int]
    whole: frozenset[int]


class _Margin(NamedTuple):
    """What a unit is worth beyond its cost, above zero."""

    margin: int
    wanted: int
    whole: bool


def most_worth(stock: Stock, costs: Mapping[int, int], values: Sequence[int]) -> int:
    """What the units are worth at most, beyond their costs; both by want."""
    return _best(stock.units, _margins(stock, costs, values))


def given(stock: Stock, costs: Mapping[int, int], values: Sequence[int]) -> dict[int, int]:
    """By want, the units it gets if those go first that are worth most: nearly what is worth most together."""
    found, left = {}, stock.units
    ranked = sorted([(values[want] - costs[want], want) for want in stock.wants if want in costs], reverse=True)
    for above, want in ranked:
        wanted = stock.wants[want]
        if above > 0 and left >= (wanted if want in stock.whole else 1):
            found[want] = min(wanted, left)
            left -= found[want]
    return found


def beside(stock: Stock, costs: Mapping[int, int], values: Sequence[int], want: int) -> Iterator[tuple[int, int]]:
    """Units for `want`, less what they cost, and what the other wants are worth then: where that bends."""
    others = _margins(stock, costs, values, but=want)
    yield 0, _best(stock.units, others)
    if want in costs:
        most, left = min(stock.units, stock.wants[want]), stock.units
        yield most, _best(left - most, others) - most * costs[want]
        if want not in stock.whole:
            for other in sorted(others, reverse=True):
                left -= other.wanted
                if 0 < left < most:
                    yield left, _best(stock.units - left, others) - left * costs[want]


def amounts(stock: Stock, costs: Mapping[int, int], values: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Units for all wants together, and what those cost least beyond their values: where that bends."""
    packed, split = _cheapest_first(stock, costs, values)
    for packed_units, packed_cost in packed.items():
        units, total = packed_units, packed_cost
        yield units, total
        for cost, wanted in split:
            more = min(wanted, stock.units - units)
            units, total = units + more, total + more * cost
            yield units, total


def by_unit(stock: Stock, costs: Mapping[int, int], values: Sequence[int]) -> dict[int, int]:
    """The same for every number of units."""
    packed, split = _cheapest_first(stock, costs, values)
    least: dict[int, int] = {}
    for packed_units, packed_cost in packed.items():
        one_by_one = islice(
            chain.from_iterable([repeat(cost, wanted) for cost, wanted in split]), stock.units - packed_units
        )
        for units, total in enumerate(accumulate(one_by_one, initial=packed_cost), start=packed_units):
            least[units] = min(total, least.get(units, total))
    return least


def _cheapest_first(
    stock: Stock, costs: Mapping[int, int], values: Sequence[int]
) -> tuple[dict[int, int], list[tuple[int, int]]]:
    """By units that are packed whole, what they cost; and what a unit costs that may be split off, how many times."""
    some = [
        (costs[want] - values[want], wanted, want in stock.whole)
        for want, wanted in stock.wants.items()
        if want in costs
    ]
    packed = _packed(stock.units, [(-cost, wanted) for cost, wanted, whole in some if whole])
    return (
        {units: -worth for units, worth in packed.items()},
        sorted([(cost, wanted) for cost, wanted, whole in some if not whole]),
    )


def hull(apart: Mapping[int, int]) -> Iterator[Point]:
    """Where a node goes from some units to more, if with so many it is worth what is said and their value."""
    at = 0
    while later := [units for units in apart if units > at]:
        # rounded up, and of equals the farthest
        value, most = min((-((apart[units] - apart[at]) // (units - at)), -units) for units in later)
        yield value, -most - at
        at = -most


def _margins(stock: Stock, costs: Mapping[int, int], values: Sequence[int], but: int = -1) -> list[_Margin]:
    whole = stock.whole
    return [
        _Margin(values[want] - costs[want], wanted, want in whole)
        for want, wanted in stock.wants.items()
        if want in costs and values[want] > costs[want] and want != but
    ]


def _best(units: int, margins: Sequence[_Margin]) -> int:
    split = sorted([(margin, wanted) for margin, wanted, whole in margins if not whole], reverse=True)
    if len(split) == len(margins):
        return _dearest(units, split)
    packed = _packed(units, [(margin, wanted) for margin, wanted, whole in margins if whole])
    return max([worth + _dearest(units - used, split) for used, worth in packed.items()])


def _dearest(units: int, margins: Sequence[tuple[int, int]]) -> int:
    worth = 0
    for margin, wanted in margins:
        if wanted >= units:
            return worth + margin * units
        worth += margin * wanted
        units -= wanted
    return worth


def _packed(units: int, whole: Sequence[tuple[int, int]]) -> dict[int, int]:
    """By units that some of these take, each whole, what they are worth most."""
    packed = {0: 0}
    for margin, wanted in whole:
        for used, worth in list(packed.items()):
            more = used + wanted
            if more <= units and worth + wanted * margin > packed.get(more, worth + wanted * margin - 1):
                packed[more] = worth + wanted * margin
    return packed


def most_given(stock: Stock, costs: Mapping[int, int], values: Sequence[int]) -> tuple[int, list[tuple[int, int]]]:
    """What the units are worth at most beyond their costs, and by want how many it then gets."""
    some = [(values[want] - cost, want) for want, cost in costs.items() if values[want] > cost]
    if len(some) > 1:
        some.sort(reverse=True)
    split = some if not stock.whole else [item for item in some if item[1] not in stock.whole]
    if len(split) == len(some):
        return _dearest_given(stock, stock.units, some)
    ways = _packings(stock, [item for item in some if item[1] in stock.whole])
    best: tuple[int, list[tuple[int, int]]] = (-1, [])
    for taken, (worth, given) in ways.items():
        more, rest = _dearest_given(stock, stock.units - taken, split)
        if worth + more > best[0]:
            best = (worth + more, given + rest)
    return best


def _packings(stock: Stock, whole: Sequence[tuple[int, int]]) -> dict[int, tuple[int, list[tuple[int, int]]]]:
    """By units that some of these take, each whole, what they are worth most, and which these are."""
    ways: dict[int, tuple[int, list[tuple[int, int]]]] = {0: (0, [])}
    for margin, want in whole:
        wanted = stock.wants[want]
        for taken, (worth, given) in list(ways.items()):
            more = taken + wanted
            if more <= stock.units and (more not in ways or worth + wanted * margin > ways[more][0]):
                ways[more] = (worth + wanted * margin, [*given, (want, wanted)])
    return ways


def _dearest_given(stock: Stock, units: int, some: Sequence[tuple[int, int]]) -> tuple[int, list[tuple[int, int]]]:
    worth, given = 0, []
    for margin, want in some:
        take = stock.wants[want]
        if take >= units:
            if units:
                given.append((want, units))
            return worth + margin * units, given
        worth += margin * take
        given.append((want, take))
        units -= take
    return worth, given
