"""What events tell of parcels, and of what is printed for them."""

from typing import Annotated

from msgspec import Meta

from engine.decide.order_record import Record
from engine.events.payloads import EventLinksRecord
from engine.fulfilment.printing.print_job import Paper


class PrintFailedRecord(Record, frozen=True, kw_only=True):
    """Of `print.failed`."""

    job: str
    node: str
    paper: Paper
    of: Annotated[str, Meta(description="what was to be printed: DECISION/NUMBER/PARCEL, or the id of a manifest")]
    error: Annotated[str, Meta(description="what the printer said last")]
    links: EventLinksRecord
