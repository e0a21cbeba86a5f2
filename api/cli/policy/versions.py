"""`pointsman policy publish`, `approve`, `activate`, `rollback`, `list`, `show`, `diff`, `history`: policy versions."""

from pathlib import Path

import click

from api.cli.language.current import say
from api.cli.options import AS_JSON, INSTANT, INSTANT_END, print_json, who
from api.cli.output import policy_lines
from api.cli.output.times import Times
from api.cli.policy.changes_by_date import print_changes_between
from api.cli.policy.report import networks_in
from api.files.policies import policy_files, policy_files_beside, policy_test_files
from api.files.policy_tests.reader import make_test_runner
from api.records.policies import ChangesRecord, HistoryEntryRecord, ListedVersionRecord, VersionFilesRecord
from engine.errors import NotFound
from engine.policies.versions import Versions
from engine.service import Pointsman
from engine.settings import Settings
from rules.diff.compare import compare
from rules.loader import load_policies
from rules.policy import PolicySet

_NOTE = click.option("--note", default="", help="The reason, kept in the history.")


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@_NOTE
@click.option("--activate", is_flag=True, help="Make it the active version at once.")
@click.option("--alone", is_flag=True, help="Publish the one file PATH as the whole version, without those beside it.")
@click.option("--strict", is_flag=True, help="Publish nothing if there are warnings.")
@click.option(
    "--emergency",
    is_flag=True,
    help="Publish although tests fail because of rules that end within 7 days; needs --note, and their own tests pass.",
)
@click.pass_obj
def publish(
    settings: Settings, path: Path, note: str, *, activate: bool, alone: bool, strict: bool, emergency: bool
) -> None:
    """Store the policy files under PATH as one version.

    It is named by the hash of their content. A version is complete: a rule that is in no file under PATH is not in it.
    Rules of the active version that it leaves out are listed. If there are tests (*_test.yaml), they must pass.

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
    run_tests = make_test_runner(
        policy_test_files(path), open_network=networks_in(path if path.is_dir() else path.parent)
    )
    with Pointsman(settings) as service:
        active = service.versions.timeline().active
        published = service.versions.publish(
            content, who=who(settings), note=note, run_tests=run_tests, strict=strict, in_emergency=emergency
        )
        for line in policy_lines.published_lines(published, active):
            click.echo(line)
        if activate:
            service.activate(published.version, who=who(settings), note=note)
            click.echo(say("active from the next decision on"))
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
@_NOTE
@click.pass_obj
def activate_version(settings: Settings, version: str, instant: int | None, note: str, *, override: bool) -> None:
    """Activate a published VERSION, now or from an instant on.

    Its first characters, 4 or more, are enough if no other version begins with them.

    A scheduled version takes over at its instant, whatever is activated meanwhile, unless another is scheduled for the
    same instant.

    Example: pointsman policy activate d2720ce4c970 --at 2026-11-27T08:00:00+01:00 --note "Black Friday"
    """
    with Pointsman(settings) as service:
        full_version = service.versions.find(version)
        service.versions.activate(full_version, who=who(settings), note=note, since=instant, override=override)
        if instant is None:
            click.echo(say("{full_version} is active from the next decision on", full_version=full_version))
        _print_schedule(service)


@click.command("approve")
@click.argument("version")
@_NOTE
@click.pass_obj
def approve_version(settings: Settings, version: str, note: str) -> None:
    """Approve a published VERSION, which somebody else published.

    With POINTSMAN_FOUR_EYES=1, a version is activated only after that.

    Example: pointsman policy approve d2720ce4c970 --note "read it, and its tests"
    """
    with Pointsman(settings) as service:
        full_version = service.versions.find(version)
        service.versions.approve(full_version, who=who(settings), note=note)
    click.echo(say("{full_version} is approved by {who}", full_version=full_version, who=who(settings)))


@click.command()
@click.option(
    "--at",
    "instant",
    type=INSTANT,
    help='From this instant on, such as "2026-11-27 08:00" or 2026-11-27T08:00:00+01:00. Default: now.',
)
@_NOTE
@click.pass_obj
def rollback(settings: Settings, instant: int | None, note: str) -> None:
    """Activate again the version that was active before. Each further rollback goes one version further back.

    Example: pointsman policy rollback --note "the discount was wrong"
    """
    with Pointsman(settings) as service:
        version = service.versions.roll_back(who=who(settings), note=note, since=instant)
        if instant is None:
            click.echo(say("back to {version}, active from the next decision on", version=version))
        _print_schedule(service)


@click.command("unschedule")
@click.argument("version")
@_NOTE
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


@click.command("list")
@AS_JSON
@click.pass_obj
def list_versions(settings: Settings, *, as_json: bool) -> None:
    """List the published versions, and what is scheduled.

    The active one has a star.

    Example: pointsman policy list
    """
    with Pointsman(settings) as service:
        versions = service.versions.published()
        times = Times.of(service)
    if as_json:
        print_json([ListedVersionRecord.of(version) for version in versions])
    for line in [] if as_json else policy_lines.version_lines(versions, times):
        click.echo(line)


@click.command("show")
@click.argument("version")
@click.option("--file", "name", help="Print only this file.")
@AS_JSON
@click.pass_obj
def show_version(settings: Settings, version: str, name: str | None, *, as_json: bool) -> None:
    """Print the files of a published VERSION as they were published. `active` names the active one.

    Example: pointsman policy show active --file clearance.yaml
    """
    with Pointsman(settings) as service:
        full_version = service.versions.find(version)
        texts = service.versions.texts(full_version)
    if name is not None:
        if name not in texts:
            raise NotFound(
                say(
                    "version {full_version} has no file '{name}'; it has {texts}",
                    full_version=full_version[:12],
                    name=name,
                    texts=", ".join(sorted(texts)),
                )
            )
        texts = {name: texts[name]}
    if as_json:
        print_json(VersionFilesRecord(version=full_version, files=texts))
    elif name is not None:
        click.echo(texts[name], nl=False)
    else:
        click.echo(say("# version {full_version}", full_version=full_version))
        for file, text in sorted(texts.items()):
            click.echo(f"\n# ---- {file}\n{text}", nl=not text.endswith("\n"))


@click.command("diff")
@click.argument("old", required=False)
@click.argument("new", required=False)
@click.option(
    "--between",
    nargs=2,
    type=(INSTANT, INSTANT_END),
    metavar="FROM TO",
    help="What became active between two instants, and what differs in all. If TO is a date, that day is included.",
)
@AS_JSON
@click.pass_obj
def diff_versions(
    settings: Settings, old: str | None, new: str | None, *, between: tuple[int, int] | None, as_json: bool
) -> None:
    """Show what differs between OLD and NEW, or two dates.

    It lists the rules that were added, removed, changed or moved. OLD and NEW are each a version (or its unique first
    characters), `active`, or a path. Layout, comments, the order of rules and the names of terms make no difference.

    Example: pointsman policy diff active policies
    """
    if between is not None and old is None:
        print_changes_between(settings, *between, as_json=as_json)
        return
    if between is not None or old is None or new is None:
        raise click.UsageError(say("give OLD and NEW, or --between FROM TO"))
    paths = [path for path in (Path(old), Path(new)) if _is_path(path)]
    if len(paths) == 2:  # noqa: PLR2004  # both are paths: no server is needed
        sets = [_from_path(path) for path in paths]
    else:
        with Pointsman(settings) as service:
            sets = [_policies(word, service.versions) for word in (old, new)]
    changes = compare(*sets)
    if as_json:
        print_json(ChangesRecord.of(changes))
    for line in [] if as_json else policy_lines.change_lines(changes):
        click.echo(line)


@click.command("history")
@AS_JSON
@click.pass_obj
def policy_history(settings: Settings, *, as_json: bool) -> None:
    """List who published or activated which version, when and why.

    Example: pointsman policy history
    """
    with Pointsman(settings) as service:
        changes, times = service.versions.history(), Times.of(service)
    if as_json:
        print_json([HistoryEntryRecord.of(change) for change in changes])
    for line in [] if as_json else policy_lines.history_lines(changes, times):
        click.echo(line)


COMMANDS = (
    publish,
    approve_version,
    activate_version,
    rollback,
    unschedule_version,
    list_versions,
    show_version,
    diff_versions,
    policy_history,
)


def _is_path(path: Path) -> bool:
    return str(path) != "active" and path.exists()


def _policies(word: str, versions: Versions) -> PolicySet:
    if _is_path(Path(word)):
        return _from_path(Path(word))
    return versions.read(versions.find(word))


def _from_path(path: Path) -> PolicySet:
    return load_policies(policy_files(path))


def _print_schedule(service: Pointsman) -> None:
    for line in policy_lines.takeover_lines(service.versions.takeovers(), Times.of(service)):
        click.echo(line)
