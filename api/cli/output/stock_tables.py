"""A SKU's stock as tables for people: as many as the terminal's width demands, so that no heading is cut."""

from collections.abc import Iterator

from msgspec import UNSET
from rich.table import Table
from rich.text import Text

from api.cli.output.column_tables import Column, column_tables
from api.language.current import say
from api.records.stock.positions import SkuStockRecord


def stock_tables(record: SkuStockRecord, *, width: int) -> Iterator[Table]:
    """The nodes, each with its units and what is free to each channel; columns that don't fit go into a table below."""
    nodes = Column(heading=say("node"), cells=[item.node for item in record.nodes])
    available = (
        say("{available} available", available=record.available)
        if record.counted is UNSET
        else say("not counted, it needs no stock")
    )
    title = Text(f"{record.sku}: {available}")
    yield from column_tables([nodes], list(_columns(record)), width=width, title=title)


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


def _columns(record: SkuStockRecord) -> Iterator[Column]:
    nodes = record.nodes
    yield Column(heading=say("on hand"), cells=[str(item.on_hand) for item in nodes])
    yield Column(heading=say("held"), cells=[str(item.held) for item in nodes])
    yield Column(heading=say("available"), cells=[str(item.available) for item in nodes])
    if record.blocked:
        yield Column(heading=say("blocked"), cells=[str(item.blocked) for item in nodes])
    for heading, in_all, of_nodes in (
        (say("in quarantine"), record.quarantine, [item.quarantine for item in nodes]),
        (say("incoming"), record.incoming, [item.incoming for item in nodes]),
        (say("in transit"), record.in_transit, [item.in_transit for item in nodes]),
        (say("promised of these"), record.promised, [item.promised for item in nodes]),
        (say("expired units"), record.expired, [item.expired for item in nodes]),
    ):
        if in_all is not UNSET:
            yield Column(heading=heading, cells=[str(0 if units is UNSET else units) for units in of_nodes])
    for channel in record.free:
        yield Column(
            heading=say("free to {channel}", channel=channel), cells=[str(item.free[channel]) for item in nodes]
        )
    allotted = [{(item.channel, item.per): item for item in node.allotments or ()} for node in nodes]
    for channel, per in sorted({key for by_key in allotted for key in by_key}):
        found = (by_key.get((channel, per)) for by_key in allotted)
        cells = [say("{left} of {units}", left=item.left, units=item.units) if item else "" for item in found]
        yield Column(heading=say("left to {channel} per {per}", channel=channel, per=say(per)), cells=cells)
