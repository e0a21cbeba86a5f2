"""The choice against HiGHS: whether both find as good a choice, and how long each takes, on the same problems.

HiGHS's time is that of the whole: making its program, solving it part after part, reading the answer; how much of that
was solving is shown beside it. Ours is that of `choose`. A few problems go to ours, then to HiGHS, then the next few.
Both work in one thread of this process, so what is counted is its processor time: what else runs here matters less.
"""

import gc
import itertools
import operator
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from api.files.policies_and_orders import policy_files
from engine.decide.decide import decide, problem
from engine.decide.evaluation import Case
from engine.decide.matching.matcher import Matcher
from engine.decide.sourcing.choose import choose
from engine.decide.sourcing.problem import Problem
from engine.model.facts import Inventory, Order, Position, Snapshot
from rules.loader import load_policies
from tests.bench.highs import allowed, choose_by_highs, score
from tests.bench.option_sets import POLICIES
from tests.bench.random_problems import HARD, constrained, hard, plain, wide

INSTANCES = 20_000
_SAY_EVERY = 1_000
_TURN = 20
_MILLISECONDS = 1_000

LINES = (1, 3, 6, 10)
OPTIONS = (20, 40, 60)
NODES = (5, 20, 100, 300, 1_000)

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How many instances; on how many both found as good a choice; on how many ours, or HiGHS's, is better; and on how
    many ours broke a constraint, or was not what it said, or not proven.
    """

    instances: int
    equal: int
    ours_better: int
    highs_better: int
    wrong: int


@dataclass(frozen=True, kw_only=True)
class Times:
    """Of so many problems, in milliseconds; `solving` is the part of HiGHS's median that it spent solving; `slower`, on
    how many of them ours took longer.
    """

    name: str
    count: int
    median: float
    p99: float
    highs: float | None
    highs_p99: float | None
    solving: float | None
    slower: int | None

    @property
    def share(self) -> float | None:
        """Our median of HiGHS's."""
        return None if self.highs is None else self.median / self.highs

    @property
    def spread(self) -> float:
        return self.p99 / self.median


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """`growth` is by lines: our median with 1,000 nodes, in times of that with 100."""

    agreement: Agreement
    sides: Sequence[Times]
    deciding: Times
    hard: Sequence[Times]
    sizes: Sequence[Times]
    nodes: Sequence[Times]
    growth: dict[int, float]


@dataclass(frozen=True, kw_only=True)
class Extent:
    """How many of each to run."""

    instances: int
    orders: int
    random: int
    wide: int
    hard: int
    each_size: int
    nodes: Sequence[int]


WHOLE = Extent(instances=INSTANCES, orders=2_000, random=1_000, wide=500, hard=3, each_size=100, nodes=NODES)
BRIEF = Extent(instances=20, orders=5, random=3, wide=3, hard=1, each_size=1, nodes=(5, 20))


def measure(found: Inventory, orders: Sequence[Order], *, extent: Extent, say: Say) -> Chosen:
    say(f"choosing: {extent.instances} instances against HiGHS")
    agreement = _agreement(extent.instances, say)
    say("choosing: the day's orders, and random ones")
    day, deciding = _of_the_day(found, orders[: extent.orders])
    random = [plain(seed, lines=3, nodes=20, services=2) for seed in range(extent.random)]
    sides = [_times("orders of the hexagone day", day), _times("random: 3 lines x 20 nodes x 2 services", random)]
    say("choosing: hard ones")
    wides = [wide(seed) for seed in range(extent.wide)]
    hards = [_times("every constraint in play: 1-10 lines x 2-60 options", wides)]
    hards += [_times(f"hard: {name}", [hard(name)] * extent.hard) for name in HARD]
    say("choosing: sizes")
    sizes = [_size(lines, options, extent) for lines in LINES for options in OPTIONS]
    say("choosing: nodes")
    nodes = {(lines, count): _nodes(lines, count, extent) for lines in LINES for count in extent.nodes}
    first, last = extent.nodes[-3:][0], extent.nodes[-1]
    growth = {lines: nodes[lines, last].median / nodes[lines, first].median for lines in LINES}
    return Chosen(
        agreement=agreement,
        sides=sides,
        deciding=deciding,
        hard=hards,
        sizes=sizes,
        nodes=list(nodes.values()),
        growth=growth,
    )


def _agreement(count: int, say: Say) -> Agreement:
    equal = ours_better = highs_better = wrong = 0
    for seed in range(count):
        if seed and seed % _SAY_EVERY == 0:
            say(f"choosing: {seed} of {count}, {equal} equal")
        instance = constrained(seed)
        ours, theirs = choose(instance), choose_by_highs(instance)
        wrong += not (allowed(instance, ours.units) and score(instance, ours.units) == ours.score and ours.gap == 0)
        equal += ours.score == theirs.score
        ours_better += ours.score < theirs.score
        highs_better += ours.score > theirs.score
    return Agreement(instances=count, equal=equal, ours_better=ours_better, highs_better=highs_better, wrong=wrong)


def _of_the_day(found: Inventory, orders: Sequence[Order]) -> tuple[list[Problem], Times]:
    """The orders as problems, each on the morning's stock under the policies that ship; and how long `decide` takes."""
    positions = {
        sku: {node: Position(on_hand=units, pace=found.paces.get(sku, {}).get(node)) for node, units in stock.items()}
        for sku, stock in found.stock.items()
    }
    matcher = Matcher(load_policies(policy_files(POLICIES)))
    problems, took = [], []
    for order in orders:
        some = {sku: positions.get(sku, {}) for sku in order.skus}
        snapshot = Snapshot(network=found.network, products=found.products, positions=some, loads={})
        problems.append(problem(Case(order=order, snapshot=snapshot, matcher=matcher, now=order.placed_at)))
        started = time.process_time()
        decide(order, snapshot, matcher, order.placed_at)
        took.append(time.process_time() - started)
    matcher.close()
    return problems, _row("decide: orders of the hexagone day", took)


def _size(lines: int, options: int, extent: Extent) -> Times:
    instances = (plain(seed, lines=lines, nodes=options // 2, services=2) for seed in range(extent.each_size))
    return _times(f"{lines} lines x {options} options", instances)


def _nodes(lines: int, nodes: int, extent: Extent) -> Times:
    """HiGHS is left out where it takes a minute and more."""
    count = max(1, extent.each_size // (1 if nodes <= NODES[2] else 5))
    instances = (plain(seed, lines=lines, nodes=nodes, services=2) for seed in range(count))
    return _times(f"{lines} lines x {nodes} nodes x 2 services", instances, highs=lines * nodes <= 10 * NODES[1])


def _times(name: str, instances: Iterable[Problem], *, highs: bool = True) -> Times:
    ours, theirs, solving = [], [], []
    remaining = iter(instances)
    while some := list(itertools.islice(remaining, _TURN)):
        gc.collect()  # what other turns left behind is not charged to whoever comes next
        for instance in some:
            started = time.process_time()
            choose(instance)
            ours.append(time.process_time() - started)
        for instance in some if highs else ():
            started = time.process_time()
            found = choose_by_highs(instance)
            theirs.append(time.process_time() - started)
            solving.append(found.solving)
    return _row(name, ours, theirs, solving)


def _row(name: str, ours: Sequence[float], theirs: Sequence[float] = (), solving: Sequence[float] = ()) -> Times:
    ranked, others = sorted(ours), sorted(theirs)
    return Times(
        name=name,
        count=len(ranked),
        median=statistics.median(ranked) * _MILLISECONDS,
        p99=ranked[len(ranked) * 99 // 100] * _MILLISECONDS,
        highs=statistics.median(others) * _MILLISECONDS if others else None,
        highs_p99=others[len(others) * 99 // 100] * _MILLISECONDS if others else None,
        solving=statistics.median(solving) * _MILLISECONDS if solving else None,
        slower=sum(map(operator.gt, ours, theirs)) if theirs else None,
    )


def rows(chosen: Chosen) -> Iterator[Times]:
    """In the order in which they are shown."""
    yield from (*chosen.sides, chosen.deciding, *chosen.hard, *chosen.sizes, *chosen.nodes)
