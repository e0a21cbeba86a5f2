"""A marketplace that follows the feed of its channel, and somebody who watches for low stock, as their callers do."""

from engine.channels.levels import levels
from tests.support.decision_json import json_of
from tests.support.facts import order


class ChannelFollower:
    """What is known by the cursor of a channel's feed, held against what orders of the channel get. `step` is that of
    the network file.
    """

    def __init__(self, pointsman, channel, step=1):
        self._pointsman, self._channel, self._step = pointsman, channel, step
        self._units, self._cursor = {}, None

    def check(self):
        feed = self._pointsman.flows.channels.feeds.read(self._channel, since=self._cursor)
        if feed.why_all is not None:
            self._units.clear()
        self._cursor = feed.cursor
        self._units.update(item for block in feed.blocks for item in block)
        there = self._pointsman.products(list(self._units))
        assert {sku for sku, units in self._units.items() if units and sku not in there} == set()
        for sku in there:
            gets, shown = self._order_gets(sku), self._units[sku]
            assert 0 <= gets - shown < self._step, (self._channel, sku)
            assert (gets == 0) == (shown == 0)
        assert self._pointsman.flows.channels.feeds.read(self._channel, since=self._cursor).size == 0

    def _order_gets(self, sku):
        wanted = order((sku, 10_000), id=f"try-{sku}", channel=self._channel)
        record = json_of(self._pointsman.decide(wanted, dry_run=True))
        return sum(line["quantity"] for shipment in record["shipments"] for line in shipment["lines"])


class LowWatcher:
    """Those positions are low that have fewer units available than their level asks for, and each is told of once for
    each time that it fell.
    """

    def __init__(self, pointsman, skus):
        self._pointsman, self._skus, self._low = pointsman, skus, set()

    def check(self):
        found = self._pointsman.flows.channels.low.look()
        read = self._pointsman._facts.read_stock(self._skus, self._pointsman.now)
        level, stock = levels(read.facts, read.state.matcher, self._pointsman.now), read.facts.stock
        skus = [read.facts.products[number].sku for number in stock.sku.tolist()]
        rows = zip(skus, read.facts.nodes, stock.available.tolist(), level.alert.tolist(), strict=True)
        low = {(sku, node) for sku, node, units, alert in rows if units < alert}
        assert set(self._pointsman.flows.channels.low.all()) == low
        assert (found.fallen, found.risen) == (len(low - self._low), len(self._low - low))
        self._low = low
