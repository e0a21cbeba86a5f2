"""What the lines want, for the relaxation: lines that the same shipments carry at the same extra cost count as one."""

from collections.abc import Sequence
from typing import NamedTuple

from engine.decide.sourcing.columns import Lane
from engine.decide.sourcing.problem import Problem


class Offer(NamedTuple):
    """A shipment by number: what a unit costs on it beyond the cheapest, and how many it carries at most."""

    number: int
    cost: int
    units: int


class Want(NamedTuple):
    """Units of a SKU; all of them cost `base` where they are cheapest, each up to `unfilled` more if it is not shipped.
    `whole`: from one shipment or not at all. `lines` with what a unit costs at least.
    """

    sku: str
    units: int
    base: int
    unfilled: int
    whole: bool
    lines: Sequence[tuple[int, int]]
    offers: Sequence[Offer]


def wants(problem: Problem, lanes: Sequence[Lane], unfilled: int) -> list[Want]:
    """Of all lines, in the order of each want's first."""
    # by SKU, extra costs, and the line if it is whole
    alike: dict[tuple[str, tuple[tuple[int, int], ...], int | None], list[tuple[int, int]]] = {}
    for index, demand in enumerate(problem.demands):
        costs = [(number, lane.costs[index]) for number, lane in enumerate(lanes) if index in lane.costs]
        least = min([cost for _, cost in costs], default=unfilled)
        dearer = tuple([(number, cost - least) for number, cost in costs])
        whole = index if demand.together and demand.quantity > 1 else None
        alike.setdefault((demand.sku, dearer, whole), []).append((index, least))
    nodes = [lane.key[0] for lane in lanes]
    found = []
    for (sku, dearer, whole), lines in alike.items():
        units = sum([problem.demands[line].quantity for line, _ in lines])
        found.append(
            Want(
                sku=sku,
                units=units,
                base=sum([problem.demands[line].quantity * least for line, least in lines]),
                unfilled=unfilled - max([least for _, least in lines]),
                whole=whole is not None,
                lines=lines,
                offers=[Offer(number, cost, min(units, problem.supply[nodes[number], sku])) for number, cost in dearer],
            )
        )
    return found


def several_want(wants: Sequence[Want]) -> dict[str, list[int]]:
    """The SKUs that several wants are for that may be shipped, with these."""
    by_sku: dict[str, list[int]] = {}
    for index, want in enumerate(wants):
        if want.offers:
            by_sku.setdefault(want.sku, []).append(index)
    return {sku: of_sku for sku, of_sku in by_sku.items() if len(of_sku) > 1}
