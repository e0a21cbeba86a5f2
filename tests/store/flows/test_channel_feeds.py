"""The feed of a channel: complete once, then what changed; it agrees with what orders get, and does not flap."""

import threading

import pytest

from engine.channels.feeds import MOST_FEEDS, ChannelCursor
from engine.errors import Contended, InputInvalid
from engine.model.feed_steps import FeedStep
from engine.store.flows.channel_feeds import Publication
from tests.conftest import activate
from tests.support.facts import HOUR, LILLE, LYON, NOW, inventory, node, order, product

DAY = 24 * HOUR
NODES = [node("lyon", LYON), node("lille", LILLE)]
STOCK = {"A": {"lyon": 10, "lille": 4}, "B": {"lyon": 3}, "GIFT": {"lyon": 0}}


def facts(paces=None, **network):
    return inventory(NODES, STOCK, products=[product("GIFT", counted=False)], paces=paces, **network)


@pytest.fixture
def shop(bare):
    bare.load(facts(feed_steps={"marketplace": FeedStep(units=3)}))
    activate(bare, "then: {protect: {channel: web, units: 2}}")
    return bare


def read(shop, channel="web", since=None):
    """The cursor, why all is there, and the units by SKU."""
    feed = shop.flows.channels.feeds.read(channel, since=since)
    units = dict(item for block in feed.blocks for item in block)
    assert len(units) == feed.size
    return feed.cursor, feed.why_all, units


def entries(shop, kind="allocated"):
    return [item for item in shop.entries(on_damaged=pytest.fail) if item.kind == kind]


def test_a_feed_is_complete_once_and_then_has_what_changed(shop, count):
    cursor, why, units = read(shop)
    assert (why, units) == ("no_cursor", {"A": 14, "B": 3, "GIFT": None})
    assert read(shop, since=cursor) == (cursor, None, {})
    count(6)
    after, why, units = read(shop, since=cursor)
    assert (why, units) == (None, {"A": 10})
    assert after != cursor
    assert read(shop, since=cursor) == (after, None, {"A": 10})


def test_what_an_order_takes_falls_on_all_feeds_at_once(shop):
    web, marketplace = read(shop)[0], read(shop, "marketplace")[0]
    shop.decide(order(("A", 3)))
    assert read(shop, since=web)[2] == {"A": 11}
    assert read(shop, "marketplace", since=marketplace)[2] == {"A": 8}  # 2 in each place are for the web


def test_a_rise_below_the_step_is_not_said_until_it_is_as_large(shop, count):
    cursor, _, units = read(shop, "marketplace")
    assert units["A"] == 10
    for on_hand in (11, 12, 11, 12):
        count(on_hand)
        assert read(shop, "marketplace", since=cursor) == (cursor, None, {})
    count(13)
    assert read(shop, "marketplace", since=cursor)[2] == {"A": 13}
    count(12)
    assert read(shop, "marketplace", since=cursor)[2] == {"A": 12}


def test_other_rules_change_what_the_feed_says_of_every_sku(shop):
    cursor, _, _ = read(shop, "marketplace")
    activate(shop, "then: {protect: {channel: web, units: 3}}")
    assert read(shop, "marketplace", since=cursor)[1:] == (None, {"A": 8, "B": 0})


def test_a_peak_that_a_rule_announces_changes_the_feed_by_itself(bare, clock):
    bare.load(facts(paces={"A": {"lyon": 1_000}}))
    activate(
        bare,
        "when: {node.id: lyon}, then: {protect: {channel: web, cover: 3 days}}",
        "from: 2026-12-01, until: 2026-12-01, then: {uplift: 400%}",
    )
    cursor, _, units = read(bare, "store")
    said = [units["A"]]
    for _ in range(6):
        clock.now += DAY
        cursor, _, units = read(bare, "store", since=cursor)
        said.append(units.get("A", said[-1]))
    assert said == [11, 11, 8, 8, 8, 11, 11]


def test_an_article_that_is_gone_is_said_to_be_at_nothing(shop):
    cursor, _, _ = read(shop)
    less = {sku: stock for sku, stock in STOCK.items() if sku != "B"}
    shop.load(inventory(NODES, less, products=[product("GIFT", counted=False)]))
    assert read(shop, since=cursor)[1:] == (None, {"B": 0})


def test_a_cursor_of_another_feed_gets_all(shop):
    cursor, _, units = read(shop)
    for other in (
        ChannelCursor(number=cursor.number + 1, generation=cursor.generation),
        ChannelCursor(number=1, generation="0" * 32),
    ):
        assert read(shop, since=other) == (cursor, "begun_anew", units)


@pytest.mark.parametrize("text", ["", "1", "1-", "-1-" + "0" * 32, "1-" + "0" * 31, "1-" + "0" * 33, "x-" + "0" * 32])
def test_a_text_that_is_no_cursor_is_not_read_as_one(text):
    assert ChannelCursor.parse(text) is None


def test_a_cursor_is_read_as_it_is_written():
    cursor = ChannelCursor(number=12, generation="0123456789abcdef" * 2)
    assert ChannelCursor.parse(str(cursor)) == cursor


def test_what_changed_is_logged_once_with_the_units_before_and_now(shop, count):
    read(shop)
    assert entries(shop) == []
    count(6)
    count(5, "B")
    read(shop)
    read(shop)
    (entry,) = entries(shop)
    assert (entry.decision, entry.details) == ("web", {"changed": 2, "skus": [["A", 14, 10], ["B", 3, 5]]})


def test_a_channel_that_the_network_does_not_list_has_no_feed(bare):
    bare.load(facts(channels=frozenset({"web", "store"})))
    activate(bare)
    with pytest.raises(InputInvalid, match="lists no channel 'wbe'; did you mean 'web'"):
        read(bare, "wbe")
    assert bare.flows.channels._store.channels() == []


def test_words_that_anybody_calls_channels_fill_no_memory(shop, monkeypatch):
    monkeypatch.setattr("engine.channels.feeds.MOST_FEEDS", 2)
    assert MOST_FEEDS == 100
    read(shop, "a")
    read(shop, "b")
    with pytest.raises(InputInvalid, match="there are 2 feeds already"):
        read(shop, "c")
    read(shop, "a")


def test_one_process_at_a_time_works_a_feed_out_and_another_waits(shop, opened):
    store = shop.flows.channels._store
    assert store.take_turn("web", "other")
    waited = []
    thread = threading.Thread(target=lambda: waited.append(read(opened(), "web")[2]["A"]))
    thread.start()
    thread.join(0.2)
    assert (waited, thread.is_alive()) == ([], True)
    store.end_turn("web", "other")
    thread.join(20)
    assert waited == [14]


def test_who_lost_its_turn_publishes_nothing(shop):
    read(shop)
    store = shop.flows.channels._store
    assert store.publish("web", "late", Publication(units={"A": 99}), now=NOW) is None
    assert read(shop)[2]["A"] == 14
    store.take_turn("web", "mine")
    store.end_turn("web", "late")
    assert not store.take_turn("web", "late")


def test_a_feed_that_is_worked_out_for_ever_is_said_to_be(shop, monkeypatch):
    monkeypatch.setattr("engine.channels.feeds._MOST_WAITS", 2)
    shop.flows.channels._store.take_turn("web", "other")
    with pytest.raises(Contended, match="being worked out"):
        read(shop)


def test_a_process_that_died_at_the_first_block_leaves_a_feed_that_goes_on(shop):
    store = shop.flows.channels._store
    store.take_turn("web", "dead")
    store.publish("web", "dead", Publication(units={"A": 1}, generation="f" * 32), now=NOW)
    store.end_turn("web", "dead")
    assert read(shop) == (ChannelCursor(number=2, generation="f" * 32), "no_cursor", {"A": 14, "B": 3, "GIFT": None})


def test_what_is_published_twice_because_its_answer_was_lost_is_logged_once(shop):
    read(shop)
    store = shop.flows.channels._store
    store.take_turn("web", "mine")
    last = Publication(units={}, cursor="5-6-7-" + "a" * 32, details={"changed": 1, "skus": []})
    for _ in range(2):
        store.publish("web", "mine", last, now=NOW)
    assert len(entries(shop)) == 1


def test_all_channels_are_recomputed_and_only_begun_feeds_by_themselves(shop, count):
    channels = shop.flows.channels
    channels.take_turn()
    assert [item.feed for item in channels.all()] == [None]  # web, which a rule names
    assert channels.recompute().changed == {"web": 3}
    count(6)
    channels.take_turn()
    assert [entry.details["changed"] for entry in entries(shop)] == [1]
    assert channels.recompute(["web"]).changed == {"web": 0}


def test_a_feed_of_a_channel_that_is_not_listed_any_more_keeps_no_other_from_being_brought_up_to_date(shop, count):
    read(shop, "app")
    read(shop, "web")
    shop.load(facts(channels=frozenset({"web"})))
    shop.flows.channels.take_turn()
    count(6)
    shop.flows.channels.take_turn()
    assert [(entry.decision, entry.details["skus"]) for entry in entries(shop)] == [("web", [["A", 14, 10]])]


def test_what_changed_while_the_rules_changed_is_logged_all_the_same(shop, count, monkeypatch):
    monkeypatch.setattr("engine.inventory.availability_feed.MOST_SKUS_AT_ONCE", 1)
    read(shop, "app")
    count(6)
    count(5, "B")
    feeds, publish = shop.flows.channels.feeds, shop.flows.channels.feeds._publish

    def activates_once(*arguments):
        monkeypatch.setattr(feeds, "_publish", publish)
        number = publish(*arguments)
        activate(shop, "then: {protect: {channel: web, units: 1}}")
        return number

    monkeypatch.setattr(feeds, "_publish", activates_once)
    assert read(shop, "app")[2] == {"A": 8, "B": 4, "GIFT": None}
    (entry,) = entries(shop)
    assert entry.details == {"changed": 2, "skus": [["A", 10, 8], ["B", 1, 4]]}


def test_a_network_without_facts_has_nothing_to_recompute(bare, redis_client, network):
    bare.flows.channels.take_turn()
    assert redis_client.keys(f"{{{network}}}:*") == []  # neither a feed nor an entry of the log


def test_reset_leaves_nothing_of_the_feeds(shop, redis_client, network):
    read(shop)
    shop.forget()
    assert list(redis_client.scan_iter(f"{{{network}}}:*")) == []
