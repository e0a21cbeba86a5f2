"""What was measured, for people and for programs."""

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench import choice
from tests.bench.activation import Activated
from tests.bench.choice import Chosen
from tests.bench.decisions import Decided
from tests.bench.http_throughput import Served
from tests.bench.ledger import Beside, Ledgered
from tests.bench.matching import FEW, MANY, Matched, Row
from tests.bench.option_sets import OPTIONS
from tests.bench.peers.handwritten import Handwritten
from tests.bench.peers.ours import FIRST_SIGHT, Ours
from tests.bench.policy_check import Checking


@dataclass(frozen=True, kw_only=True)
class Report:
    """`load` is the machine's load average of a minute, before and after, and how many cores share it."""

    matching: Matched | None
    choosing: Chosen | None
    deciding: Decided | None
    activating: Activated | None
    serving: Served | None
    checking: Checking | None
    ledgering: Ledgered | None
    load: tuple[float, float]
    cores: int


def record(report: Report) -> dict[str, Any]:
    """As JSON values, the derived figures included."""
    found = dataclasses.asdict(report)
    if report.matching:
        found["matching"]["ahead_of_every_engine"] = ahead(report.matching)
    if report.choosing:
        found["choosing"]["shares"] = {row.name: row.share for row in choice.rows(report.choosing)}
    if report.serving:
        found["serving"]["share"] = report.serving.share
    if report.ledgering:
        for part in ("commit", "nothing", "synced", "snapshot"):
            beside: Beside = getattr(report.ledgering, part)
            found["ledgering"][part] |= {"share": beside.share, "share_of_work": beside.share_of_work}
    return found


def ahead(matched: Matched) -> dict[int, bool]:
    """By number of rules, whether ours, remembered, took less time than every engine."""
    found = {}
    for count, rows in _by_count(matched.rows).items():
        ours = _milliseconds(rows, Ours.engine)
        found[count] = all(
            ours < row.milliseconds for row in rows if row.engine not in (Ours.engine, Handwritten.engine)
        )
    return found


def show(report: Report, console: Console) -> None:
    for table in _tables(report):
        console.print(table)
        console.print()
    if report.matching:
        for engine, reason in report.matching.missing.items():
            console.print(f"{engine}: {reason}")
    before, after = report.load
    console.print(
        f"load average {before:.2f} before, {after:.2f} after, on {report.cores} cores: trust ratios, not times"
    )


def _tables(report: Report) -> Iterator[Table]:
    if report.matching:
        yield _times(report.matching)
        yield _forms(report.matching)
    if report.choosing:
        yield _choices(report.choosing)
    if report.deciding:
        yield _parts(report.deciding)
    if report.activating:
        yield _steps(report.activating)
    if report.ledgering:
        yield _ledger(report.ledgering)
    if report.serving:
        yield _throughput(report.serving)
    if report.checking:
        yield _checks(report.checking)


def _times(matched: Matched) -> Table:
    by_count = _by_count(matched.rows)
    table = Table(
        title=f"Matching {OPTIONS} options: milliseconds, and times ours (and times hand-written Python)",
        caption=f"signatures ours remembers, of {matched.options} options: "
        + ", ".join(f"{found} with {count} rules" for count, found in matched.signatures.items())
        + f"; ours with {MANY:,} rules takes {matched.growth:.1f} times what it takes with {FEW}",
    )
    table.add_column("engine")
    for count in by_count:
        table.add_column(f"{count} rules", justify="right")
    for label in dict.fromkeys(_label(row) for row in matched.rows):
        cells = [_cell(rows, label) for rows in by_count.values()]
        table.add_row(label, *cells)
    return table


def _cell(rows: Sequence[Row], label: str) -> str:
    found = next((row.milliseconds for row in rows if _label(row) == label), None)
    if found is None:
        return "-"
    ours, handwritten = _milliseconds(rows, Ours.engine), _milliseconds(rows, Handwritten.engine)
    return f"{_short(found)}  {_short(found / ours)}x ({_short(found / handwritten)}x)"


def _forms(matched: Matched) -> Table:
    table = Table(title="How each was used: the fastest of the ways that were tried")
    table.add_column("engine")
    table.add_column("form")
    table.add_column("with rules", justify="right")
    used: dict[tuple[str, str], list[int]] = {}
    for row in matched.rows:
        used.setdefault((row.engine, row.form), []).append(row.rules)
    for (engine, form), counts in sorted(used.items()):
        table.add_row(engine, form, ", ".join(map(str, counts)))
    return table


def _choices(chosen: Chosen) -> Table:
    of = chosen.agreement
    table = Table(
        title=f"Choosing: as good as HiGHS on {of.equal} of {of.instances} instances, better on {of.ours_better}, "
        f"worse on {of.highs_better}; wrong on {of.wrong}",
        caption="1,000 nodes in times of 100: "
        + ", ".join(f"{_short(times)} with {lines} lines" for lines, times in chosen.growth.items()),
    )
    table.add_column("problems")
    for title in (
        "how many",
        "ours, ms",
        "p99",
        "p99 / median",
        "HiGHS, ms",
        "its p99",
        "of that solving",
        "ours / HiGHS",
        "slower on",
    ):
        table.add_column(title, justify="right")
    for row in choice.rows(chosen):
        theirs = [row.highs, row.highs_p99, row.solving, row.share]
        table.add_row(
            row.name,
            str(row.count),
            *[_short(number) for number in (row.median, row.p99, row.spread)],
            *["-" if number is None else _short(number) for number in theirs],
            "-" if row.slower is None else str(row.slower),
        )
    return table


def _parts(decided: Decided) -> Table:
    table = Table(title=f"Deciding {decided.orders} orders: {decided.per_second:.0f} decisions a second, one process")
    table.add_column("part")
    table.add_column("ms a decision", justify="right")
    table.add_column("share", justify="right")
    total = math.fsum(decided.parts.values())
    for part, taken in decided.parts.items():
        table.add_row(part, f"{taken:.3f}", f"{taken / total:.0%}")
    return table


def _steps(activated: Activated) -> Table:
    table = Table(title="Until a policy set decides: milliseconds")
    table.add_column("step")
    for count in activated.steps:
        table.add_column(f"{count:,} rules", justify="right")
    for step in next(iter(activated.steps.values())):
        table.add_row(step, *(_short(taken[step]) for taken in activated.steps.values()))
    return table


def _throughput(served: Served) -> Table:
    table = Table(
        title=f"HTTP: ours answers {served.share:.0%} of what the floor answers",
        caption=f"gunicorn {served.gunicorn}; {served.connections} connections; {served.requests} requests each",
    )
    table.add_column("app")
    table.add_column("requests/s, slice by slice", justify="right")
    table.add_column("bytes an answer", justify="right")
    for app, rates, size in (("ours", served.ours, served.bytes_ours), ("floor", served.floor, served.bytes_floor)):
        table.add_row(app, ", ".join(f"{rate:.0f}" for rate in rates), str(size))
    return table


def _checks(checking: Checking) -> Table:
    table = Table(title="Checking policies: every mistake, and every rule that does nothing")
    table.add_column("rules", justify="right")
    table.add_column("seconds", justify="right")
    table.add_column("warnings", justify="right")
    for row in checking.rows:
        table.add_row(f"{row.rules:,}", f"{row.seconds:.3f}", f"{row.warnings:,}")
    return table


def _ledger(found: Ledgered) -> Table:
    table = Table(
        title=f"The ledger with {found.positions:,} positions: load {found.load:.1f} s, check {found.check:.1f} s",
        caption=f"{found.bytes_position:.0f} bytes a position; {found.bytes_hold:,.0f} a hold, its log entry included",
    )
    for name in ("microseconds a call", "ours", "bare", "share"):
        table.add_column(name, justify="left" if name == "microseconds a call" else "right")
    for part, beside in (
        ("commit of 3 positions, XADD", found.commit),
        ("a script that does nothing, given the same, XADD", found.nothing),
        ("commit of 3 positions, XADD, each write synced", found.synced),
        ("snapshot of 3 SKUs, HGETALL", found.snapshot),
    ):
        table.add_row(f"{part}: its caller waits", *_cells(beside.waits, beside.bare_waits, beside.share))
        table.add_row(f"{part}: the server works", *_cells(beside.works, beside.bare_works, beside.share_of_work))
    return table


def _cells(ours: float, bare: float, share: float) -> tuple[str, str, str]:
    return f"{ours:.1f}", f"{bare:.1f}", f"{share:.0%}"


def _by_count(rows: Sequence[Row]) -> Mapping[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row.rules, []).append(row)
    return found


def _milliseconds(rows: Sequence[Row], engine: str) -> float:
    return next(row.milliseconds for row in rows if row.engine == engine and row.form != FIRST_SIGHT)


def _label(row: Row) -> str:
    return f"{row.engine}, {row.form}" if row.engine == Ours.engine else row.engine


def _short(number: float) -> str:
    """Two digits that count."""
    digits = max(0, 1 - math.floor(math.log10(number))) if number > 0 else 0
    return f"{number:,.{digits}f}"
