"""Caps on what several nodes ship of one SKU together: what they leave of the supply, and which of them matter."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from engine.decide.sourcing.problem import Candidate, Demand, Problem, SkuCap

Supply = Mapping[tuple[str, str], int]


def supply_within(caps: Sequence[SkuCap], supply: Supply) -> Supply:
    """The supply, at no node more of a SKU than a cap allows it by itself."""
    if not caps:
        return supply
    within = dict(supply)
    for sku, nodes, most in caps:
        for node in nodes:
            if within.get((node, sku), 0) > most:
                within[node, sku] = most
    return within


def binding(caps: Sequence[SkuCap], demands: Sequence[Demand], supply: Supply) -> list[SkuCap]:
    """The caps that what is ordered, and what their nodes have, exceeds."""
    ordered: dict[str, int] = {}
    for demand in demands:
        ordered[demand.sku] = ordered.get(demand.sku, 0) + demand.quantity
    return [
        cap
        for cap in caps
        if cap.most < min(ordered.get(cap.sku, 0), sum([supply.get((node, cap.sku), 0) for node in cap.nodes]))
    ]


def most_within(caps: Iterable[SkuCap], supply: Mapping[str, int]) -> int:
    """The most units that nodes with this `supply` of a SKU ship together under its caps."""
    total, counted = 0, set[str]()
    for _, nodes, most in sorted(caps, key=lambda cap: (len(cap.nodes), cap.most)):
        total = min(most, total + sum([supply.get(node, 0) for node in nodes - counted]))
        counted |= nodes
    return total + sum([units for node, units in supply.items() if node not in counted])


def trim_to_caps(problem: Problem) -> tuple[Problem, int]:
    """The same problem, in which no line that is the only one of its SKU asks for more than caps let ship; and how many
    units are left out of it by that. No choice is lost: all of them leave as many units unfilled.
    """
    if not problem.caps:
        return problem, 0
    lines: dict[str, list[int]] = {}
    for index, demand in enumerate(problem.demands):
        lines.setdefault(demand.sku, []).append(index)
    demands = list(problem.demands)
    for sku, of_sku in lines.items():
        caps = [cap for cap in problem.caps if cap.sku == sku]
        if caps and len(of_sku) == 1 and not demands[of_sku[0]].together:
            most = most_within(caps, _shippable(problem.candidates, problem.supply, sku, of_sku[0]))
            demands[of_sku[0]] = replace(demands[of_sku[0]], quantity=min(demands[of_sku[0]].quantity, most))
    left_out = sum([old.quantity - new.quantity for old, new in zip(problem.demands, demands, strict=True)])
    caps = binding(problem.caps, demands, problem.supply)
    return replace(problem, demands=demands, caps=caps), left_out


def _shippable(candidates: Iterable[Candidate], supply: Supply, sku: str, line: int) -> dict[str, int]:
    """By node that some candidate ships the line from, the units of its SKU."""
    nodes = {candidate.key.node for candidate in candidates if line in candidate.prices}
    return {node: supply.get((node, sku), 0) for node in nodes}
