"""A SKU's stock as tables for people: as many as the terminal's width demands, so that no heading is cut."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec import UNSET
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from api.cli.language.current import say
from api.records.stock.positions import SkuStockRecord

_BORDER = 3
"""Width that a column needs besides its text: a line, and a blank on either side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    heading: str
    cells: Sequence[str]

    @property
    def width(self) -> int:
        return _BORDER + max(cell_len(text) for text in (self.heading, *self.cells))


def stock_tables(record: SkuStockRecord, *, width: int) -> Iterator[Table]:
    """The nodes, each with its units and what is free to each channel; columns that don't fit go into a table below."""
    nodes = _Column(heading=say("node"), cells=[item.node for item in record.nodes])
    available = (
        say("{available} available", available=record.available)
        if record.counted is UNSET
        else say("not counted, it needs no stock")
    )
    title: Text | None = Text(f"{record.sku}: {available}")
    for group in _groups(list(_columns(record)), width - nodes.width - 1):
        table = Table(title=title)
        table.add_column(nodes.heading, no_wrap=True)
        for column in group:
            table.add_column(Text(column.heading), justify="right", no_wrap=True)
        for row in zip(nodes.cells, *(column.cells for column in group), strict=True):
            table.add_row(*map(Text, row))
        yield table
        title = None


def lot_table(record: SkuStockRecord) -> Table | None:
    """The lots of each node; None: there are none."""
    rows = [(item.node, lot) for item in record.nodes if item.lots is not UNSET for lot in item.lots]
    if not rows:
        return None
    table = Table(title=Text(say("{sku}: lots, the first to expire first", sku=record.sku)))
    for heading in (say("node"), say("lot"), say("expires")):
        table.add_column(heading, no_wrap=True)
    for heading in (say("on hand"), say("held")):
        table.add_column(heading, justify="right", no_wrap=True)
    for node, lot in rows:
        name, expires = lot.lot or say("(no lot)"), lot.expires or say("never")
        table.add_row(*map(Text, (node, name, expires, str(lot.on_hand), str(lot.held))))
    return table


def _columns(record: SkuStockRecord) -> Iterator[_Column]:
    nodes = record.nodes
    yield _Column(heading=say("on hand"), cells=[str(item.on_hand) for item in nodes])
    yield _Column(heading=say("held"), cells=[str(item.held) for item in nodes])
    yield _Column(heading=say("available"), cells=[str(item.available) for item in nodes])
    if record.blocked:
        yield _Column(heading=say("blocked"), cells=[str(item.blocked) for item in nodes])
    if record.quarantine is not UNSET:
        quarantine = [str(0 if item.quarantine is UNSET else item.quarantine) for item in nodes]
        yield _Column(heading=say("in quarantine"), cells=quarantine)
    for heading, in_all, of_nodes in (
        (say("incoming"), record.incoming, [item.incoming for item in nodes]),
        (say("in transit"), record.in_transit, [item.in_transit for item in nodes]),
        (say("promised of these"), record.promised, [item.promised for item in nodes]),
    ):
        if in_all is not UNSET:
            yield _Column(heading=heading, cells=[str(0 if units is UNSET else units) for units in of_nodes])
    if record.expired is not UNSET:
        expired = [str(0 if item.expired is UNSET else item.expired) for item in nodes]
        yield _Column(heading=say("expired units"), cells=expired)
    for channel in record.free:
        yield _Column(
            heading=say("free to {channel}", channel=channel), cells=[str(item.free[channel]) for item in nodes]
        )
    allotted = [{(item.channel, item.per): item for item in node.allotments or ()} for node in nodes]
    for channel, per in sorted({key for by_key in allotted for key in by_key}):
        found = (by_key.get((channel, per)) for by_key in allotted)
        cells = [say("{left} of {units}", left=item.left, units=item.units) if item else "" for item in found]
        yield _Column(heading=say("left to {channel} per {per}", channel=channel, per=say(per)), cells=cells)


def _groups(columns: Sequence[_Column], width: int) -> Iterator[list[_Column]]:
    """The columns in their order, in groups no wider than `width`, but of at least one column."""
    group: list[_Column] = []
    for column in columns:
        if group and sum(item.width for item in group) + column.width > width:
            yield group
            group = []
        group.append(column)
    yield group
