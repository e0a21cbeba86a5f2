"""A stock feed that sends a position again once another connector has told the same target what left it.

A shop that takes what is shipped off its stock by itself does so once it is told of the shipment. If it was told the
stock before, which is without these units already, it takes them off twice, until it is told the stock again.
"""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from api.connectors.language.connector import Sends
from api.connectors.sending.records.batch import CURSOR, Batch
from api.connectors.sending.records.stock_feed import StockFeed
from engine.errors import CursorExpired
from engine.events.event import Position
from engine.service import Pointsman

_EVENTS_AT_ONCE = 1_000
_TYPES = frozenset({"shipment.confirmed"})
_CURSOR = re.compile(r"(.*) \| ((?:[a-z0-9-]+=[0-9-]+,?)*)", re.DOTALL)
"""Of the feed itself, and how far each of the others had told when it was last looked."""


class AfterOthers:
    """Around a feed; without others, it is the feed alone."""

    def __init__(self, feed: StockFeed, pointsman: Pointsman, sends: Sends) -> None:
        self._feed = feed
        self._pointsman = pointsman
        self._others = sends.again_after
        self.anew, self.state_of, self.echoes = feed.anew, feed.state_of, feed.echoes

    def start(self) -> str:
        return _joined(self._feed.start(), self._told())

    def after(self, cursor: str, *, most: int, until: str = "") -> Batch:
        own, seen = _parts(cursor)
        own_until, bounds = _parts(until) if until else ("", self._told())
        for name, bound in bounds.items():
            if name not in seen:  # what it told before is not sent again
                seen[name] = bound
                continue
            positions, seen[name] = self._left(seen[name], bound, most)
            if positions:
                return self._feed.batch_of(positions, _joined(own, seen), more=True)
        batch = self._feed.after(own, most=most, until=own_until)
        return dataclasses.replace(batch, cursor=_joined(batch.cursor, seen))

    def _told(self) -> dict[str, Position]:
        """How far each of the others has told what left; nothing of one that tells no events, or never began."""
        found = {}
        for name in self._others:
            position = Position.parse(self._pointsman.connectors.place(name).fields.get(CURSOR, ""))
            if position is not None:
                found[name] = position
        return found

    def _left(self, after: Position, upto: Position, most: int) -> tuple[dict[tuple[str, str], None], Position]:
        """The positions that units have left by events in between, about `most` of them, and how far these are."""
        found: dict[tuple[str, str], None] = {}
        while after < upto:
            try:
                page = self._pointsman.events.read(after, limit=_EVENTS_AT_ONCE, types=_TYPES)
            except CursorExpired:
                return found, upto
            for event in page.events:
                if event.position > upto:
                    return found, upto
                if len(found) >= most:
                    return found, after
                data: Any = event.data
                found |= {(part.node, line.sku): None for part in data.shipments for line in part.lines}
                after = event.position
            if page.cursor <= after and not page.events:
                return found, upto
            after = max(after, min(page.cursor, upto))
        return found, upto


def _parts(cursor: str) -> tuple[str, dict[str, Position]]:
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        return cursor, {}
    pairs = (pair.split("=") for pair in match[2].split(",") if pair)
    parsed = {name: Position.parse(text) for name, text in pairs}
    return match[1], {name: position for name, position in parsed.items() if position is not None}


def _joined(own: str, seen: Mapping[str, Position]) -> str:
    return f"{own} | {','.join(f'{name}={position}' for name, position in seen.items())}" if seen else own
