"""How long rules in a table take: read and checked, as CSV and as a workbook, and matched, MANY rows beside FEW.

The rows are of the example's words, each for a category, a brand, a region and a band of stock, so that no two of them
apply together.
"""

import itertools
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.decide.matching.matcher import StageMatcher
from engine.model.facts import Inventory
from rules.lint.check import check
from rules.policy import PolicySet
from rules.tables.csv_text import read_sheet
from rules.tables.workbook import write_workbook
from rules.vocabulary import Stage
from tests.bench.option_sets import OptionSet

FEW, MANY = 300, 5_000
ROUNDS = 20
_SEED = 5_000
_BANDS = ((0, 2), (3, 5), (6, 9), (10, 19), (20, 49), (50, 99), (100, ""))
_HEAD = (
    "policy,rows\nhit_policy,{}\ngaps,allowed\n"
    "id,product.category,product.brand,node.region,stock.on_hand at_least,stock.on_hand at_most,prefer,because en\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Of a table of so many rows: seconds to check it as CSV and as a workbook, to make its matcher, and milliseconds
    to match twenty options that are new, and the same again.
    """

    rules: int
    hit_policy: str
    csv: float
    workbook: float
    matcher: float
    first_sight: float
    remembered: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTableFigures:
    """`growth` is what MANY rows take to match beside FEW: remembered, and at first sight."""

    rows: tuple[Row, ...]
    growth: tuple[float, float]


def measure(
    inventory: Inventory,
    sets: Sequence[OptionSet],
    *,
    counts: Sequence[int] = (FEW, MANY),
    say: Callable[[str], None],
) -> RuleTableFigures:
    rows = []
    for count, hit_policy in itertools.product(counts, ("unique", "first")):
        say(f"rules in a table: {count:,} rows, {hit_policy}")
        rows.append(_measured(inventory, sets, count, hit_policy))
    few, many = rows[0], rows[-2]
    growth = many.remembered / few.remembered, many.first_sight / few.first_sight
    return RuleTableFigures(rows=tuple(rows), growth=growth)


def table(inventory: Inventory, count: int, hit_policy: str) -> bytes:
    """A table of so many rows; under `first`, its last row applies wherever no other does."""
    products, nodes = inventory.products.values(), inventory.network.nodes.values()
    words = (
        sorted({product.category for product in products}),
        sorted({product.brand for product in products}),
        sorted({node.region for node in nodes if node.region}),
    )
    cases = [(*its, *band) for *its, band in itertools.product(*words, _BANDS)]
    draw = random.Random(_SEED)
    chosen = draw.sample(cases, min(count, len(cases)))
    lines = [f"r{n},{','.join(map(str, case))},{draw.randint(1, 9)}.00,Row {n}\n" for n, case in enumerate(chosen)]
    if hit_policy == "first":
        lines[-1] = "last,,,,,,1.00,All others\n"
    return (_HEAD.format(hit_policy) + "".join(lines)).encode()


def _measured(inventory: Inventory, sets: Sequence[OptionSet], count: int, hit_policy: str) -> Row:
    content = table(inventory, count, hit_policy)
    policies, csv = _checked("rows.csv", content)
    _, workbook = _checked("rows.xlsx", write_workbook({"rows": read_sheet("rows.csv", content.decode())}))
    started = time.process_time()
    matcher = StageMatcher(Stage.OPTION, policies)
    made = time.process_time() - started
    first_sight = _matched(matcher, sets)
    remembered = statistics.median(_matched(matcher, sets) for _ in range(ROUNDS))
    matcher.close()
    return Row(
        rules=count,
        hit_policy=hit_policy,
        csv=csv,
        workbook=workbook,
        matcher=made,
        first_sight=first_sight,
        remembered=remembered,
    )


def _checked(name: str, content: bytes) -> tuple[PolicySet, float]:
    started = time.process_time()
    checked = check({name: content})
    took = time.process_time() - started
    if checked.policies is None or checked.findings:
        raise ValueError(str(checked.findings[0]))
    return checked.policies, took


def _matched(matcher: StageMatcher, sets: Sequence[OptionSet]) -> float:
    """Milliseconds of processor time for a set."""
    started = time.process_time()
    for options in sets:
        matcher.judge_rows(options.fixed, options.rows)
    return (time.process_time() - started) / len(sets) * 1_000
