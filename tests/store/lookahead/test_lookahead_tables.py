"""Tables of look-ahead prices are published to a real server, all at once, and never change."""

import threading
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import Contended, FactsForgotten
from engine.model.lookahead import MOST_PRICE, LookaheadPrice, LookaheadTable
from engine.store.lookahead import LookaheadTables
from tests.support.examples import examples
from tests.support.facts import NOW
from tests.support.lookahead import DAY, table

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=1, max_size=4)


@st.composite
def tables(draw):
    price = st.builds(
        dict,
        price=st.integers(0, MOST_PRICE),
        region=NAMES,
        needed_by=st.none() | st.integers(-(2**40), 2**40),
    )
    drawn = draw(st.dictionaries(NAMES, st.dictionaries(NAMES, price, max_size=4), max_size=5))
    prices = {
        sku: {node: LookaheadPrice(sku=sku, node=node, **item) for node, item in nodes.items()}
        for sku, nodes in drawn.items()
    }
    return LookaheadTable(
        learnt_at=draw(st.integers(0, 2**40)),
        learnt_by=draw(NAMES),
        demand_since=0,
        demand_until=1,
        use_until=2,
        network_version="1" * 64,
        currency="EUR",
        prices=prices,
    )


@pytest.fixture
def stored(client, keys):
    return LookaheadTables(client, keys)


@settings(examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables(), st.lists(tables(), max_size=3))
def test_what_is_read_is_what_was_hashed_however_much_a_table_has_of_the_one_before(client, keys, stored, first, more):
    client.redis.delete(keys.lookahead, keys.lookahead_heads, keys.lookahead_published)
    published = [first]
    for number, other in enumerate(more, start=1):  # the same in part
        prices = dict(sorted(published[-1].prices.items())[:-1]) | dict(sorted(other.prices.items())[:1])
        published.append(replace(other, prices=prices, learnt_at=first.learnt_at + number))
    for drawn in published:
        digest = stored.publish(drawn, now=NOW)
        assert (digest, stored.current()) == (drawn.digest, digest)
    skus = {"of no product\n", *(sku for drawn in published for sku in drawn.prices)}
    for drawn in published:
        assert stored.read(drawn.digest) == drawn
        found = stored.prices(drawn.digest, stored.head(drawn.digest), skus)
        assert found == {sku: drawn.prices.get(sku, {}) for sku in skus}
        ttl = client.redis.ttl(keys.lookahead_table(drawn.digest))
        assert ttl in (-1, -2), "it stays, unless it has nothing of its own"
    assert stored.altered() == []


def test_a_table_that_differs_in_a_few_skus_takes_only_the_room_of_these(stored, client, keys):
    prices = {(f"S-{number}", "lyon"): 1 + number for number in range(50)}
    whole = stored.publish(table(prices), now=NOW)
    digests = []
    for later in range(1, 4):
        prices = {place: price for place, price in prices.items() if place != (f"S-{later}", "lyon")}
        prices[f"S-{later + 10}", "lille"] = 7
        digests.append(stored.publish(table(prices, learnt_at=NOW + later), now=NOW + later * DAY))
    assert [client.redis.hlen(keys.lookahead_table(digest)) for digest in (whole, *digests)] == [50, 2, 4, 6]
    assert stored.read(digests[-1]) == table(prices, learnt_at=NOW + 3)
    assert stored.prices(digests[0], stored.head(digests[0]), ["S-1", "S-2", "S-11"]) == {
        "S-1": {},
        "S-2": dict(table(prices | {("S-2", "lyon"): 3}).prices["S-2"]),
        "S-11": dict(table(prices).prices["S-11"]),
    }
    assert stored.forget_replaced_before(NOW + 9 * DAY) == 2, "the whole one stays, for the last is stored beside it"
    assert stored.read(digests[-1]) == table(prices, learnt_at=NOW + 3)
    anew = stored.publish(table({("S-1", "lyon"): 9}, learnt_at=NOW + 5), now=NOW + 10 * DAY)
    assert stored.head(anew).base == ""
    assert stored.forget_replaced_before(NOW + 11 * DAY) == 2
    assert client.redis.keys(keys.lookahead_table("*")) == [keys.lookahead_table(anew).encode()]


def test_a_table_has_the_same_digest_whatever_the_order_of_its_prices_and_another_for_any_other_price():
    prices = {("B", "lyon"): 1, ("A", "lille"): 3, ("A", "lyon"): 2}
    same = [table(prices), table(dict(reversed(prices.items()))), table(prices | {("C", "lyon"): 0})]
    assert len({item.digest for item in same}) == 1
    others = [
        table(prices | {("A", "lyon"): 4}),
        table(prices | {("C", "lyon"): 1}),
        table(prices, learnt_at=NOW + 1),
        table(prices, use_until=NOW),
        table(prices, region="59"),
        table(prices, needed_by=NOW),
    ]
    assert len({item.digest for item in (*same, *others)}) == 1 + len(others)


@pytest.mark.parametrize("price", [-1, MOST_PRICE + 1])
def test_a_price_out_of_bounds_is_no_price(price):
    with pytest.raises(ValueError, match="look-ahead price of A at lyon"):
        table({("A", "lyon"): price})


def test_a_publishing_is_logged_once_with_who_learnt_what_from_when(shop, clock):
    tables = shop.flows.lookahead_tables
    assert (tables.current(), tables.heads()) == (None, [])
    first = table({("A", "lyon"): 2_100_000, ("A", "lille"): 0}, learnt_at=clock.now)
    digest = tables.publish(first, now=clock.now)
    assert tables.publish(first, now=clock.now + 5) == digest
    (entry,) = [item for item in shop.entries(on_damaged=pytest.fail) if item.kind == "lookahead_published"]
    assert (entry.decision, entry.at) == (digest, clock.now)
    said = {name: entry.details[name] for name in ("learnt_by", "demand_until", "use_until", "skus", "prices")}
    assert said == {
        "learnt_by": "eve",
        "demand_until": clock.now,
        "use_until": clock.now + DAY,
        "skus": 1,
        "prices": 1,
    }
    assert shop.check().clean


def test_of_two_that_publish_at_once_the_later_learnt_is_in_force_whoever_came_first(stored, client, keys):
    """Each of several processes publishes a table of its own; those that come too late say so."""
    mine = [table({("A", "lyon"): number + 1}, learnt_at=NOW + number) for number in range(6)]
    refused = []

    def publish(item):
        try:
            LookaheadTables(client, keys).publish(item, now=NOW)
        except Contended:
            refused.append(item)

    threads = [threading.Thread(target=publish, args=[item]) for item in (mine[3], *mine)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stored.current() == mine[-1].digest
    assert {head.digest for head in stored.heads()} == {item.digest for item in mine if item not in refused}
    with pytest.raises(Contended, match="learnt no earlier"):
        stored.publish(table({("A", "lyon"): 99}, learnt_at=NOW), now=NOW)
    assert client.redis.keys(f"{keys.prefix}staged:*") == []


def test_a_process_that_is_killed_before_the_end_leaves_the_table_in_force_and_nothing_for_ever(
    stored, client, keys, monkeypatch
):
    before = table({("A", "lyon"): 1})
    stored.publish(before, now=NOW)

    class Killed(BaseException):
        """Nothing of the process runs any more."""

    def killed(*_, **__):
        raise Killed

    monkeypatch.setattr(client, "script", killed)
    monkeypatch.setattr(client.redis, "unlink", killed)
    with pytest.raises(Killed):
        stored.publish(table({("A", "lyon"): 2}, learnt_at=NOW + 1), now=NOW)
    assert stored.current() == before.digest
    (left,) = client.redis.keys(f"{keys.prefix}staged:*")
    assert client.redis.ttl(left) > 0


def test_what_the_server_lost_of_a_table_is_not_put_in_force(stored, client, keys, monkeypatch):
    run = client.script

    def losing(name):
        client.redis.unlink(*client.redis.keys(f"{keys.prefix}staged:*"))
        return run(name)

    monkeypatch.setattr(client, "script", losing)
    with pytest.raises(Contended, match="lost a part"):
        stored.publish(table({("A", "lyon"): 2}), now=NOW)
    assert stored.current() is None


def test_a_table_that_was_altered_where_it_is_stored_is_not_read(stored, client, keys):
    digest = stored.publish(table({("A", "lyon"): 1, ("B", "lyon"): 1}), now=NOW)
    numbers = client.redis.hget(keys.lookahead_table(digest), "A")
    client.redis.hset(keys.lookahead_table(digest), "A", numbers[:-3] + b"\x02" + numbers[-2:])
    with pytest.raises(FactsForgotten, match="was altered"):
        stored.read(digest)


def test_the_ledger_check_names_tables_that_are_not_as_they_were_published(shop, clock, redis_client):
    tables, keys = shop.flows.lookahead_tables, shop._keys
    digests = [
        tables.publish(table({(sku, "lyon"): 1 + later for sku in "AB"}, learnt_at=clock.now + later), now=clock.now)
        for later in range(3)
    ]
    assert shop.check().clean
    redis_client.hdel(keys.lookahead_table(digests[0]), "B")
    redis_client.hdel(keys.lookahead_heads, digests[2])
    redis_client.zrem(keys.lookahead_published, digests[2])
    altered, lost = sorted([digests[0], digests[2]])
    assert [drift.what for drift in shop.check().drifts] == [
        f"the look-ahead table {digest[:12]} as it was hashed" for digest in (altered, lost)
    ]
    redis_client.hdel(keys.lookahead_heads, digests[1])
    assert len(shop.check().drifts) == 3, "of one, the head alone is lost"
    assert [head.digest for head in tables.heads()] == [digests[0]]


def test_tables_that_were_replaced_long_ago_are_forgotten_and_the_one_in_force_stays(stored):
    digests = [
        stored.publish(table({("A", "lyon"): 1 + day}, learnt_at=NOW + day), now=NOW + day * DAY) for day in range(4)
    ]
    assert [stored.in_force_at(NOW + day * DAY) for day in range(-1, 5)] == [None, *digests, digests[-1]]
    assert stored.in_force_at(NOW + DAY - 1) == digests[0]
    assert stored.forget_replaced_before(NOW + 2 * DAY + 1) == 2
    assert [head.digest for head in stored.heads()] == digests[2:]
    with pytest.raises(FactsForgotten, match="not kept any more"):
        stored.read(digests[0])
    assert stored.forget_replaced_before(NOW + 9 * DAY) == 1
    assert stored.current() == digests[-1] == stored.read(digests[-1]).digest
