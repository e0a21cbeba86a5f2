"""`python -m tests.bench` runs the benchmarks, one part after another; each times Pointsman beside something else in
the same run. Progress goes to stderr.
"""

import json
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console

from engine.model.facts import Inventory
from tests.bench import (
    activation,
    choice,
    connector_formats,
    crowding,
    decisions,
    http_throughput,
    labels,
    large_orders,
    ledger,
    matching,
    option_sets,
    policy_check,
    returned_units,
    rule_tables,
    tables,
    transfers,
    whatif,
)
from tests.bench.console import measure as console_pages
from tests.bench.console import networks
from tests.bench.lookahead import measure as lookahead

PARTS = (
    "matching",
    "choosing",
    "choosing_large",
    "deciding",
    "trying",
    "checking",
    "rule_tables",
    "activating",
    "ledgering",
    "serving",
    "crowding",
    "returning",
    "moving",
    "labelling",
    "looking_ahead",
    "connecting",
    "browsing",
)
BRIEF_SETS, BRIEF_ROUNDS, BRIEF_ORDERS, BRIEF_SLICE = 4, 1, 30, 30
BRIEF_POSITIONS, BRIEF_CALLS = 1_000, 20
BRIEF_LARGE, BRIEF_HIGHS = ((12, 40),), 2
BRIEF_DAYS, BRIEF_ARTICLES = 14, 6
BRIEF_LABELS = 12
BRIEF_ROWS = 200
BRIEF_LOOKAHEAD_ORDERS = 300
BRIEF_PACKED = 3


@click.command()
@click.option(
    "--brief",
    is_flag=True,
    help="Run a little of each part, to see that all of them work; the times then mean nothing.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--only", type=click.Choice(PARTS), multiple=True, help="Run only this part; may be given several times.")
def main(*, brief: bool, as_json: bool, only: Sequence[str]) -> None:
    """Measure matching and choosing against other engines, decisions a second, a what-if, checking and activating
    policies, rules in tables, the ledger against bare commands, and HTTP throughput against a floor; ways to place
    returned units; how long labels take to draw, and how long files that connectors read; and what pages of the console
    take.
    """
    # servers that were started end when their `with` blocks are left, so SIGTERM must leave these
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    report = measure(brief=brief, only=only or PARTS)
    if as_json:
        print(json.dumps(tables.record(report), indent=2))
    else:
        tables.show(report, Console(width=None if sys.stdout.isatty() else 140))


def measure(*, brief: bool, only: Sequence[str] = PARTS) -> tables.Report:
    before = os.getloadavg()[0]
    inventory, lines = option_sets.inventory(), option_sets.lines_of_the_day()
    figures: dict[str, Any] = dict.fromkeys(PARTS)
    if "matching" in only:
        sets = option_sets.option_sets(inventory, BRIEF_SETS if brief else option_sets.SETS)
        figures["matching"] = matching.measure(sets, rounds=BRIEF_ROUNDS if brief else matching.ROUNDS, say=_say)
    if "choosing" in only:
        extent = choice.BRIEF if brief else choice.FULL
        orders = option_sets.orders(lines[: extent.orders])
        figures["choosing"] = choice.measure(inventory, orders, extent=extent, say=_say)
    if "deciding" in only:
        orders = option_sets.orders(lines[: BRIEF_ORDERS if brief else decisions.ORDERS])
        figures["deciding"] = decisions.measure(inventory, orders, say=_say)
    figures["choosing_large"] = _choosing_large(brief=brief) if "choosing_large" in only else None
    figures["trying"] = _trying(inventory, lines, brief=brief) if "trying" in only else None
    if "activating" in only:
        (order,) = option_sets.orders(lines[:1])
        rounds = BRIEF_ROUNDS if brief else activation.ROUNDS
        figures["activating"] = activation.measure(inventory, order, rounds=rounds, say=_say)
    if "ledgering" in only:
        size = (
            {"positions": BRIEF_POSITIONS, "calls": BRIEF_CALLS, "rounds": 2, "holds": BRIEF_CALLS}
            if brief
            else {
                "positions": ledger.POSITIONS,
                "calls": ledger.CALLS,
                "rounds": ledger.ROUNDS,
                "holds": ledger.HOLDS,
            }
        )
        figures["ledgering"] = ledger.measure(**size, say=_say)
    if "serving" in only:
        slices, size = (1, BRIEF_SLICE) if brief else (http_throughput.SLICES, http_throughput.SLICE)
        orders = option_sets.orders(lines[: http_throughput.orders_sent(slices, size)])
        workers = http_throughput.BRIEF_WORKERS if brief else http_throughput.WORKERS
        figures["serving"] = http_throughput.measure(
            inventory, orders, slices=slices, size=size, workers=workers, say=_say
        )
    if "crowding" in only:
        extent = (
            {"rounds": 1, "size": BRIEF_SLICE, "quiet_probes": 10, "workers": http_throughput.BRIEF_WORKERS}
            if brief
            else {
                "rounds": crowding.ROUNDS,
                "size": crowding.SLICE,
                "quiet_probes": crowding.QUIET_PROBES,
                "workers": http_throughput.WORKERS,
            }
        )
        figures["crowding"] = crowding.measure(inventory, **extent, say=_say)
    if "checking" in only:
        figures["checking"] = policy_check.measure(policy_check.COUNTS[:1] if brief else policy_check.COUNTS, say=_say)
    if "rule_tables" in only:
        sets = option_sets.option_sets(inventory, BRIEF_SETS if brief else option_sets.SETS)
        counts = (BRIEF_ORDERS, 2 * BRIEF_ORDERS) if brief else (rule_tables.FEW, rule_tables.MANY)
        figures["rule_tables"] = rule_tables.measure(inventory, sets, counts=counts, say=_say)
    figures["returning"] = _returning(inventory, brief=brief) if "returning" in only else None
    figures["moving"] = _moving(inventory, brief=brief) if "moving" in only else None
    figures["labelling"] = _labelling(brief=brief) if "labelling" in only else None
    figures["looking_ahead"] = _looking_ahead(brief=brief) if "looking_ahead" in only else None
    figures["connecting"] = _connecting(brief=brief) if "connecting" in only else None
    figures["browsing"] = _browsing(inventory, lines, brief=brief) if "browsing" in only else None
    return tables.Report(**figures, load=(before, os.getloadavg()[0]), cores=os.cpu_count() or 1)


def _choosing_large(*, brief: bool) -> large_orders.LargeFigures:
    sizes, seeds, seconds = large_orders.SIZES, large_orders.SEEDS, large_orders.HIGHS_SECONDS
    if brief:
        sizes, seeds, seconds = BRIEF_LARGE, 1, BRIEF_HIGHS
    return large_orders.measure(sizes=sizes, seeds=seeds, highs_seconds=seconds, say=_say)


def _trying(inventory: Inventory, lines: Sequence[bytes], *, brief: bool) -> whatif.TryingFigures:
    count, size, warm = (BRIEF_ORDERS, BRIEF_ORDERS, 0) if brief else (whatif.ORDERS, whatif.SLICE, whatif.WARM)
    return whatif.measure(inventory, option_sets.orders(lines[:count]), size=size, warm=warm, say=_say)


def _browsing(inventory: Inventory, lines: Sequence[bytes], *, brief: bool) -> console_pages.ConsoleFigures:
    if brief:
        orders = option_sets.orders(lines[: 2 * BRIEF_ORDERS])
        extent = {"nodes": 0, "skus": 0, "large": 0, "packed": BRIEF_PACKED, "rounds": 1}
    else:
        orders = option_sets.orders(lines[: console_pages.ORDERS])
        extent = {
            "nodes": networks.NODES,
            "skus": networks.SKUS,
            "large": console_pages.LARGE_ORDERS,
            "packed": console_pages.PACKED,
            "rounds": console_pages.ROUNDS,
        }
    return console_pages.measure(inventory, orders, **extent, say=_say)


def _connecting(*, brief: bool) -> connector_formats.ReadingFigures:
    return connector_formats.measure(rows=BRIEF_ROWS if brief else connector_formats.ROWS, say=_say)


def _looking_ahead(*, brief: bool) -> lookahead.LookaheadFigures:
    networks, instances, orders = lookahead.NETWORKS, lookahead.INSTANCES, lookahead.ORDERS
    if brief:
        networks, instances, orders = networks[:1], 1, BRIEF_LOOKAHEAD_ORDERS
    return lookahead.measure(
        networks=networks,
        instances=instances,
        orders=orders,
        forecasts=lookahead.FORECASTS[: 1 if brief else None],
        say=_say,
    )


def _labelling(*, brief: bool) -> labels.LabellingFigures:
    return labels.measure(labels=BRIEF_LABELS if brief else labels.LABELS, say=_say)


def _moving(inventory: Inventory, *, brief: bool) -> transfers.MovingFigures:
    markets, articles = (1, 2) if brief else (transfers.MARKETS, transfers.ARTICLES)
    return transfers.measure(inventory, markets=markets, articles=articles, say=_say)


def _returning(inventory: Inventory, *, brief: bool) -> returned_units.ReturningFigures:
    days, articles = (BRIEF_DAYS, BRIEF_ARTICLES) if brief else (returned_units.DAYS, returned_units.ARTICLES)
    return returned_units.measure(inventory, days=days, articles=articles, say=_say)


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
