"""`pointsman policy list`, `show`, `diff`, `history`: policy versions."""

from pathlib import Path

import click

from api.cli.options import AS_JSON, INSTANT, INSTANT_END, print_json
from api.cli.output import policy_lines
from api.cli.output.times import Times
from api.cli.policy.changes_by_date import print_changes_between
from api.files.policies import policy_files
from api.language.current import say
from api.records.listed_versions import ListedVersionRecord
from api.records.policies import ChangesRecord, HistoryEntryRecord, VersionFilesRecord
from engine.errors import NotFound
from engine.policies.versions import Versions
from engine.service import Pointsman
from engine.settings import Settings
from rules.diff.compare import compare
from rules.loader import load_policies
from rules.policy import PolicySet


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
