"""The events of transfers that an entry of the log tells."""

from collections.abc import Iterator
from urllib.parse import quote

from msgspec import UNSET

from engine.decide.order_record import Record, timestamp
from engine.events.payloads import EventLinksRecord, EventSkuUnitsRecord, TransferChangedRecord
from engine.store.log.entry import Entry
from engine.store.log.kinds import TRANSFER_KINDS
from engine.transfers.transfer_record import TransferLineRecord


def transfer_events(entry: Entry) -> Iterator[tuple[str, str, Record]]:
    """Type, subject and data."""
    if entry.kind not in TRANSFER_KINDS:
        return
    body = entry.transfer
    transfer = body.transfer
    arrived = [EventSkuUnitsRecord(sku=sku, quantity=units) for sku, units in body.arrived.items() if units]
    data = TransferChangedRecord(
        transfer=transfer.id,
        status=transfer.status,
        origin=transfer.origin,
        goal=transfer.goal,
        lines=[TransferLineRecord.of(line, transfer) for line in transfer.lines],
        arrived=arrived if entry.kind == "transfer_received" else UNSET,
        expected_at=None if transfer.expected_at is None else timestamp(transfer.expected_at),
        links=EventLinksRecord(transfer=f"/v1/transfers/{quote(transfer.id, safe='')}"),
    )
    yield entry.kind.replace("_", "."), transfer.id, data
