"""`pointsman ledger`: checks stock and holds against the decision log, and repairs what has drifted from it."""

import dataclasses
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click

from api.cli.ledger_log import show_log
from api.cli.options import AS_JSON, print_json, who
from api.cli.output.plural import counted
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.reconcile.check import Audit
from engine.store.reconcile.drift import Drift

MOST_SHOWN = 1_000
"""At most so many drifts are printed; JSON has them all."""


@click.group()
def ledger() -> None:
    """Check stock and holds against the decision log, repair them, and print the log."""


ledger.add_command(show_log)


@ledger.command("check")
@click.option("--repair", is_flag=True, help="Repair what can be repaired, and log it.")
@AS_JSON
@click.pass_obj
def check_ledger(settings: Settings, *, repair: bool, as_json: bool) -> None:
    """Recompute from the decision log what is held, how full each day is and what moved; exit 1 if anything differs.

    The service may keep running meanwhile. With --repair, holds, held units, open holds, expiries, loads and the log's
    index are set to what the log says, one at a time, and each repair is logged: the value before and after, who, when.
    Units on hand can only be put right by a count, and a log with entries missing only by a copy of the server's data.
    After the repair everything is checked again.

    Example: pointsman ledger check
    """
    with Pointsman(settings) as service:
        before = service.check()
        if not as_json:
            _print(audit_lines(before))
        repaired = service.repair(who=who(settings)).mended if repair and not before.clean else ()
        after = service.check() if repaired else before
    if as_json:
        print_json(audit_record(after) | ({"mended": [drift_record(drift) for drift in repaired]} if repair else {}))
    elif repair and not before.clean:
        _print(_repaired_lines(repaired, after))
    sys.exit(0 if after.clean else 1)


def audit_record(audit: Audit) -> dict[str, Any]:
    """The check's figures and every drift, for programs."""
    figures = {item.name: getattr(audit, item.name) for item in dataclasses.fields(audit)}
    return {**figures, "drifts": [drift_record(drift) for drift in audit.drifts], "clean": audit.clean}


def drift_record(drift: Drift) -> dict[str, Any]:
    names = ("what", "sku", "node", "expected", "found", "cause")
    return {name: getattr(drift, name) for name in names} | {"mendable": bool(drift.writes)}


def audit_lines(audit: Audit) -> Iterator[str]:
    stock = f"{counted(audit.positions, 'position')}, {counted(audit.on_hand, 'unit')} on hand"
    yield f"{counted(audit.decisions, 'decision')}, {stock}"
    ended = f"units of holds that ended {audit.ended:,}, {audit.confirmed:,} of them confirmed"
    equal = "=" if audit.shipped == audit.held + audit.ended else "!="
    yield f"shipped by the log {audit.shipped:,} {equal} held {audit.held:,} + {ended}"
    if audit.short:
        yield f"units held that are not on hand, by a later count: {audit.short:,}"
    for drift in audit.drifts[:MOST_SHOWN]:
        yield f"{drift}\n    {drift.cause}{'' if drift.writes else ' (not repairable by --repair)'}"
    if len(audit.drifts) > MOST_SHOWN:
        yield f"... and {len(audit.drifts) - MOST_SHOWN:,} more; --json has them all"
    yield "clean" if audit.clean else counted(len(audit.drifts), "drift")


def _repaired_lines(repaired: Sequence[Drift], after: Audit) -> Iterator[str]:
    yield from (f"repaired: {drift}" for drift in repaired[:MOST_SHOWN])
    yield f"{len(repaired):,} repaired and logged, {counted(len(after.drifts), 'drift')} left"
    yield from (f"left: {drift}" for drift in after.drifts[:MOST_SHOWN])


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(line)
