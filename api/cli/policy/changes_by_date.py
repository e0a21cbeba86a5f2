"""`pointsman policy diff --between`: how the rules that decide changed from one date to another."""

from collections.abc import Iterator

import click

from api.cli.options import print_json
from api.cli.output import policy_lines
from api.cli.output.times import Times
from api.language.current import say, text
from api.records.policies import ActivationRecord, ChangesByDateRecord, ChangesRecord
from engine.policies.activations import Activation
from engine.policies.review import SHORT
from engine.service import Pointsman
from engine.settings import Settings
from rules.diff.compare import Changes

_KINDS = {
    "activated": text("{instant}  {version} activated by {who}"),
    "scheduled": text("{instant}  {version} active as scheduled by {who}"),
    "rolled_back": text("{instant}  back to {version} by {who}"),
}


def print_changes_between(settings: Settings, start: int, end: int, *, as_json: bool) -> None:
    """Print what became active from `start` to before `end` (UTC seconds), and what differs in all."""
    if end <= start:
        raise click.UsageError(say("the second instant is not after the first"))
    with Pointsman(settings) as service:
        versions, times = service.versions, Times.of(service)
        before, after = versions.active_at(start), versions.active_at(end - 1)
        changes = versions.changes(before, after) if after else None
        between = [item for item in versions.activations() if start < item.at < end]
        steps = [(item, versions.changes_of(item), versions.approvals.of(item.version)) for item in between]
    if as_json:
        print_json(
            ChangesByDateRecord(
                version_from=before,
                version_to=after,
                changes=changes and ChangesRecord.of(changes),
                activations=[ActivationRecord.of(*step) for step in steps],
            )
        )
        return
    for item, its, approvers in steps:
        for line in _step_lines(item, its, approvers, times):
            click.echo(line)
    for line in _difference_lines(before, after, changes):
        click.echo(line)


def _difference_lines(before: str | None, after: str | None, changes: Changes | None) -> Iterator[str]:
    """What differs in all. `changes` is None if no version was active at the end, and so none before."""
    if changes is None or after is None:
        yield say("no version was active")
    elif before == after:
        yield say("{version} is active at the end as at the beginning", version=after[:SHORT])
    else:
        yield say(
            "from {before} to {after}:", before=before[:SHORT] if before else say("no version"), after=after[:SHORT]
        )
        yield from policy_lines.change_lines(changes)


def _step_lines(item: Activation, changes: Changes | None, approvers: tuple[str, ...], times: Times) -> list[str]:
    line = say(_KINDS[item.kind], instant=times(item.at), version=item.version[:SHORT], who=item.who)
    line += f": {item.note}" if item.note else ""
    lines = [line]
    if approvers:
        lines.append(say("    approved by {people}", people=", ".join(approvers)))
    if item.override:
        lines.append(say("    without the approval that it needed"))
    differences = list(policy_lines.change_lines(changes)) if changes else []
    if item.before is None:  # all its rules are new: how many is enough
        differences = differences[-1:]
    return lines + [f"    {line}" for line in differences]
