"""Cells of the list of connectors."""

from collections.abc import Sequence

from api.cli.language.current import counted, say
from api.cli.output.times import Times
from api.connectors.running.early_mark import EarlyMark


def to_mend_text(files: int, records: int) -> str:
    return f"{files} ({counted(records, 'record')})" if records else str(files)


def early_text(marks: Sequence[EarlyMark], times: Times) -> str:
    """How many messages are taken over again by themselves, and when the first of them is."""
    due = [mark.next_at for mark in marks if mark.next_at is not None]
    return say("{count}, at {instant}", count=len(marks), instant=times(min(due))) if due else "0"
