"""Chooses which held units of an order are cancelled so that what is left costs least. Pure.

A shipment costs a fixed amount, and an amount for each unit. What is saved is the cost of the units that go, and the
fixed cost of each shipment of which none stay. So once it is settled which shipments go whole, of the other units the
dearest go. All sets of shipments that could go whole are tried, up to MOST_TRIED of them; the sets of very many
shipments are tried by their fixed cost, so that then a dearer remainder is possible.
"""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

MOST_TRIED = 12
"""Of so many shipments, every set is tried: 4,096."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellableShipment:
    """What a shipment holds, and what it costs in micros: for each unit of a line, and `fixed` once, or 0 if some of it
    has left.
    """

    units: Mapping[str, int]
    unit_costs: Mapping[str, int]
    fixed: int

    def saved(self, lines: Mapping[str, int]) -> int:
        """What it saves if these units go."""
        units = sum(count * self.unit_costs[line] for line, count in lines.items())
        return units + (self.fixed if Counter(lines) == Counter(self.units) else 0)


def cheapest_cancellation(
    lines: Mapping[str, int], shipments: Sequence[CancellableShipment]
) -> tuple[Mapping[str, int], ...]:
    """The units by line that go of each shipment: so many of each line as `lines` says, which there must be."""
    choices = (_choice(lines, shipments, whole) for whole in _whole_sets(lines, shipments))
    best = max(
        choices,
        key=lambda choice: sum(item.saved(units) for item, units in zip(shipments, choice, strict=True)),
    )
    return tuple(dict(units) for units in best)


def _whole_sets(lines: Mapping[str, int], shipments: Sequence[CancellableShipment]) -> Iterator[frozenset[int]]:
    """Sets of shipments that may go whole: of all that the lines allow at all, none, one, two, ..."""
    possible = [number for number, item in enumerate(shipments) if item.units and _fits(lines, [item])]
    possible.sort(key=lambda number: -shipments[number].fixed)
    if len(possible) > MOST_TRIED:
        chosen: list[int] = []
        for number in possible:
            if _fits(lines, [shipments[other] for other in [*chosen, number]]):
                chosen.append(number)
            yield frozenset(chosen)
        possible = possible[:MOST_TRIED]
    for count in range(len(possible) + 1):
        for whole in itertools.combinations(possible, count):
            if _fits(lines, [shipments[number] for number in whole]):
                yield frozenset(whole)


def _fits(lines: Mapping[str, int], shipments: Sequence[CancellableShipment]) -> bool:
    units: Counter[str] = Counter()
    for item in shipments:
        units.update(item.units)
    return units <= Counter(lines)


def _choice(
    lines: Mapping[str, int], shipments: Sequence[CancellableShipment], whole: frozenset[int]
) -> list[Counter[str]]:
    """The shipments of `whole` go; of what is then missing, the dearest units."""
    chosen = [Counter(item.units) if number in whole else Counter() for number, item in enumerate(shipments)]
    for line, count in lines.items():
        missing = count - sum(units[line] for units in chosen)
        others = [number for number, item in enumerate(shipments) if number not in whole and item.units.get(line)]
        # of equally dear ones, those of the last shipment
        for number in sorted(others, key=lambda number: (-shipments[number].unit_costs[line], -number)):
            taken = min(missing, shipments[number].units[line])
            if taken:
                chosen[number][line] += taken
                missing -= taken
    return chosen
