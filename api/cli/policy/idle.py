"""`pointsman policy idle`: the rules that never fired, or never decided, over a period."""

from collections.abc import Iterator

import click

from api.cli.options import AS_JSON, INSTANT, TO_OR_NOW, print_json
from api.cli.output.progress import progress_bar
from api.language.current import counted, say
from api.records.policies import RuleUsesRecord
from engine.audit.search.rule_uses import RuleUses, rule_uses
from engine.service import Pointsman
from engine.settings import Settings


@click.command()
@click.option("--from", "start", type=INSTANT, required=True, help="Decisions logged from this instant on.")
@TO_OR_NOW
@click.option(
    "--weigh",
    default=50,
    show_default=True,
    type=click.IntRange(0),
    help="How many of the last decisions in which a rule fired are made again without it; 0: none.",
)
@AS_JSON
@click.pass_obj
def idle(settings: Settings, start: int, end: int | None, *, weigh: int, as_json: bool) -> None:
    """List the rules that never fired, or never decided.

    Only the decisions of the period count, and the rules that were active in it. A rule that fires decides if
    without it another choice would have been made. To know that, the last decisions in which it fired are made
    again, on the facts that were kept with them. Rules that act only when a node rejects an order are
    named and not counted, as they fire in no decision; see pointsman resting list.

    Example: pointsman policy idle --from 2026-11-01 --to 2026-11-20
    """
    with Pointsman(settings) as service, progress_bar() as progress:
        task = progress.add_task(say("weighing rules"), total=None)
        uses = rule_uses(
            service.decisions,
            service.versions,
            start=start,
            end=service.now + 1 if end is None else end,
            weigh=weigh,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    if as_json:
        print_json(RuleUsesRecord.of(uses))
        return
    for line in _lines(uses):
        click.echo(line)


def _lines(uses: RuleUses) -> Iterator[str]:
    yield say(
        "{decisions}, {rules} active in the period",
        decisions=counted(uses.decisions, "decision"),
        rules=counted(len(uses.rules), "rule"),
    )
    for rule in uses.never_fired:
        yield say("never fired    {rule}", rule=rule)
    for use in uses.never_decided:
        if not use.weighed:
            yield say("not weighed    {rule}  fired in {fired:,}", rule=use.rule, fired=use.fired)
        elif use.weighed == use.fired:
            yield say("never decided  {rule}  fired in {fired:,}", rule=use.rule, fired=use.fired)
        else:
            yield say(
                "not decided    {rule}  the last {weighed:,} of {fired:,} in which it fired",
                rule=use.rule,
                weighed=use.weighed,
                fired=use.fired,
            )
    for rule in uses.on_rejection:
        yield say("not counted    {rule}  acts only when a node rejects an order", rule=rule)
