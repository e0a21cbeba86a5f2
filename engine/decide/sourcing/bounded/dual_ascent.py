"""What a choice costs at least where shipments are bounded: a dual ascent as in `sourcing.dual_ascent`, in which a
shipment carries only what it has room for.

Given the duals, what a shipment is worth at most is a continuous knapsack: its units by their worth a gram (or a unit),
as much as its bounds allow, and at least as much as they ask for. Of the bands of one option only the best counts.
"""

from collections.abc import Collection, Sequence
from heapq import nlargest
from typing import NamedTuple, TypeAlias

from engine.decide.sourcing.bounded.binding_bounds import siblings
from engine.decide.sourcing.demand_classes import DemandClass
from engine.decide.sourcing.problem import UNBOUNDED, Bounds
from engine.decide.sourcing.weighted_candidates import WeightedCandidate

IMPOSSIBLE = 1 << 4_000
"""More than any choice costs."""
_FINE = 64
"""Bits to which a worth a gram is worked out, to sort by it: less than one unit of cost in any shipment."""


_Portion: TypeAlias = tuple[int, int, int]
"""What a unit is worth beyond its cost, how much of the bound it takes, and how many units."""


class _Item(NamedTuple):
    """Units of a class on a shipment: the class, the extra cost of one, how much of the bound one takes, how many."""

    demand: int
    cost: int
    amount: int
    units: int


class BoundedRelaxation:
    """The classes and candidates, by number, of which `BoundedDualAscent` bounds the branches."""

    def __init__(self, classes: Sequence[DemandClass], candidates: Sequence[WeightedCandidate]) -> None:
        self.classes = classes
        self.fixed = [candidate.fixed for candidate in candidates]
        self.bounds = [candidate.bounds for candidate in candidates]
        self.option = siblings([candidate.key for candidate in candidates])
        self.items: list[list[_Item]] = [[] for _ in candidates]
        """By candidate, what it may carry, measured in what `limits` are in."""
        self.by_units: list[list[_Item]] = [[] for _ in candidates]
        """The same in units, of those that are bounded in both."""
        self.limits = [_limits(bounds) for bounds in self.bounds]
        for index, demand in enumerate(classes):
            for number, cost, units in demand.arcs:
                bounds = self.bounds[number]
                if bounds is not None:
                    units = _most_units(bounds, demand.weight, units)  # noqa: PLW2901 - what there is room for
                if units > 0:
                    in_units = bounds is not None and not _is_by_weight(bounds)
                    self.items[number].append(_Item(index, cost, 1 if in_units else demand.weight, units))
                    if bounds is not None and _is_by_weight(bounds) and _is_by_units(bounds):
                        self.by_units[number].append(_Item(index, cost, 1, units))


def _is_by_weight(bounds: Bounds) -> bool:
    return bounds.least_weight > 0 or bounds.most_weight < UNBOUNDED


def _is_by_units(bounds: Bounds) -> bool:
    return bounds.least_units > 0 or bounds.most_units < UNBOUNDED


def _limits(bounds: Bounds | None) -> tuple[int, int]:
    """The least and the most of what a shipment is measured by first."""
    if bounds is None:
        return 0, UNBOUNDED
    if _is_by_weight(bounds):
        return bounds.least_weight, bounds.most_weight
    return bounds.least_units, bounds.most_units


def _most_units(bounds: Bounds, weight: int, units: int) -> int:
    units = min(units, bounds.most_units)
    return min(units, bounds.most_weight // weight) if weight else units


def _least_worth(gains: Sequence[_Portion], excess: int) -> int:
    """What is lost at least if so much of the items is left out."""
    lost = 0
    for margin, amount, units in sorted(gains, key=_worth_of_an_amount):
        if amount * units >= excess:
            return lost + margin * excess // amount - 1
        lost += margin * units
        excess -= amount * units
    return lost


def _least_loss(losses: Sequence[_Portion], missing: int) -> int:
    """What is lost at least if so much is filled up with items that are worth less than they cost."""
    lost = 0
    for margin, amount, units in sorted(losses, key=_worth_of_an_amount, reverse=True):
        if amount * units >= missing:
            return lost + (-margin * missing) // amount - 1
        lost -= margin * units
        missing -= amount * units
    return IMPOSSIBLE


def _worth_of_an_amount(portion: _Portion) -> int:
    margin, amount, _ = portion
    return (margin << _FINE) // amount


class BoundedDualAscent:
    """As `DualAscent`: `duals`, `surplus`, `toll`, `lower_bound` and `steps` mean the same."""

    def __init__(
        self,
        relaxation: BoundedRelaxation,
        *,
        opened: Collection[int],
        free: Sequence[int],
        duals: Sequence[int],
        max_opened: int,
    ) -> None:
        self.duals = list(duals)
        self.toll = 0
        self._relaxation, self._opened = relaxation, frozenset(opened)
        usable = [*opened, *free]
        self._carriers: list[list[tuple[int, _Item]]] = [[] for _ in relaxation.classes]
        for number in usable:
            for item in relaxation.items[number]:
                self._carriers[item.demand].append((number, item))
        self.steps = 2 * sum(map(len, self._carriers))
        """Prices looked at."""
        for index in range(len(self.duals)):
            self._raise(index)
        worth = {number: self._worth(number) for number in usable}
        surplus = {number: worth[number] - relaxation.fixed[number] for number in free}
        if max_opened < len(free):
            self.toll = max(0, nlargest(max_opened + 1, self._best_of_options(surplus).values())[-1]) if free else 0
            surplus = {number: gain - self.toll for number, gain in surplus.items()}
        self.surplus = self._beside_siblings(surplus)
        classes = relaxation.classes
        self.lower_bound = sum([demand.base_cost for demand in classes]) - self.toll * max_opened
        self.lower_bound += sum([demand.units * dual for demand, dual in zip(classes, self.duals, strict=True)])
        self.lower_bound += sum([relaxation.fixed[number] - worth[number] for number in opened])
        self.lower_bound -= sum([gain for gain in self._best_of_options(surplus).values() if gain > 0])

    def _best_of_options(self, surplus: dict[int, int]) -> dict[int, int]:
        best: dict[int, int] = {}
        for number, gain in surplus.items():
            option = self._relaxation.option[number]
            best[option] = max(gain, best.get(option, gain))
        return best

    def _beside_siblings(self, surplus: dict[int, int]) -> dict[int, int]:
        """What each is worth more than the best other band of its option, or than none."""
        option, by_option = self._relaxation.option, dict[int, list[int]]()
        for number, gain in surplus.items():
            by_option.setdefault(option[number], []).append(gain)
        others = {number: sorted(gains, reverse=True) for number, gains in by_option.items()}
        beside = {}
        for number, gain in surplus.items():
            gains = others[option[number]]
            other = gains[1] if gain == gains[0] and len(gains) > 1 else gains[0] if gain != gains[0] else 0
            beside[number] = gain - max(0, other) if len(gains) > 1 else gain
        return beside

    def _worth(self, number: int) -> int:
        """What the shipment's units are worth at most beyond their costs."""
        relaxation = self._relaxation
        least, most = relaxation.limits[number]
        worth, _ = self._filled(relaxation.items[number], least, most)
        if relaxation.by_units[number]:
            bounds = relaxation.bounds[number]
            if bounds is not None:
                in_units, _ = self._filled(relaxation.by_units[number], bounds.least_units, bounds.most_units)
                worth = min(worth, in_units)
        return worth

    def _filled(self, items: Sequence[_Item], least: int, most: int, without: int = -1) -> tuple[int, int]:
        """The most that items are worth, and how much of the bound they take then; items of the class `without` left
        out.
        """
        duals, worth, taken = self.duals, 0, 0
        gains: list[_Portion] = []
        losses: list[_Portion] = []
        for index, cost, amount, units in items:
            margin = duals[index] - cost
            if index != without and margin > 0:
                worth += margin * units
                taken += amount * units
                if amount:
                    gains.append((margin, amount, units))
            elif index != without and amount:
                losses.append((margin, amount, units))
        if taken > most:
            return worth - _least_worth(gains, taken - most), most
        if taken < least:
            return worth - _least_loss(losses, least - taken), least
        return worth, taken

    def _raise(self, index: int) -> None:
        """Raises the dual of a class. Each shipment supplies the class from that dual on at which its own surplus
        passes zero: the units that it has room for beside the others, and from another dual on those for which others
        stay behind.
        """
        relaxation, points = self._relaxation, []
        for number, (_, cost, amount, units) in self._carriers[index]:
            fixed = 0 if number in self._opened else relaxation.fixed[number]
            items, (_, most), option = relaxation.items[number], relaxation.limits[number], relaxation.option[number]
            whole, taken = self._filled(items, 0, most, without=index)
            beside = units if most == UNBOUNDED or not amount else min(units, (most - taken) // amount)
            if beside > 0:
                points.append((cost + max(0, -((whole - fixed) // beside)), option, beside))
            if beside < units:
                rest, _ = self._filled(items, 0, most - units * amount, without=index)
                alone = cost + max(0, -((rest - fixed) // units))
                displacing = cost + max(0, (whole - rest) // (units - max(0, beside)))
                points.append((max(alone, displacing) if beside > 0 else alone, option, units))
        self.duals[index] = self._supply_price(points, index)

    def _supply_price(self, points: list[tuple[int, int, int]], index: int) -> int:
        """The dual from which on all units of the class are supplied."""
        demand, supplied = self._relaxation.classes[index], dict[int, int]()
        points.sort()
        total = 0
        for dual, option, units in points:
            before = supplied.get(option, 0)
            if units > before:
                supplied[option] = units
                total += units - before
                if total >= demand.units:
                    return min(dual, demand.unfilled)
        return demand.unfilled
