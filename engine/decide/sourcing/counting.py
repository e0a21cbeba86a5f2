"""Bounds by counting units: where there is but one want, and where few shipments are allowed."""

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from heapq import nlargest
from itertools import groupby

from engine.decide.sourcing.wants import Want


def least_alone(
    want: Want, fixed: Sequence[int], nodes: Sequence[str], opened: Collection[int], free: Collection[int]
) -> int:
    """What all of `opened` and some of `free` cost at least if nothing else is wanted: dynamic programming over the nodes
    and how many units they ship together, as more than one shipment from a node is never better than all its units by
    the cheaper. `fixed` and `nodes` by number of the shipment.
    """
    least = [units * want.unfilled for units in range(want.units + 1)]
    for _, of_node in groupby(want.offers, key=lambda offer: nodes[offer.number]):
        before = list(least)
        for number, cost, most in of_node:
            if number in opened or number in free:
                once = 0 if number in opened else fixed[number]
                least = list(map(min, least, _adding(before, once, cost, most)))
    return want.base + sum([fixed[number] for number in opened]) + least[want.units]


def _adding(before: Sequence[int], fixed: int, cost: int, most: int) -> Iterator[int]:
    """By units, the least cost with a shipment of up to `most` of them added."""
    yield before[0]
    # of the amounts before it that it can add to, those better than every later one
    window = deque[int]()
    for units in range(1, len(before)):
        while window and before[window[-1]] + (units - 1 - window[-1]) * cost >= before[units - 1]:
            window.pop()
        window.append(units - 1)
        if window[0] < units - most:
            window.popleft()
        yield before[window[0]] + (units - window[0]) * cost + fixed


def missing(wants: Sequence[Want], opened: Collection[int], free: Sequence[int], most: int) -> dict[int, int]:
    """By each of `free`: if it is opened and up to `most` - 1 others are, how many units stay unfilled at least."""
    found = dict.fromkeys(free, 0)
    for want in wants:
        units = {offer.number: offer.units for offer in want.offers}
        others = nlargest(most - 1, [units.get(number, 0) for number in free])
        left = want.units - sum([units.get(number, 0) for number in opened]) - sum(others)
        if left > 0:
            for number in free:
                found[number] += max(0, left - units.get(number, 0))
    return found
