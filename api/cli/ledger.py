"""`pointsman ledger`: whether stock and holds are as the log says, and making them so."""

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
"""Drifts printed of one check; JSON has them all."""


@click.group()
def ledger() -> None:
    """Look after stock and holds."""


ledger.add_command(show_log)


@ledger.command("check")
@click.option("--repair", is_flag=True, help="Mend what can be mended, and log it.")
@AS_JSON
@click.pass_obj
def check_ledger(settings: Settings, *, repair: bool, as_json: bool) -> None:
    """Recompute from the decision log what is held, how full each day is and what moved; exit 1 if any has drifted.

    The service may go on meanwhile. With --repair, holds, held units, open holds, expiries, loads and the log's index
    are made as the log says, one at a time, and each mending is logged: what it was, what it is, who, when. Units on
    hand are for a count to mend, and a log with entries missing for a copy of the server's data; it is checked again
    afterwards.

    Example: pointsman ledger check
    """
    with Pointsman(settings) as service:
        before = service.check()
        if not as_json:
            _show(audit_lines(before))
        mended = service.repair(who=who(settings)).mended if repair and not before.clean else ()
        after = service.check() if mended else before
    if as_json:
        print_json(audit_record(after) | ({"mended": [drift_record(drift) for drift in mended]} if repair else {}))
    elif repair and not before.clean:
        _show(_mended_lines(mended, after))
    sys.exit(0 if after.clean else 1)


def audit_record(audit: Audit) -> dict[str, Any]:
    """The check's figures and every drift."""
    figures = {item.name: getattr(audit, item.name) for item in dataclasses.fields(audit)}
    return {**figures, "drifts": [drift_record(drift) for drift in audit.drifts], "clean": audit.clean}


def drift_record(drift: Drift) -> dict[str, Any]:
    words = ("what", "sku", "node", "expected", "found", "cause")
    return {name: getattr(drift, name) for name in words} | {"mendable": bool(drift.writes)}


def audit_lines(audit: Audit) -> Iterator[str]:
    there = f"{counted(audit.positions, 'position')}, {counted(audit.on_hand, 'unit')} on hand"
    yield f"{counted(audit.decisions, 'decision')}, {there}"
    ended = f"units of holds that ended {audit.ended:,}, {audit.confirmed:,} of them confirmed"
    equal = "=" if audit.shipped == audit.held + audit.ended else "!="
    yield f"shipped by the log {audit.shipped:,} {equal} held {audit.held:,} + {ended}"
    if audit.short:
        yield f"units held that, by a count since, are not on hand: {audit.short:,}"
    for drift in audit.drifts[:MOST_SHOWN]:
        yield f"{drift}\n    {drift.cause}{'' if drift.writes else ' (--repair leaves it)'}"
    if len(audit.drifts) > MOST_SHOWN:
        yield f"... and {len(audit.drifts) - MOST_SHOWN:,} more; --json has them all"
    yield "clean" if audit.clean else counted(len(audit.drifts), "drift")


def _mended_lines(mended: Sequence[Drift], after: Audit) -> Iterator[str]:
    yield from (f"mended: {drift}" for drift in mended[:MOST_SHOWN])
    yield f"{len(mended):,} mended and logged, {counted(len(after.drifts), 'drift')} left"
    yield from (f"left: {drift}" for drift in after.drifts[:MOST_SHOWN])


def _show(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(line)
