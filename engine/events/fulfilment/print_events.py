"""The events of papers that an entry of the log tells."""

from collections.abc import Iterator
from urllib.parse import quote

from engine.decide.order_record import Record
from engine.events.fulfilment.payloads import PrintFailedRecord
from engine.events.payloads import EventLinksRecord
from engine.store.log.entry import Entry


def print_events(entry: Entry) -> Iterator[tuple[str, str, Record]]:
    """Type, subject and data."""
    if entry.kind == "print_failed":
        link = EventLinksRecord(print_job=f"/v1/print-jobs/{quote(entry.decision, safe='')}")
        yield "print.failed", entry.decision, PrintFailedRecord(job=entry.decision, **entry.details, links=link)
