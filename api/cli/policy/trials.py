"""`pointsman policy shadow` and `canary`: versions that are tried on orders, or decide a share of them."""

from collections.abc import Iterable, Iterator

import click
from click.core import ParameterSource

from api.cli.options import AS_JSON, print_json, who
from api.cli.output.policy_lines import TRIAL_FIGURES, ended_because
from api.cli.output.times import Times
from api.cli.policy.activation import NOTE, OVERRIDE_GATE
from api.cli.policy.gate import WORKERS, gate_unless_it_counts, shown_amount
from api.language.current import counted, say, say_message, say_number
from api.records.trials import TrialFigureRecord, TrialOrdersRecord, TrialRecord, trial_record
from engine.errors import NotReady
from engine.policies.canary_request import USUAL_LEAST, CanaryRequest
from engine.policies.review import SHORT
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.policy_trials import TrialKind
from rules.errors import LiteralInvalid
from rules.syntax.literals import share as parse_share

MOST_LISTED = 1_000


class _Share(click.ParamType):
    """A percentage, as ten-thousandths."""

    name = "share"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            return parse_share(str(value))
        except LiteralInvalid as error:
            self.fail(say_message(str(error)), param, ctx)


_ORDERS = click.option("--orders", is_flag=True, help="List the orders that come out otherwise, the worst first.")


@click.command("shadow")
@click.argument("version", required=False)
@click.option("--share", type=_Share(), default="100%", show_default=True, help="On which share of the orders: 20%.")
@click.option("--off", is_flag=True, help="End it.")
@_ORDERS
@NOTE
@AS_JSON
@click.pass_obj
def shadow(
    settings: Settings, version: str | None, share: int, note: str, *, off: bool, orders: bool, as_json: bool
) -> None:
    """Try a published VERSION beside the one that decides.

    It holds nothing and changes no answer: a worker of pointsman serve decides each new order again, after the answer,
    on the facts that were kept with it. Without VERSION, show what came of it.

    Example: pointsman policy shadow d2720ce4c970 --share 20%
    """
    if off and version:
        raise click.UsageError(say("give VERSION or --off"))
    with Pointsman(settings) as service:
        if version:
            full_version = service.versions.find(version)
            service.trials.start_shadow(full_version, share=share, who=who(settings), note=note)
        elif off:
            service.trials.end_shadow(who=who(settings), note=note)
        _show(service, "shadow", orders=orders, as_json=as_json)


@click.command("canary")
@click.argument("version", required=False)
@click.option(
    "--share", type=_Share(), help="Which share of the orders it decides: 5%. Of one that runs, a larger one."
)
@click.option("--watch", help="The figures that are shown, as cost,late,unfilled. Default: all.")
@click.option(
    "--stop-if",
    multiple=True,
    metavar="'FIGURE > BOUND'",
    help="End it by itself if the orders that it decided come to more than that: 'late > +2%'. May be given several"
    " times.",
)
@click.option(
    "--at-least",
    "least_orders",
    type=click.IntRange(1),
    default=USUAL_LEAST,
    show_default=True,
    help="From how many orders on the bounds count.",
)
@click.option("--promote", is_flag=True, help="Let it decide all orders: activate it.")
@click.option("--stop", is_flag=True, help="End it: the active version decides all orders again.")
@click.option(
    "--override", is_flag=True, help="In an emergency, do without the approval that is missing; needs --note."
)
@OVERRIDE_GATE
@WORKERS
@_ORDERS
@NOTE
@AS_JSON
@click.pass_obj
def canary(
    settings: Settings,
    version: str | None,
    share: int | None,
    *,
    watch: str | None,
    stop_if: tuple[str, ...],
    least_orders: int,
    note: str,
    workers: int | None,
    promote: bool,
    stop: bool,
    override: bool,
    override_gate: bool,
    orders: bool,
    as_json: bool,
) -> None:
    """Let a published VERSION decide a share of the orders.

    Which orders these are follows from their ids, so each stays on its side. Each is decided again under the active
    version, and what they come to is compared: if a bound is broken, the canary ends by itself. Without VERSION, show
    what came of it; --share then gives it a larger share.

    Example: pointsman policy canary d2720ce4c970 --share 5% --stop-if 'late > +2%' --stop-if 'cost > +3%'
    """
    if sum((bool(version), promote, stop)) > 1 or (version and share is None) or ((promote or stop) and share):
        raise click.UsageError(say("give VERSION with --share, or --promote, or --stop"))
    _verify_terms_begin(version)
    with Pointsman(settings) as service:
        name, trials = who(settings), service.trials
        if version and share is not None:
            full_version = service.versions.find(version)
            request = CanaryRequest(
                version=full_version,
                share=share,
                stop_if=stop_if,
                watch=[part.strip() for part in watch.split(",")] if watch else (),
                least_orders=least_orders,
            )
            trials.verify_may_start(request)
            if not override_gate:
                gate_unless_it_counts(service, full_version, who=name, workers=workers)
            trials.start_canary(request, who=name, note=note, override=override, override_gate=override_gate)
        elif promote:
            promoted = trials.running("canary").version
            if not override_gate:
                gate_unless_it_counts(service, promoted, who=name, workers=workers)
            service.versions.activate(promoted, who=name, note=note, override=override, override_gate=override_gate)
        elif stop:
            trials.end_canary(who=name, note=note)
        elif share is not None:
            if not override_gate:
                gate_unless_it_counts(service, trials.running("canary").version, who=name, workers=workers)
            trials.grow_canary(share, who=name, note=note, override=override, override_gate=override_gate)
        _show(service, "canary", orders=orders, as_json=as_json)


COMMANDS = (shadow, canary)


def _verify_terms_begin(version: str | None) -> None:
    """Raise UsageError if terms are given without the VERSION that begins by them: those of one that runs stay."""
    source = click.get_current_context().get_parameter_source
    given = [name for name in ("stop_if", "watch", "least_orders") if source(name) is ParameterSource.COMMANDLINE]
    if given and version is None:
        raise click.UsageError(
            say(
                "--stop-if, --watch and --at-least are given with VERSION, as the canary begins; to change them, end it"
                " and begin again"
            )
        )


def _show(service: Pointsman, kind: TrialKind, *, orders: bool, as_json: bool) -> None:
    trials = service.trials
    record = trial_record(trials, kind)
    rows = TrialOrdersRecord.of(trials.changed_orders(kind, limit=MOST_LISTED)) if orders else None
    if as_json:
        print_json(record if rows is None else rows)
        return
    try:
        currency = service.network().currency
    except NotReady:
        currency = ""
    lines = _lines(record, Times.of(service), currency)
    # of orders that are asked for, the summary would stand before them: its first line says whose they are
    for line in lines if rows is None else (next(lines), *_order_lines(rows, currency)):
        click.echo(line)


def _lines(record: TrialRecord, times: Times, currency: str) -> Iterator[str]:
    words = {"version": record.version[:SHORT], "share": say_number(record.share), "instant": times(record.since)}
    if record.kind == "canary":
        base = record.base[:SHORT] if isinstance(record.base, str) else ""
        yield say("canary {version} beside {base}: {share} of the orders since {instant}", base=base, **words)
    else:
        yield say("shadow {version}: {share} of the orders since {instant}", **words)
    if not record.running:
        ended = times(record.ended_at) if isinstance(record.ended_at, str) else ""
        note = say_message(record.end_note) if isinstance(record.end_note, str) else ""
        reason = ended_because(record.because if isinstance(record.because, str) else "", note)
        if record.kind == "canary":
            over = say("  canary over since {instant}", instant=ended) if ended else say("  canary over")
        else:
            over = say("  shadow over since {instant}", instant=ended) if ended else say("  shadow over")
        yield say("{line}: {note}", line=over, note=reason) if reason else over
    yield say(
        "  {changed:,} of {orders} come out otherwise",
        changed=record.orders_changed,
        orders=counted(record.orders, "order"),
    )
    if record.untried:
        yield say("  {decisions} could not be tried", decisions=counted(record.untried, "decision"))
    if isinstance(record.untried_because, str):
        yield say("  nothing is compared: {reason}", reason=say_message(record.untried_because))
    watch = record.watch if isinstance(record.watch, list) else list(TRIAL_FIGURES)
    yield from (_figure_line(item, currency) for item in record.figures if item.figure in watch)


def _figure_line(item: TrialFigureRecord, currency: str) -> str:
    line = say(
        "  {figure}: {difference}, from {before} to {after}, between {low} and {high} (95%)",
        figure=say(TRIAL_FIGURES[item.figure]),
        difference=shown_amount(item.figure, item.difference, currency) if item.difference else say_number("+0"),
        before=shown_amount(item.figure, item.before, currency).lstrip("+"),
        after=shown_amount(item.figure, item.before + item.difference, currency).lstrip("+"),
        low=shown_amount(item.figure, item.low, currency),
        high=shown_amount(item.figure, item.high, currency),
    )
    if not isinstance(item.stop_if, str):
        return line
    parts = [
        line,
        say("more than {bound} ends it", bound=say_number(item.stop_if)),
        *([say("broken")] if item.broken else []),
    ]
    return ", ".join(parts)


def _order_lines(rows: TrialOrdersRecord, currency: str) -> Iterable[str]:
    if not rows.orders:
        yield say("  no order comes out otherwise")
    for row in rows.orders:
        yield say(
            "  order {order}: {cost}, {co2}, {unfilled} unfilled, {late} late; decision {decision}",
            order=row.order,
            cost=shown_amount("cost", row.cost_micros, currency),
            co2=shown_amount("co2", row.co2_mg, currency),
            unfilled=shown_amount("unfilled", row.units_unfilled, currency),
            late=shown_amount("late", row.late, currency),
            decision=row.decision,
        )
