"""The highest floor of a branch, or nearly, and how its shipments are used in the blend that costs as much."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from engine.decide.sourcing.blending import Blend, Plan
from engine.decide.sourcing.relaxation import Relaxation
from engine.decide.sourcing.valuing import Valued, Valuing

ROUNDS, LATER = 200, 40
PIVOTS = 40
KEPT = 40
WIDEST = 6
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
    reach = 0
    units = [want.units for want in relaxation.wants]
    base = [value - first for value, first in zip(values, start, strict=True)]
    while rounds < (LATER if plans else ROUNDS) and best.floor < target:
        blend.trim(KEPT)
        gap = target - best.floor
        far = [(gap << 8 + reach >> 8) // each + 1 for each in units]
        low = [max(0, value - by) for value, by in zip(base, far, strict=True)]
        high = [min(up, value + by) for value, by, up in zip(base, far, unfilled, strict=True)]
        by = (gap << 8 + reach >> 8) // max(1, most) + 1
        low_toll, high_toll = max(0, toll - by), toll + by
        blend.within(low, high, low_toll, high_toll)
        prices = blend.priced(PIVOTS)
        gain = prices.cost - best.floor
        rounds += 1
        if gain <= max(1, gap // WORTH):
            inside = all(
                low[w] < v < high[w] or v == low[w] == 0 or v == high[w] == unfilled[w]
                for w, v in enumerate(prices.values)
            ) and (low_toll < prices.toll < high_toll or prices.toll == low_toll == 0)
            if inside or reach >= WIDEST:
                break
            reach += 2
            continue
        found = valuing.at([new + first for new, first in zip(prices.values, start, strict=True)], prices.toll)
        blend.add(_from(found.plan, start))
        if found.floor > best.floor:
            reach = min(WIDEST, reach + 1) if (found.floor - best.floor) * 2 >= gain else reach
            best, base, toll = found, prices.values, prices.toll
            target = improve(found)
        elif best.floor - found.floor > gap:
            reach = max(-6, reach - 1)
    values = [value + first for value, first in zip(base, start, strict=True)]
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
