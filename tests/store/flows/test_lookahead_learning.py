"""Look-ahead prices are learnt from the log of a real server, published, and learnt again when they are due."""

import dataclasses
import time

import pytest

from engine.actor import act_as
from engine.errors import NotFound, NotLearnt
from engine.lookahead.settings import LookaheadSettings
from engine.model.load_periods import date_of
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.flows.receipts import Announcement
from engine.store.stock import Count, Stamp
from rules.loader import load_policies
from tests.conftest import activate
from tests.support.facts import EURO, LILLE, LYON, MARSEILLE, PARIS, inventory, node, order, policy_file, service

DAY = 86_400
ORDER_DAYS = 10
HOUR = 3_600
START = int(time.time()) // HOUR * HOUR - (ORDER_DAYS + 1) * DAY
"""The server stamps changes of stock with its own clock, so these orders are of the last days by it. A full hour."""
BY_DISTANCE = service(base=5 * EURO, per_km=10_000)
"""Five euros and a cent a kilometre."""
SCHEDULED = LookaheadSettings(every=DAY, use_for=2 * DAY, jump=50)


@pytest.fixture
def opened(server_url, network, clock):
    """On tests' own network: Lyon and Paris have A and B."""
    shops = []

    def opened(settings=None, *, empty=False):
        made = Pointsman(
            Settings(redis_url=server_url, network=network, lookahead=settings or LookaheadSettings()), clock=clock
        )
        shops.append(made)
        if not empty:
            clock.now = START
            stock = {sku: {"lyon": 500, "paris": 500} for sku in "AB"}
            made.load(inventory([node("lyon", LYON), node("paris", PARIS)], stock, services=[BY_DISTANCE]))
            activate(made)
        return made

    yield opened
    for made in shops:
        made.close()


@pytest.fixture
def shop(opened, clock):
    """On each of ten days, an order of A came from Lille and one from Marseille; ten are left in Paris, 100 in Lyon."""
    shop = opened(SCHEDULED)
    sell(shop, clock)
    count(shop, lyon=100, paris=10)
    return shop


def sell(shop, clock):
    for day in range(ORDER_DAYS):
        clock.now = START + day * DAY
        for place in (LILLE, MARSEILLE):
            made = shop.decide(order(("A", 1), place=place, placed_at=clock.now)).record
            shop.holds.confirm(made.id)
    clock.now = START + ORDER_DAYS * DAY


def count(shop, sku="A", **units):
    stamp = Stamp(kind="t", number=shop.micros)
    for name, on_hand in units.items():
        shop.stock.set_count(Count(node=name, sku=sku, on_hand=on_hand, stamp=stamp))


def prices(shop, sku="A"):
    return {name: item.price for name, item in shop.flows.lookahead.show([sku]).prices[sku].items()}


def entries_of(shop, kind):
    return [item for item in shop.entries(on_damaged=pytest.fail) if item.kind == kind]


def test_a_unit_costs_more_where_the_stock_does_not_last_and_says_who_needs_it_by_when(shop, clock):
    """Lille will order 28 in 28 days: Paris has 10, the others come from Lyon, which is 354.7 km farther away."""
    act_as("Ada")
    learnt = shop.flows.lookahead.learn()
    shown = shop.flows.lookahead.show(["A"])
    assert (shown.digest, shown.in_force, shown.too_old) == (learnt.digest, True, False)
    item = shown.prices["A"]["paris"]
    assert list(shown.prices["A"]) == ["paris"]
    assert item.price == 3_547_000
    assert item.region == "paris"
    assert item.needed_by == clock.now + ORDER_DAYS * DAY
    head = shown.head
    assert (head.learnt_at, head.learnt_by, head.use_until) == (clock.now, "Ada", clock.now + 2 * DAY)
    assert (head.demand_since, head.demand_until, head.currency) == (START, clock.now, "EUR")
    assert head.network_version == shop.network().version


def test_by_when_units_are_needed_is_a_full_hour(shop, clock):
    clock.now += 1_234
    item = shop.flows.lookahead.learn(dry_run=True).prices.table.prices["A"]["paris"]
    exactly = clock.now + (ORDER_DAYS * DAY + 1_234)
    assert item.needed_by % HOUR == 0
    assert exactly <= item.needed_by < exactly + HOUR


def test_the_same_log_gives_the_same_bytes_and_a_dry_run_publishes_nothing(shop):
    first = shop.flows.lookahead.learn(dry_run=True)
    assert first.digest is None
    with pytest.raises(NotFound, match="no look-ahead prices were learnt yet"):
        shop.flows.lookahead.show()
    again = shop.flows.lookahead.learn()
    assert again.digest == first.prices.table.digest


def test_what_rules_keep_back_is_no_supply(shop):
    learn = shop.flows.lookahead.learn
    learn()
    assert prices(shop)["paris"] > 0
    activate(shop, "when: {node.id: paris}, then: {keep: 10}")
    assert learn(dry_run=True).prices.table.prices == {}, "Lyon alone has units then"


def test_demand_counts_up_to_the_next_receipt_alone(shop, clock):
    """More comes in five days, for which the ten units last."""
    announcement = Announcement(
        id="PO-1",
        source="purchase_order",
        node="paris",
        sku="A",
        quantity=50,
        expected_at=clock.now + 5 * DAY,
        status="confirmed",
        sequence=1,
    )
    shop.flows.inbound.announce(announcement)
    assert shop.flows.lookahead.learn(dry_run=True).prices.table.prices == {}


def test_without_orders_there_is_nothing_to_learn_from(opened):
    shop = opened()
    with pytest.raises(NotLearnt, match=r"no order was decided in the days .* route some \(pointsman route FILE\)"):
        shop.flows.lookahead.learn()


def test_orders_decided_as_of_days_before_the_log_began_are_learnt_from(opened, clock):
    """As `pointsman route` decides a file of past orders: the pace is that of their days."""
    shop = opened()
    clock.now = START - 5 * DAY
    shop.decide(order(("A", 1), place=LILLE, placed_at=clock.now))
    clock.now = START + 5 * DAY
    history = shop.flows.lookahead.learn(dry_run=True).prices.history
    assert (history.orders, history.since, history.until) == (1, START - 5 * DAY, START + 5 * DAY)


def test_the_pace_of_a_young_log_is_that_of_all_its_days_and_of_an_older_one_that_of_the_window(shop, clock):
    clock.now = START + (ORDER_DAYS + 5) * DAY
    assert shop.flows.lookahead.learn(dry_run=True).prices.history.since == START
    clock.now = START + (ORDER_DAYS + 20) * DAY
    history = shop.flows.lookahead.learn(dry_run=True).prices.history
    assert (history.since, history.orders) == (START + 2 * DAY, 2 * (ORDER_DAYS - 2))


def test_days_that_are_still_to_come_count_only_as_far_as_there_are_orders(shop, clock):
    now = clock.now

    def until():
        return shop.flows.lookahead.learn(dry_run=True, until=now + 5 * DAY).prices.history.until

    assert until() == now
    clock.now = now + 2 * DAY
    shop.decide(order(("A", 1), place=LILLE, placed_at=clock.now))
    clock.now = now
    assert until() == now + 2 * DAY + 1


def test_of_orders_that_lie_longer_back_than_the_window_it_is_said_how_to_learn_from_them(shop, clock):
    last = clock.now = START + (ORDER_DAYS - 1) * DAY
    day = date_of(shop.network().clock, last)
    clock.now += 100 * DAY
    with pytest.raises(NotLearnt, match=f"the last one was on {day}.*lookahead learn --to {day}"):
        shop.flows.lookahead.learn()
    learnt = shop.flows.lookahead.learn(until=last + 1)
    assert (learnt.prices.history.orders, learnt.prices.history.until) == (2 * ORDER_DAYS, last + 1)
    head = shop.flows.lookahead.show().head
    assert (head.demand_until, head.learnt_at, head.use_until) == (last + 1, clock.now, clock.now + 2 * DAY)


def test_orders_whose_places_were_erased_are_left_out_and_counted(shop, clock):
    erased = shop.decide(order(("A", 3), id="W-gone", place=LILLE, placed_at=clock.now)).record
    shop.holds.confirm(erased.id)
    shop.erasures.erase(erased.order.id, note="a test")
    clock.now += 1
    history = shop.flows.lookahead.learn(dry_run=True).prices.history
    assert (history.orders, history.unplaced) == (2 * ORDER_DAYS + 1, 1)


def test_a_table_by_the_beginning_of_its_digest_or_none(shop):
    digest = shop.flows.lookahead.learn().digest
    assert shop.flows.lookahead.table(digest[:8]).digest == digest
    with pytest.raises(NotFound, match="no look-ahead table that is kept begins with 'nothing'"):
        shop.flows.lookahead.show(table="nothing")


def test_prices_are_learnt_as_often_as_is_set_and_no_more(shop, clock):
    first = shop.flows.lookahead.take_turn()
    assert first == shop.flows.lookahead.show().digest
    clock.now += DAY - 1
    assert shop.flows.lookahead.take_turn() is None
    clock.now += 1
    second = shop.flows.lookahead.take_turn()
    assert second not in (None, first)
    assert [item.by for item in entries_of(shop, "lookahead_published")] == ["", ""]
    assert shop.flows.lookahead.show().head.learnt_by == "pointsman"


def test_a_stock_jump_re_solves_the_skus_concerned_and_keeps_how_old_the_others_are(shop, clock):
    shop.flows.lookahead.take_turn()
    before = shop.flows.lookahead.show().head
    clock.now += 60
    count(shop, paris=9)
    assert shop.flows.lookahead.take_turn() is None, "a tenth is no jump"
    clock.now += 60
    count(shop, paris=40)
    assert shop.flows.lookahead.take_turn() is not None
    after = shop.flows.lookahead.show(["A"])
    assert after.prices["A"] == {}, "Paris has enough now"
    assert (after.head.use_until, after.head.demand_until) == (before.use_until, before.demand_until)
    assert after.head.learnt_at == clock.now


def test_another_process_that_takes_over_re_solves_what_changed_since(shop, opened, clock):
    shop.flows.lookahead.take_turn()
    clock.now += 60
    count(shop, paris=40)
    other = opened(SCHEDULED, empty=True)
    assert other.flows.lookahead.take_turn() is None, "the first still has its turn"
    shop.flows.lookahead.end_turns()
    assert other.flows.lookahead.take_turn() is not None
    assert prices(other) == {}


def test_tables_that_no_decision_of_the_log_can_name_are_forgotten_when_the_next_is_published(
    shop, clock, redis_client
):
    first = shop.flows.lookahead.take_turn()
    clock.now += DAY
    second = shop.flows.lookahead.take_turn()
    clock.now += 3 * DAY
    shop.decide(order(("A", 1), place=LILLE, placed_at=clock.now))
    redis_client.xtrim(shop._keys.log, maxlen=1, approximate=False)
    clock.now += 60
    third = shop.flows.lookahead.take_turn()
    assert None not in (first, second, third)
    assert [item.digest for item in shop.flows.lookahead.show().tables] == [second, third]


def test_prices_are_learnt_anew_if_the_server_lost_the_table(shop, clock, redis_client):
    digest = shop.flows.lookahead.take_turn()
    redis_client.hdel(shop._keys.lookahead_heads, digest)
    clock.now += 1
    assert shop.flows.lookahead.take_turn() not in (None, digest)


def test_nobody_learns_by_itself_unless_that_is_set(opened, clock):
    shop = opened()
    sell(shop, clock)
    assert shop.flows.lookahead.take_turn() is None


def test_protecting_units_costs_their_price_once_in_the_time_that_they_last(shop):
    """The ten in Paris last ten days, so 2.8 times in 28 days: 5 units at 3.547 euros are 49.658 a month."""
    shop.flows.lookahead.learn()
    policies = load_policies(
        policy_file(
            "when: {node.id: paris}, then: {keep: 1}",
            "when: {node.id: lyon}, then: {protect: {channel: web, units: 1}}",
            "when: {node.id: paris}, then: {exclude: true}",
        )
    )
    costs = shop.flows.lookahead.protection_costs(policies)
    assert [(item.rule, item.positions, item.month) for item in costs.rules] == [
        ("test/r1", 1, 49_658_000),
        ("test/r2", 0, 0),
    ]
    assert (costs.rules[0].dearest.sku, costs.rules[0].dearest.node) == ("A", "paris")
    assert shop.flows.lookahead.protection_costs(policies, units=20).rules[0].month == 2 * 49_658_000, "ten are there"


def test_protecting_costs_as_much_in_a_table_that_was_learnt_again_of_other_skus_long_after(shop, clock):
    """Such a table has the price from before, whose units would have been used up by then."""
    learnt = shop.flows.lookahead.learn().prices.table
    clock.now += (ORDER_DAYS + 1) * DAY
    again = dataclasses.replace(learnt, learnt_at=clock.now)
    shop.flows.lookahead_tables.publish(again, now=clock.now)
    policies = load_policies(policy_file("when: {node.id: paris}, then: {keep: 1}"))
    assert shop.flows.lookahead.protection_costs(policies).rules[0].month == 49_658_000


def test_what_protecting_costs_can_not_be_said_without_prices(shop):
    with pytest.raises(NotFound, match="no look-ahead prices were learnt yet"):
        shop.flows.lookahead.protection_costs(load_policies(policy_file("then: {keep: 1}")))


def test_a_smaller_change_than_is_set_waits_until_prices_are_due(opened, clock):
    """Thirty units more are three times what there was, and five times would be a jump."""
    shop = opened(LookaheadSettings(every=DAY, use_for=2 * DAY, jump=500))
    sell(shop, clock)
    count(shop, lyon=100, paris=10)
    shop.flows.lookahead.take_turn()
    clock.now += 60
    count(shop, paris=40)
    assert shop.flows.lookahead.take_turn() is None
    assert prices(shop)["paris"] > 0
    clock.now += DAY
    assert shop.flows.lookahead.take_turn() is not None
    assert prices(shop) == {}
