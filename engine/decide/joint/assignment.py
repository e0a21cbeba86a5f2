"""Assigns a group of contending orders jointly, and says by how much a better assignment could be better at most."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from engine.decide.joint.planned_order import PlannedOrder, Resource
from engine.decide.joint.program import Program
from engine.decide.shipping.columns import Integers, integers
from engine.decide.sourcing.problem import Choice, ComparedPart, Score, Unproven

MICROS_TO_UNIT = 1_000
"""Micros to a unit of HiGHS's objective."""


class Assignment(NamedTuple):
    """What each of the orders ships: `choices` are None if it is what they ship one after another. `gap` and `unproven`
    are those of all together, as in `sourcing.problem.Choice`.
    """

    choices: Sequence[Choice] | None
    score: Score
    gap: int | None
    unproven: Unproven | None


def assign(
    orders: Sequence[PlannedOrder], scarce: Collection[Resource], one_after_another: Sequence[Choice]
) -> Assignment:
    """The best assignment found: never worse than the choices made `one_after_another`. `orders` are decided in this
    order.
    """
    score = total(choice.score for choice in one_after_another)
    bound = _alone(orders)
    if score == bound:
        return Assignment(None, score, 0, None)
    if any(order.evaluation.compares_shipments for order in orders):
        # the program does not count shipments
        fewest = 0 if bound is None else _shipments(order.alone for order in orders)
        return Assignment(None, score, *proof(score, bound or NOTHING, _shipments(one_after_another) - fewest))
    program = Program(orders, scarce, one_after_another)
    if program.is_too_wide:
        return Assignment(None, score, *proof(score, _bound(program, score, bound, None)))
    found, least_cost = _solve(program)
    choices = None if found is None else program.choices(found.tolist())
    if choices is not None and total(choice.score for choice in choices) < score:
        score = total(choice.score for choice in choices)
    else:
        choices = None
    return Assignment(choices, score, *proof(score, _bound(program, score, bound, least_cost)))


def total(scores: Iterable[Score]) -> Score:
    """The sum, part by part."""
    parts = [(item.unfilled, item.unless_needed, item.tiers, item.money) for item in scores]
    unfilled, unless_needed, tiers, money = map(sum, zip(*parts, strict=True)) if parts else (0, 0, 0, 0)
    return Score(unfilled=unfilled, unless_needed=unless_needed, tiers=tiers, money=money)


NOTHING = total([])


def _shipments(choices: Iterable[Choice]) -> int:
    return sum(len({key for key, _ in choice.units}) for choice in choices)


def proof(score: Score, bound: Score, shipments: int = 0) -> tuple[int | None, Unproven | None]:
    """The gap in money, or the first part before money that is not proven. Each part of the bound is the least that
    there can be of it where the parts before are as in the score; there could be so many `shipments` fewer, if these
    come before tiers.
    """
    parts: Sequence[tuple[ComparedPart, int]] = (
        ("unfilled_units", score.unfilled - bound.unfilled),
        ("unless_needed_units", score.unless_needed - bound.unless_needed),
        ("shipments", shipments),
        ("tiers", score.tiers - bound.tiers),
    )
    for part, most in parts:
        if most > 0:
            return None, Unproven(part=part, most=most)
    return max(0, score.money - bound.money), None


def _alone(orders: Sequence[PlannedOrder]) -> Score | None:
    """The score if each order were alone, which no assignment goes below; None if some choice is not proven."""
    if any(order.alone.gap != 0 for order in orders):
        return None
    return total(order.alone.score for order in orders)


def _solve(program: Program) -> tuple[Integers | None, int | None]:
    """The best solution found, and the least that any solution costs."""
    # imported only where orders contend: HiGHS takes time to import
    from engine.decide.joint.solver import Solver  # noqa: PLC0415

    solver = Solver(program.rows, integers(column.most for column in program.columns))
    costs, start = program.costs(), integers(program.start)
    relaxed = solver.relax(costs, unit=MICROS_TO_UNIT)
    if relaxed is None:
        return None, None
    found = solver.checked(relaxed.values)
    if found is None:
        order = integers(column.order for column in program.columns)
        found = solver.solve(costs, start, relaxed, order, unit=MICROS_TO_UNIT)
    return found, relaxed.bound if program.is_whole else None


def _bound(program: Program, score: Score, alone: Score | None, least_cost: int | None) -> Score:
    """As `proof` takes it. `least_cost` is weighted."""
    weights, ordered = program.weights, program.ordered
    filled = ordered - score.unfilled
    unfilled = max(alone.unfilled if alone else 0, program.shortage)
    unless_needed, tiers, money = 0, filled * weights.least_tier, filled * weights.least_money
    if least_cost is not None:
        others = weights.unless_needed * score.unless_needed + weights.tier * score.tiers
        money = max(money, least_cost + weights.unfilled * filled - others)
    if alone and score.unfilled == alone.unfilled:
        unless_needed = alone.unless_needed
        if score.unless_needed == alone.unless_needed:
            tiers = alone.tiers
            if score.tiers == alone.tiers:
                money = max(money, alone.money)
    return Score(unfilled=unfilled, unless_needed=unless_needed, tiers=tiers, money=money)
