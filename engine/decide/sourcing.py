"""The optimiser: which option ships how many of what, at the least cost, exactly.

The comparison has four parts, in order: units unfilled, units shipped though only `unless_needed`, the sum of
tiers over units, money; then fewer shipments, the sorted (node, service) list, and the quantities: more from the
first shipments, line by line. All but the quantities are folded into one integer (`_Weights`, `_with_ties`), each
part weighing more than all that later parts can add up to, so that the search compares plain numbers and stays exact.

The search (`_Search`) decides shipment by shipment whether it is opened, depth first. `Relaxation` says what a
branch costs at least, and which shipments that leaves open.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

from engine.decide.transport import Key, Relaxation, Transport

UNPROVEN_LINES = 10
UNPROVEN_CANDIDATES = 60
STEPS = 1_000_000
"""Beyond 10 lines x 60 options the search stops after looking at so many prices, and says what it could not rule
out. Steps and not seconds, so that every machine and every replay stops at the same place."""

IMPROVED = 10
"""So many answers are improved shipment by shipment; by then the best is nearly always known, if not proven."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one unit of a line costs on a candidate, by part of the comparison. `needed` is 0 or 1, `tier` 1 to 9."""

    needed: int
    tier: int
    money: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A shipment that could be opened. `fixed` is micros, 0 or more; `prices` by index of the demand it can ship."""

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
    could exist; 0: this is the best, proven. None: the search stopped while a part before money could be better.
    """

    units: Mapping[tuple[tuple[str, str], int], int]
    score: Score
    gap: int | None = 0


def choose(problem: Problem) -> Choice:
    """The best choice for `problem`."""
    if len({demand.sku for demand in problem.demands}) == len(problem.demands):
        return _Search(problem).choice()
    runs = _runs(problem)
    choice = _Search(_merged(problem, runs)).choice()
    return replace(choice, units=_dealt(choice.units, problem.demands, runs))


def _runs(problem: Problem) -> list[list[int]]:
    """Demands that are as good as one: of one SKU, with none of it between them, and the same prices everywhere."""
    runs: list[list[int]] = []
    last: dict[str, tuple[list[int], list[Price | None]]] = {}
    for index, demand in enumerate(problem.demands):
        prices = [candidate.prices.get(index) for candidate in problem.candidates]
        alone = demand.together and demand.quantity > 1
        run, alike = last.get(demand.sku, ([], []))
        if run and prices == alike and not alone:
            run.append(index)
        else:
            run = [index]
            runs.append(run)
        last[demand.sku] = ([] if alone else run), prices
    return runs


def _merged(problem: Problem, runs: Sequence[Sequence[int]]) -> Problem:
    """Each run as one demand."""

    def merged(run: Sequence[int]) -> Demand:
        first = problem.demands[run[0]]
        quantity = sum(problem.demands[index].quantity for index in run)
        return replace(first, quantity=quantity, together=first.together and len(run) == 1)

    places = {run[0]: place for place, run in enumerate(runs)}
    candidates = [
        replace(candidate, prices={places[i]: price for i, price in candidate.prices.items() if i in places})
        for candidate in problem.candidates
    ]
    return replace(problem, demands=[merged(run) for run in runs], candidates=candidates)


def _dealt(
    units: Mapping[tuple[Key, int], int], demands: Sequence[Demand], runs: Sequence[Sequence[int]]
) -> dict[tuple[Key, int], int]:
    """The units of each run to its demands: to the first from the first shipments."""
    dealt: dict[tuple[Key, int], int] = {}
    left = [demand.quantity for demand in demands]
    for (key, place), count in sorted(units.items()):
        more = count
        for index in runs[place]:
            if take := min(more, left[index]):
                dealt[key, index] = take
                left[index] -= take
                more -= take
    return dict(sorted(dealt.items()))


@dataclass(frozen=True, slots=True)
class _Weights:
    """What one unit of each part of the comparison weighs, in micros: more than all the later parts together. `tier`
    weighs twice that, so that a gap below half of it is one of money alone.
    """

    tier: int
    needed: int
    unfilled: int

    @classmethod
    def of(cls, problem: Problem) -> "_Weights":
        units = sum(demand.quantity for demand in problem.demands)
        money = [price.money for candidate in problem.candidates for price in candidate.prices.values()]
        dearest = max(max(money, default=0), -min(money, default=0))
        fixed = max((candidate.fixed for candidate in problem.candidates), default=0) + problem.split_penalty
        tier = 4 * units * (dearest + fixed) + 1  # there are no more shipments than units
        needed = tier * (9 * units + 1)
        return cls(tier=tier, needed=needed, unfilled=needed * (units + 1))


class _Shelf(NamedTuple):
    """What a node has of the order: by demand, how many units a shipment carries at most; and the demands of whose SKU
    it has all that is wanted, if it also has room for all its shipments.
    """

    units: Mapping[int, int]
    ample: Collection[int]


class _Lane(NamedTuple):
    """A candidate in weighed integers; `costs` are of a unit, by demand."""

    key: Key
    fixed: int
    costs: Mapping[int, int]
    shelf: _Shelf

    def replaces(self, lane: "_Lane") -> bool:
        """Whether any choice with `lane` gets better if this one, used before or not, takes over all it ships."""
        costs, units = self.costs, lane.shelf.units
        takes = costs if self.key[0] == lane.key[0] else self.shelf.ample
        more, closest = 0, None
        for index, cost in lane.costs.items():
            if index not in takes or index not in costs:
                return False
            dearer = costs[index] - cost
            if dearer > 0:
                more += dearer * units[index]
            elif closest is None or dearer > closest:
                closest = dearer
        # `closest`: a lane that is used ships a unit of something
        return (self.fixed + (more or closest or 0), self.key) < (lane.fixed, lane.key)


def _useful(problem: Problem, weights: _Weights) -> list[_Lane]:
    """The lanes that no other replaces, by key. Those that carry most for least go first: they replace most."""

    def whole(lane: _Lane) -> tuple[int, Key]:
        carried = len(lane.costs) + len(lane.shelf.ample)
        return lane.fixed + sum(lane.costs.values()) - carried * weights.unfilled, lane.key

    kept: list[_Lane] = []
    for lane in sorted(_lanes(problem, weights), key=whole):
        for other in kept:
            if other.replaces(lane):
                break
        else:
            kept.append(lane)
    return sorted(kept, key=lambda lane: lane.key)


def _lanes(problem: Problem, weights: _Weights) -> Iterator[_Lane]:
    shelves = _shelves(problem)
    for candidate in problem.candidates:
        shelf = shelves[candidate.key[0]]
        costs = {
            index: price.needed * weights.needed + price.tier * weights.tier + price.money
            for index, price in candidate.prices.items()
            if index in shelf.units
        }
        if costs:
            yield _Lane(candidate.key, candidate.fixed + problem.split_penalty, costs, shelf)


def _shelves(problem: Problem) -> dict[str, _Shelf]:
    wanted: Counter[str] = Counter()
    for demand in problem.demands:
        wanted[demand.sku] += demand.quantity
    lines = [
        (index, demand.sku, demand.quantity, demand.quantity if demand.together else 1, wanted[demand.sku])
        for index, demand in enumerate(problem.demands)
    ]
    shelves = {}
    for node, candidates in Counter([candidate.key[0] for candidate in problem.candidates]).items():
        units, ample = {}, []
        room = problem.room.get(node, candidates)
        for index, sku, quantity, least, most in lines if room > 0 else ():
            free = problem.supply.get((node, sku), 0)
            if free >= least:
                units[index] = min(quantity, free)
                if free >= most and room >= candidates:
                    ample.append(index)
        shelves[node] = _Shelf(units, ample)
    return shelves


def _with_ties(lanes: Sequence[_Lane]) -> tuple[list[_Lane], int]:
    """The lanes with the tie between equals as the last bits of their costs, and how many bits these are.

    Every shipment adds the same, less a power of two of its own, the largest for the smallest key: fewer shipments
    come before more, and of as many those with the smallest key that the others don't have.
    """
    count = len(lanes)
    bits = count + count.bit_length()
    tied = [
        lane._replace(
            fixed=(lane.fixed << bits) + (1 << count) - (1 << count - place),
            costs={index: cost << bits for index, cost in lane.costs.items()},
        )
        for place, lane in enumerate(lanes, start=1)
    ]
    return tied, bits


class _Goods:
    """The lines of one SKU, and the lanes that carry it by number."""

    def __init__(self, problem: Problem, sku: str, lanes: Sequence[_Lane], unfilled: int) -> None:
        lines = {index: demand for index, demand in enumerate(problem.demands) if demand.sku == sku}
        self._quantities = {index: demand.quantity for index, demand in lines.items()}
        self._together = {index for index, demand in lines.items() if demand.together and demand.quantity > 1}
        self._supply = {lane.key[0]: problem.supply.get((lane.key[0], sku), 0) for lane in lanes}
        self._costs = {
            number: {(lane.key, index): lane.costs[index] for index in lines if index in lane.costs}
            for number, lane in enumerate(lanes)
            if not lane.costs.keys().isdisjoint(lines)
        }
        self._unfilled = unfilled
        self._known: dict[frozenset[int], tuple[int, frozenset[Key]]] = {}

    def transport(self, opened: Collection[int]) -> Transport:
        costs: dict[tuple[Key, int], int] = {}
        for number in opened:
            costs |= self._costs.get(number, {})
        return Transport(
            quantities=self._quantities,
            together=self._together,
            supply=self._supply,
            costs=costs,
            unfilled=self._unfilled,
        )

    def cheapest(self, opened: frozenset[int]) -> tuple[int, frozenset[Key]]:
        """The least cost if these are opened, and which of them that uses."""
        mine = opened.intersection(self._costs)
        if mine not in self._known:
            flow, cost = self.transport(mine).cheapest()
            self._known[mine] = (cost, frozenset([key for key, _ in flow]))
        return self._known[mine]


def _relaxation(problem: Problem, lanes: Sequence[_Lane], unfilled: int) -> Relaxation:
    """Lines of one SKU count as one if they cost the same, or one costs the same more everywhere; any other as if it
    had the stock for itself.
    """
    least = []
    alike: dict[tuple[str, tuple[tuple[int, int], ...]], list[int]] = {}
    for index, demand in enumerate(problem.demands):
        costs = {number: lane.costs[index] for number, lane in enumerate(lanes) if index in lane.costs}
        least.append(min(costs.values(), default=unfilled))
        dearer = tuple([(number, cost - least[index]) for number, cost in costs.items()])
        alike.setdefault((demand.sku, dearer), []).append(index)
    wanted = [sum(problem.demands[index].quantity for index in lines) for lines in alike.values()]
    return Relaxation(
        base=sum(demand.quantity * cost for demand, cost in zip(problem.demands, least, strict=True)),
        wanted=wanted,
        unfilled=[unfilled - max(least[index] for index in lines) for lines in alike.values()],
        fixed=[lane.fixed for lane in lanes],
        nodes=[lane.key[0] for lane in lanes],
        offers=[
            [(number, cost, min(units, problem.supply[lanes[number].key[0], sku])) for number, cost in dearer]
            for units, (sku, dearer) in zip(wanted, alike, strict=True)
        ],
    )


_Found: TypeAlias = tuple[int, frozenset[int]]
"""What the shipments cost that are used, and their numbers."""


class _Branch(NamedTuple):
    """The choices that open all of `opened` and some of `free`; none costs less than `floor`. For `values` see
    `Relaxation`.
    """

    opened: frozenset[int]
    free: Sequence[int]
    values: Sequence[int]
    floor: int


class _Search:
    """Shipments go by number, in the order of their keys."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._weights = _Weights.of(problem)
        self._lanes, self._bits = _with_ties(_useful(problem, self._weights))
        unfilled = self._weights.unfilled << self._bits
        skus = {demand.sku: None for demand in problem.demands}
        self._goods = [_Goods(problem, sku, self._lanes, unfilled) for sku in skus]
        self._relaxation = _relaxation(problem, self._lanes, unfilled)
        self._most = len(self._lanes) if problem.max_shipments is None else problem.max_shipments
        self._looks = 0
        self._tried: set[frozenset[int]] = set()
        self._best = self._evaluated(frozenset())
        self._floor = self._run()

    def _run(self) -> int:
        """What any choice costs at least: as much as the best, unless the search had to stop."""
        hard = len(self._problem.demands) > UNPROVEN_LINES or len(self._lanes) > UNPROVEN_CANDIDATES
        values = [0] * len(self._relaxation.wanted)
        stack = [_Branch(frozenset(), range(len(self._lanes)), values, self._relaxation.base)]
        while stack and not (hard and self._looks > STEPS):
            stack += self._explored(stack.pop())
        return min((branch.floor for branch in stack), default=self._best[0])

    def _explored(self, branch: _Branch) -> list[_Branch]:
        """What is left of the branch, in two: without one of its shipments and, to be explored first, with it."""
        while self._fits(branch.opened):
            free = self._reaching(branch)
            if not free:
                self._best = min(self._best, self._evaluated(branch.opened))
                break
            floor, surplus, values = self._relaxation.bound(branch.opened, free, branch.values, self._room(branch))
            self._looks += len(surplus) * len(values)
            self._improve(branch.opened, surplus)
            if floor >= self._best[0] or self._relaxation.bound_alone(branch.opened, free) >= self._best[0]:
                break
            must, may = self._settled(floor, surplus, free, self._room(branch))
            branch = _Branch(branch.opened | must, may, values, floor)
            if len(may) == len(free):
                number = max(free, key=lambda number: (surplus[number], -number))
                without = branch._replace(free=[other for other in free if other != number])
                return [without, without._replace(opened=branch.opened | {number})]
        return []

    def _room(self, branch: _Branch) -> int:
        return self._most - len(branch.opened)

    def _reaching(self, branch: _Branch) -> list[int]:
        """Of the free, those that there is room for, and with which no more need to stay unfilled than in the best."""
        free = [number for number in branch.free if self._fits(branch.opened | {number})]
        most = self._room(branch)
        if most >= len(free):
            return free
        missing = self._relaxation.missing(branch.opened, free, most)
        # money may lessen what a choice costs, by less than a tier
        bearable = (self._best[0] >> self._bits) + self._weights.tier
        return [number for number in free if missing[number] * self._weights.unfilled <= bearable]

    def _settled(
        self, floor: int, surplus: Mapping[int, int], free: Sequence[int], most: int
    ) -> tuple[frozenset[int], list[int]]:
        """Of the free, those that any better choice opens; and those that some may open."""
        ranked = sorted([max(0, surplus[number]) for number in free], reverse=True)
        last, next_ = ranked[most - 1 : most + 1] if most < len(free) else (0, 0)
        slack = self._best[0] - floor
        must = frozenset([number for number in free if surplus[number] - next_ >= slack])
        return must, [number for number in free if last - surplus[number] < slack and number not in must]

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

    def _evaluated(self, opened: frozenset[int]) -> _Found:
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
