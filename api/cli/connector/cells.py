"""Cells of the list of connectors, and lines below it."""

from collections.abc import Iterable, Iterator, Sequence

from api.cli.output.times import Times
from api.connectors.running.early_mark import EarlyMark
from api.connectors.running.kept_files import KeptFiles, KeptUnknown
from api.language.current import counted, say, say_message
from engine.store.connectors.status import ConnectorStatus

_BEGINNING_SECONDS = 7 * 86_400
"""For so long it is listed that a connector began again."""


def kept_texts(kept: KeptFiles | KeptUnknown, times: Times) -> tuple[str, str]:
    """How many files wait for a person, and when others are taken over again."""
    if isinstance(kept, KeptUnknown):
        return "?", "?"
    records = f" ({counted(kept.records, 'record')})" if kept.records else ""
    return f"{kept.to_mend}{records}", early_text(kept.early, times)


def last_error(status: ConnectorStatus, kept: KeptFiles | KeptUnknown) -> str:
    """What went wrong last, and that its folder can't be read."""
    errors = [status.error, kept.error if isinstance(kept, KeptUnknown) else ""]
    return "; ".join(say_message(error) for error in dict.fromkeys(errors) if error)


def waiting_text(status: ConnectorStatus, now: int) -> str:
    """How many messages or records wait, and for how long the oldest has."""
    if not status.waiting:
        return "0"
    return say("{count}, for {seconds} s", count=f"{status.waiting:,}", seconds=f"{status.lag(now):,}")


def so_far_text(status: ConnectorStatus, *, sends: bool) -> str:
    """What became of all that it ever read, or sent."""
    bad = f"{status.bad:,}"
    if sends:
        return say("{sent} sent, {bad} bad", sent=f"{status.sent:,}", bad=bad)
    return say("{rows}, {bad} bad", rows=counted(status.rows, "row"), bad=bad)


def early_text(marks: Sequence[EarlyMark], times: Times) -> str:
    """How many messages are taken over again by themselves, and when the first of them is."""
    due = [mark.next_at for mark in marks if mark.next_at is not None]
    return say("{count}, at {instant}", count=len(marks), instant=times(min(due))) if due else "0"


def beginnings(statuses: Iterable[ConnectorStatus], times: Times, now: int) -> Iterator[str]:
    """Of each connector that began again lately, when and why."""
    for status in statuses:
        if status.began_again and status.began_again_at > now - _BEGINNING_SECONDS:
            yield f"{status.name}: {times(status.began_again_at)}: {say_message(status.began_again)}"
