"""What is on hand and held at each node, whenever either has changed: for those that are told what is available."""

import re

from api.connectors.language.connector import Connector
from api.connectors.sending.records.batch import Batch
from api.connectors.sending.records.of_events import position_of
from api.connectors.sending.records.read_paths import paths_of
from api.connectors.sending.records.stock_feed import WHOLE, StockFeed
from engine.inventory.availability_feed import StockChanges

_CURSOR = re.compile(r"held ([0-9]+) ([0-9]+)(?: (.*))?", re.ASCII | re.DOTALL)
"""The stamp of the last load, the stamp of the last change that was sent, and while everything is sent, the SKU after
which it goes on.
"""
_TELLS_HOLDS = re.compile(r"\b(available|held)\b|@")
"""In a path of our records; @ is the record as such."""


class StockWithHolds(StockFeed):
    """As StockFeed, of all positions of a SKU once units of it are held, or not any more, as well."""

    def start(self) -> str:
        changes = self._changes(0)
        return f"held {changes.loaded} {changes.newest} "

    def after(self, cursor: str, *, most: int, until: str = "") -> Batch:
        match = _CURSOR.fullmatch(cursor)
        if match is None:  # of before it was told what is held
            if not cursor.startswith(WHOLE):
                position_of(cursor)
            return self._all_after(self.start(), most)
        loaded, stamp, last = int(match[1]), int(match[2]), match[3]
        if last is not None:
            return self._all_after(cursor, most)
        sent_before = _CURSOR.fullmatch(until)
        changes = self._changes(stamp)
        if self._sends.whole or changes.loaded != loaded or changes.newest < stamp:
            return self._all_after(self.start(), most)
        newest = changes.newest if sent_before is None else int(sent_before[2])
        skus, newest = changes.first(self._skus_at_once(most), newest)
        records = self._records(self._of_skus(skus))
        return self._batch(records, f"held {loaded} {newest}", more=newest < changes.newest, since=changes.since)

    def _all_after(self, cursor: str, most: int) -> Batch:
        _, loaded, stamp, last = cursor.split(" ", 3)
        part, left = self._part_of_all(last, most)
        records = self._records(self._of_skus(part))
        goes_on = f"held {loaded} {stamp}"
        return self._batch(records, f"{goes_on} {part[-1]}" if left else goes_on, more=left)

    def _changes(self, after: int) -> StockChanges:
        return self._pointsman.availability_feed.changes(after)


def tells_holds(connector: Connector) -> bool:
    """Whether something that the connector sends depends on what is held."""
    return any(_TELLS_HOLDS.search(path) for path in paths_of(connector))
