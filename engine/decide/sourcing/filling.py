"""One SKU in whole units: how much the nodes are worth at most that supply it together."""

from collections.abc import Mapping, Sequence


def most_filling(places: Sequence[Mapping[int, int]], wanted: int, missing: int) -> int:
    """Each place ships one of the amounts it names, worth what it says; a unit that none ships costs `missing`. Dynamic
    programming over the places and the units so far.
    """
    worth: list[int | None] = [0] + [None] * wanted
    for place in places:
        before, worth = worth, [None] * (wanted + 1)
        for units, more in place.items():
            for at in range(wanted + 1 - units):
                so_far = before[at]
                if so_far is not None:
                    there = worth[at + units]
                    if there is None or so_far + more > there:
                        worth[at + units] = so_far + more
    return max([total - (wanted - units) * missing for units, total in enumerate(worth) if total is not None])
