"""Tables on sheets."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from engine.fulfilment.labels.layouts.sheet import BODY, INNER, MARGIN, SMALL, Block, block, written
from engine.fulfilment.labels.page import GRID, MM, Align, Area, TextBox


class Column(NamedTuple):
    """`share` is how much of the width it takes, in hundredths."""

    title: str
    share: int
    align: Align = "left"


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, size: int = BODY) -> Iterator[Block]:
    """Its head and its rows, each with a cell for each column; the head stands on every page that rows are on."""
    titles = _cells(columns, [column.title for column in columns], size=SMALL, bold=True)
    bottom = max(box.area.bottom for box in titles)
    head = block(bottom + MM, *titles, rules=[Area(MARGIN, bottom + GRID, INNER, 4)], leads=True)
    yield head
    for row in rows:
        cells = _cells(columns, row, size=size, bold=False)
        height = max(box.area.bottom for box in cells) + MM // 2
        yield Block(content=block(height, *cells).content, head=head)


def _cells(columns: Sequence[Column], texts: Sequence[str], *, size: int, bold: bool) -> list[TextBox]:
    cells, left = [], MARGIN
    for column, text in zip(columns, texts, strict=True):
        width = INNER * column.share // 100 // GRID * GRID
        room = width if column is columns[-1] else width - 2 * MM
        cells.append(written(text, left, MM // 2, room, size=size, bold=bold, align=column.align))
        left += width
    return cells
