"""The bench's output: tables for people, JSON for programs."""

import dataclasses
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from rules.syntax.literals import MICROS
from tests.bench import choice
from tests.bench.activation import ActivatingFigures
from tests.bench.choice import Agreement, ChoosingFigures
from tests.bench.connector_formats import ReadingFigures
from tests.bench.console.measure import ConsoleFigures
from tests.bench.crowding import LOAD, STALLED, STREAMS, CrowdingFigures
from tests.bench.decisions import DecidingFigures
from tests.bench.http_throughput import ThroughputFigures
from tests.bench.labels import LabellingFigures
from tests.bench.large_orders import LargeFigures
from tests.bench.ledger import LedgerFigures, SideBySide
from tests.bench.lookahead.measure import LookaheadFigures
from tests.bench.matching import FEW, MANY, Matched, Row
from tests.bench.option_sets import OPTIONS
from tests.bench.peers.handwritten import Handwritten
from tests.bench.peers.ours import FIRST_SIGHT, Ours
from tests.bench.policy_check import CheckingFigures
from tests.bench.returned_units import ReturningFigures
from tests.bench.rule_tables import RuleTableFigures
from tests.bench.throughput_table import throughput_table
from tests.bench.transfers import MovingFigures
from tests.bench.whatif import TryingFigures


@dataclass(frozen=True, kw_only=True)
class Report:
    """The figures of each part that was run. `load` is the machine's one-minute load average before and after; its
    `cores` share that load.
    """

    matching: Matched | None
    choosing: ChoosingFigures | None
    choosing_large: LargeFigures | None
    deciding: DecidingFigures | None
    trying: TryingFigures | None
    activating: ActivatingFigures | None
    serving: ThroughputFigures | None
    crowding: CrowdingFigures | None
    checking: CheckingFigures | None
    rule_tables: RuleTableFigures | None
    ledgering: LedgerFigures | None
    returning: ReturningFigures | None
    moving: MovingFigures | None
    labelling: LabellingFigures | None
    looking_ahead: LookaheadFigures | None
    connecting: ReadingFigures | None
    browsing: ConsoleFigures | None
    load: tuple[float, float]
    cores: int


def record(report: Report) -> dict[str, Any]:
    """The report as JSON values, derived figures included."""
    values = dataclasses.asdict(report)
    if report.matching:
        values["matching"]["ahead_of_every_engine"] = ahead(report.matching)
    if report.choosing:
        values["choosing"]["shares"] = {row.name: row.share for row in choice.rows(report.choosing)}
    if report.serving:
        values["serving"] |= {
            "shares": [load.share for load in report.serving.loads],
            "tails": [load.tail for load in report.serving.loads],
            "batch_ratio": report.serving.batch_ratio,
        }
    if report.crowding:
        crowding = report.crowding
        values["crowding"] |= {
            "probe_ratios": {port.name: port.ratio for port in crowding.ports},
            "rate_share": crowding.rate_share,
        }
    if report.moving:
        values["moving"]["ratios"] = {str(flow.nodes): flow.ratio for flow in report.moving.flows}
    if report.ledgering:
        for part in ("commit", "nothing", "synced", "snapshot"):
            beside: SideBySide = getattr(report.ledgering, part)
            values["ledgering"][part] |= {"share": beside.share, "share_of_work": beside.share_of_work}
    return values


def ahead(matched: Matched) -> dict[int, bool]:
    """By number of rules, whether ours, on signatures it has cached, took less time than every other engine."""
    is_ahead = {}
    for count, rows in _by_count(matched.rows).items():
        ours = _milliseconds(rows, Ours.engine)
        is_ahead[count] = all(
            ours < row.milliseconds for row in rows if row.engine not in (Ours.engine, Handwritten.engine)
        )
    return is_ahead


def show(report: Report, console: Console) -> None:
    for table in _tables(report):
        console.print(table)
        console.print()
    if report.matching:
        for engine, reason in report.matching.missing.items():
            console.print(f"{engine}: {reason}")
    before, after = report.load
    console.print(
        f"load average {before:.2f} before, {after:.2f} after, on {report.cores} cores: compare ratios, not times"
    )


def _tables(report: Report) -> Iterator[Table]:
    if report.matching:
        yield _times(report.matching)
        yield _forms(report.matching)
    yield from _tables_of_choices(report)
    if report.deciding:
        yield _parts(report.deciding)
    if report.trying:
        yield report.trying.table()
    if report.activating:
        yield _steps(report.activating)
    if report.ledgering:
        yield _ledger(report.ledgering)
    if report.serving:
        yield throughput_table(report.serving)
    if report.crowding:
        yield _crowding(report.crowding)
    yield from _tables_of_policies(report)
    yield from _tables_of_flows(report)
    if report.browsing:
        yield report.browsing.table()


def _tables_of_choices(report: Report) -> Iterator[Table]:
    if report.choosing:
        yield _choices(report.choosing)
    if report.choosing_large:
        yield report.choosing_large.table()


def _tables_of_policies(report: Report) -> Iterator[Table]:
    if report.checking:
        yield _checks(report.checking)
    if report.rule_tables:
        yield _rule_tables(report.rule_tables)


def _tables_of_flows(report: Report) -> Iterator[Table]:
    if report.returning:
        yield _returning(report.returning)
    if report.moving:
        yield _moving(report.moving)
    if report.labelling:
        yield _labelling(report.labelling)
    if report.looking_ahead:
        yield _looking_ahead(report.looking_ahead)
    if report.connecting:
        yield _connecting(report.connecting)


def _times(matched: Matched) -> Table:
    by_count = _by_count(matched.rows)
    table = Table(
        title=f"Matching {OPTIONS} options: milliseconds, as a multiple of ours (and of hand-written Python)",
        caption=f"Signatures that ours caches for {matched.options} options: "
        + ", ".join(f"{signatures} with {count} rules" for count, signatures in matched.signatures.items())
        + f"; with {MANY:,} rules ours takes {matched.growth:.1f} times as long as with {FEW}",
    )
    table.add_column("engine")
    for count in by_count:
        table.add_column(f"{count} rules", justify="right")
    for label in dict.fromkeys(_label(row) for row in matched.rows):
        cells = [_cell(rows, label) for rows in by_count.values()]
        table.add_row(label, *cells)
    return table


def _cell(rows: Sequence[Row], label: str) -> str:
    milliseconds = next((row.milliseconds for row in rows if _label(row) == label), None)
    if milliseconds is None:
        return "-"
    ours, handwritten = _milliseconds(rows, Ours.engine), _milliseconds(rows, Handwritten.engine)
    return f"{_short(milliseconds)}  {_short(milliseconds / ours)}x ({_short(milliseconds / handwritten)}x)"


def _forms(matched: Matched) -> Table:
    table = Table(title="How each engine was used: the fastest of the ways that were tried")
    table.add_column("engine")
    table.add_column("form")
    table.add_column("with rules", justify="right")
    used: dict[tuple[str, str], list[int]] = {}
    for row in matched.rows:
        used.setdefault((row.engine, row.form), []).append(row.rules)
    for (engine, form), counts in sorted(used.items()):
        table.add_row(engine, form, ", ".join(map(str, counts)))
    return table


def _agreed(agreement: Agreement) -> str:
    return (
        f"as good as HiGHS on {agreement.equal} of {agreement.instances} instances, better on {agreement.ours_better}, "
        f"worse on {agreement.highs_better}; wrong on {agreement.wrong}"
    )


def _choices(figures: ChoosingFigures) -> Table:
    table = Table(
        title=f"Choosing: {_agreed(figures.agreement)}.\nWith prices by weight: {_agreed(figures.weighed_agreement)}.\n"
        f"With everything together: {_agreed(figures.agreement_on_everything)}.\n"
        f"With caps as well: {_agreed(figures.capped_agreement)}",
        caption="Our time with 1,000 nodes, as a multiple of that with 100: "
        + ", ".join(f"{_short(times)} with {lines} lines" for lines, times in figures.growth.items()),
    )
    table.add_column("problems")
    for title in (
        "count",
        "ours, ms",
        "p99",
        "p99 / median",
        "HiGHS, ms",
        "HiGHS p99",
        "HiGHS solving, ms",
        "ours / HiGHS",
        "ours slower on",
    ):
        table.add_column(title, justify="right")
    for row in choice.rows(figures):
        highs_cells = [row.highs, row.highs_p99, row.solving, row.share]
        table.add_row(
            row.name,
            str(row.count),
            *[_short(number) for number in (row.median, row.p99, row.spread)],
            *["-" if number is None else _short(number) for number in highs_cells],
            "-" if row.slower is None else str(row.slower),
        )
    return table


def _parts(figures: DecidingFigures) -> Table:
    table = Table(title=f"Deciding {figures.orders} orders: {figures.per_second:.0f} decisions a second, one process")
    table.add_column("part")
    table.add_column("ms a decision", justify="right")
    table.add_column("share", justify="right")
    total = math.fsum(figures.parts.values())
    for part, taken in figures.parts.items():
        table.add_row(part, f"{taken:.3f}", f"{taken / total:.0%}")
    return table


def _steps(figures: ActivatingFigures) -> Table:
    table = Table(title="Until a policy set decides: milliseconds of each step")
    table.add_column("step")
    for count in figures.steps:
        table.add_column(f"{count:,} rules", justify="right")
    for step in next(iter(figures.steps.values())):
        table.add_row(step, *(_short(taken[step]) for taken in figures.steps.values()))
    return table


def _crowding(figures: CrowdingFigures) -> Table:
    ratios = " and ".join(f"{port.ratio:.1f} times (on {port.name})" for port in figures.ports)
    table = Table(
        title=f"A crowded service: under {LOAD} connections of load, p99 of /healthz is {ratios} its quiet median;"
        f" beside {STALLED} stalled bodies and {STREAMS} streams, decisions go on at {figures.rate_share:.0%}",
        caption=f"{figures.probes} probes under load; {figures.orders} orders a round and rate",
    )
    table.add_column("measured")
    table.add_column("round by round", justify="right")
    rows: list[tuple[str, Sequence[float], int]] = []
    for port in figures.ports:
        rows.append((f"{port.name}: quiet median, ms", port.quiet_median, 1_000))
        rows.append((f"{port.name}: p99 under load, ms", port.loaded_p99, 1_000))
    rows += [("orders/s", figures.alone, 1), ("orders/s, crowded", figures.crowded, 1)]
    for name, values, scale in rows:
        table.add_row(name, ", ".join(f"{scale * value:.3g}" for value in values))
    return table


def _labelling(figures: LabellingFigures) -> Table:
    table = Table(title=f"Drawing {figures.labels:,} labels; the first of a process takes {figures.first:.0f} ms")
    table.add_column("form")
    for title in ("a label, ms of processor", "all, s", "mean size, kB"):
        table.add_column(title, justify="right")
    for one in figures.drawings:
        table.add_row(one.form, f"{one.median:.1f}", f"{one.seconds:.1f}", f"{one.size / 1_000:.1f}")
    return table


def _looking_ahead(figures: LookaheadFigures) -> Table:
    table = Table(title=f"Look-ahead: {figures.instances} instances of {figures.orders:,} orders")
    for title in ("warehouses x cities", "demand judged"):
        table.add_column(title)
    for title in ("cost, mean", "worst", "possible, mean", "learning, s of processor"):
        table.add_column(title, justify="right")
    for network in figures.networks:
        bound = statistics.mean(network.bound)
        for saved in network.saved:
            table.add_row(
                f"{network.warehouses} x {network.cities}",
                saved.forecast,
                *(f"{share:+.2f} %" for share in (saved.mean, saved.worst, bound)),
                f"{network.seconds_to_learn:.1f}",
            )
    return table


def _connecting(figures: ReadingFigures) -> Table:
    table = Table(title=f"Reading {figures.rows:,} rows of each format, and mapping four fields of each")
    table.add_column("format")
    for title in ("read, us a row", "mapped, us a row", "file, kB", "process grown by, kB"):
        table.add_column(title, justify="right")
    for one in figures.formats:
        times = f"{one.read:.1f}", f"{one.mapped:.1f}"
        table.add_row(one.form, *times, f"{one.size / 1_000:,.0f}", f"{one.grown / 1_000:,.0f}")
    return table


def _moving(figures: MovingFigures) -> Table:
    table = Table(
        title=f"Transfers: {figures.articles} articles between {figures.places} places in {figures.seconds:.1f} s",
        caption=f"{figures.processor:.1f} s of processor, {figures.lines} lines; below, one article beside HiGHS",
    )
    for column in ("places", "ours, ms", "HiGHS, ms", "times as long"):
        table.add_column(column, justify="right")
    for flow in figures.flows:
        medians = (f"{statistics.median(times):.1f}" for times in (flow.ours, flow.highs))
        table.add_row(str(flow.nodes), *medians, f"{flow.ratio:.2f}")
    return table


def _checks(figures: CheckingFigures) -> Table:
    table = Table(title="Checking policies: mistakes, and rules that can never act")
    table.add_column("rules", justify="right")
    table.add_column("seconds", justify="right")
    table.add_column("warnings", justify="right")
    for row in figures.rows:
        table.add_row(f"{row.rules:,}", f"{row.seconds:.3f}", f"{row.warnings:,}")
    return table


def _rule_tables(figures: RuleTableFigures) -> Table:
    few, many = figures.rows[0].rules, figures.rows[-1].rules
    remembered, first_sight = figures.growth
    table = Table(
        title=f"Rules in a table: seconds to check and to make ready, milliseconds to match {OPTIONS} options",
        caption=f"{many:,} rows are matched in {remembered:.1f} times the time of {few:,}, in {first_sight:.1f} times "
        "where options are new",
    )
    for title in ("rows", "hit policy", "check CSV", "check workbook", "make ready", "new options", "remembered"):
        table.add_column(title, justify="right")
    for row in figures.rows:
        seconds = (f"{value:.2f}" for value in (row.csv, row.workbook, row.matcher))
        table.add_row(f"{row.rules:,}", row.hit_policy, *seconds, f"{row.first_sight:.2f}", f"{row.remembered:.4f}")
    return table


def _returning(figures: ReturningFigures) -> Table:
    first = figures.alike[0]
    table = Table(
        title=f"Where returned units go: {figures.days} days, {figures.articles} articles of the example, "
        f"{first.asked:,} units asked for, {first.returned:,} that come back",
        caption="With equal margins lost sales count alike; with the articles' own, the margin of lost sales counts",
    )
    table.add_column("way")
    for title in ("lost", "moves", "lost, own margins", "moves", "margin lost", "moving costs", "together"):
        table.add_column(title, justify="right")
    for alike, own in zip(figures.alike, figures.own, strict=True):
        money = (own.margin, own.cost, own.margin + own.cost)
        counts = (alike.lost, alike.moves, own.lost, own.moves)
        table.add_row(alike.way, *(f"{count:,}" for count in counts), *(f"{amount / MICROS:,.0f}" for amount in money))
    return table


def _ledger(figures: LedgerFigures) -> Table:
    table = Table(
        title=f"The ledger with {figures.positions:,} positions: load {figures.load:.1f} s, "
        f"check {figures.check:.1f} s, again {figures.check_again:.1f} s",
        caption=f"{figures.sealed:,.0f} entries sealed a second; {figures.bytes_position:.0f} bytes of memory "
        f"a position; {figures.bytes_hold:,.0f} a hold, its log entry included",
    )
    for name in ("microseconds a call", "ours", "bare", "share"):
        table.add_column(name, justify="left" if name == "microseconds a call" else "right")
    for part, beside in (
        ("commit of 3 positions beside XADD", figures.commit),
        ("a script that does nothing, with the same arguments, beside XADD", figures.nothing),
        ("commit of 3 positions beside XADD, each write synced", figures.synced),
        ("snapshot of 3 SKUs beside HGETALL", figures.snapshot),
    ):
        table.add_row(f"{part}: time the caller waits", *_cells(beside.waits, beside.bare_waits, beside.share))
        table.add_row(f"{part}: time the server works", *_cells(beside.works, beside.bare_works, beside.share_of_work))
    return table


def _cells(ours: float, bare: float, share: float) -> tuple[str, str, str]:
    return f"{ours:.1f}", f"{bare:.1f}", f"{share:.0%}"


def _by_count(rows: Sequence[Row]) -> Mapping[int, list[Row]]:
    by_count: dict[int, list[Row]] = {}
    for row in rows:
        by_count.setdefault(row.rules, []).append(row)
    return by_count


def _milliseconds(rows: Sequence[Row], engine: str) -> float:
    return next(row.milliseconds for row in rows if row.engine == engine and row.form != FIRST_SIGHT)


def _label(row: Row) -> str:
    return f"{row.engine}, {row.form}" if row.engine == Ours.engine else row.engine


def _short(number: float) -> str:
    """Rounded to two significant digits."""
    digits = max(0, 1 - math.floor(math.log10(number))) if number > 0 else 0
    return f"{number:,.{digits}f}"
