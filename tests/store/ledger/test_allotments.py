"""What channels take of their allotments is counted in the ledger, asked for in the commit, checked from the log."""

import json
from decimal import Decimal

import pytest

from api.records.stock.positions import SkuStockRecord
from api.shapes.quantities import Quantities
from engine.model.facts import Line
from engine.orders.amendment.plan import AmendRequest
from engine.orders.cancellation.plan import CancelRequest
from engine.orders.rejection import RejectionRequest
from engine.store.outcomes import Committed
from engine.store.reconcile.check import check
from tests.conftest import activate
from tests.support.batches import decide_batch
from tests.support.decision_json import facts_of, json_of
from tests.support.facts import HOUR, LILLE, LYON, MARSEILLE, inventory, node, order, product
from tests.support.order_json import shipped_units

FIVE_FOR_THE_WEB = "then: {hold: 48 h, allocate: {channel: web, units: 5, per: day}}"
BY_DAY_AND_WEEK = (
    "then: {hold: 9 d, allocate: [{channel: web, units: 5, per: day}, {channel: web, units: 1, per: week}]}"
)
DAY = 24 * HOUR


@pytest.fixture
def shop(bare):
    bare.load(inventory([node("lyon", LYON)], {"A": {"lyon": 20}}))
    activate(bare, FIVE_FOR_THE_WEB)
    return bare


@pytest.fixture
def taken(redis_client, keys):
    """`taken("day:...:web")`: the units of A that were taken in Lyon in that period; None if nothing is counted."""

    def read(period="day:2026-11-27:web"):
        units = redis_client.hget(keys.taken(period, "A"), "lyon")
        return None if units is None else int(units)

    return read


@pytest.fixture
def sound(client, keys):
    """`sound()`: whether the ledger is as the log says."""
    return lambda: check(client, keys)[0].drifts == ()


def takes(shop, units, channel="web", **more):
    """How many units of A an order on the channel gets."""
    return shipped_units(json_of(shop.decide(order(("A", units), channel=channel, **more))))


def shown(shop, sku="A"):
    """What `GET /v1/stock/{sku}` says of allotments, by node."""
    record = Quantities.of(shop).show(SkuStockRecord.of(shop.stock.show(sku)))
    return {
        item.node: [(of.channel, of.per, of.units, of.taken, of.left) for of in item.allotments or ()]
        for item in record.nodes
    }


def test_the_stock_of_a_sku_says_what_is_left_of_each_allotment(shop, clock):
    app = "when: {order.channel: app}, then: {allocate: {channel: app, units: 2, per: day}}"
    activate(shop, BY_DAY_AND_WEEK, app, "then: {allocate: {channel: web, share: 10%, per: day}}")
    app, week = ("app", "day", 2, 0, 2), ("web", "week", 1, 0, 1)
    assert shown(shop) == {"lyon": [app, ("web", "day", 5, 0, 5), week]}
    takes(shop, 3)
    assert shown(shop) == {"lyon": [app, ("web", "day", 5, 3, 2), ("web", "week", 1, 3, 0)]}
    clock.now += DAY
    assert shown(shop) == {"lyon": [app, ("web", "day", 5, 0, 5), ("web", "week", 1, 3, 0)]}
    activate(shop)
    assert shown(shop) == {"lyon": []}


def test_allotments_of_what_is_sold_by_decimals_are_shown_with_them(bare):
    cloth = product("CLOTH", decimals=1, unit="m")
    bare.load(inventory([node("lyon", LYON)], {"CLOTH": {"lyon": 125}}, products=[cloth], decimals={"CLOTH": 1}))
    activate(bare, "then: {allocate: {channel: web, share: 50%, min: 9, per: day}}")
    bare.decide(order(("CLOTH", 15), channel="web"))
    assert shown(bare, "CLOTH") == {"lyon": [("web", "day", Decimal("9.0"), Decimal("1.5"), Decimal("7.5"))]}


def test_a_channel_uses_its_allotment_up(shop, taken, sound):
    assert takes(shop, 3) == 3
    assert taken() == 3
    assert takes(shop, 20, "store") == 15, "2 of the 5 stay aside"
    assert (taken(), taken("day:2026-11-27:store")) == (3, None)
    assert takes(shop, 9) == 2
    assert sound()


@pytest.mark.parametrize(("share", "aside"), [("share: 50%, max: 3", 3), ("share: 10%, min: 6", 6), ("share: 25%", 5)])
def test_a_share_is_put_aside_within_its_bounds(shop, share, aside):
    activate(shop, f"then: {{allocate: {{channel: web, {share}, per: day}}}}")
    assert takes(shop, 20, "store") == 20 - aside
    (*_, decided) = shop.entries(on_damaged=lambda _: None)
    assert decided.positions_before == ((20, 0, aside),), "the commit computes the same"


def test_availability_says_what_is_left_beside_it(shop):
    def free(channel):
        return shop.stock.availability(["A"], channel).skus[0].free

    assert (free("web"), free("store")) == (20, 15)
    takes(shop, 3)
    assert (free("web"), free("store")) == (17, 15)
    takes(shop, 4)
    assert (free("web"), free("store")) == (13, 13)


def test_a_new_day_puts_the_units_aside_anew(shop, clock, taken):
    takes(shop, 5)
    assert takes(shop, 1, "store") == 1
    clock.now += DAY
    assert takes(shop, 20, "store") == 9
    takes(shop, 2)
    assert (taken(), taken("day:2026-11-28:web")) == (5, 2)


def test_days_and_weeks_begin_by_the_clock_of_the_installation(shop, clock, taken):
    activate(shop, BY_DAY_AND_WEEK)
    clock.now += 13 * HOUR + 59 * 60  # 23:59 in Paris, on a Friday
    takes(shop, 1)
    clock.now += 60
    takes(shop, 2)
    assert (taken(), taken("day:2026-11-28:web"), taken("week:2026-W48:web")) == (1, 2, 3)
    clock.now += 2 * DAY
    takes(shop, 1)
    assert (taken("week:2026-W48:web"), taken("week:2026-W49:web")) == (3, 1)


def test_a_window_goes_on_until_it_ends(shop, clock, taken, sound):
    window = "2026-11-27..2026-11-30"
    activate(
        shop, "from: 2026-11-27, until: 2026-11-30, then: {hold: 9 d, allocate: {channel: web, units: 9, per: window}}"
    )
    takes(shop, 2)
    clock.now += 2 * DAY
    assert takes(shop, 20, "store") == 11
    assert taken(f"window:{window}:web") == 2
    assert sound()


def test_what_was_taken_in_a_window_is_kept_until_four_days_after_it(shop, redis_client, keys):
    activate(
        shop, "from: 2026-11-27, until: 2026-11-30, then: {hold: 9 d, allocate: {channel: web, units: 9, per: window}}"
    )
    takes(shop, 1)
    left = redis_client.ttl(keys.taken("window:2026-11-27..2026-11-30:web", "A"))
    assert left == pytest.approx(1_796_083_200 - 1_795_770_000 + 4 * DAY, abs=60)
    activate(shop, "from: 2026-11-27, then: {hold: 9 d, allocate: {channel: web, units: 9, per: window}}")
    takes(shop, 1)
    assert redis_client.ttl(keys.taken("window:2026-11-27..:web", "A")) == -1


def test_what_was_taken_in_a_day_is_kept_for_four(shop, redis_client, keys):
    activate(shop, BY_DAY_AND_WEEK)
    takes(shop, 1)
    for period, days in (("day:2026-11-27:web", 4), ("week:2026-W48:web", 11)):
        assert redis_client.ttl(keys.taken(period, "A")) == pytest.approx(days * DAY, abs=60)


def test_without_an_allotment_nothing_is_counted(shop, taken, contents):
    activate(shop, "then: {protect: {channel: web, units: 5}}")
    takes(shop, 3)
    assert not [key for key in contents() if b":taken:" in key]


def test_units_that_are_given_back_are_put_aside_again(shop, clock, taken, sound):
    held = json_of(shop.decide(order(("A", 4))))["id"]
    shop.holds.release(held, lines={"1": 1})
    assert taken() == 3
    shop.holds.release(held)
    assert taken() == 0
    assert takes(shop, 20, "store") == 15
    assert sound()


def test_units_that_left_stay_taken_and_may_be_held_again(shop, clock, taken, sound):
    held = json_of(shop.decide(order(("A", 4))))["id"]
    shop.holds.confirm(held, lines={"1": 3})
    assert taken() == 4
    shop.holds.release(held)
    assert taken() == 3
    shop.holds.undo(held)
    assert taken() == 3
    shop.holds.release(held)
    assert taken() == 0
    assert sound()


def test_units_that_expire_are_given_back_and_taken_again_if_they_left_after_all(shop, clock, taken, sound):
    held = json_of(shop.decide(order(("A", 4))))["id"]
    clock.now += 2 * DAY
    takes(shop, 1, "store")
    assert taken() == 0
    assert sound()
    shop.holds.confirm(held, lines={"1": 3})
    assert taken() == 3
    assert sound()


def test_units_of_a_cancelled_order_are_given_back(shop, taken, sound):
    shop.decide(order(("A", 4), id="o1"))
    shop.cancellations.cancel(CancelRequest(order="o1", lines={"1": 3}))
    assert taken() == 1
    assert sound()


def test_rejected_units_are_given_back_and_count_where_they_ship_instead(bare, taken, redis_client, keys, sound):
    bare.load(inventory([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 20, "lille": 3}}))
    activate(bare, FIVE_FOR_THE_WEB)
    held = json_of(bare.decide(order(("A", 3))))
    (first,) = (shipment["node"] for shipment in held["shipments"])
    bare.rerouting.reject(RejectionRequest(decision=held["id"], node=first, reason="damaged", lines={"1": 2}))
    counted = redis_client.hgetall(keys.taken("day:2026-11-27:web", "A"))
    other = b"lyon" if first == "lille" else b"lille"
    assert counted == {first.encode(): b"1", other: b"2"}
    assert sound()


def test_what_others_take_meanwhile_counts_at_the_commit(shop, opened, before_commit):
    # the web gives 3 back meanwhile: 5 stay aside again, not 2
    held = json_of(shop.decide(order(("A", 3))))["id"]
    outcomes = before_commit(lambda: shop.holds.release(held))
    made = json.loads(opened().decide(order(("A", 18), channel="store")).whole)
    assert shipped_units(made) == 15
    assert outcomes[-1] == Committed()


def test_what_its_own_channel_takes_meanwhile_counts_at_the_commit(shop, opened, before_commit):
    rule = "then: {allocate: [{channel: web, units: 5, per: day}, {channel: app, units: 30, per: day}]}"
    activate(shop, rule)
    outcomes = before_commit(lambda: shop.decide(order(("A", 4))))
    made = json.loads(opened().decide(order(("A", 5))).whole)
    assert shipped_units(made) == 1, "5 of the 20 are its own, and 4 of these are gone"
    assert len(outcomes) > 1


def test_the_floor_in_the_log_is_the_floor_of_the_record(shop):
    takes(shop, 3)
    made = shop.decide(order(("A", 4), channel="store"))
    assert json_of(made)["stock"]["A"]["lyon"] == {"on_hand": 20, "held": 3, "floor": 2}
    assert facts_of(made)["stock"]["A"]["taken"] == [{"channel": "web", "per": "day", "units": [3]}]


def test_an_amended_order_may_use_what_it_had_taken_itself(shop, taken, sound):
    activate(shop, "then: {allocate: [{channel: web, units: 5, per: day}, {channel: app, units: 30, per: day}]}")
    shop.decide(order(("A", 4), id="o1"))
    assert takes(shop, 2) == 1, "of the 5 that are its own"
    shop.amendments.amend(AmendRequest(order=order(Line(id="1", sku="A", quantity=9), id="o1")))
    assert taken() == 5, "the 4 that it had and no more, as another has the fifth"
    assert sound()


def test_an_order_that_goes_elsewhere_gives_back_what_it_had_taken_as_it_takes_it_again(shop, taken, sound):
    activate(shop, "then: {allocate: [{channel: web, units: 5, per: day}, {channel: app, units: 30, per: day}]}")
    shop.decide(order(("A", 4), id="o1"))
    elsewhere = order(Line(id="1", sku="A", quantity=5), id="o1", place=MARSEILLE)
    shop.amendments.amend(AmendRequest(order=elsewhere))
    assert taken() == 5
    assert sound()


def test_orders_of_a_batch_see_what_those_before_them_took(shop, taken, sound):
    orders = [
        *(order(("A", 2), channel="web", id=f"w{number}") for number in range(2)),
        *(order(("A", 6), channel="store", id=f"s{number}") for number in range(3)),
    ]
    answers = [json_of(answer) for answer in decide_batch(shop, orders).answers]
    # 4 of the 5 are used up, and 1 stays aside: the other 15 may go to the store
    assert sum(shipped_units(answer) for answer in answers if answer["order"]["channel"] == "store") == 15
    assert taken() == 4
    assert sound()


def test_orders_that_wait_are_offered_what_a_new_day_brings(shop, clock, taken):
    activate(shop, "then: {allocate: [{channel: web, units: 5, per: day}, {channel: app, units: 30, per: day}]}")
    assert takes(shop, 5) == 5
    waiting = shop.decide(order(("A", 2), id="o2"), wait=True)
    assert shipped_units(json_of(waiting)) == 0
    clock.now += DAY
    shop.take_turn()
    assert taken("day:2026-11-28:web") == 2


def test_the_check_finds_and_repairs_what_was_changed_by_other_means(shop, taken, redis_client, keys, client):
    takes(shop, 3)
    name = keys.taken("day:2026-11-27:web", "A")
    redis_client.hset(name, "lyon", 1)
    (drift,) = check(client, keys)[0].drifts
    assert (drift.found, drift.expected) == (1, 3)
    assert "day:2026-11-27:web:A" in str(drift)
    shop.repair(who="the owner")
    assert taken() == 3
    redis_client.delete(name)
    assert [(item.found, item.expected) for item in check(client, keys)[0].drifts] == [(0, 3)]
    shop.repair(who="the owner")
    assert check(client, keys)[0].drifts == ()


def test_what_has_expired_is_no_drift(shop, redis_client, keys, client, monkeypatch):
    takes(shop, 3)
    redis_client.delete(keys.taken("day:2026-11-27:web", "A"))
    later = client.milliseconds(keys.log) + 1_000 * 4 * DAY
    monkeypatch.setattr(type(client), "milliseconds", lambda *_: later)
    assert check(client, keys)[0].drifts == ()


def test_stock_show_says_what_is_free_to_each_channel(shop):
    takes(shop, 3)
    assert shop.stock.show("A").nodes[0].free == {"*": 15, "web": 17}
