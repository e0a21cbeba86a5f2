"""The optimiser: which option ships how many of what, at the least cost, exactly.

The comparison has four parts, in order: units unfilled, units shipped though only `unless_needed`, the sum of
tiers over units, money; then fewer shipments, the sorted (node, service) list, and the quantities: more from the
first shipments, line by line. All but the quantities are folded into one integer (`_Weights`, `_Search`), each part
weighing more than all that later parts can add up to, so that the search compares plain numbers and stays exact.

The search (`_Search`) decides shipment by shipment whether it is opened, depth first. `Relaxation` says what a
branch costs at least, and which shipments that leaves open.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

from engine.decide.transport import Flow, Key, Relaxation, Transport

UNPROVEN_LINES = 10
UNPROVEN_CANDIDATES = 60
STEPS = 5_000_000
"""Beyond 10 lines x 60 options the search stops after looking at so many prices, and says what it could not rule
out. Steps and not seconds, so that every machine and every replay stops at the same place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one unit of a line costs on a candidate: the parts of the comparison it adds to. Tiers are 1 to 9."""

    needed: int
    tier: int
    money: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A shipment that could be opened. `fixed` is micros, not below zero; `prices` by index of the demand it can ship."""

    key: tuple[str, str]
    fixed: int
    prices: Mapping[int, Price]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Units of a SKU wanted by one line."""

    sku: str
    quantity: int
    together: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """`supply` is free units by (node, SKU); `room` how many more shipments a node may take today."""

    demands: Sequence[Demand]
    candidates: Sequence[Candidate]
    supply: Mapping[tuple[str, str], int]
    split_penalty: int = 0
    max_shipments: int | None = None
    ship_complete: bool = False
    room: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Score:
    """The comparison, most important first; `money` in micros, what policies add and take included."""

    unfilled: int
    needed: int
    tiers: int
    money: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """`units` by (candidate key, demand index), all above zero. `gap` is by how many micros at most a better choice
    could exist; 0: this is the best, proven. None: the search stopped while a part before money could be better."""

    units: Mapping[tuple[tuple[str, str], int], int]
    score: Score
    gap: int | None = 0


def choose(problem: Problem) -> Choice:
    """The best choice for `problem`."""
    return _Search(problem).choice()


@dataclass(frozen=True, slots=True)
class _Weights:
    """What one unit of each part of the comparison weighs, in micros: more than all the later parts together. `tier`
    weighs twice that, so that a gap below half of it is one of money alone."""

    tier: int
    needed: int
    unfilled: int

    @classmethod
    def of(cls, problem: Problem) -> "_Weights":
        units = sum(demand.quantity for demand in problem.demands)
        dearest = max((abs(p.money) for c in problem.candidates for p in c.prices.values()), default=0)
        fixed = max((candidate.fixed for candidate in problem.candidates), default=0) + problem.split_penalty
        tier = 4 * units * (dearest + fixed) + 1  # there are no more shipments than units
        needed = tier * (9 * units + 1)
        return cls(tier=tier, needed=needed, unfilled=needed * (units + 1))


@dataclass(frozen=True, slots=True)
class _Lane:
    """A candidate in weighed integers: by demand, what a unit costs and how many units at most. `ample`: the costs
    where its node has all that the order wants of the SKU, and room for whatever comes."""

    key: Key
    fixed: int
    costs: Mapping[int, int]
    units: Mapping[int, int]
    ample: Mapping[int, int]

    def replaces(self, lane: "_Lane") -> bool:
        """Whether every choice with `lane` gets better if this one, used before or not, takes over all it ships."""
        costs = self.costs if self.key[0] == lane.key[0] else self.ample
        if not costs.keys() >= lane.costs.keys():
            return False
        dearer = {index: costs[index] - cost for index, cost in lane.costs.items()}
        worst = sum(more * lane.units[index] for index, more in dearer.items() if more > 0) or max(dearer.values())
        return (self.fixed + worst, self.key) < (lane.fixed, lane.key)


def _useful(problem: Problem, weights: _Weights) -> list[_Lane]:
    """The lanes that no other replaces, by key. Those that carry most for least go first: they replace most."""
    kept: list[_Lane] = []
    for _, _, lane in sorted(
        (lane.fixed + sum(lane.units[i] * (cost - weights.unfilled) for i, cost in lane.costs.items()), lane.key, lane)
        for lane in _lanes(problem, weights)
    ):
        if not any(other.replaces(lane) for other in kept):
            kept.append(lane)
    return sorted(kept, key=lambda lane: lane.key)


def _lanes(problem: Problem, weights: _Weights) -> Iterator[_Lane]:
    wanted: Counter[str] = Counter()
    for demand in problem.demands:
        wanted[demand.sku] += demand.quantity
    candidates = Counter(candidate.key[0] for candidate in problem.candidates)
    for candidate in problem.candidates:
        node, prices = candidate.key[0], candidate.prices
        room = problem.room.get(node, candidates[node])
        free = {index: problem.supply.get((node, problem.demands[index].sku), 0) for index in prices}
        units = {
            index: min(demand.quantity, free[index])
            for index, demand in ((index, problem.demands[index]) for index in prices)
            if free[index] >= (demand.quantity if demand.together else 1)
        }
        if units and room > 0:
            costs = {
                i: prices[i].needed * weights.needed + prices[i].tier * weights.tier + prices[i].money for i in units
            }
            ample = {
                i: cost
                for i, cost in costs.items()
                if room >= candidates[node] and free[i] >= wanted[problem.demands[i].sku]
            }
            yield _Lane(candidate.key, candidate.fixed + problem.split_penalty, costs, units, ample)


def _with_ties(lanes: Sequence[_Lane]) -> tuple[list[_Lane], int]:
    """The last bits of the fixed costs decide between equals, and how many bits these are: each shipment adds the same
    less a power of two of its own, the largest for the smallest key. So fewer are less than more, and of as many those
    that have the smallest key which the others haven't."""
    count = len(lanes)
    bits = count + count.bit_length()
    tied = [
        _Lane(
            lane.key,
            (lane.fixed << bits) + (1 << count) - (1 << (count - place)),
            {index: cost << bits for index, cost in lane.costs.items()},
            lane.units,
            lane.ample,
        )
        for place, lane in enumerate(lanes, start=1)
    ]
    return tied, bits


class _Goods:
    """The lines of one SKU."""

    def __init__(self, problem: Problem, sku: str, lanes: Sequence[_Lane], unfilled: int) -> None:
        lines = {i: demand for i, demand in enumerate(problem.demands) if demand.sku == sku}
        self._quantities = {i: demand.quantity for i, demand in lines.items()}
        self._together = {i for i, demand in lines.items() if demand.together and demand.quantity > 1}
        self._supply = {lane.key[0]: problem.supply.get((lane.key[0], sku), 0) for lane in lanes}
        self._costs = {
            number: {(lane.key, i): lane.costs[i] for i in lines if i in lane.costs}
            for number, lane in enumerate(lanes)
            if not lane.costs.keys().isdisjoint(lines)
        }
        self._unfilled = unfilled
        self._known: dict[frozenset[int], tuple[int, frozenset[Key]]] = {}

    def transport(self, opened: Collection[int]) -> Transport:
        return Transport(
            quantities=self._quantities,
            together=self._together,
            supply=self._supply,
            costs={
                item: cost for number in opened if number in self._costs for item, cost in self._costs[number].items()
            },
            unfilled=self._unfilled,
        )

    def cheapest(self, opened: frozenset[int]) -> tuple[int, frozenset[Key]]:
        """The least cost by shipments that are open, and those which that uses."""
        mine = opened.intersection(self._costs)
        if mine not in self._known:
            flow, cost = self.transport(mine).cheapest()
            self._known[mine] = (cost, frozenset(key for key, _ in flow))
        return self._known[mine]


def _relaxation(problem: Problem, lanes: Sequence[_Lane], unfilled: int) -> Relaxation:
    """Lines of one SKU count as one if each costs the same as the other, or more by the same everywhere; else, each as
    if it had the stock for itself."""
    alike: dict[tuple[str, tuple[tuple[int, int], ...]], list[int]] = {}
    least = []
    for index, demand in enumerate(problem.demands):
        costs = {number: lane.costs[index] for number, lane in enumerate(lanes) if index in lane.costs}
        least.append(min(costs.values(), default=unfilled))
        dearer = tuple((number, cost - least[index]) for number, cost in costs.items())
        if dearer:
            alike.setdefault((demand.sku, dearer), []).append(index)
    wanted = [sum(problem.demands[index].quantity for index in lines) for lines in alike.values()]
    return Relaxation(
        base=sum(demand.quantity * cost for demand, cost in zip(problem.demands, least, strict=True)),
        wanted=wanted,
        unfilled=[unfilled - max(least[index] for index in lines) for lines in alike.values()],
        fixed=[lane.fixed for lane in lanes],
        offers=[
            [(number, cost, min(units, problem.supply[lanes[number].key[0], sku])) for number, cost in dearer]
            for units, (sku, dearer) in zip(wanted, alike, strict=True)
        ],
    )


class _Branch(NamedTuple):
    """All choices that open `opened` and any of `free`. `floor`: none costs less. `values`: see `Relaxation`."""

    opened: frozenset[int]
    free: tuple[int, ...]
    values: tuple[int, ...]
    floor: int


class _Search:
    """Shipments go by number, in the order of their keys."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._weights = _Weights.of(problem)
        self._lanes, self._bits = _with_ties(_useful(problem, self._weights))
        self._nodes = [lane.key[0] for lane in self._lanes]
        unfilled = self._weights.unfilled << self._bits
        self._goods = [
            _Goods(problem, sku, self._lanes, unfilled) for sku in {demand.sku: None for demand in problem.demands}
        ]
        self._relaxation = _relaxation(problem, self._lanes, unfilled)
        self._most = len(self._lanes) if problem.max_shipments is None else problem.max_shipments
        self._looks = 0
        self._tried: set[frozenset[int]] = set()
        self._best = self._evaluated(frozenset())
        self._floor = self._run()

    def _run(self) -> int:
        """The least that any choice costs: what the best costs, unless the search had to stop."""
        hard = len(self._problem.demands) > UNPROVEN_LINES or len(self._lanes) > UNPROVEN_CANDIDATES
        values = (0,) * len(self._relaxation.wanted)
        stack = [_Branch(frozenset(), tuple(range(len(self._lanes))), values, 0)]
        while stack and not (hard and self._looks > STEPS):
            stack += self._explored(stack.pop())
        return min((branch.floor for branch in stack), default=self._best[0])

    def _explored(self, branch: _Branch) -> list[_Branch]:
        """What is left of the branch, in two: without one more shipment and, to be explored next, with it."""
        while self._fits(branch.opened):
            free = [number for number in branch.free if self._fits(branch.opened | {number})]
            if not free:
                self._best = min(self._best, self._evaluated(branch.opened), key=itemgetter(0))
                return []
            self._looks += (len(free) + len(branch.opened)) * len(branch.values)
            values = list(branch.values)
            most = self._most - len(branch.opened)
            floor, surplus = self._relaxation.bound(branch.opened, free, values, most)
            self._improve(branch.opened, free, surplus)
            must, may = self._settled(free, surplus, most, floor)
            if floor >= self._best[0]:
                return []
            branch = _Branch(branch.opened | must, may, tuple(values), floor)
            if len(may) == len(free):
                return self._split(branch, surplus)
        return []

    def _split(self, branch, surplus):
        number = max(branch.free, key=lambda n: (surplus[n], -n))
        rest = tuple(n for n in branch.free if n != number)
        return [branch._replace(free=rest), branch._replace(opened=branch.opened | {number}, free=rest)]

    def _settled(self, free, surplus, most, floor):
        """Of `free`, those that every better choice opens, and those that some may open."""
        slack = self._best[0] - floor
        ranked = sorted((max(0, surplus[number]) for number in free), reverse=True)
        last, next_ = (ranked[most - 1], ranked[most]) if most < len(ranked) else (0, 0)
        must = frozenset(number for number in free if surplus[number] - next_ >= slack)
        return must, tuple(n for n in free if n not in must and last - surplus[n] < slack)

    def _fits(self, opened: frozenset[int]) -> bool:
        if len(opened) > self._most:
            return False
        room = self._problem.room
        return not room or all(
            count <= room.get(node, count) for node, count in Counter(self._nodes[n] for n in opened).items()
        )

    def _improve(self, opened, free, surplus):
        """From the most promising shipments, leave out one after another while that helps."""
        for number in sorted(free, key=lambda n: -surplus[n]):
            if surplus[number] >= 0 and self._fits(opened | {number}):
                opened |= {number}
        if opened in self._tried:
            return
        self._tried.add(opened)
        better = self._evaluated(opened)
        found = None
        while found is None or better[0] < found[0]:
            found = better
            better = min((self._evaluated(found[1] - {n}) for n in found[1]), key=itemgetter(0), default=found)
        self._best = min(self._best, found, key=itemgetter(0))

    def _evaluated(self, opened):
        self._looks += len(opened) * len(self._goods)
        total, keys = 0, set()
        for goods in self._goods:
            cost, used = goods.cheapest(opened)
            total += cost
            keys |= used
        used = frozenset(n for n in opened if self._lanes[n].key in keys)
        return total + sum(self._lanes[n].fixed for n in used), used

    def choice(self):
        used = self._best[1]
        units = {item: count for goods in self._goods for item, count in goods.transport(used).first().items()}
        wanted = sum(demand.quantity for demand in self._problem.demands)
        if self._problem.ship_complete and sum(units.values()) < wanted:
            # with nothing unfilled the total would be below this
            proven = self._floor >> self._bits >= self._weights.unfilled - self._weights.tier // 2
            return Choice(units={}, score=Score(unfilled=wanted, needed=0, tiers=0, money=0), gap=0 if proven else None)
        prices = {candidate.key: candidate.prices for candidate in self._problem.candidates}
        parts = [(count, prices[key][index]) for (key, index), count in units.items()]
        fixed = sum(self._lanes[n].fixed >> self._bits for n in used)
        score = Score(
            unfilled=wanted - sum(units.values()),
            needed=sum(count * price.needed for count, price in parts),
            tiers=sum(count * price.tier for count, price in parts),
            money=sum(count * price.money for count, price in parts)
            + fixed
            - (self._problem.split_penalty if used else 0),
        )
        return Choice(units=dict(sorted(units.items())), score=score, gap=self._gap())

    def _gap(self):
        gap = max(0, self._best[0] - self._floor)
        gap = -(-gap >> self._bits)
        return gap if 2 * gap < self._weights.tier else None
