"""Policy versions, their history and the differences between two of them, as lines for people."""

from collections.abc import Iterable, Iterator, Sequence

from api.cli.output.plural import counted
from api.cli.output.tables import local_time
from engine.decide.order_record import timestamp
from engine.model.facts import Network
from engine.policies.review import SHORT
from engine.policies.versions import Published, Version
from engine.store.policy_versions import PastChange, PolicyTimeline
from rules.diff.compare import Change, Changes

MOST_NAMED = 20
"""At most so many of the rules that a published version leaves out are named."""
_KINDS = {"rolled_back": "back to"}
"""What history lines say for a kind of change, if not its name."""


def change_lines(changes: Changes) -> Iterator[str]:
    """The differences, rule by rule, then how many there are of each kind."""
    for change in changes.changes:
        yield f"{change.kind:<8} {_named(change)}"
        for difference in change.differences:
            signed = [*(("-", text) for text in difference.gone), *(("+", text) for text in difference.added)]
            for number, (sign, text) in enumerate(signed):
                yield f"         {difference.aspect if number == 0 else '':<10} {sign} {text}"
    yield str(changes)


def _named(change: Change) -> str:
    if change.kind != "moved":
        return f"{change.rule}  ({change.file})" if change.file else change.rule
    files = [file for file in (change.file_before, change.file) if file]
    where = f"  ({' -> '.join(dict.fromkeys(files))})" if files else ""
    return (change.rule if change.before == change.rule else f"{change.before} -> {change.rule}") + where


def published_lines(published: Published, active: str | None) -> Iterator[str]:
    """The version that was stored, its warnings, and what it changes compared with the active version."""
    unchanged = "" if published.new else ", as it was before"
    tested = f", {counted(published.tests_passed, 'test')} passed" if published.tests_passed else ", without tests"
    yield f"published {published.version} ({counted(len(published.rules), 'rule')}{tested}{unchanged})"
    yield from map(str, published.warnings)
    if published.changes is None or active is None or active == published.version:
        return
    yield f"compared with the active version {active[:SHORT]}: {published.changes}"
    gone = [change.rule for change in published.changes.of("gone")]
    yield from (f"  leaves out {rule}" for rule in gone[:MOST_NAMED])
    if len(gone) > MOST_NAMED:
        yield f"  ... and {len(gone) - MOST_NAMED} more"


def version_lines(versions: Sequence[Version], network: Network | None) -> Iterator[str]:
    """The versions, oldest first; the active one has a star."""
    for version in versions:
        rules = "-" if version.rules is None else str(version.rules)
        noun = "rule " if version.rules == 1 else "rules"
        when = _local(version.at, network) if version.at else "-"
        mark = "*" if version.active else " "
        yield f"{mark} {version.version[:SHORT]}  {rules:>5} {noun}  {when}  {version.who}  {version.note}".rstrip()
        if version.approvers:
            yield f"    approved by {', '.join(version.approvers)}"
        yield from (f"    scheduled from {_local(instant, network)} on" for instant in version.scheduled)


def schedule_lines(timeline: PolicyTimeline, network: Network | None) -> Iterator[str]:
    for since, version in timeline.scheduled:
        yield f"{version[:SHORT]} takes over at {_local(since, network)}, as scheduled"


def history_lines(changes: Iterable[PastChange]) -> Iterator[str]:
    """Who changed what, when and why, oldest first."""
    for change in changes:
        since = "" if change.since is None else f"  from {timestamp(change.since)}"
        kind = _KINDS.get(change.kind, change.kind)
        version = change.version[:SHORT]
        override = "  without approval" if change.override else ""
        yield f"{timestamp(change.at)}  {kind:<9}  {version}{since}{override}  {change.who}  {change.note}"


def _local(instant: int, network: Network | None) -> str:
    """The instant on the installation's clock, or in UTC if no network is loaded."""
    return timestamp(instant) if network is None else local_time(timestamp(instant), network)
