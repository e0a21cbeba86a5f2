"""The highest floor of a branch, or nearly, by the prices of a blend; and how its shipments are used in that blend.

The prices are only trusted near the best values that are known: by how much may go wrong there, in proportion to what
is missing to the target. How far that reaches grows where prices kept what they promised (boxstep: Marsten, Hogan &
Blankenship 1975, Operations Research 23:389).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from engine.decide.sourcing.bounds.pricing_problem import Valued, Valuing
from engine.decide.sourcing.bounds.relaxation import Relaxation
from engine.decide.sourcing.bounds.restricted_master import Blend, Plan, Prices

ROUNDS, FEWER_ROUNDS = 200, 40
"""So many prices are looked at, and fewer where plans are known already from a branch above."""
PIVOTS = 40
KEPT = 40
"""So many plans are kept beside those of the blend."""
WORTH, WORTH_AT_FIRST = 32, 1_000
"""Where less than one part in so many of what is missing to the target can be gained, to branch is better."""
NEAREST, WIDEST = -6, 6
"""How far prices are trusted, in powers of two."""
PAYS = 4
"""It pays to close a branch if that gains one part in so many of what was missing to the target."""
SELDOM = 64
"""Where it does not pay, branches are closed ever more seldom: one in so many."""


class Priced(NamedTuple):
    """What a branch costs at least at some values and toll, and the surplus: see `Ascent`. `plans` to blend further
    on; `halved` by free shipment, how far it is from being opened or not in the blend: 0 if it is decided.
    """

    floor: int
    surplus: Mapping[int, int]
    values: Sequence[int]
    toll: int
    plans: Sequence[Plan] = ()
    halved: Mapping[int, int] = {}


class Part(NamedTuple):
    """The choices that use all of `opened` and up to `most` of `free`."""

    opened: frozenset[int]
    free: Sequence[int]
    most: int


class Closing:
    """`improve` may find a better choice from what is opened at some values, and says what only is of use then."""

    def __init__(self, relaxation: Relaxation, improve: Callable[[Part, frozenset[int], Valued], int]) -> None:
        self._relaxation = relaxation
        self._improve = improve
        self._wait = 1
        self._left = 0
        self.steps = 0

    def looked(self, part: Part, priced: Priced) -> Priced:
        """The floor of the part at values that were best for a larger one."""
        valuing = Valuing(self._relaxation, part.opened, part.free, part.most)
        found = valuing.at(priced.values, priced.toll)
        self.steps += valuing.steps
        return priced._replace(floor=found.floor, surplus=found.surplus, halved={})

    def is_due(self) -> bool:
        self._left -= 1
        return self._left < 0

    def closed(self, part: Part, priced: Priced, target: int, known: int) -> tuple[Priced, bool]:
        """With better values, where there are; and whether that paid where this floor is known."""
        climb = _Climb(self._relaxation, part, priced)
        rounds, before = FEWER_ROUNDS if priced.plans else ROUNDS, max(known, climb.best.floor)
        worth = WORTH if priced.plans else WORTH_AT_FIRST
        while rounds and climb.best.floor < target:
            rounds -= 1
            better = climb.step(target - climb.best.floor, worth)
            if better is None:
                break
            if better:
                target = self._improve(part, climb.best.plan.opened, climb.best)
        if climb.best.floor < target:
            target = self._improve(part, climb.mostly_opened(), climb.best)
        self.steps += climb.steps
        pays = climb.best.floor >= target or (climb.best.floor - before) * PAYS >= target - before
        self._wait = 1 if pays else min(SELDOM, 2 * self._wait)
        self._left = self._wait - 1
        return climb.priced(part.free), pays


class _Climb:
    """Values and plans count from the start of the relaxation, so that none is below zero."""

    def __init__(self, relaxation: Relaxation, part: Part, priced: Priced) -> None:
        self._start = relaxation.start
        self._valuing = Valuing(relaxation, part.opened, part.free, part.most)
        self._units = [want.units for want in relaxation.wants]
        self._unfilled = [want.unfilled - first for want, first in zip(relaxation.wants, self._start, strict=True)]
        self._room = max(1, part.most)
        may = part.opened.union(part.free)
        plans = [plan for plan in priced.plans if part.opened <= plan.opened <= may]
        self._blend = Blend(self._unfilled, [self._from_start(self._valuing.nothing()), *plans])
        self._reach = 0
        self._rounds = 1
        self._values: Sequence[int] = [value - first for value, first in zip(priced.values, self._start, strict=True)]
        self._toll = priced.toll
        self.best = self._valuing.at(priced.values, priced.toll)
        self._blend.add(self._from_start(self.best.plan))

    @property
    def steps(self) -> int:
        return self._rounds * self._valuing.steps + self._blend.steps

    def step(self, missing: int, worth: int) -> bool | None:
        """Whether the floor is higher then; None if it can't get higher, or not by enough of what is missing."""
        self._blend.trim(KEPT)
        self._blend.within(*self._box(missing))
        prices = self._blend.priced(PIVOTS)
        gain = prices.cost - self.best.floor
        if gain <= max(1, missing // worth):
            return self._widen(prices)
        found = self._valuing.at(
            [new + first for new, first in zip(prices.values, self._start, strict=True)], prices.toll
        )
        self._rounds += 1
        self._blend.add(self._from_start(found.plan))
        more = found.floor - self.best.floor
        if more > 0:
            self.best, self._values, self._toll = found, prices.values, prices.toll
        if 2 * more >= gain:
            self._reach = min(WIDEST, self._reach + 1)
        elif -more > missing:
            self._reach = max(NEAREST, self._reach - 1)
        return more > 0

    def _box(self, missing: int) -> tuple[list[int], list[int], int, int]:
        far = missing << self._reach - NEAREST >> -NEAREST
        by = [far // units + 1 for units in self._units]
        least = [max(0, value - more) for value, more in zip(self._values, by, strict=True)]
        most = [min(top, value + more) for value, more, top in zip(self._values, by, self._unfilled, strict=True)]
        toll = far // self._room + 1
        return least, most, max(0, self._toll - toll), self._toll + toll

    def _widen(self, prices: Prices) -> bool | None:
        """Look farther, if the prices are where it was not allowed to go beyond."""
        blend = self._blend
        ends = [
            value in (least, most) and value not in (0, top)
            for value, least, most, top in zip(prices.values, blend.least, blend.most, self._unfilled, strict=True)
        ]
        ends.append(prices.toll in (blend.least_toll, blend.most_toll) and prices.toll != 0)
        if self._reach >= WIDEST or not any(ends):
            return None
        self._reach += 2
        return False

    def mostly_opened(self) -> frozenset[int]:
        return frozenset([shipment for shipment, share in self._shares().items() if 2 * share >= self._blend.whole])

    def _shares(self) -> dict[int, int]:
        """How much of each shipment the blend opens, of the whole."""
        shares: dict[int, int] = {}
        for number, share in self._blend.shares().items():
            for shipment in self._blend.plans[number].opened:
                shares[shipment] = shares.get(shipment, 0) + share
        return shares

    def priced(self, free: Sequence[int]) -> Priced:
        whole, shares = self._blend.whole, self._shares()
        values = [value + first for value, first in zip(self._values, self._start, strict=True)]
        halved = {shipment: min(shares.get(shipment, 0), whole - shares.get(shipment, 0)) for shipment in free}
        return Priced(self.best.floor, self.best.surplus, values, self._toll, self._blend.plans, halved)

    def _from_start(self, plan: Plan) -> Plan:
        """With the cost that it has where values count from the start."""
        more = sum([units * first for units, first in zip(plan.lacking, self._start, strict=True)])
        return plan._replace(cost=plan.cost + more)
