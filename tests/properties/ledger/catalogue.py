"""A product page and a catalogue that ask for the same SKUs again and again, as their callers do."""


class Catalogue:
    """What a caller knows by its tags and its cursor, held against what is so."""

    def __init__(self, pointsman, skus, channel="web"):
        self._pointsman, self._skus, self._channel = pointsman, skus, channel
        self._answers, self._free, self._cursor = {}, {}, None

    def check(self):
        """One tag stands for one answer only, and what is known by the feed is what is free."""
        answer = self._ask(self._skus)
        for item in answer.skus:
            self._ask([item.sku])
        self._follow(self._read())
        assert self._free == {item.sku: item.free for item in answer.skus}
        assert self._read().size == 0, "nothing has changed"

    def _ask(self, skus):
        stock = self._pointsman.stock
        before = stock.tag(skus, self._channel)
        answer = stock.availability(skus, self._channel)
        body = (answer.skus, answer.unknown, answer.policy_version)
        assert before in (None, answer.tag)
        assert self._answers.setdefault(answer.tag, body) == body
        assert stock.tag(skus, self._channel) == answer.tag, "a caller who has it is spared the answer"
        return answer

    def break_off(self, blocks, act):
        """Read some blocks of the feed, do something, then read the rest."""
        feed = self._read()
        sent = self._follow(feed, most=blocks)
        act()
        if sent:
            self._follow(self._read(after=sent[-1].sku))

    def _read(self, after=None):
        return self._pointsman.availability_feed.read(self._channel, since=self._cursor, after=after)

    def _follow(self, feed, most=None):
        if feed.why_full is not None:
            self._free.clear()
        self._cursor, sent = feed.cursor, []
        for block in feed.blocks if most != 0 else ():
            self._free.update((item.sku, item.free) for item in block)
            sent += block
            if len(sent) == most:
                break
        return sent
