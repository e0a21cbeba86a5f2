"""Stabilised column generation: the highest lower bound of a branch, or nearly, and how far each shipment is opened
there.

The duals of the restricted master are only trusted within a box around the best duals known. The box is as wide as a
given loss of the bound allows, in proportion to the gap; it widens when duals kept what they promised and narrows when
they did not (boxstep: Marsten, Hogan & Blankenship 1975, Operations Research 23:389).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from engine.decide.sourcing.bounds.pricing_problem import PricingProblem, PricingSolution
from engine.decide.sourcing.bounds.relaxation import Relaxation
from engine.decide.sourcing.bounds.restricted_master import MasterSolution, Plan, RestrictedMaster

ROUNDS, FEWER_ROUNDS = 200, 40
"""The most rounds, each at new duals, and the most where plans are known already from a branch above."""
PIVOTS = 40
"""The most pivots of the master's simplex method in a round."""
KEPT_PLANS = 40
"""So many plans are kept beside those of the master's mix."""
WORTH_CONTINUING, WORTH_CONTINUING_AT_ROOT = 32, 1_000
"""If a round promises less than one part in so many of the gap, to branch is better."""
NEAREST, WIDEST = -6, 6
"""The least and the greatest width of the box, in powers of two."""
PAYS = 4
"""Column generation pays for a branch if it closes at least one part in so many of the gap."""
SELDOM = 64
"""Where it does not pay it is used ever more seldom, down to one branch in so many."""


class PricedSubproblem(NamedTuple):
    """What a branch costs at least at these duals and this toll, and the surpluses (see `DualAscent`). `plans` are
    columns to continue with. `fractionality`: by free shipment, how far its share in the master's mix is from 0 or 1,
    over a common denominator.
    """

    lower_bound: int
    surplus: Mapping[int, int]
    duals: Sequence[int]
    toll: int
    plans: Sequence[Plan] = ()
    fractionality: Mapping[int, int] = {}


class Subproblem(NamedTuple):
    """The choices that use all of `opened` and up to `max_opened` of `free`."""

    opened: frozenset[int]
    free: Sequence[int]
    max_opened: int


class ColumnGeneration:
    """`improve` may find a better incumbent from the shipments that a priced plan opens, and returns the cutoff that
    then applies.
    """

    def __init__(
        self, relaxation: Relaxation, improve: Callable[[Subproblem, frozenset[int], PricingSolution], int]
    ) -> None:
        self._relaxation = relaxation
        self._improve = improve
        self._wait = 1
        self._left = 0
        self.steps = 0

    def evaluate(self, subproblem: Subproblem, priced: PricedSubproblem) -> PricedSubproblem:
        """The lower bound of the subproblem at the duals that were best for a larger one."""
        pricing = PricingProblem(self._relaxation, subproblem.opened, subproblem.free, subproblem.max_opened)
        solution = pricing.solve(priced.duals, priced.toll)
        self.steps += pricing.steps
        return priced._replace(lower_bound=solution.lower_bound, surplus=solution.surplus, fractionality={})

    def is_due(self) -> bool:
        """Whether column generation should be used for this branch; to be asked once for each."""
        self._left -= 1
        return self._left < 0

    def tighten(
        self, subproblem: Subproblem, priced: PricedSubproblem, cutoff: int, known_lower_bound: int
    ) -> tuple[PricedSubproblem, bool]:
        """Raises the lower bound by better duals, as far as it can; and whether that paid, given a bound that is known
        already.
        """
        gap_closing = _GapClosing(self._relaxation, subproblem, priced)
        rounds, before = FEWER_ROUNDS if priced.plans else ROUNDS, max(known_lower_bound, gap_closing.best.lower_bound)
        least_gain_divisor = WORTH_CONTINUING if priced.plans else WORTH_CONTINUING_AT_ROOT
        while rounds and gap_closing.best.lower_bound < cutoff:
            rounds -= 1
            better = gap_closing.step(cutoff - gap_closing.best.lower_bound, least_gain_divisor)
            if better is None:
                break
            if better:
                cutoff = self._improve(subproblem, gap_closing.best.plan.opened, gap_closing.best)
        if gap_closing.best.lower_bound < cutoff:
            cutoff = self._improve(subproblem, gap_closing.mostly_opened(), gap_closing.best)
        self.steps += gap_closing.steps
        has_paid = (
            gap_closing.best.lower_bound >= cutoff or (gap_closing.best.lower_bound - before) * PAYS >= cutoff - before
        )
        self._wait = 1 if has_paid else min(SELDOM, 2 * self._wait)
        self._left = self._wait - 1
        return gap_closing.priced(subproblem.free), has_paid


class _GapClosing:
    """Column generation for one branch. Duals and plans count from the relaxation's start, so that no dual is below
    zero.
    """

    def __init__(self, relaxation: Relaxation, subproblem: Subproblem, priced: PricedSubproblem) -> None:
        self._start = relaxation.start
        self._pricing = PricingProblem(relaxation, subproblem.opened, subproblem.free, subproblem.max_opened)
        self._units = [demand.units for demand in relaxation.classes]
        self._unfilled = [
            demand.unfilled - first for demand, first in zip(relaxation.classes, self._start, strict=True)
        ]
        self._shipment_limit = max(1, subproblem.max_opened)
        usable = subproblem.opened.union(subproblem.free)
        plans = [plan for plan in priced.plans if subproblem.opened <= plan.opened <= usable]
        self._master = RestrictedMaster(self._unfilled, [self._from_start(self._pricing.empty_plan()), *plans])
        self._reach = 0
        self._rounds = 1
        self._duals: Sequence[int] = [dual - first for dual, first in zip(priced.duals, self._start, strict=True)]
        self._toll = priced.toll
        self.best = self._pricing.solve(priced.duals, priced.toll)
        self._master.add(self._from_start(self.best.plan))

    @property
    def steps(self) -> int:
        return self._rounds * self._pricing.steps + self._master.steps

    def step(self, gap: int, least_gain_divisor: int) -> bool | None:
        """Whether this round raised the lower bound; None if it can't get higher, or not by enough of the gap."""
        self._master.trim(KEPT_PLANS)
        self._master.set_box(*self._box(gap))
        master_solution = self._master.solve(PIVOTS)
        promised_gain = master_solution.cost - self.best.lower_bound
        if promised_gain <= max(1, gap // least_gain_divisor):
            return self._widen(master_solution)
        solution = self._pricing.solve(
            [new + first for new, first in zip(master_solution.duals, self._start, strict=True)], master_solution.toll
        )
        self._rounds += 1
        self._master.add(self._from_start(solution.plan))
        gained = solution.lower_bound - self.best.lower_bound
        if gained > 0:
            self.best, self._duals, self._toll = solution, master_solution.duals, master_solution.toll
        if 2 * gained >= promised_gain:
            self._reach = min(WIDEST, self._reach + 1)
        elif -gained > gap:
            self._reach = max(NEAREST, self._reach - 1)
        return gained > 0

    def _box(self, gap: int) -> tuple[list[int], list[int], int, int]:
        """The bounds for duals and toll: least and greatest duals, least and greatest toll."""
        reach = gap << self._reach - NEAREST >> -NEAREST
        distances = [reach // units + 1 for units in self._units]
        lower = [max(0, dual - distance) for dual, distance in zip(self._duals, distances, strict=True)]
        upper = [
            min(highest, dual + distance)
            for dual, distance, highest in zip(self._duals, distances, self._unfilled, strict=True)
        ]
        toll = reach // self._shipment_limit + 1
        return lower, upper, max(0, self._toll - toll), self._toll + toll

    def _widen(self, master_solution: MasterSolution) -> bool | None:
        """Widens the box if the master's duals lie on its edge; None if there is nothing more to gain."""
        master = self._master
        at_box_edge = [
            dual in (lower, upper) and dual not in (0, highest)
            for dual, lower, upper, highest in zip(
                master_solution.duals, master.lower, master.upper, self._unfilled, strict=True
            )
        ]
        at_box_edge.append(master_solution.toll in (master.min_toll, master.max_toll) and master_solution.toll != 0)
        if self._reach >= WIDEST or not any(at_box_edge):
            return None
        self._reach += 2
        return False

    def mostly_opened(self) -> frozenset[int]:
        """The shipments of which the master's mix opens at least one half."""
        return frozenset(
            [shipment for shipment, share in self._shares().items() if 2 * share >= self._master.denominator]
        )

    def _shares(self) -> dict[int, int]:
        """The share of each shipment that the master's mix opens, as a numerator over its denominator."""
        shares: dict[int, int] = {}
        for number, share in self._master.shares().items():
            for shipment in self._master.plans[number].opened:
                shares[shipment] = shares.get(shipment, 0) + share
        return shares

    def priced(self, free: Sequence[int]) -> PricedSubproblem:
        denominator, shares = self._master.denominator, self._shares()
        duals = [dual + first for dual, first in zip(self._duals, self._start, strict=True)]
        fractionality = {
            shipment: min(shares.get(shipment, 0), denominator - shares.get(shipment, 0)) for shipment in free
        }
        return PricedSubproblem(
            self.best.lower_bound, self.best.surplus, duals, self._toll, self._master.plans, fractionality
        )

    def _from_start(self, plan: Plan) -> Plan:
        """The plan with the cost that it has where duals count from the start."""
        shift = sum([units * first for units, first in zip(plan.shortfall, self._start, strict=True)])
        return plan._replace(cost=plan.cost + shift)
