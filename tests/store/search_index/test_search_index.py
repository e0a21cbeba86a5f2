"""Decisions and orders are found by SKU and node through an index that is made of the log: whatever of the log is in
it, a search answers what a look at every entry answers.
"""

import dataclasses
import itertools

import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st

from engine.audit.search.decision_filter import DecisionFilter
from engine.audit.settings import AuditSettings
from engine.decide.order_record import seconds
from engine.orders.amendment.plan import AmendRequest
from engine.orders.cancellation.plan import CancelRequest
from engine.orders.living_orders import OrderFilter
from engine.orders.rejection import RejectionRequest
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.holds import Holds
from engine.store.log import decision_log
from engine.store.search_index import building, stored_index
from engine.store.search_index.building import IndexBuilding
from engine.store.search_index.index_entries import indexed_entry
from tests.conftest import activate
from tests.support.aged_log import age_log
from tests.support.dying import Died, dying
from tests.support.examples import examples
from tests.support.facts import LILLE, LYON, NOW, inventory, node, order
from tests.support.wait_until import wait_until

DAY = 86_400
SKUS, NODES = ["A", "B", "C", "none"], ["lyon", "lille", "nowhere"]
FOUND_BY = [{"sku": sku} for sku in SKUS] + [{"node": name} for name in NODES] + [{"sku": "A", "node": "lille"}]


@pytest.fixture
def shop(server_url, network, clock, tmp_path):
    audit = AuditSettings(audit_key=tmp_path / "key.pem")
    settings = Settings(redis_url=server_url, network=network, audit=audit, backlog="manual")
    with Pointsman(settings, clock=clock) as shop:
        shop.load(
            inventory(
                [node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 40, "lille": 9}, "B": {"lille": 3}, "C": {}}
            )
        )
        activate(shop, "when: {node.id: lille}, then: {avoid: 1.00}")
        yield shop
        shop.forget()


def decide(shop, number, sku, units, days=0):
    lines = [(sku, units), ("A", 1)] if units % 2 else [(sku, units)]
    return shop.decide(order(*lines, id=f'W-{number},"é\n', placed_at=NOW - days * DAY))


def placed_on_three_days(shop):
    """Eight orders, placed on three days; one that was amended to other articles, one cancelled, one rejected."""
    made = [decide(shop, number, SKUS[number % 3], 1 + number, days=number % 3) for number in range(8)]
    change_order(shop, "amend", 1, "C")
    change_order(shop, "cancel", 3, "A")
    shop.rerouting.reject(RejectionRequest(decision=made[0].id, node="lyon", reason="no_capacity"))
    return made


def change_order(shop, how, number, sku):
    name = f'W-{number},"é\n'
    state = shop.orders.show(name)
    if how == "amend":
        placed_at = seconds(state.stored.order.placed_at)
        shop.amendments.amend(AmendRequest(order=order((sku, 2), id=name, placed_at=placed_at)))
    else:
        left = {line.line: line.units["held"] for line in state.lines if line.units["held"]}
        shop.cancellations.cancel(CancelRequest(order=name, lines=left, shipments=()))


def pages(read, filtered, limit):
    """Each page's items, until the last page."""
    after = None
    while True:
        page = read(filtered, after=after, limit=limit)
        items = page.decisions if hasattr(page, "decisions") else page.orders
        assert len(items) <= limit
        yield from items
        after = page.after
        if after is None:
            return


def found(shop, limit=3):
    """Ids, in their order, by what they are found by."""
    return [
        (
            [item.entry for item in pages(shop.decisions.page, DecisionFilter(**by), limit)],
            [item.stored.id for item in pages(shop.orders.list, OrderFilter(**by), limit)],
            list(open_holds(shop, by, limit)),
        )
        for by in FOUND_BY
    ]


def open_holds(shop, by, limit):
    """Ids of the open holds, the first to expire first."""
    after = None
    while True:
        page = shop.holds.list_open(**by, after=after, limit=limit)
        assert len(page.holds) <= limit
        yield from (hold.id for hold in page.holds)
        after = page.after
        if after is None:
            return


def holds_of(shop, sku=None, node=None):
    """The same by a look at every open hold."""
    for name in open_holds(shop, {}, 100):
        (hold,) = Holds(shop._client, shop._keys).find(name)
        shipments = [item for item in hold.shipments if node in (None, item.node)]
        if any(sku in (None, held) for item in shipments for held, _ in item.units):
            yield name


def looked_through(shop):
    """The same by a look at every decision and every order."""
    decisions = list(pages(shop.decisions.page, DecisionFilter(), 100))
    orders = list(pages(shop.orders.list, OrderFilter(), 100))
    return [
        (
            [item.entry for item in decisions if DecisionFilter(**by).matches(item)],
            [item.stored.id for item in orders if OrderFilter(**by).matches(item)],
            list(holds_of(shop, **by)),
        )
        for by in FOUND_BY
    ]


STEPS = st.one_of(
    st.tuples(st.just("decide"), st.sampled_from(SKUS[:3]), st.integers(1, 4), st.integers(0, 3)),
    st.tuples(st.just("amend"), st.integers(0, 5), st.sampled_from(SKUS[:3])),
    st.tuples(st.just("cancel"), st.integers(0, 5)),
    st.tuples(st.just("confirm"), st.integers(0, 5)),
    st.tuples(st.just("index"), st.integers(1, 4)),
)


def take(shop, step, made):
    kind, *rest = step
    if kind == "decide":
        made.append(decide(shop, next(NUMBERS), *rest))
    elif kind == "index":
        IndexBuilding(shop._client, shop._keys).catch_up(most=rest[0])
    elif rest[0] < len(made):
        state = shop.orders.show(made[rest[0]].record.order.id)
        placed_at, held = seconds(state.stored.order.placed_at), state.units("held")
        if kind == "confirm" and held:
            shop.holds.confirm(state.shipments[-1].decision)
        elif kind == "amend" and not state.units("shipped"):
            amended = order((rest[1], 2), id=state.stored.id, placed_at=placed_at)
            shop.amendments.amend(AmendRequest(order=amended))
        elif kind == "cancel" and held:
            lines = {line.line: line.units["held"] for line in state.lines if line.units["held"]}
            shop.cancellations.cancel(CancelRequest(order=state.stored.id, lines=lines, shipments=()))


NUMBERS = itertools.count(100)


def test_a_search_finds_what_a_look_at_every_entry_finds(shop, monkeypatch):
    monkeypatch.setattr(building, "_AT_ONCE", 2)
    monkeypatch.setattr(stored_index, "_DAYS_AT_ONCE", 2)

    @examples(200, in_suite=12, phases=[Phase.generate])
    @given(steps=st.lists(STEPS, min_size=4, max_size=9), limit=st.integers(1, 4))
    def check(steps, limit):
        made = []
        for step in steps:
            take(shop, step, made)
        assert found(shop, limit) == looked_through(shop)

    check()
    shop.search_index.catch_up()
    assert found(shop) == looked_through(shop)
    assert shop.check().clean


def test_once_it_is_made_no_entry_is_read_that_is_not_meant(shop, monkeypatch):
    placed_on_three_days(shop)
    expected = looked_through(shop)
    shop.search_index.catch_up()
    read = []
    real = decision_log.stored_entries
    monkeypatch.setattr(decision_log, "stored_entries", lambda *given: read.extend(given[2]) or real(*given))
    monkeypatch.setattr(decision_log, "batches", None)
    b_alone = [item.entry for item in pages(shop.decisions.page, DecisionFilter(sku="B"), 100)]
    assert b_alone == expected[1][0]
    assert len(read) == len(b_alone) < len(expected[0][0])


def test_once_it_is_made_no_hold_is_read_that_is_not_meant(shop, monkeypatch):
    for number, sku in enumerate("AABABA"):
        decide(shop, number, sku, 2)
    expected = list(holds_of(shop, sku="B"))
    assert len(list(open_holds(shop, {}, 100))) == 6
    assert len(expected) == 2
    shop.search_index.catch_up()
    read, real = [], Holds.find
    monkeypatch.setattr(Holds, "find", lambda holds, *names: read.extend(names) or real(holds, *names))
    assert list(open_holds(shop, {"sku": "B"}, 100)) == read == expected


def test_a_hold_whose_decision_has_no_place_in_the_log_is_found(shop, redis_client):
    name = decide(shop, 1, "A", 2).id
    shop.search_index.catch_up()
    redis_client.hdel(shop._keys.decisions, name)
    decide(shop, 2, "A", 2)
    assert name in list(open_holds(shop, {"sku": "A"}, 100))


def test_a_page_of_holds_reads_no_more_than_it_has(shop, monkeypatch):
    for number in range(5):
        decide(shop, number, "A", 2)
    shop.search_index.catch_up()
    read, real = [], Holds.find
    monkeypatch.setattr(Holds, "find", lambda holds, *names: read.append(len(names)) or real(holds, *names))
    for by in ({}, {"sku": "A"}):
        shop.holds.list_open(**by, limit=2)
    assert read == [2, 2]


def test_a_search_by_time_and_status_goes_through_the_index_too(shop):
    placed_on_three_days(shop)
    entries = [item.entry for item in pages(shop.decisions.page, DecisionFilter(sku="A"), 100)]
    second = entries[2][0] // 1_000
    filters = [
        DecisionFilter(sku="A", start=second),
        DecisionFilter(sku="A", end=second),
        DecisionFilter(sku="A", end=0),
        DecisionFilter(sku="A", start=second + 60),
        DecisionFilter(sku="A", status="filled"),
    ]
    expected = [list(pages(shop.decisions.page, filtered, 2)) for filtered in filters]
    assert expected[0]
    shop.search_index.catch_up()
    assert [list(pages(shop.decisions.page, filtered, 2)) for filtered in filters] == expected
    assert shop.decisions._search.fired(DecisionFilter(sku="B"))[0] == len(found(shop)[1][0])


def test_whoever_dies_between_two_steps_leaves_what_the_next_one_completes(shop, monkeypatch):
    placed_on_three_days(shop)
    expected = looked_through(shop)
    monkeypatch.setattr(building, "_AT_ONCE", 4)
    die_at = dying(monkeypatch, [(IndexBuilding, "_change")])
    for number, after in itertools.product((1, 2), (False, True)):
        die_at(number, after=after)
        with pytest.raises(Died):
            shop.search_index.catch_up()
        assert found(shop) == expected
    die_at(0)
    shop.search_index.catch_up()
    assert found(shop) == expected
    assert shop.check().clean
    values = [shop._client.redis.hget(name, "sku B") for name in shop._client.names(shop._keys.search_day("decided "))]
    assert sum(map(len, filter(None, values))) == 8 * len(expected[SKUS.index("B")][0])


def test_of_two_that_take_in_the_same_entries_one_does(shop):
    placed_on_three_days(shop)
    slow = IndexBuilding(shop._client, shop._keys)
    slow._begin_anew()
    state = slow._index.state()
    shop.search_index.catch_up()
    before = found(shop)
    slow._take_in(decision_log.next_entries(shop._client, shop._keys, start="-", count=500), state)
    slow._begin_anew()
    assert found(shop) == before == looked_through(shop)
    assert shop.check().clean
    assert slow._index.state().cursor > state.cursor


def test_what_is_archived_leaves_the_index_and_is_still_found(shop, network, redis_client, tmp_path):
    made = placed_on_three_days(shop)
    for answer in (made[4], made[6]):
        shop.holds.release(answer.id)
    age_log(redis_client, network, days=10)
    shop.repair(who="a test")
    shop.search_index.catch_up()
    expected = looked_through(shop)
    days = redis_client.scard(shop._keys.search_days)
    shop.sealer.seal()
    archived = shop.archive(tmp_path, older_than=4 * DAY)
    assert archived.entries
    assert found(shop, 100) == expected == looked_through(shop)
    shop.search_index.catch_up()
    assert redis_client.scard(shop._keys.search_days) < days
    assert found(shop, 100) == expected
    assert dataclasses.replace(shop.check(), seal=None).clean
    redis_client.hdel(shop._keys.search_index, "made")
    shop.search_index.catch_up()
    assert found(shop, 100) == expected
    assert redis_client.scard(shop._keys.search_days) < days


def test_an_index_that_is_begun_anew_while_it_is_read_hides_nothing(shop, monkeypatch, redis_client):
    placed_on_three_days(shop)
    expected = looked_through(shop)
    shop.search_index.catch_up()
    real = stored_index.StoredIndex.dates

    maker, armed = IndexBuilding(shop._client, shop._keys), []

    def begun_anew_meanwhile(index, kind):
        dates = real(index, kind)
        if armed:
            armed.pop()
            redis_client.hdel(shop._keys.search_index, "made")
            maker._begin_anew()
        return dates

    def read_meanwhile(read, filtered):
        maker.catch_up()
        armed.append(True)
        return list(pages(read, filtered, 100))

    monkeypatch.setattr(stored_index.StoredIndex, "dates", begun_anew_meanwhile)
    for by, (entries, orders, holds) in zip(FOUND_BY, expected, strict=True):
        decided = read_meanwhile(shop.decisions.page, DecisionFilter(**by))
        listed = read_meanwhile(shop.orders.list, OrderFilter(**by))
        assert ([item.entry for item in decided], [item.stored.id for item in listed]) == (entries, orders)
        maker.catch_up()
        armed.append(True)
        assert list(open_holds(shop, by, 100)) == holds
    assert not armed


def test_the_ledger_check_sees_what_the_index_lacks_and_a_repair_has_it_made_anew(shop, redis_client):
    placed_on_three_days(shop)
    expected = looked_through(shop)
    shop.search_index.catch_up()
    assert shop.check().clean
    for name in (name for name in redis_client.smembers(shop._keys.search_days) if name.startswith(b"decided ")):
        redis_client.hdel(shop._keys.search_day(name.decode()), "sku A")
    placed = max(name for name in redis_client.smembers(shop._keys.search_days) if name.startswith(b"placed "))
    redis_client.hset(shop._keys.search_day(placed.decode()), "node lille", b'"another",')
    drifts = shop.check(whole=True).drifts
    assert {drift.what.partition(" that are ")[2] for drift in drifts} == {"found by sku A", "found by node lille"}
    decide(shop, next(NUMBERS), "B", 1)
    assert len(shop.repair(who="a test").repaired) == 1
    assert shop.check(whole=True).clean
    shop.search_index.catch_up()
    assert (shop.check(whole=True).clean, found(shop)) == (True, looked_through(shop))
    assert expected != looked_through(shop)


def test_a_damaged_decision_is_named_whatever_article_is_looked_for(shop, redis_client):
    placed_on_three_days(shop)
    redis_client.xadd(shop._keys.log, {"kind": "decided", "id": "torn", "at": 1, "body": b"torn"})
    by_log = [shop.decisions.page(DecisionFilter(**by), limit=100) for by in FOUND_BY]
    shop.search_index.catch_up()
    assert [shop.decisions.page(DecisionFilter(**by), limit=100) for by in FOUND_BY] == by_log
    assert all(page.unreadable for page in by_log)


def test_a_process_that_goes_on_takes_in_what_is_logged(shop):
    placed_on_three_days(shop)
    shop.search_index.start()
    end = decision_log.next_entries(shop._client, shop._keys, start="-", count=500)[-1][0].decode()
    index = stored_index.StoredIndex(shop._client, shop._keys)
    wait_until(lambda: "{}-{}".format(*index.state().cursor) == end, "the log is in the index")
    assert found(shop) == looked_through(shop)


def test_an_amendment_says_by_itself_which_articles_its_order_has(shop):
    placed_on_three_days(shop)
    entries = decision_log.next_entries(shop._client, shop._keys, start="-", count=500)
    (amended,) = (indexed_entry(raw) for raw in entries if raw[1][b"kind"] == b"amended")
    assert (amended.order, amended.ordered) == ('W-1,"é\n', {"sku C"})
