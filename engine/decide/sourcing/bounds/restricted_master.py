"""The restricted master problem of column generation (Dantzig & Wolfe 1960, Operations Research 8:101): finds better
duals where raising them one after another gets stuck.

At any duals the pricing problem yields a plan: what each node, or shipment that shares nothing, does if it does what is
best for itself. Plans are the columns. The master mixes them, in shares that add up to one, at the least cost, so that
all classes are supplied on average and on average no more shipments are opened than allowed. Its duals say where to
price next, and that yields another plan. Once no plan makes the mix cheaper, its cost is the highest lower bound that
any duals give.

The bound itself always comes from the pricing problem, in integers; the master only says at which duals to look.
"""

from collections.abc import Sequence
from heapq import nsmallest
from operator import mul
from typing import NamedTuple


class Plan(NamedTuple):
    """A column: what it costs; by class, the units that it leaves unsupplied, below zero if it supplies too many; how
    many more shipments it could open, below zero if it opens too many; and the numbers of those it opens.
    """

    cost: int
    shortfall: Sequence[int]
    spare_shipments: int
    opened: frozenset[int]


class MasterSolution(NamedTuple):
    """The master's duals by class, the dual of the limit on shipments (the toll), and the cost of the mix. All rounded
    down.
    """

    duals: Sequence[int]
    toll: int
    cost: int


class RestrictedMaster:
    """The cheapest mix of `plans`, of which the first supplies nothing and opens only what must be opened. A unit that
    is not supplied costs what `unfilled` says of its class.

    Solved by the simplex method on W + 2 rows: by class (W), a shortfall is paid for; no more shipments are opened than
    allowed; the shares of plans add up to one. Columns are plans by number, then a unit of shortfall of each class (W),
    then the slacks of the first W + 1 rows. Fractions are kept as integers over one denominator, the determinant of the
    basis (Edmonds 1967).
    """

    def __init__(self, unfilled: Sequence[int], plans: Sequence[Plan]) -> None:
        self.plans = list(plans)
        self._class_count = len(unfilled)
        self.lower: Sequence[int] = [0] * self._class_count
        self.upper = unfilled
        self.min_toll = self.max_toll = 0
        first = self.plans[0]
        signs = [-1 if units > 0 else 1 for units in first.shortfall]
        size = self._class_count + 2
        self._inverse = [[0] * size for _ in range(size)]
        for row, (sign, units) in enumerate(zip(signs, first.shortfall, strict=True)):
            self._inverse[row][row] = sign
            self._inverse[row][-1] = -sign * units
        self._inverse[-2][-2] = self._inverse[-1][-1] = 1
        self._inverse[-2][-1] = first.spare_shipments
        self._determinant = 1
        # negative numbers: -1 - class is its shortfall, -1 - W - row is the slack of the row
        self._basis = [-1 - row - (self._class_count if sign > 0 else 0) for row, sign in enumerate(signs)]
        self._basis += [-1 - 2 * self._class_count, 0]
        self.steps = 0

    def set_box(self, lower: Sequence[int], upper: Sequence[int], min_toll: int, max_toll: int) -> None:
        """Keeps the duals and the toll between these (boxstep), by what shortfalls and slacks cost."""
        self.lower, self.upper = lower, upper
        self.min_toll, self.max_toll = min_toll, max_toll

    def add(self, plan: Plan) -> None:
        self.plans.append(plan)

    def trim(self, kept_plans: int) -> None:
        """If there are many plans, keeps those of the mix and so many others, of the least reduced cost."""
        if len(self.plans) <= 2 * kept_plans:
            return
        duals = self._duals()
        denominator, class_duals, toll = self._determinant, duals[:-2], duals[-2]
        basic = {number for number in self._basis if number >= 0}
        others = [
            (plan.cost * denominator - sum(map(mul, plan.shortfall, class_duals)) + plan.spare_shipments * toll, number)
            for number, plan in enumerate(self.plans)
            if number not in basic
        ]
        kept = sorted(basic) + [number for _, number in nsmallest(kept_plans, others)]
        places = {number: place for place, number in enumerate(kept)}
        self.plans = [self.plans[number] for number in kept]
        self._basis = [places[number] if number >= 0 else number for number in self._basis]

    def shares(self) -> dict[int, int]:
        """By number of the plan, its share in the mix, as a numerator over `denominator`."""
        return {
            number: row[-1] for number, row in zip(self._basis, self._inverse, strict=True) if number >= 0 and row[-1]
        }

    @property
    def denominator(self) -> int:
        return self._determinant

    def solve(self, pivots: int) -> MasterSolution:
        """The master's solution after at most so many pivots of the simplex method."""
        while True:
            duals = self._duals()
            number = self._entering_column(duals) if pivots else None
            if number is None or not self._pivot_in(number):
                break
            pivots -= 1
        denominator = self._determinant
        class_duals = [
            min(upper, max(lower, -dual // denominator))
            for dual, lower, upper in zip(duals[: self._class_count], self.lower, self.upper, strict=True)
        ]
        return MasterSolution(
            class_duals, min(self.max_toll, max(self.min_toll, -duals[-2] // denominator)), duals[-1] // denominator
        )

    def _duals(self) -> list[int]:
        """The duals of all rows, times the denominator."""
        duals = [0] * (self._class_count + 2)
        for number, row in zip(self._basis, self._inverse, strict=True):
            cost = self._column_cost(number)
            if cost:
                duals = [dual + cost * value for dual, value in zip(duals, row, strict=True)]
        return duals

    def _column_cost(self, number: int) -> int:
        if number >= 0:
            return self.plans[number].cost
        row = -1 - number
        if row < self._class_count:
            return self.upper[row]
        row -= self._class_count
        if row < self._class_count:
            return -self.lower[row]
        return -self.min_toll if row == self._class_count else self.max_toll

    def _entering_column(self, duals: Sequence[int]) -> int | None:
        """The column with the least reduced cost, if it is below zero."""
        denominator, class_duals, toll, cost = self._determinant, duals[:-2], duals[-2], duals[-1]
        least, best = 0, None
        for number, plan in enumerate(self.plans):
            reduced_cost = (
                plan.cost * denominator
                - sum(map(mul, plan.shortfall, class_duals))
                + plan.spare_shipments * toll
                - cost
            )
            if reduced_cost < least:
                least, best = reduced_cost, number
        for index, dual in enumerate(class_duals):
            if self.upper[index] * denominator + dual < least:
                least, best = self.upper[index] * denominator + dual, -1 - index
            if -self.lower[index] * denominator - dual < least:
                least, best = -self.lower[index] * denominator - dual, -1 - index - self._class_count
        if -self.min_toll * denominator - toll < least:
            least, best = -self.min_toll * denominator - toll, -1 - 2 * self._class_count
        if self.max_toll * denominator + toll < least:
            best = -2 - 2 * self._class_count
        self.steps += len(self.plans) * self._class_count
        return best

    def _pivot_in(self, number: int) -> bool:
        """One pivot: the column enters the basis, another leaves it. False if the column could grow without limit."""
        entering = self._in_basis_terms(number)
        leaving = None
        for row, (amount, inverse_row) in enumerate(zip(entering, self._inverse, strict=True)):
            if amount > 0 and (
                leaving is None or inverse_row[-1] * entering[leaving] < self._inverse[leaving][-1] * amount
            ):
                leaving = row
        if leaving is None:
            return False
        pivot, pivot_row, denominator = entering[leaving], self._inverse[leaving], self._determinant
        for row, amount in enumerate(entering):
            if row != leaving:
                self._inverse[row] = [
                    (value * pivot - amount * pivot_value) // denominator
                    for value, pivot_value in zip(self._inverse[row], pivot_row, strict=True)
                ]
        self._determinant, self._basis[leaving] = pivot, number
        return True

    def _in_basis_terms(self, number: int) -> list[int]:
        """The column in terms of the basis: the inverse of the basis times the column."""
        if number < 0:
            row = -1 - number
            if row < self._class_count:
                return [-inverse_row[row] for inverse_row in self._inverse]
            if row == 2 * self._class_count + 1:
                return [-inverse_row[-2] for inverse_row in self._inverse]
            return [inverse_row[row - self._class_count] for inverse_row in self._inverse]
        plan = self.plans[number]
        return [
            sum(map(mul, plan.shortfall, inverse_row))
            - plan.spare_shipments * inverse_row[-2]
            + inverse_row[-1]  # map stops with the classes
            for inverse_row in self._inverse
        ]
