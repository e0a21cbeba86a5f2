"""`pointsman policy publish`, `activate`, `rollback`, `unschedule`: which version decides, and when."""

import shlex
from pathlib import Path

import click

from api.cli.options import INSTANT, who
from api.cli.output import policy_lines
from api.cli.output.mistakes import fail
from api.cli.output.times import Times
from api.cli.policy.gate import WORKERS, gate_run_and_shown, gate_unless_it_counts
from api.cli.policy.report import networks_in
from api.files.policies import policy_files, policy_files_beside, policy_test_files
from api.files.policy_tests.reader import make_test_runner
from api.language.current import say, say_message
from engine.errors import TestsFailed
from engine.service import Pointsman
from engine.settings import Settings

NOTE = click.option("--note", default="", help="The reason, kept in the history.")
OVERRIDE_GATE = click.option(
    "--override-gate", is_flag=True, help="In an emergency, do without a gate that passed; needs --note."
)


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@NOTE
@click.option("--activate", is_flag=True, help="Make it the active version at once.")
@click.option("--alone", is_flag=True, help="Publish the one file PATH as the whole version, without those beside it.")
@click.option("--strict", is_flag=True, help="Publish nothing if there are warnings.")
@click.option(
    "--emergency",
    is_flag=True,
    help="Publish although tests fail because of rules that end within 7 days; needs --note, and their own tests pass.",
)
@click.option("--no-gate", is_flag=True, help="Leave the gate unrun; without it the version can't be activated.")
@OVERRIDE_GATE
@WORKERS
@click.pass_obj
def publish(
    settings: Settings,
    path: Path,
    note: str,
    *,
    activate: bool,
    alone: bool,
    strict: bool,
    emergency: bool,
    no_gate: bool,
    override_gate: bool,
    workers: int | None,
) -> None:
    """Store the policy files under PATH as one version.

    It is named by the hash of their content. A version is complete: a rule that is in no file under PATH is not in it.
    Rules of the active version that it leaves out are listed. If there are tests (*_test.yaml), they must pass. If
    there is a gate.yaml, what the version would have done to the orders of its period is compared with its bounds, and
    it is activated only if it passes, or with --override-gate.

    Example: pointsman policy publish policies --activate --note "autumn sale"
    """
    content = policy_files(path)
    others = len(policy_files_beside(path)) - len(content)
    if others and not alone:
        raise click.UsageError(
            say(
                "{path} is one of {others} policy files, and a version is complete: publish {parent}, with all of them,"
                " or give --alone to let this file decide by itself",
                path=path,
                others=others + 1,
                parent=path.parent,
            )
        )
    tests = policy_test_files(path)
    run_tests = make_test_runner(tests, open_network=networks_in(path if path.is_dir() else path.parent))
    with Pointsman(settings) as service:
        active = service.versions.timeline().active
        try:
            published = service.versions.publish(
                content,
                who=who(settings),
                note=note,
                run_tests=run_tests,
                tests=tests,
                strict=strict,
                in_emergency=emergency,
            )
        except TestsFailed as error:
            fail(list(map(say_message, error.in_folder(shlex.quote(str(path))).split("\n"))))
        for line in policy_lines.published_lines(published, active):
            click.echo(line)
        # in an emergency nobody waits for the gate: its note is that of an override, too
        override_gate = override_gate or published.emergency is not None
        if not no_gate and published.emergency is None:
            gate_run_and_shown(service, published.version, who=who(settings), workers=workers)
        if activate:
            changed = service.versions.activate(
                published.version, who=who(settings), note=note, override_gate=override_gate
            )
            click.echo(say("active from the next decision on") if changed else _decides_already(published.version))
            _print_schedule(service)


@click.command("activate")
@click.argument("version")
@click.option(
    "--at",
    "instant",
    type=INSTANT,
    help='From this instant on, such as "2026-11-27 08:00" or 2026-11-27T08:00:00+01:00. Default: now.',
)
@click.option(
    "--override", is_flag=True, help="In an emergency, do without the approval that is missing; needs --note."
)
@OVERRIDE_GATE
@WORKERS
@NOTE
@click.pass_obj
def activate_version(
    settings: Settings,
    version: str,
    instant: int | None,
    note: str,
    *,
    override: bool,
    override_gate: bool,
    workers: int | None,
) -> None:
    """Activate a published VERSION, now or from an instant on.

    Its first characters, 4 or more, are enough if no other version begins with them.

    A scheduled version takes over at its instant, whatever is activated meanwhile, unless another is scheduled for the
    same instant. If the version has a gate whose result does not count any more, it is run first.

    Example: pointsman policy activate d2720ce4c970 --at 2026-11-27T08:00:00+01:00 --note "Black Friday"
    """
    with Pointsman(settings) as service:
        full_version = service.versions.find(version)
        if not override_gate:
            gate_unless_it_counts(service, full_version, who=who(settings), workers=workers)
        active = service.versions.timeline().active
        changed = service.versions.activate(
            full_version, who=who(settings), note=note, since=instant, override=override, override_gate=override_gate
        )
        if not changed:
            click.echo(_decides_already(full_version))
        elif instant is None:
            click.echo(say("{full_version} is active from the next decision on", full_version=full_version))
            print_gone(service, active, full_version)
        _print_schedule(service)


@click.command()
@click.option(
    "--at",
    "instant",
    type=INSTANT,
    help='From this instant on, such as "2026-11-27 08:00" or 2026-11-27T08:00:00+01:00. Default: now.',
)
@click.option("--from", "leaving", help="Only if this version decides now; its first characters are enough.")
@NOTE
@click.pass_obj
def rollback(settings: Settings, instant: int | None, leaving: str | None, note: str) -> None:
    """Activate again the version that was active before. Each further rollback goes one version further back.

    Example: pointsman policy rollback --note "the discount was wrong"
    """
    with Pointsman(settings) as service:
        active = service.versions.timeline().active
        seen = service.versions.find(leaving) if leaving else None
        version = service.versions.roll_back(who=who(settings), note=note, since=instant, leaving=seen)
        if instant is None:
            click.echo(say("back to {version}, active from the next decision on", version=version))
            print_gone(service, active, version)
        _print_schedule(service)


@click.command("unschedule")
@click.argument("version")
@NOTE
@click.pass_obj
def unschedule_version(settings: Settings, version: str, note: str) -> None:
    """Take VERSION off the schedule: it does not take over.

    Example: pointsman policy unschedule d2720ce4c970 --note "the sale is put off"
    """
    with Pointsman(settings) as service:
        full_version, times = service.versions.find(version), Times.of(service)
        for since in service.versions.cancel_schedule(full_version, who=who(settings), note=note):
            click.echo(say("{version} does not take over at {instant}", version=full_version, instant=times(since)))
        _print_schedule(service)


COMMANDS = (publish, activate_version, rollback, unschedule_version)


def print_gone(service: Pointsman, before: str | None, version: str) -> None:
    """Name the rules of the version before that go."""
    for line in policy_lines.gone_lines(service.versions.rules_gone(before, version)):
        click.echo(line)


def _decides_already(version: str) -> str:
    return say("{version} decides already: nothing was changed", version=version)


def _print_schedule(service: Pointsman) -> None:
    for line in policy_lines.takeover_lines(service.versions.takeovers(), Times.of(service)):
        click.echo(line)
