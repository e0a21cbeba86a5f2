"""The highest floor of a branch, or nearly, and how its shipments are used in the blend that costs as much."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from engine.decide.sourcing.blending import Blend, Plan
from engine.decide.sourcing.relaxation import Relaxation
from engine.decide.sourcing.valuing import Valued, Valuing

ROUNDS, LATER = 200, 40
PIVOTS = 40
KEPT = 40
FULL = 3
WORTH = 32
"""Where less than one part in so many of what is missing to the target can be gained, to branch is better."""


class Closed(NamedTuple):
    """`shares` by free shipment: how much of it is opened, of `whole`."""

    floor: int
    surplus: Mapping[int, int]
    values: Sequence[int]
    toll: int
    plans: Sequence[Plan]
    shares: Mapping[int, int]
    whole: int
    steps: int


def closed(
    relaxation: Relaxation,
    opened: frozenset[int],
    free: Sequence[int],
    most: int,
    values: Sequence[int],
    toll: int,
    plans: Sequence[Plan],
    target: int,
    due: bool,
    improve: Callable[[Valued], int],
) -> tuple[Closed, int]:
    valuing = Valuing(relaxation, opened, free, most)
    if not due or (best := valuing.at(values, toll)).floor >= target:
        best = valuing.at(values, toll)
        return Closed(best.floor, best.surplus, values, toll, plans, {}, 1, valuing.steps), best.floor
    start = relaxation.start
    first_floor = best.floor
    unfilled = [want.unfilled - first for want, first in zip(relaxation.wants, start, strict=True)]
    may = opened.union(free)
    blend = Blend(unfilled, [_from(valuing.nothing(), start)])
    for plan in plans:
        if plan.opened <= may and opened <= plan.opened:
            blend.add(plan)
    rounds = 1
    blend.add(_from(best.plan, start))
    blend.add(Plan(target, [0] * len(start), 0, frozenset([-1])))  # no higher floor is of use
    while rounds < (LATER if plans else ROUNDS) and best.floor < target:
        blend.trim(KEPT)
        prices = blend.priced(PIVOTS)
        if prices.cost - best.floor <= max(1, (target - best.floor) // WORTH):
            break
        now = [new + first for new, first in zip(prices.values, start, strict=True)]
        now_toll = prices.toll
        if rounds % FULL:
            now = [old + new >> 1 for old, new in zip(values, now, strict=True)]
            now_toll = toll + prices.toll >> 1
        found = valuing.at(now, now_toll)
        rounds += 1
        blend.add(_from(found.plan, start))
        if found.floor > best.floor:
            best, values, toll = found, now, now_toll
            target = improve(found)
    shares: dict[int, int] = {}
    for number, share in blend.shares().items():
        for shipment in blend.plans[number].opened:
            shares[shipment] = shares.get(shipment, 0) + share
    return Closed(
        best.floor,
        best.surplus,
        values,
        toll,
        blend.plans,
        {n: shares.get(n, 0) for n in free},
        blend.whole,
        rounds * valuing.steps + blend.steps,
    ), first_floor


def _from(plan: Plan, start: Sequence[int]) -> Plan:
    """With the cost that it has where values are counted from the start."""
    more = sum([units * first for units, first in zip(plan.lacking, start, strict=True)])
    return plan._replace(cost=plan.cost + more) if more else plan
