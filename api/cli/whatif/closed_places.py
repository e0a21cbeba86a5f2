"""Why nothing leaves from a place that a draft closes: rules and services say nothing of that."""

from collections.abc import Iterator

from msgspec import UNSET

from api.language.current import say
from api.records.whatif import ChangedDecisionRecord, WhatIfDraftRecord


def closed_places(draft: WhatIfDraftRecord, item: ChangedDecisionRecord) -> Iterator[str]:
    """A sentence of each place that ships without the draft, and that the draft closes at that time."""
    if draft.change is UNSET or draft.change.closed is UNSET:
        return
    shipping = {shipment.partition(" by ")[0] for shipment in item.baseline.decided.shipments}
    at = item.decided_at
    closed = {
        closure.node
        for closure in draft.change.closed
        if (closure.since is None or closure.since <= at) and (closure.until is None or at < closure.until)
    }
    for node in sorted(shipping & closed):
        yield say("{node} is closed in this trial", node=node)
