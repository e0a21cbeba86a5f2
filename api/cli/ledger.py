"""`pointsman ledger`: checks stock and holds against the decision log, and repairs what has drifted from it."""

import sys
from collections.abc import Iterator, Sequence

import click
from msgspec import UNSET

from api.cli.ledger_log import show_log
from api.cli.options import AS_JSON, print_json, who
from api.language.current import counted, say, say_message
from api.records.ledger import AuditRecord, DriftRecord
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.audit.seal_check import SealCheck
from engine.store.reconcile.check import Audit
from engine.store.reconcile.drift import Drift

MOST_SHOWN = 1_000
"""At most so many drifts are printed; JSON has them all."""


@click.group()
def ledger() -> None:
    """Check stock and holds against the log, and print the log."""


ledger.add_command(show_log)


@ledger.command("check")
@click.option("--whole", is_flag=True, help="Read the log from its beginning, with what is archived.")
@click.option("--repair", is_flag=True, help="Repair what can be repaired, and log it.")
@AS_JSON
@click.pass_obj
def check_ledger(settings: Settings, *, whole: bool, repair: bool, as_json: bool) -> None:
    """Compare stock and holds with what the decision log says.

    What is held, how full each day is and what moved is recomputed from the log; exits with 1 if anything differs. The
    service may keep running meanwhile. With --repair, holds, held and blocked units, open holds, expiries, loads and
    the indexes of the log and of orders are set to what the log says, one at a time, and each repair is logged: the
    value before and after, who, when.
    Units on hand can only be put right by a count, and a log with entries missing only by a copy of the server's data.
    After the repair everything is checked again.

    The log is compared with what was sealed of it, too; if it is not what was sealed, it can't tell how the ledger
    should be, and nothing is repaired. Where the key that seals is, a check keeps what it found up to the last sealed
    entry, and the next one reads the log from there.

    Example: pointsman ledger check
    """
    with Pointsman(settings) as service:
        before = service.check(whole=whole)
        if not as_json:
            _print(audit_lines(before))
        repaired = service.repair(who=who(settings)).repaired if repair and not before.clean else ()
        after = service.check() if repaired else before
    if as_json:
        mended = [DriftRecord.of(drift) for drift in repaired] if repair else UNSET
        print_json(AuditRecord.of(after, mended=mended))
    elif repair and not before.clean:
        _print(_repaired_lines(repaired, after))
    sys.exit(0 if after.clean else 1)


def audit_lines(audit: Audit) -> Iterator[str]:
    """What the check found, line by line."""
    yield from _figures(audit) if audit.compared else [say("what is stored can't be compared with the log:")]
    if audit.since:
        yield say("the log was read from entry {entry} on; --whole reads all of it", entry=audit.since)
    yield from _seal_lines(audit.seal) if audit.seal is not None and audit.seal.ever_sealed else ()
    for drift in audit.drifts[:MOST_SHOWN]:
        yield say(
            "{drift}\n    {cause}{more}",
            drift=drift,
            cause=drift.cause,
            more="" if drift.writes else say(" (not repairable by --repair)"),
        )
    if len(audit.drifts) > MOST_SHOWN:
        yield say("... and {count:,} more; --json has them all", count=len(audit.drifts) - MOST_SHOWN)
    drifts = counted(len(audit.drifts), "drift")
    if audit.seal is not None and audit.seal.findings:
        yield say("{drifts}; not as it was sealed: {count:,}", drifts=drifts, count=len(audit.seal.findings))
    else:
        yield say("clean") if audit.clean else drifts


def _seal_lines(seal: SealCheck) -> Iterator[str]:
    """How the log compares with what was sealed of it."""
    yield say(
        "entries of the log sealed {sealed:,}, {archived:,} of them in an archive; not sealed yet {unsealed:,}",
        sealed=seal.sealed,
        archived=seal.archived,
        unsealed=seal.unsealed,
    )
    if seal.archived and not seal.archive_read:
        yield say("archived entries were not read; --whole reads and compares them")
    yield from (
        say("not as it was sealed: {finding}", finding=say_message(str(finding)))
        for finding in seal.findings[:MOST_SHOWN]
    )
    if len(seal.findings) > MOST_SHOWN:
        yield say("... and {count:,} more; --json has them all", count=len(seal.findings) - MOST_SHOWN)


def _figures(audit: Audit) -> Iterator[str]:
    stock = say(
        "{positions}, {units} on hand",
        positions=counted(audit.positions, "position"),
        units=counted(audit.on_hand, "unit"),
    )
    yield say(
        "{decisions} of {orders}, {stock}",
        decisions=counted(audit.decisions, "decision"),
        orders=counted(audit.orders, "order"),
        stock=stock,
    )
    ended = say(
        "units of holds that ended {ended:,}, {confirmed:,} of them confirmed",
        ended=audit.ended,
        confirmed=audit.confirmed,
    )
    held = audit.held - audit.set_aside
    equal = "=" if audit.shipped == held + audit.promised + audit.ended else "!="
    if audit.promised:
        ended = say("promised of what is to come {promised:,} + {ended}", promised=audit.promised, ended=ended)
    yield say(
        "shipped by the log {shipped:,} {equal} held {held:,} + {ended}",
        shipped=audit.shipped,
        equal=equal,
        held=held,
        ended=ended,
    )
    if not any(drift.what.startswith("units in two states") for drift in audit.drifts):
        yield say("every unit of {orders} is in one state", orders=counted(audit.orders, "order"))
    if audit.set_aside:
        yield say("held besides, for orders that are being decided: {set_aside:,}", set_aside=audit.set_aside)
    if audit.short:
        yield say("units held that are not on hand, by a later count: {short:,}", short=audit.short)
    if audit.blocked:
        yield say("there and not to be sold (blocked): {blocked:,}", blocked=audit.blocked)
    if audit.quarantine:
        yield say("there and not to be sold (came back, in quarantine): {quarantine:,}", quarantine=audit.quarantine)
    if audit.ended_early:
        yield say(
            "holds that were ended before their time by the server's clock, as that of a process was wrong: {early:,}",
            early=audit.ended_early,
        )


def _repaired_lines(repaired: Sequence[Drift], after: Audit) -> Iterator[str]:
    yield from (say("repaired: {drift}", drift=drift) for drift in repaired[:MOST_SHOWN])
    yield say(
        "{count:,} repaired and logged, {drifts} left", count=len(repaired), drifts=counted(len(after.drifts), "drift")
    )
    yield from (say("left: {drift}", drift=drift) for drift in after.drifts[:MOST_SHOWN])


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(line)
