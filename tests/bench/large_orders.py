"""Large orders: what Pointsman chooses beside the best that HiGHS finds in a minute, and whether the lower bound that
Pointsman states holds.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from rich.table import Table

from engine.decide.sourcing.choose import choose
from engine.decide.sourcing.problem import Candidate, Capacity, Demand, Price, Problem
from engine.model.facts import OptionKey
from rules.syntax.literals import MICROS
from tests.bench.highs import Units, allowed, choose_by_highs, score
from tests.bench.random_problems import CENT, plain

SIZES = ((20, 100), (20, 1_000), (20, 2_000), (100, 100), (100, 1_000), (100, 2_000), (500, 1_000))
"""(lines, nodes)"""
SEEDS = 2
HIGHS_SECONDS = 60
MOST_ENTRIES = 400_000
"""HiGHS takes several minutes to read a program of more lines x shipments than this, so it is left out there."""

Say = Callable[[str], None]


def scarce(seed: int, *, lines: int, nodes: int) -> Problem:
    """As `plain`, but one node in ten has a unit or two of a line, and one in five ships it only if it is needed."""
    rng = random.Random(-seed - 1)
    problem = plain(seed, lines=lines, nodes=nodes, services=2)
    supply = {place: rng.choice((1, 1, 2)) if rng.random() < 0.1 else 0 for place in problem.supply}
    last = {candidate.key.node for candidate in problem.candidates if rng.random() < 0.1}
    return replace(
        problem,
        supply=supply,
        candidates=[
            replace(
                candidate,
                prices={
                    line: replace(price, unless_needed=int(candidate.key.node in last))
                    for line, price in candidate.prices.items()
                },
            )
            for candidate in problem.candidates
        ],
    )


def few_shipments(seed: int, *, lines: int, nodes: int) -> Problem:
    """As `plain`, in three shipments at most, so that units stay unfilled where many lines are ordered."""
    return replace(plain(seed, lines=lines, nodes=nodes, services=2), max_shipments=3)


def located(seed: int, *, lines: int = 50, nodes: int = 16) -> Problem:
    """Capacitated facility location: each of few nodes has stock of all lines, but ships so many units at most."""
    rng = random.Random(seed)
    demands = [Demand(sku=f"sku-{number}", quantity=rng.randint(1, 20)) for number in range(lines)]
    names = [f"node-{number:02}" for number in range(nodes)]
    ordered = sum(demand.quantity for demand in demands)
    return Problem(
        demands=demands,
        candidates=[
            Candidate(
                key=OptionKey(name, "parcel"),
                fixed=rng.randint(500, 1_500) * CENT,
                prices={
                    line: Price(unless_needed=0, tier=5, money=rng.randint(0, 400) * CENT) for line in range(lines)
                },
            )
            for name in names
        ],
        supply={(name, demand.sku): demand.quantity for name in names for demand in demands},
        capacity={name: Capacity(units=rng.randint(ordered // 8, ordered // 4)) for name in names},
    )


KINDS = {
    "much stock": lambda seed, lines, nodes: plain(seed, lines=lines, nodes=nodes, services=2),
    "scarce stock": lambda seed, lines, nodes: scarce(seed, lines=lines, nodes=nodes),
    "three shipments at most": lambda seed, lines, nodes: few_shipments(seed, lines=lines, nodes=nodes),
}


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One problem. `seconds` of processor; `gap`: by how much a better choice may be cheaper at most, in EUR, or None
    if not even the parts before the money are proven, and then `unproven` names the first of these. What HiGHS found
    has `more_unfilled` units, or as many and `more_unless_needed` units, or costs `money` times as much; None: HiGHS
    was left out, found nothing, or (for `money`) differs in a part before. `is_ended`: HiGHS proved what it found.
    `is_wrong`: ours breaks a constraint, or has another score than it states, or HiGHS found what our bound rules out.
    """

    name: str
    seconds: float
    gap: float | None
    unproven: str | None
    more_unfilled: int | None
    more_unless_needed: int | None
    money: float | None
    highs_seconds: float | None
    is_ended: bool
    is_wrong: bool


@dataclass(frozen=True, kw_only=True)
class LargeFigures:
    rows: Sequence[Compared]
    highs_seconds: float

    def table(self) -> Table:
        ours = [row for row in self.rows if row.gap == 0]
        table = Table(
            title=f"Large orders beside the best that HiGHS finds in {self.highs_seconds:g} s of processor; "
            f"{len(ours)} of {len(self.rows)} are proven, {sum(row.is_wrong for row in self.rows)} wrong"
        )
        table.add_column("problem")
        for title in (
            "ours, s",
            "may be cheaper by, EUR",
            "unfilled: HiGHS's more",
            "unless needed: HiGHS's more",
            "money: HiGHS's of ours",
            "HiGHS, s",
        ):
            table.add_column(title, justify="right")
        for row in self.rows:
            table.add_row(
                row.name,
                f"{row.seconds:.2f}",
                row.unproven if row.gap is None else f"{row.gap:.2f}",
                *["-" if number is None else f"{number:+}" for number in (row.more_unfilled, row.more_unless_needed)],
                "-" if row.money is None else f"{row.money:.4f}",
                "-"
                if row.highs_seconds is None
                else f"{row.highs_seconds:.1f}" + ("" if row.is_ended else ", cut off"),
            )
        return table


def measure(*, sizes: Sequence[tuple[int, int]], seeds: int, highs_seconds: float, say: Say) -> LargeFigures:
    rows = []
    for name, problem in _problems(sizes, seeds):
        say(f"large orders: {name}")
        rows.append(_compared(name, problem, highs_seconds))
    return LargeFigures(rows=rows, highs_seconds=highs_seconds)


def _problems(sizes: Sequence[tuple[int, int]], seeds: int) -> Iterator[tuple[str, Problem]]:
    for lines, nodes in sizes:
        for kind, make in KINDS.items():
            for seed in range(seeds):
                yield f"{lines} lines x {nodes:,} nodes x 2, {kind}, {seed}", make(seed, lines, nodes)
    for seed in range(seeds):
        yield f"50 lines x 16 nodes, each of so many units, {seed}", located(seed)


def _compared(name: str, problem: Problem, highs_seconds: float) -> Compared:
    started = time.process_time()
    ours = choose(problem)
    seconds = time.process_time() - started
    is_wrong = not (allowed(problem, ours.units) and score(problem, ours.units) == ours.score)
    more_unfilled = more_unless_needed = money = solving = None
    is_ended = False
    if len(problem.demands) * len(problem.candidates) <= MOST_ENTRIES:
        theirs = choose_by_highs(problem, seconds=highs_seconds)
        solving, is_ended = theirs.solving, theirs.is_ended
        if theirs.units and allowed(problem, theirs.units):
            more_unfilled, more_unless_needed, money = _difference(problem, ours.units, theirs.units)
            if ours.gap is not None and _parts(problem, theirs.units) < _parts(problem, ours.units, less=ours.gap):
                is_wrong = True
    return Compared(
        name=name,
        seconds=seconds,
        gap=None if ours.gap is None else ours.gap / MICROS,
        unproven=None if ours.unproven is None else f"{ours.unproven.part}: {ours.unproven.most}",
        more_unfilled=more_unfilled,
        more_unless_needed=more_unless_needed,
        money=money,
        highs_seconds=solving,
        is_ended=is_ended,
        is_wrong=is_wrong,
    )


def _difference(problem: Problem, ours: Units, theirs: Units) -> tuple[int, int | None, float | None]:
    our, their = score(problem, ours), score(problem, theirs)
    if their.unfilled != our.unfilled:
        return their.unfilled - our.unfilled, None, None
    if their.unless_needed != our.unless_needed:
        return 0, their.unless_needed - our.unless_needed, None
    return 0, 0, their.money / our.money if our.money and their.tiers == our.tiers else None


def _parts(problem: Problem, units: Units, *, less: int = 0) -> tuple[int, int, int, int]:
    """The comparison's parts; of the money, `less`."""
    parts = score(problem, units)
    return parts.unfilled, parts.unless_needed, parts.tiers, parts.money - less
