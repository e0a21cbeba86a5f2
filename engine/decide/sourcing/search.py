"""The search decides shipment by shipment whether it is opened, depth first.

`Relaxation` says what a branch costs at least, and which shipments that leaves open.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from engine.decide.sourcing.ascent import Ascent
from engine.decide.sourcing.counting import carried, least_alone, missing
from engine.decide.sourcing.goods import Goods
from engine.decide.sourcing.lanes import useful, with_ties
from engine.decide.sourcing.problem import Choice, Key, Problem, Score
from engine.decide.sourcing.relaxation import Relaxation
from engine.decide.sourcing.sharing import sharing
from engine.decide.sourcing.wants import several_want, wants
from engine.decide.sourcing.weights import Weights

UNPROVEN_LINES = 10
UNPROVEN_CANDIDATES = 60
STEPS = 1_000_000
"""Beyond 10 lines x 60 options the search stops after looking at so many prices, and says what it could not rule
out. Steps and not seconds, so that every machine and every replay stops at the same place."""

SOON = 200
"""After so many bounds they are worth more work each."""

COUNTED = 60
"""Up to so many units of a SKU it is worth to look at each."""

IMPROVED = 10
"""So many answers are improved shipment by shipment; by then the best is nearly always known, if not proven."""


Found: TypeAlias = tuple[int, frozenset[int]]
"""What the shipments cost that are used, and their numbers."""


class Branch(NamedTuple):
    """The choices that open all of `opened` and some of `free`; none costs less than `floor`. For `values` see
    `Relaxation`.
    """

    opened: frozenset[int]
    free: Sequence[int]
    values: Sequence[int]
    floor: int


class Search:
    """Shipments go by number, in the order of their keys."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._weights = Weights.of(problem)
        self._lanes, self._bits = with_ties(useful(problem, self._weights))
        unfilled = self._weights.unfilled << self._bits
        skus = {demand.sku: None for demand in problem.demands}
        self._goods = [Goods(problem, sku, self._lanes, unfilled) for sku in skus]
        self._wants = wants(problem, self._lanes, unfilled)
        self._fixed = [lane.fixed for lane in self._lanes]
        self._nodes = [lane.key[0] for lane in self._lanes]
        self._carried = carried(problem, self._nodes, self._wants)
        self._relaxation = self._relaxed(closely=False)
        self._most = len(self._lanes) if problem.max_shipments is None else problem.max_shipments
        self._countable = [sku.sku for sku in self._carried if sku.wanted <= COUNTED]
        self._looks = 0
        self._bounds = 0
        self._tried: set[frozenset[int]] = set()
        self._best = self._evaluated(frozenset())
        # what is not below this is of no use
        self._useless = self._best[0]
        if problem.ship_complete:
            self._useless = (self._weights.unfilled - self._weights.tier // 2) << self._bits
        self._floor = self._run()

    def _run(self) -> int:
        """What any choice costs at least: as much as the best, unless the search had to stop."""
        hard = len(self._problem.demands) > UNPROVEN_LINES or len(self._lanes) > UNPROVEN_CANDIDATES
        values = [0] * len(self._wants)
        for several in several_want(self._wants).values():
            most = max(self._wants[want].unfilled for want in several)
            for want in several:
                values[want] = self._wants[want].unfilled - most
        stack = [Branch(frozenset(), range(len(self._lanes)), values, self._relaxation.base)]
        while stack and not (hard and self._looks > STEPS):
            stack += self._explored(stack.pop())
        return min((branch.floor for branch in stack), default=self._target)

    def _explored(self, branch: Branch) -> list[Branch]:
        """What is left of the branch, in two: without one of its shipments and, to be explored first, with it."""
        while self._fits(branch.opened):
            free = self._reaching(branch)
            if not free:
                self._best = min(self._best, self._evaluated(branch.opened))
                break
            if self._bounds == SOON:
                self._relaxation = self._relaxed(closely=True)
            self._bounds += 1
            ascent = Ascent(self._relaxation, branch.opened, free, branch.values, self._room(branch))
            surplus = ascent.surplus
            self._looks += len(surplus) * len(ascent.values)
            self._improve(branch.opened, surplus)
            slack = self._target - ascent.floor
            if slack <= 0 or self._least_alone(branch.opened, free) >= self._target:
                break
            if self._bounds > SOON and any(ascent.floor_in_units(sku) >= self._target for sku in self._countable):
                break
            must = frozenset([number for number in free if surplus[number] >= slack])
            may = [number for number in free if -slack < surplus[number] < slack]
            branch = Branch(branch.opened | must, may, ascent.values, ascent.floor)
            if len(may) == len(free):
                number = max(free, key=lambda number: (surplus[number], -number))
                without = branch._replace(free=[other for other in free if other != number])
                return [without, without._replace(opened=branch.opened | {number})]
        return []

    def _relaxed(self, *, closely: bool) -> Relaxation:
        nodes = sharing(self._problem, self._lanes, self._wants, closely=closely)
        return Relaxation(self._wants, self._fixed, list(nodes))

    def _room(self, branch: Branch) -> int:
        return self._most - len(branch.opened)

    def _reaching(self, branch: Branch) -> list[int]:
        """Of the free, those that there is room for, and with which no more need to stay unfilled than in the best."""
        free = [number for number in branch.free if self._fits(branch.opened | {number})]
        most = self._room(branch)
        if most >= len(free):
            return free
        unfilled = missing(self._carried, branch.opened, free, most)
        # money may lessen what a choice costs, by less than a tier
        bearable = (self._target >> self._bits) + self._weights.tier
        return [number for number in free if unfilled[number] * self._weights.unfilled <= bearable]

    @property
    def _target(self) -> int:
        """Only what costs less is of use."""
        return min(self._best[0], self._useless)

    def _least_alone(self, opened: Collection[int], free: Collection[int]) -> int:
        if len(self._wants) != 1:
            return self._relaxation.base
        return least_alone(self._wants[0], self._fixed, self._nodes, opened, free)

    def _fits(self, opened: frozenset[int]) -> bool:
        room = self._problem.room
        if not room or len(opened) > self._most:
            return len(opened) <= self._most
        shipments = Counter([self._lanes[number].key[0] for number in opened])
        return all(count <= room.get(node, count) for node, count in shipments.items())

    def _improve(self, opened: frozenset[int], surplus: Mapping[int, int]) -> None:
        """From the most promising shipments, leave out one after another while that helps."""
        for number in sorted(surplus, key=lambda number: (-surplus[number], number)):
            if surplus[number] >= 0 and self._fits(opened | {number}):
                opened |= {number}
        found = self._evaluated(opened)
        if opened not in self._tried and len(self._tried) < IMPROVED:
            self._tried.add(opened)
            fewer = found
            while fewer <= found and fewer[1]:
                found = fewer
                fewer = min(self._evaluated(found[1] - {number}) for number in found[1])
        self._best = min(self._best, found)

    def _evaluated(self, opened: frozenset[int]) -> Found:
        self._looks += len(opened) * len(self._goods)
        parts = [goods.cheapest(opened) for goods in self._goods]
        keys = frozenset().union(*[keys for _, keys in parts])
        used = frozenset([number for number in opened if self._lanes[number].key in keys])
        return sum([cost for cost, _ in parts]) + sum([self._lanes[number].fixed for number in used]), used

    def choice(self) -> Choice:
        units = {item: count for goods in self._goods for item, count in goods.transport(self._best[1]).first().items()}
        wanted = sum(demand.quantity for demand in self._problem.demands)
        filled = sum(units.values())
        if self._problem.ship_complete and filled < wanted:
            # a choice with nothing unfilled would cost less than this
            proven = self._floor >> self._bits >= self._weights.unfilled - self._weights.tier // 2
            return Choice(units={}, score=Score(unfilled=wanted, needed=0, tiers=0, money=0), gap=0 if proven else None)
        return Choice(units=dict(sorted(units.items())), score=self._score(units, wanted - filled), gap=self._gap())

    def _score(self, units: Mapping[tuple[Key, int], int], unfilled: int) -> Score:
        candidates = {candidate.key: candidate for candidate in self._problem.candidates}
        parts = [(count, candidates[key].prices[index]) for (key, index), count in units.items()]
        used = {key for key, _ in units}
        return Score(
            unfilled=unfilled,
            needed=sum(count * price.needed for count, price in parts),
            tiers=sum(count * price.tier for count, price in parts),
            money=sum(count * price.money for count, price in parts)
            + sum(candidates[key].fixed for key in used)
            + self._problem.split_penalty * max(0, len(used) - 1),
        )

    def _gap(self) -> int | None:
        """In micros, rounded up: what only the ties could better counts as one."""
        gap = -(min(0, self._floor - self._best[0]) >> self._bits)
        return gap if 2 * gap < self._weights.tier else None
