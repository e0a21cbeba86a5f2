"""The optimiser beside the MILP solver HiGHS: whether both find equally good choices, and how long each takes.

Both solve the same problems. The time of HiGHS covers everything: building its program, solving it for one part of the
comparison after another, reading the answer; the share spent in solving is shown beside it. Our time is that of
`choose`. A few problems go to ours, then the same to HiGHS, then the next few. Both run in one thread of this process,
and what is counted is its processor time, so that other load on the machine matters less.
"""

import gc
import itertools
import operator
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from api.files.policies import policy_files
from engine.decide.decide import decide
from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.matching.matcher import Matcher
from engine.decide.sourcing.choose import choose
from engine.decide.sourcing.problem import Problem
from engine.model.facts import Inventory, NetworkCaches, Order, Snapshot, StockPosition
from rules.loader import load_policies
from tests.bench.highs import allowed, choose_by_highs, score
from tests.bench.option_sets import POLICIES
from tests.bench.preference import NO_PREFERENCE, Preference
from tests.bench.random_problems import HARD, capped, constrained, coupled, everything, hard, plain, weighed, wide

INSTANCES, WEIGHED, EVERYTHING = 20_000, 5_000, 5_000
_SAY_EVERY = 1_000
_COUPLED = 4
"""One instance of so many has multiples, sets and capacities."""
_TURN = 20
_MILLISECONDS = 1_000

LINES = (1, 3, 6, 10)
OPTIONS = (20, 40, 60)
NODES = (5, 20, 100, 300, 1_000)

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How many instances were compared; on how many both choices scored the same, ours was better, or that of HiGHS was
    better. `wrong`: on how many ours broke a constraint, had another score than it stated, or was not proven.
    """

    instances: int
    equal: int
    ours_better: int
    highs_better: int
    wrong: int


@dataclass(frozen=True, kw_only=True)
class Times:
    """How long `count` problems took, in milliseconds. `median` and `p99` are ours; `solving` is the median time that
    HiGHS spent in solving alone; `slower` is on how many of the problems ours took longer.
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
        """Our median as a share of the median of HiGHS."""
        return None if self.highs is None else self.median / self.highs

    @property
    def spread(self) -> float:
        return self.p99 / self.median


@dataclass(frozen=True, kw_only=True)
class ChoosingFigures:
    """`growth`: by number of lines, our median with 1,000 nodes divided by that with 100."""

    agreement: Agreement
    weighed_agreement: Agreement
    agreement_on_everything: Agreement
    capped_agreement: Agreement
    sides: Sequence[Times]
    deciding: Times
    hard: Sequence[Times]
    sizes: Sequence[Times]
    nodes: Sequence[Times]
    growth: dict[int, float]


@dataclass(frozen=True, kw_only=True)
class Extent:
    """How many problems of each kind to run."""

    instances: int
    weighed: int
    everything: int
    orders: int
    random: int
    wide: int
    hard: int
    each_size: int
    nodes: Sequence[int]


FULL = Extent(
    instances=INSTANCES,
    weighed=WEIGHED,
    everything=EVERYTHING,
    orders=2_000,
    random=1_000,
    wide=500,
    hard=3,
    each_size=100,
    nodes=NODES,
)
BRIEF = Extent(instances=6, weighed=6, everything=6, orders=5, random=3, wide=3, hard=1, each_size=1, nodes=(5, 20))


def measure(inventory: Inventory, orders: Sequence[Order], *, extent: Extent, say: Say) -> ChoosingFigures:
    say(f"choosing: {extent.instances} random instances, compared with HiGHS")
    agreement = _agreement(extent.instances, say, _instance)
    say(f"choosing: {extent.weighed} random instances with bounds and prices by the weight of a shipment")
    weighed_agreement = _agreement(extent.weighed, say, lambda seed: (weighed(seed), NO_PREFERENCE))
    say(
        f"choosing: {extent.everything} random instances with every constraint and preference together,"
        " and as many with caps"
    )
    agreement_on_everything = _agreement(extent.everything, say, everything)
    capped_agreement = _agreement(extent.everything, say, capped)
    say("choosing: orders of the hexagone day, and random problems")
    day, deciding = _of_the_day(inventory, orders[: extent.orders])
    random = [plain(seed, lines=3, nodes=20, services=2) for seed in range(extent.random)]
    sides = [_times("orders of the hexagone day", day), _times("random: 3 lines x 20 nodes x 2 services", random)]
    say("choosing: hard problems")
    wide_problems = [wide(seed) for seed in range(extent.wide)]
    hard_rows = [_times("every constraint in play: 1-10 lines x 2-60 options", wide_problems)]
    coupled_problems = [coupled(seed, most_lines=10, most_options=60) for seed in range(extent.wide)]
    hard_rows.append(_times("with multiples, sets and capacities: 1-10 lines x 2-60 options", coupled_problems))
    several = max(extent.wide, min(extent.weighed, 1_000))
    hard_rows += [_times("every constraint in play: 1-6 lines", [constrained(seed) for seed in range(several)])]
    hard_rows += [_times("the same, with bounds and prices by weight", [weighed(seed) for seed in range(several)])]
    together = [everything(seed)[0] for seed in range(several)]
    hard_rows += [_times("with multiples, sets or capacities as well", together)]
    hard_rows += [_times(f"hard: {name}", [hard(name)] * extent.hard) for name in HARD]
    say("choosing: by number of lines and options")
    sizes = [_size(lines, options, extent) for lines in LINES for options in OPTIONS]
    say("choosing: by number of lines and nodes")
    nodes = {(lines, count): _nodes(lines, count, extent) for lines in LINES for count in extent.nodes}
    first, last = extent.nodes[-3:][0], extent.nodes[-1]
    growth = {lines: nodes[lines, last].median / nodes[lines, first].median for lines in LINES}
    return ChoosingFigures(
        agreement=agreement,
        weighed_agreement=weighed_agreement,
        agreement_on_everything=agreement_on_everything,
        capped_agreement=capped_agreement,
        sides=sides,
        deciding=deciding,
        hard=hard_rows,
        sizes=sizes,
        nodes=list(nodes.values()),
        growth=growth,
    )


def _instance(seed: int) -> tuple[Problem, Preference]:
    return coupled(seed) if seed % _COUPLED == 0 else constrained(seed), NO_PREFERENCE


def _agreement(count: int, say: Say, make: Callable[[int], tuple[Problem, Preference]]) -> Agreement:
    equal = ours_better = highs_better = wrong = 0
    for seed in range(count):
        if seed and seed % _SAY_EVERY == 0:
            say(f"choosing: {seed} of {count}, {equal} equal")
        instance, preference = make(seed)
        ours, theirs = preference.choose(instance), choose_by_highs(instance, preference)
        wrong += not (allowed(instance, ours.units) and score(instance, ours.units) == ours.score and ours.gap == 0)
        our_parts, their_parts = (preference.compared(each.units, each.score) for each in (ours, theirs))
        equal += our_parts == their_parts
        ours_better += our_parts < their_parts
        highs_better += our_parts > their_parts
    return Agreement(instances=count, equal=equal, ours_better=ours_better, highs_better=highs_better, wrong=wrong)


def _of_the_day(inventory: Inventory, orders: Sequence[Order]) -> tuple[list[Problem], Times]:
    """The orders as problems, each on the stock of the morning and under the policies that ship; and how long `decide`
    takes.
    """
    positions = {
        sku: {
            node: StockPosition(on_hand=units, pace=inventory.paces.get(sku, {}).get(node))
            for node, units in stock.items()
        }
        for sku, stock in inventory.stock.items()
    }
    matcher = Matcher(load_policies(policy_files(POLICIES)))
    caches = NetworkCaches(inventory.network)
    problems, seconds = [], []
    for order in orders:
        batch = {sku: positions.get(sku, {}) for sku in order.skus}
        snapshot = Snapshot(
            network=inventory.network, caches=caches, products=inventory.products, positions=batch, loads={}
        )
        problems.append(_problem(order, snapshot, matcher))
        started = time.process_time()
        decide(order, snapshot, matcher, order.placed_at)
        seconds.append(time.process_time() - started)
    matcher.close()
    return problems, _row("decide: orders of the hexagone day", seconds)


def _size(lines: int, options: int, extent: Extent) -> Times:
    instances = (plain(seed, lines=lines, nodes=options // 2, services=2) for seed in range(extent.each_size))
    return _times(f"{lines} lines x {options} options", instances)


def _nodes(lines: int, nodes: int, extent: Extent) -> Times:
    """HiGHS is left out of sizes for which it takes a minute or more."""
    count = max(1, extent.each_size // (1 if nodes <= NODES[2] else 5))
    instances = (plain(seed, lines=lines, nodes=nodes, services=2) for seed in range(count))
    return _times(f"{lines} lines x {nodes} nodes x 2 services", instances, highs=lines * nodes <= 10 * NODES[1])


def _times(name: str, problems: Iterable[Problem], *, highs: bool = True) -> Times:
    our_seconds, highs_seconds, solving = [], [], []
    remaining = iter(problems)
    while batch := list(itertools.islice(remaining, _TURN)):
        gc.collect()  # garbage of the last batch is not collected on the time of this one
        for instance in batch:
            started = time.process_time()
            choose(instance)
            our_seconds.append(time.process_time() - started)
        for instance in batch if highs else ():
            started = time.process_time()
            by_highs = choose_by_highs(instance)
            highs_seconds.append(time.process_time() - started)
            solving.append(by_highs.solving)
    return _row(name, our_seconds, highs_seconds, solving)


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


def rows(figures: ChoosingFigures) -> Iterator[Times]:
    """All rows, in the order in which they are shown."""
    yield from (*figures.sides, figures.deciding, *figures.hard, *figures.sizes, *figures.nodes)


def _problem(order: Order, snapshot: Snapshot, matcher: Matcher) -> Problem:
    evaluation = Evaluation(order=order, snapshot=snapshot, matcher=matcher, now=order.placed_at)
    return Candidates(evaluation).problem(evaluation.max_shipments)
