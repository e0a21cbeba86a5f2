"""Plans how orders of one priority share what there is, before each of them is decided.

The plan says in which order to decide them, and what each must leave to those that come after it. Then each one's own
best choice is at least as good for it as what the plan gave it, and takes nothing from the others.

Orders are planned on one snapshot: rules that look at stock or load are judged on it as it stood before any of them.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from engine.decide.decision import NOTHING_LEFT, LeftToOthers
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.joint.assignment import NOTHING, Assignment, assign, total
from engine.decide.joint.contention import Group, contending_groups
from engine.decide.joint.one_after_another import choose_one_after_another
from engine.decide.joint.planned_order import LOADS, PlannedOrder, Resource
from engine.decide.sourcing.problem import ComparedPart, Score, Unproven

MOST_OPTIONS_KEPT = 300_000
"""Ways of all lines of the orders whose evaluations are kept until they are decided: some hundred bytes each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSummary:
    """The plans of some orders together: how many orders they are, how many of them contended with others, the score of
    all of them, and by how much another assignment could be better at most, as in `sourcing.problem.Choice`.
    """

    orders: int = 0
    contending: int = 0
    score: Score = NOTHING
    gap: int | None = 0
    unproven: Unproven | None = None

    def plus(self, other: "PlanSummary") -> "PlanSummary":
        gap = None if self.gap is None or other.gap is None else self.gap + other.gap
        return PlanSummary(
            orders=self.orders + other.orders,
            contending=self.contending + other.contending,
            score=total([self.score, other.score]),
            gap=gap,
            unproven=_worse(self.unproven, other.unproven),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`sequence` has the orders, by index, as they should be decided; `left` is what some of them leave to others.
    `uncontended` has the orders that contend with nobody.
    """

    sequence: Sequence[int]
    uncontended: Mapping[int, PlannedOrder]
    summary: PlanSummary
    left: Mapping[int, LeftToOthers] = field(default_factory=dict)

    def left_by(self, index: int) -> LeftToOthers:
        return self.left.get(index, NOTHING_LEFT)


def plan(evaluations: Iterable[Evaluation], progress: Callable[[], None] = lambda: None) -> Plan:
    """The plan of the orders, which are given first in rank first: who contends with nobody is decided in that order.
    `progress` is called for each.
    """
    orders: list[PlannedOrder] = []
    options = 0
    for evaluation in evaluations:
        options += len(evaluation.order.lines) * len(evaluation.ways.keys)
        orders.append(PlannedOrder(evaluation, keeps=options <= MOST_OPTIONS_KEPT))
        progress()
    places: dict[int, tuple[bool, int]] = {}
    left: dict[int, LeftToOthers] = {}
    groups = contending_groups(orders)
    contending = {index for group in groups for index in group.orders}
    uncontended = {index: order for index, order in enumerate(orders) if index not in contending}
    summary = _summary_of_others(uncontended.values())
    for group in groups:
        members = sorted(group.orders, key=lambda index: (-orders[index].kept_back, index))
        assignment = _assign(orders, group, members)
        summary = summary.plus(
            PlanSummary(
                orders=len(members),
                contending=len(members),
                score=assignment.score,
                gap=assignment.gap,
                unproven=assignment.unproven,
            )
        )
        if assignment.choices is not None:
            takes = {
                index: orders[index].takes(choice) for index, choice in zip(members, assignment.choices, strict=True)
            }
            # who gets nothing comes last, so that its record can name those who got what it lacks
            places |= {
                index: (not choice.units, -orders[index].kept_back)
                for index, choice in zip(members, assignment.choices, strict=True)
            }
            left |= _left(orders, sorted(members, key=lambda index: (*places[index], index)), takes, group.scarce)
    sequence = sorted(range(len(orders)), key=lambda index: (*places.get(index, (False, 0)), index))
    return Plan(sequence=sequence, uncontended=uncontended, left=left, summary=summary)


def _assign(orders: Sequence[PlannedOrder], group: Group, members: Sequence[int]) -> Assignment:
    by_rank = choose_one_after_another(orders[index] for index in group.orders)
    choices = dict(zip(group.orders, by_rank, strict=True))
    return assign([orders[index] for index in members], group.scarce, [choices[index] for index in members])


def _left(
    orders: Sequence[PlannedOrder],
    members: Sequence[int],
    takes: Mapping[int, Mapping[Resource, int]],
    scarce: Collection[Resource],
) -> Mapping[int, LeftToOthers]:
    """What each of the members leaves to those after it, where it could take it and there is not enough for all.

    An order may take so many units that everybody after it, those with a higher floor included, still finds what the
    plan gives them and their floor. `needed` is, by resource, the most over those orders of what the plan gives to the
    orders up to that one, less what is free for it.
    """
    needed: dict[Resource, int] = {}
    left: dict[int, LeftToOthers] = {}
    for index in reversed(members):
        access, taken = orders[index].access, takes[index]
        kept = {
            resource: min(free, needed[resource] + free)
            for resource, (_, free) in access.items()
            if resource in needed and needed[resource] + free > 0
        }
        if kept:
            left[index] = LeftToOthers(
                units={resource: amount for resource, amount in kept.items() if resource[0] != LOADS},
                loads={field: amount for (sku, field), amount in kept.items() if sku == LOADS},
            )
        for resource, amount in ((item, taken[item]) for item in taken if item in scarce):
            own = amount - access[resource].free
            needed[resource] = max(own, needed[resource] + amount) if resource in needed else own
    return left


def _summary_of_others(orders: Iterable[PlannedOrder]) -> PlanSummary:
    """Of the orders that contend with nobody: each keeps its best choice."""
    summary = PlanSummary()
    alone = [order.alone for order in orders]
    for choice in alone:
        if choice.gap != 0:
            summary = summary.plus(PlanSummary(gap=choice.gap, unproven=choice.unproven))
    score = total(choice.score for choice in alone)
    return PlanSummary(orders=len(alone), score=score, gap=summary.gap, unproven=summary.unproven)


_PARTS: Sequence[ComparedPart] = ("unfilled_units", "unless_needed_units", "shipments", "tiers")


def _worse(one: Unproven | None, other: Unproven | None) -> Unproven | None:
    """What is unproven of two results together: the first part of which some could be less, by both together."""
    if one is None or other is None:
        return one or other
    if one.part == other.part:
        return Unproven(part=one.part, most=one.most + other.most)
    return min(one, other, key=lambda item: _PARTS.index(item.part))
