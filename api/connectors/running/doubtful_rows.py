"""Rows that were being taken over when a process died, so long ago that their operations are forgotten."""

from collections.abc import Sequence

from api.connectors.running.problems import Problem
from api.connectors.running.reading import ReadItem, ReadRow
from api.connectors.running.row_taker import RowTaker, Taken

_MESSAGE = (
    "a process died more than a day ago while it took over this row, and nobody can tell whether it did:"
    " look at what the row is about, and replay it if it was not taken over"
)


def put_aside_doubtful(taker: RowTaker, batch: Sequence[ReadItem]) -> Taken:
    """All rows among them are bad."""
    rows = [item for item in batch if isinstance(item, ReadRow)]
    taken = taker.take([item for item in batch if not isinstance(item, ReadRow)])
    taken.endings["bad"] += len(rows)
    taken.problems += [
        Problem(row=row.number, place=row.place, path="", message=_MESSAGE, raw=row.raw).short() for row in rows
    ]
    return taken
