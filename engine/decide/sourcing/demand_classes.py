"""Groups the demands into demand classes for the relaxation: lines that the same candidates carry at the same extra
cost.
"""

from collections.abc import Sequence
from typing import NamedTuple

from engine.decide.sourcing.problem import Problem
from engine.decide.sourcing.weighted_candidates import WeightedCandidate


class Arc(NamedTuple):
    """An arc of the transport network, from a candidate (by number) to a demand class: what a unit costs beyond the
    class's cheapest candidate, and how many units the candidate can carry at most.
    """

    number: int
    cost: int
    units: int


class DemandClass(NamedTuple):
    """Demands of one SKU that the same candidates carry at the same extra costs. `base_cost` is the cost of all units
    if each ships from its cheapest candidate; a unit left unfilled costs up to `unfilled` more. `together`: the class
    is one line that is kept together. `lines` are (line, least cost of one of its units). A unit weighs `weight` grams.
    """

    sku: str
    weight: int
    units: int
    base_cost: int
    unfilled: int
    together: bool
    lines: Sequence[tuple[int, int]]
    arcs: Sequence[Arc]


def group_demands(problem: Problem, candidates: Sequence[WeightedCandidate], unfilled: int) -> list[DemandClass]:
    """The demand classes of all lines, in the order of each class's first line."""
    # by SKU, extra costs, and the line itself if it is kept together
    lines_by_costs: dict[tuple[str, tuple[tuple[int, int], ...], int | None], list[tuple[int, int]]] = {}
    for index, demand in enumerate(problem.demands):
        costs = [
            (number, candidate.costs[index]) for number, candidate in enumerate(candidates) if index in candidate.costs
        ]
        cheapest = min([cost for _, cost in costs], default=unfilled)
        extra_costs = tuple([(number, cost - cheapest) for number, cost in costs])
        together = index if demand.together and demand.quantity > 1 else None
        lines_by_costs.setdefault((demand.sku, extra_costs, together), []).append((index, cheapest))
    nodes = [candidate.key.node for candidate in candidates]
    grouped = []
    for (sku, extra_costs, together), lines in lines_by_costs.items():
        units = sum([problem.demands[line].quantity for line, _ in lines])
        grouped.append(
            DemandClass(
                sku=sku,
                weight=problem.demands[lines[0][0]].weight,
                units=units,
                base_cost=sum([problem.demands[line].quantity * cheapest for line, cheapest in lines]),
                unfilled=unfilled - max([cheapest for _, cheapest in lines]),
                together=together is not None,
                lines=lines,
                arcs=[
                    Arc(number, cost, min(units, problem.supply[nodes[number], sku])) for number, cost in extra_costs
                ],
            )
        )
    return grouped
