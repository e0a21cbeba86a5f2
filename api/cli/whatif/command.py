"""`pointsman whatif`: what drafts of policies would have decided, on the decisions that are logged."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from api.cli.options import AS_JSON, DASK, INSTANT, TO_OR_NOW, WORKERS, print_json, spread_of
from api.cli.output.mistakes import fail_with_mistakes, finding_line
from api.cli.output.progress import progress_bar
from api.cli.output.times import Times
from api.cli.reads import record_read
from api.cli.whatif import resuming
from api.cli.whatif.headline import headline, notes
from api.cli.whatif.network_options import change_of, network_options
from api.cli.whatif.orders_file import ORDERS, orders_to_try, verify_options
from api.cli.whatif.outputs import Outputs, output_options
from api.cli.whatif.rolled import print_end_stock, print_stretches
from api.cli.whatif.sweep import print_trade_off
from api.cli.whatif.tables import print_draft
from api.files.policies import policy_files_beside
from api.language.current import say, sentence_language
from api.records.whatif import WhatIfRecord
from api.shapes.quantities import Quantities
from api.whatif.changes import name_of
from api.whatif.drafts import Candidate, reviewed, swept
from engine.service import Pointsman
from engine.settings import Settings
from engine.simulation.draft import Draft
from engine.simulation.network_change import NetworkChange
from engine.simulation.rolled.stretches import BeginsAgain
from engine.simulation.whatif import WhatIfRequest, what_if
from engine.simulation.whatif_orders import what_if_of_orders
from rules.errors import Finding, PolicyInvalid

_USUAL_PERIOD = 28 * 86_400
"""Seconds."""
_MOST_SHOWN = 1_000
_USUALLY_SHOWN = 3
_USUALLY_WEIGHED = 20


@click.command()
@click.argument("drafts", metavar="[DRAFT...]", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--against",
    metavar="VERSION",
    default="active",
    show_default=True,
    help="The policy version that the drafts are compared with, or its beginning.",
)
@click.option(
    "--from", "start", type=INSTANT, help="Decisions made from this instant on. Default: 28 days before the end."
)
@TO_OR_NOW
@click.option(
    "--show",
    type=click.IntRange(0, _MOST_SHOWN),
    help="How many of the orders that come out worst, and of the best, are explained. Default: 3; of a sweep, none.",
)
@click.option(
    "--weigh",
    type=click.IntRange(0),
    help="How many of the last decisions in which a rule acts are made again without it. Default: 20; of a sweep, 0.",
)
@WORKERS
@click.option(
    "--checkpoint",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep there what was tried, piece by piece.",
)
@click.option("--resume", is_flag=True, help="Go on with the what-if that is kept in --checkpoint, over the same time.")
@DASK
@click.option(
    "--sweep",
    metavar="RULE.EFFECT=FROM..TO:STEP",
    help="Try the one DRAFT with each of these numbers in the rule's effect; or RULE.EFFECT=NUMBER,NUMBER,...",
)
@ORDERS
@output_options
@click.option(
    "--way",
    type=click.Choice(["one-step", "rolled-forward"]),
    default="one-step",
    show_default=True,
    help="Each decision alone, on the stock as it was; or one after another, on the stock as the draft left it.",
)
@click.option(
    "--begin-again",
    "begins_again",
    type=click.Choice(["day", "week", "month"]),
    help="Rolled forward, begin each of these again from the logged stock. They then run side by side.",
)
@network_options
@AS_JSON
@click.pass_obj
def whatif(
    settings: Settings,
    drafts: tuple[Path, ...],
    *,
    against: str,
    start: int | None,
    end: int | None,
    show: int | None,
    weigh: int | None,
    workers: int | None,
    checkpoint: Path | None,
    resume: bool,
    dask: str | None,
    sweep: str | None,
    orders_file: Path | None,
    report: Path | None,
    csv_folder: Path | None,
    parquet_folder: Path | None,
    way: str,
    begins_again: BeginsAgain | None,
    as_json: bool,
    **changes: Any,
) -> None:
    """Try drafts of policies, or of the network, on the orders of the past.

    DRAFT is a directory of policies, or a file that decides together with those beside it, as policy check takes it.
    Each logged decision of the period is decided again by each draft, alone, on the facts that were kept with it, and
    compared with what the active policies decide of it. Nothing is changed, and nothing has to be published. A draft
    with mistakes is not tried, and the command then exits with 1.

    With --way rolled-forward, one decision comes after another, on the stock as the draft left it. Without a DRAFT, the
    policies compared with are tried on the network as the options change it.

    With --orders FILE, the orders are those of a file, as pointsman route reads them, and none of the past.

    Example: pointsman whatif policies --from 2026-11-27 --to 2026-11-27

    Example: pointsman whatif policies --sweep green/carbon-counts.carbon_price=0..1:0.25

    Example: pointsman whatif policies --from 2026-11-27 --report whatif.html

    Example: pointsman whatif --way rolled-forward --close st-lyon --from 2026-11-27 --to 2026-11-27

    Example: pointsman whatif policies --orders examples/hexagone/orders.ndjson
    """
    if orders_file is not None:
        verify_options(click.get_current_context())
    _verify_options(
        resumes_nothing=resume and checkpoint is None,
        sweeps_several=sweep is not None and len(drafts) != 1,
        needs_stock=changes["volume"] is not None and way == "one-step" and orders_file is None,
        begins_nothing=begins_again is not None and way == "one-step",
        keeps_elsewhere=checkpoint is not None and dask is not None and way == "rolled-forward",
    )
    spread = spread_of(workers, dask)
    outputs = Outputs(report=report, csv=csv_folder, parquet=parquet_folder)
    with outputs.with_room(), Pointsman(settings) as service:
        until = service.now + 1 if end is None else end
        version = service.versions.find(against)
        to_try = None
        if orders_file is not None:
            to_try = orders_to_try(service, orders_file, changes.pop("network_folder"))
        network = to_try.inventory.network if to_try and to_try.inventory else service.network()
        change = change_of(network, **changes)
        tried, refused = _reviewed(service, drafts, sweep)
        if not drafts:
            tried = [_network_alone(service, version, change)]
        if not tried:
            findings = [finding for its in refused.values() for finding in its]
            fail_with_mistakes(PolicyInvalid(findings), say("nothing was tried"))
        request = WhatIfRequest(
            against=version,
            drafts=tuple(replace(draft, change=change) for draft in tried),
            since=until - _USUAL_PERIOD if start is None else start,
            until=until,
            shown=_unless_swept(show, sweep, _USUALLY_SHOWN),
            weighed=_unless_swept(weigh, sweep, _USUALLY_WEIGHED),
            language=sentence_language(),
            way="rolled_forward" if way == "rolled-forward" else "one_step",
            begins_again=begins_again,
        )
        if checkpoint is not None:
            request = resuming.resume(checkpoint, request) if resume else resuming.begin(checkpoint, request)
        with progress_bar() as progress:
            task = progress.add_task(say("deciding again"), total=None)
            if to_try is not None:
                made = what_if_of_orders(service, request, to_try, progress=lambda more: progress.advance(task, more))
            else:
                made = what_if(
                    service,
                    request,
                    spread=spread,
                    progress=lambda more: progress.advance(task, more),
                    checkpoint=checkpoint,
                )
                record_read(service, count=made.decisions)
        record = WhatIfRecord.of(made, refused)
        for name, findings in refused.items():
            _warn_refused(name, findings)
        if as_json:
            print_json(record, Quantities(network.decimals))
        else:
            _print(record, Times(network=network), is_sweep=sweep is not None)
        for line in outputs.write(record):
            click.echo(line, err=as_json)
    sys.exit(1 if refused else 0)


def _network_alone(service: Pointsman, version: str, change: NetworkChange) -> Draft:
    """The policies of that version, on the network as it is changed."""
    if change.changes_nothing:
        raise click.UsageError(say("name a DRAFT of policies, or what changes of the network (--close, --volume, ...)"))
    return Draft(name=name_of(change), texts=service.versions.texts(version))


def _print(record: WhatIfRecord, times: Times, *, is_sweep: bool) -> None:
    first, *each_draft = headline(record, times)
    click.echo(first)
    if is_sweep:
        print_trade_off(record)
    else:
        for line in each_draft:
            click.echo(line)
        for draft in record.drafts:
            print_draft(draft, record.currency, times)
            if draft.rolled:
                print_stretches(draft.rolled, times)
                print_end_stock(draft.rolled)
    for line in notes(record):
        click.echo(line)


def _verify_options(
    *, resumes_nothing: bool, sweeps_several: bool, needs_stock: bool, begins_nothing: bool, keeps_elsewhere: bool
) -> None:
    if resumes_nothing:
        raise click.UsageError(say("--resume goes with --checkpoint DIR"))
    if sweeps_several:
        raise click.UsageError(say("--sweep tries one draft with several numbers; name one"))
    if needs_stock:
        raise click.UsageError(
            say("--volume needs --way rolled-forward: in one step, what orders leave for others makes no difference")
        )
    if begins_nothing:
        raise click.UsageError(
            say("--begin-again needs --way rolled-forward: in one step, each decision is on the logged stock anyhow")
        )
    if keeps_elsewhere:
        raise click.UsageError(
            say("rolled forward, --checkpoint keeps what is decided on this machine: leave out --dask or --checkpoint")
        )


def _unless_swept(given: int | None, sweep: str | None, usually: int) -> int:
    """What a table of many numbers does not show is worked out only if somebody asks for it."""
    if given is not None:
        return given
    return 0 if sweep else usually


def _reviewed(
    service: Pointsman, paths: Sequence[Path], sweep: str | None
) -> tuple[list[Draft], dict[str, Sequence[Finding]]]:
    """As `reviewed`, with the paths of files where mistakes are told. Raises InputInvalid if a path has no policy file,
    or if what is swept is not there.
    """
    if sweep is not None:
        return reviewed(service, swept(sweep, policy_files_beside(paths[0]), field="--sweep"))
    candidates = [Candidate(str(path), policy_files_beside(path)) for path in dict.fromkeys(paths)]
    tried, refused = reviewed(service, candidates)
    return tried, {name: [_in_folder(item, Path(name)) for item in findings] for name, findings in refused.items()}


def _in_folder(finding: Finding, path: Path) -> Finding:
    return replace(finding, file=str((path.parent if path.is_file() else path) / finding.file))


def _warn_refused(name: str, findings: Sequence[Finding]) -> None:
    for finding in findings:
        click.echo(finding_line(finding), err=True)
    click.echo(say("{draft} was not tried, as it has mistakes", draft=name), err=True)
