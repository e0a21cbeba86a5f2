"""What is on hand at each node, whenever that has changed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from api.connectors.fields.numbers import plain_number
from api.connectors.language.connector import Connector, Sends
from api.connectors.running.row_taker import echo_target
from api.connectors.sending.records.batch import Batch, Outdated, Record
from api.connectors.sending.records.of_events import position_of
from api.shapes.quantities import Quantities
from engine.errors import CursorExpired
from engine.inventory.positions import PositionUnits
from engine.service import Pointsman

_EVENTS_AT_ONCE = 1_000
_TYPES = frozenset({"stock.changed"})
WHOLE = "all"
"""What a cursor begins with while everything is sent: then the SKU after which it goes on, and where events go on."""


class StockFeed:
    """A record for each position: `node`, `sku`, `on_hand`, `held` and `available` as they are when it is written. At
    first, after a network was loaded, and each time where the connector says `whole`, all of them; else those that have
    changed.
    """

    def __init__(self, pointsman: Pointsman, _: Connector, sends: Sends) -> None:
        self._pointsman = pointsman
        self._sends = sends

    def start(self) -> str:
        return self._all_again(str(self._pointsman.events.end()), after="")

    def after(self, cursor: str, *, most: int, until: str = "") -> Batch:
        if cursor.startswith(f"{WHOLE} "):
            return self._whole(cursor, most)
        if self._sends.whole or cursor.startswith("held "):  # of before, when it told what is held, too
            return self._whole(StockFeed.start(self), most)
        position = position_of(cursor)
        last = None if not until or until.startswith((WHOLE, "held ")) else position_of(until)
        try:
            page = self._pointsman.events.read(position, limit=_EVENTS_AT_ONCE, types=_TYPES)
        except CursorExpired:  # whatever changed meanwhile, all of it says so
            return self._whole(StockFeed.start(self), most)
        changed: dict[tuple[str, str], None] = {}
        since = page.events[0].at if page.events else 0
        for event in page.events:
            data: Any = event.data
            if last is not None and event.position > last:
                return self._batch(self._records(self._levels(changed)), until, more=True, since=since)
            if data.because == "loaded":
                return self._whole(self._all_again(str(event.position), after=""), most)
            if len(changed) >= most:
                return self._batch(self._records(self._levels(changed)), str(position), more=True, since=since)
            changed |= {(item.node, item.sku): None for item in data.positions}
            position = event.position
        records = self._records(self._levels(changed))
        more = len(page.events) == _EVENTS_AT_ONCE
        return self._batch(records, until or str(page.cursor), more=more, since=since)

    def anew(self, record: Record) -> Record:
        """The position as it stands by now. Raises Outdated if the record says no position."""
        key = (record.get("node"), record.get("sku"))
        if not all(isinstance(part, str) for part in key):
            raise Outdated("it says no node and sku, of which the stock is to be sent")
        if key[1] not in self._pointsman.stock.skus():
            raise Outdated(f"there is no stock of '{key[1]}' any more")
        (current,) = self._records(self._levels([key])) or [None]
        if current is None:
            raise Outdated(f"the connector does not send the stock of '{key[0]}' any more")
        return current

    def state_of(self, record: Record) -> str | None:
        return echo_target(str(record.get("node")), str(record.get("sku")))

    def echoes(self, records: Sequence[Record]) -> Mapping[str, str]:
        return {
            echo_target(record["node"], record["sku"]): f"{_text(record['on_hand'])} {_text(record['available'])}"
            for record in records
        }

    def _whole(self, cursor: str, most: int) -> Batch:
        _, events, after = cursor.split(" ", 2)
        part, left = self._part_of_all(after, most)
        goes_on = self._all_again(events, after=part[-1]) if left else events
        return self._batch(self._records(self._of_skus(part)), goes_on, more=left)

    def _part_of_all(self, after: str, most: int) -> tuple[Sequence[str], bool]:
        """The SKUs behind that one whose positions go into a message, and whether there are more."""
        skus = [sku for sku in self._pointsman.stock.skus() if sku > after]
        part = skus[: self._skus_at_once(most)]
        return part, len(skus) > len(part)

    def _skus_at_once(self, most: int) -> int:
        return max(1, most // max(1, len(self._sends.nodes) or len(self._pointsman.network().nodes)))

    def _of_skus(self, skus: Sequence[str]) -> Iterator[PositionUnits]:
        for block in self._pointsman.stock.positions(skus):
            yield from (level for level in block if self._is_meant(level.node))

    def batch_of(self, positions: Iterable[tuple[str, str]], cursor: str, *, more: bool) -> Batch:
        """These positions as they are by now, of those that are meant."""
        return self._batch(self._records(self._levels(positions)), cursor, more=more)

    def _levels(self, changed: Iterable[tuple[str, str]]) -> Iterator[PositionUnits]:
        """Of each position that changed, what is there now; nothing where it is not any more."""
        wanted = [key for key in changed if self._is_meant(key[0])]
        skus = list(dict.fromkeys(sku for _, sku in wanted))
        found = {(item.node, item.sku): item for block in self._pointsman.stock.positions(skus) for item in block}
        for node, sku in wanted:
            yield found.get((node, sku)) or PositionUnits(node=node, sku=sku, on_hand=0, held=0)

    def _records(self, levels: Iterable[PositionUnits]) -> list[Record]:
        quantities = Quantities.of(self._pointsman)
        return [
            quantities.show(
                {
                    "node": level.node,
                    "sku": level.sku,
                    "on_hand": level.on_hand,
                    "held": level.held,
                    "available": level.available,
                }
            )
            for level in levels
        ]

    def _batch(self, records: Sequence[Record], cursor: str, *, more: bool, since: int = 0) -> Batch:
        return Batch(records=records, cursor=cursor, more=more, sent=self.echoes(records), since=since)

    def _all_again(self, events: str, *, after: str) -> str:
        return f"{WHOLE} {events} {after}"

    def _is_meant(self, node: str) -> bool:
        return not self._sends.nodes or node in self._sends.nodes


def _text(units: Any) -> str:
    return str(plain_number(Decimal(units)))
