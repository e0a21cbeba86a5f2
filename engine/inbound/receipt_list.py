"""Lists what is to come in, or has come, the next to arrive first."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from engine.model.receipts import OPEN, Receipt, ReceiptStatus, in_order_of_arrival
from engine.store.connection.sorted_sets import Place
from engine.store.flows.stored_receipts import StoredReceipts
from engine.store.pages import page_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptFilter:
    """Which receipts are listed: those of a node, a SKU and a status, if these are given; `late`: those that were to
    come before now, and did not. Without a status, those of which units are still to come.
    """

    node: str | None = None
    sku: str | None = None
    status: ReceiptStatus | None = None
    late: bool = False

    @property
    def closed(self) -> bool:
        """Whether receipts are listed of which nothing is to come any more."""
        return self.status is not None and self.status not in OPEN

    def passes(self, receipt: Receipt, now: int) -> bool:
        if receipt.status != self.status and (self.status is not None or not receipt.is_open):
            return False
        if self.node not in (None, receipt.node) or self.sku not in (None, receipt.sku):
            return False
        return not self.late or receipt.is_late(now)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptsPage:
    """Receipts, the next to arrive first. The next page begins after the place `after`; None: this is the last. A page
    may have fewer receipts than were asked for, or none, and not be the last.
    """

    receipts: tuple[Receipt, ...]
    after: Place | None


def read_page(
    stored: StoredReceipts, filtered: ReceiptFilter, *, limit: int, after: Place | None, now: int
) -> ReceiptsPage:
    """At most `limit` of the receipts that pass the filter, those after the place `after` of another page."""
    listed = _listed(stored, filtered, after)
    if filtered.late:
        listed = itertools.takewhile(lambda item: item[0][0] <= now, listed)
    page = page_of(listed, lambda receipt: filtered.passes(receipt, now), limit=limit)
    return ReceiptsPage(receipts=page.items, after=page.after)


def _listed(
    stored: StoredReceipts, filtered: ReceiptFilter, after: Place | None
) -> Iterator[tuple[Place, Receipt | None]]:
    """Those that may pass, each after its place in the list; of one SKU few are open."""
    if filtered.sku is None or filtered.closed:
        return stored.by_arrival(closed=filtered.closed, after=after)
    of_sku = in_order_of_arrival(stored.open_of([filtered.sku]))
    of_places = (((receipt.expected_at, receipt.id), receipt) for receipt in of_sku)
    return ((place, receipt) for place, receipt in of_places if after is None or place > after)
