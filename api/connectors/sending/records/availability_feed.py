"""What a channel may sell of each SKU, as its feed says it: what changed, and all of it where that can't be told."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence

from api.connectors.language.connector import Connector, Sends
from api.connectors.sending.records.batch import Batch, Outdated, Record
from api.shapes.quantities import Quantities
from engine.channels.feeds import ChannelCursor, ChannelFeed
from engine.errors import InputInvalid, Mistake
from engine.service import Pointsman

_NOTHING_YET = "-"
_MOST_WHILE = re.compile(r"(\S+) (\S+) (.+)")
"""A cursor while a feed is sent in several messages: since when, up to when, and the SKU after which it goes on. What
changes meanwhile comes after that: the next feed is of what changed since the first message.
"""


class ChannelAvailability:
    """A record for each SKU: `sku`, `units` (null: it is not counted, any number may be sold) and `channel`. Units are
    those of the channel's feed, which keeps back what rules keep, and does not flap.
    """

    def __init__(self, pointsman: Pointsman, _: Connector, sends: Sends) -> None:
        if sends.channel is None:
            raise InputInvalid(
                [Mistake(field="sends.channel", message="say of which channel the availability is sent")]
            )
        self._pointsman = pointsman
        self._channel = sends.channel
        self._whole = sends.whole

    def start(self) -> str:
        return _NOTHING_YET

    def after(self, cursor: str, *, most: int, until: str = "") -> Batch:
        """What is left out beyond `most` comes with the next batch."""
        sent_before = "" if " " in until else until
        going_on = _MOST_WHILE.fullmatch(cursor)
        since, until, last = going_on.groups() if going_on else (_NOTHING_YET if self._whole else cursor, "", "")
        feed = self._pointsman.flows.channels.feeds.read(self._channel, since=ChannelCursor.parse(since))
        until = until or sent_before or str(feed.cursor)
        records = list(itertools.islice((row for row in self._records(feed) if row["sku"] > last), most + 1))
        if len(records) > most:
            records = records[:most]
            return Batch(records=records, cursor=f"{since} {until} {records[-1]['sku']}", more=True)
        return Batch(records=records, cursor=until, more=bool(sent_before))

    def anew(self, record: Record) -> Record:
        """What the feed says of the SKU by now. Raises Outdated if it says nothing of it."""
        sku, feeds = record.get("sku"), self._pointsman.flows.channels.feeds
        feeds.refresh(self._channel)
        published = feeds.published(self._channel, [sku]) if isinstance(sku, str) else {}
        if not isinstance(sku, str) or sku not in published:
            raise Outdated(f"the feed of {self._channel} says nothing of '{sku}'")
        return self._record(sku, published[sku], Quantities.of(self._pointsman))

    def state_of(self, record: Record) -> str | None:
        return f"{record.get('channel')}\t{record.get('sku')}"

    def echoes(self, records: Sequence[Record]) -> Mapping[str, str]:  # noqa: ARG002  # units of a channel are no count
        return {}

    def _records(self, feed: ChannelFeed) -> Iterator[Record]:
        quantities = Quantities.of(self._pointsman)
        for block in feed.blocks:
            for sku, units in block:
                yield self._record(sku, units, quantities)

    def _record(self, sku: str, units: int | None, quantities: Quantities) -> Record:
        shown = None if units is None else quantities.show_units(sku, units)
        return {"channel": self._channel, "sku": sku, "units": shown}
