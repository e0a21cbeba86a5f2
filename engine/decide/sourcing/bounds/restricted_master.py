"""The best values of a unit there are, where raising them one after another does not find them.

At any values each node, or shipment that shares nothing, does what is worth most for itself; together that is a plan. A
blend mixes plans so that all wants are supplied on the whole and no more shipments opened than there is room for. The
cheapest blend says, as the price of each want, at which values to look next, and those give another plan: column
generation (Dantzig & Wolfe 1960, Operations Research 8:101). Where no plan makes the blend cheaper, its cost is the
highest floor that any values give.

The floor is always that of the values that were looked at, in integers; the blend only says where to look.
"""

from collections.abc import Sequence
from heapq import nsmallest
from operator import mul
from typing import NamedTuple


class Plan(NamedTuple):
    """What it costs; by want, the units that it leaves wanted, below zero if it supplies more; how many more shipments
    it could open, below zero if it opens too many; and the numbers of those it opens.
    """

    cost: int
    lacking: Sequence[int]
    room: int
    opened: frozenset[int]


class Prices(NamedTuple):
    """Of a unit by want, of opening a shipment; and what the blend costs. All rounded down."""

    values: Sequence[int]
    toll: int
    cost: int


class Blend:
    """The cheapest blend of `plans`, of which the first leaves nothing supplied that could be left out. A unit that is
    lacking costs what `unfilled` says of its want.

    The simplex method on W + 2 rows: by want, what is lacking is paid; no more are opened than there is room for; the
    shares of plans add up to one. Columns are plans by number, then a unit unpaid of each want (W), then what is left
    over in a row (W + 1). Fractions are kept as integers over one denominator, the basis's determinant (Edmonds 1967).
    """

    def __init__(self, unfilled: Sequence[int], plans: Sequence[Plan]) -> None:
        self.plans = list(plans)
        self._wants = len(unfilled)
        self.least: Sequence[int] = [0] * self._wants
        self.most = unfilled
        self.least_toll = self.most_toll = 0
        first = self.plans[0]
        signs = [-1 if units > 0 else 1 for units in first.lacking]
        size = self._wants + 2
        self._inverse = [[0] * size for _ in range(size)]
        for row, (sign, units) in enumerate(zip(signs, first.lacking, strict=True)):
            self._inverse[row][row] = sign
            self._inverse[row][-1] = -sign * units
        self._inverse[-2][-2] = self._inverse[-1][-1] = 1
        self._inverse[-2][-1] = first.room
        self._determinant = 1
        # negative numbers: -1 - want is its units unpaid, -1 - W - row is what is left over in the row
        self._basis = [-1 - row - (self._wants if sign > 0 else 0) for row, sign in enumerate(signs)]
        self._basis += [-1 - 2 * self._wants, 0]
        self.steps = 0

    def within(self, least: Sequence[int], most: Sequence[int], least_toll: int, most_toll: int) -> None:
        """Look only at prices between these."""
        self.least, self.most = least, most
        self.least_toll, self.most_toll = least_toll, most_toll

    def add(self, plan: Plan) -> None:
        self.plans.append(plan)

    def trim(self, most: int) -> None:
        """Of many plans keep those of the blend and as many others that would make it least dearer."""
        if len(self.plans) <= 2 * most:
            return
        duals = self._duals()
        whole, of_wants, toll = self._determinant, duals[:-2], duals[-2]
        mixed = {number for number in self._basis if number >= 0}
        others = [
            (plan.cost * whole - sum(map(mul, plan.lacking, of_wants)) + plan.room * toll, number)
            for number, plan in enumerate(self.plans)
            if number not in mixed
        ]
        kept = sorted(mixed) + [number for _, number in nsmallest(most, others)]
        places = {number: place for place, number in enumerate(kept)}
        self.plans = [self.plans[number] for number in kept]
        self._basis = [places[number] if number >= 0 else number for number in self._basis]

    def shares(self) -> dict[int, int]:
        """By number of the plan, its share in the blend, over `whole`."""
        return {
            number: row[-1] for number, row in zip(self._basis, self._inverse, strict=True) if number >= 0 and row[-1]
        }

    @property
    def whole(self) -> int:
        return self._determinant

    def priced(self, pivots: int) -> Prices:
        """After so many steps of the simplex method, or fewer if none makes it cheaper."""
        while True:
            duals = self._duals()
            number = self._cheaper(duals) if pivots else None
            if number is None or not self._enter(number):
                break
            pivots -= 1
        whole = self._determinant
        values = [
            min(most, max(least, -dual // whole))
            for dual, least, most in zip(duals[: self._wants], self.least, self.most, strict=True)
        ]
        return Prices(values, min(self.most_toll, max(self.least_toll, -duals[-2] // whole)), duals[-1] // whole)

    def _duals(self) -> list[int]:
        duals = [0] * (self._wants + 2)
        for number, row in zip(self._basis, self._inverse, strict=True):
            cost = self._cost(number)
            if cost:
                duals = [dual + cost * of for dual, of in zip(duals, row, strict=True)]
        return duals

    def _cost(self, number: int) -> int:
        if number >= 0:
            return self.plans[number].cost
        row = -1 - number
        if row < self._wants:
            return self.most[row]
        row -= self._wants
        if row < self._wants:
            return -self.least[row]
        return -self.least_toll if row == self._wants else self.most_toll

    def _cheaper(self, duals: Sequence[int]) -> int | None:
        """The column that makes the blend cheaper by most for its share."""
        whole, of_wants, toll, cost = self._determinant, duals[:-2], duals[-2], duals[-1]
        least, best = 0, None
        for number, plan in enumerate(self.plans):
            gain = plan.cost * whole - sum(map(mul, plan.lacking, of_wants)) + plan.room * toll - cost
            if gain < least:
                least, best = gain, number
        for want, dual in enumerate(of_wants):
            if self.most[want] * whole + dual < least:
                least, best = self.most[want] * whole + dual, -1 - want
            if -self.least[want] * whole - dual < least:
                least, best = -self.least[want] * whole - dual, -1 - want - self._wants
        if -self.least_toll * whole - toll < least:
            least, best = -self.least_toll * whole - toll, -1 - 2 * self._wants
        if self.most_toll * whole + toll < least:
            best = -2 - 2 * self._wants
        self.steps += len(self.plans) * self._wants
        return best

    def _enter(self, number: int) -> bool:
        entering = self._entering(number)
        leaving = None
        for row, (amount, of) in enumerate(zip(entering, self._inverse, strict=True)):
            if amount > 0 and (leaving is None or of[-1] * entering[leaving] < self._inverse[leaving][-1] * amount):
                leaving = row
        if leaving is None:
            return False
        pivot, pivoted, whole = entering[leaving], self._inverse[leaving], self._determinant
        for row, amount in enumerate(entering):
            if row != leaving:
                self._inverse[row] = [
                    (this * pivot - amount * other) // whole
                    for this, other in zip(self._inverse[row], pivoted, strict=True)
                ]
        self._determinant, self._basis[leaving] = pivot, number
        return True

    def _entering(self, number: int) -> list[int]:
        if number < 0:
            row = -1 - number
            if row < self._wants:
                return [-of[row] for of in self._inverse]
            if row == 2 * self._wants + 1:
                return [-of[-2] for of in self._inverse]
            return [of[row - self._wants] for of in self._inverse]
        plan = self.plans[number]
        return [
            sum(map(mul, plan.lacking, of)) - plan.room * of[-2] + of[-1]  # map stops with the wants
            for of in self._inverse
        ]
