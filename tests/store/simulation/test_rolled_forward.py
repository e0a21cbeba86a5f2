"""Rolled forward under other rules, a log comes to what a shop under these rules decides that is asked the same."""

import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from engine.orders.cancellation.plan import CancelRequest
from engine.parallel.work import tasks_of
from engine.service import Pointsman
from engine.settings import Settings
from engine.simulation.network_change import NO_CHANGE
from engine.simulation.piece_files import PieceFiles
from engine.simulation.rolled.answer_journal import AnswerJournal
from engine.simulation.rolled.answering import Answering
from engine.simulation.rolled.roll import Roll
from engine.simulation.rolled.rolled_order import result_of
from engine.simulation.rolled.units.kinds import KINDS
from engine.simulation.rolled.units.stock_difference import StockDifference
from engine.store.flows.receipts import Announcement, Delivery
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.decisions_of_many_kinds import RULES as RULES_OF_LIFE
from tests.support.decisions_of_many_kinds import life, stocked
from tests.support.examples import examples
from tests.support.facts import HOUR, LILLE, LYON, MARSEILLE, PARIS, inventory, node, order
from tests.support.two_shops import Shops
from tests.support.whatif import draft, tried

PLACES = (PARIS, LYON, LILLE, MARSEILLE)
RULES = (
    (),
    ("when: {node.id: lyon}, then: {exclude: true}",),
    ("when: {node.id: paris}, then: {prefer: 9.00}",),
    ("then: {split_penalty: 30.00}", "when: {node.id: lille}, then: {avoid: 3.00}"),
    ("when: {node.load: {at_least: 2}}, then: {avoid: 8.00}",),
    ("when: {node.id: [lyon, lille]}, then: {daily_orders: 2}",),
    ("when: {stock.available: {at_most: 2}}, then: {keep: 1}",),
)
ORDERS = st.tuples(
    st.just("order"),
    st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 3)), min_size=1, max_size=2),
    st.sampled_from(PLACES),
)
CALLS = st.one_of(
    ORDERS,
    ORDERS,
    st.tuples(st.sampled_from(("confirm", "release", "cancel")), st.integers(0, 9)),
    st.tuples(st.just("reject"), st.integers(0, 9), st.sampled_from(("no_capacity", "other"))),
    st.tuples(st.just("amend"), st.integers(0, 9), st.integers(1, 4), st.sampled_from((None, "A", "B", *PLACES))),
    st.tuples(st.just("move"), st.sampled_from("AB"), st.sampled_from(("lyon", "paris", "lille")), st.integers(1, 3)),
)


@pytest.fixture
def shops(server_url, network, clock):
    """Two shops with the same stock; `shops(rules, others)` opens them anew."""
    opened, numbers = [], itertools.count()

    def open_two(rules, others):
        number = next(numbers)
        both = []
        for name, its in (("a", rules), ("b", others)):
            shop = Pointsman(
                Settings(redis_url=server_url, network=f"{network}-{number}{name}"), clock=clock, new_id=ids_in_order()
            )
            opened.append(shop)
            shop.load(inventory([node("lyon", LYON), node("paris", PARIS), node("lille", LILLE)], STOCK))
            activate(shop, *its, *WAITS)
            both.append(shop)
        return Shops(*both, skus=("A", "B"))

    yield open_two
    for shop in opened:
        shop.forget()
        shop.close()


def ids_in_order():
    """Ids of decisions that sort as these are made: of an order's units that wait under several, those with the least
    id are offered stock first, and that would be by chance.
    """
    numbers = itertools.count(1)
    return lambda: f"{next(numbers):032x}"


WAITS = ("when: {order.channel: web}, then: {backorder: true}",)
STOCK = {"A": {"lyon": 4, "paris": 2, "lille": 1}, "B": {"lyon": 2, "paris": 0, "lille": 3}}


def rolled(log, policies, *, as_logged=False, change=NO_CHANGE):
    """The log of a shop, rolled forward under the active policies of another."""
    matcher = policies.replays.matcher(policies.versions.find("active"))
    roll = Roll(log.replays, matcher, change, offers=True, as_logged=as_logged)
    for batch in log.replays.log_as_stored(None, None, KINDS, on_missing=pytest.fail):
        for entry in log.replays.parsed(batch, on_damaged=pytest.fail):
            roll.add(entry)
    assert roll.untried == []
    return roll


def rolled_and_kept(log, policies, folder):
    """The same in pieces of three entries, with what was decided kept in the folder."""
    matcher = policies.replays.matcher(policies.versions.find("active"))
    journal = AnswerJournal(PieceFiles(folder), b"")
    roll = Roll(log.replays, matcher, NO_CHANGE, offers=True, as_logged=False, journal=journal)
    for piece in tasks_of(log.replays.log_as_stored(None, None, KINDS, on_missing=pytest.fail), 3):
        with journal.piece(piece):
            for entry in log.replays.parsed(piece, on_damaged=pytest.fail):
                roll.add(entry)
    return roll


def run(shops, clock, calls):
    """Make the calls; of an order, by its number among those placed so far."""
    placed = []
    for number, (call, *given_) in enumerate(calls):
        clock.now += 60
        match call, given_:
            case "order", (lines, place):
                placed.append(order(*lines, place=place, placed_at=int(clock.now)))
                shops.order(placed[-1])
            case "move", (sku, place, units):
                shops.move(sku, place, units, op=f"{number}")
            case "amend", (which, units, other) if placed:
                before = placed[which % len(placed)]
                sku = other if isinstance(other, str) else before.lines[0].sku
                place = before.place if other is None or isinstance(other, str) else other
                shops.amend(order((sku, units), id=before.id, place=place, placed_at=before.placed_at))
            case _, (which, *more) if placed:
                getattr(shops, call)(placed[which % len(placed)].id, *more)
    return placed


def places(shop, name):
    """Of an order, by line: units that are held by node, that left by node, that wait, and that are cancelled."""
    state = shop.orders.show(name)
    found = {}
    for item in state.shipments:
        for line in item.lines:
            for becomes, units in (("held", line.held), ("left", line.shipped)):
                if units:
                    key = line.line, becomes, item.record.node
                    found[key] = found.get(key, 0) + units
    for line in state.lines:
        for kind in ("waiting", "cancelled", "unfilled"):
            if line.units[kind]:
                found[line.line, kind, ""] = line.units[kind]
    return found


def rolled_places(variant):
    units, found = variant.units, {}
    for shipment in units.shipments:
        for line in shipment.skus:
            for becomes, count in (("held", shipment.held_of(line)), ("left", shipment.left[line])):
                if count:
                    key = line, becomes, shipment.node
                    found[key] = found.get(key, 0) + count
    for kind, counts in (
        ("waiting", units.waiting_units),
        ("cancelled", units.cancelled),
        ("unfilled", units.unfilled - units.waiting_units),
    ):
        found |= {(line, kind, ""): count for line, count in counts.items() if count}
    return found


@given(calls=st.lists(CALLS, min_size=4, max_size=14), rules=st.sampled_from(RULES), others=st.sampled_from(RULES))
@example(calls=[("order", [("A", 1)], PARIS), ("cancel", 0), ("amend", 0, 1, "B")], rules=(), others=())
@examples(8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_comes_to_what_a_shop_under_the_other_rules_decides(shops, clock, calls, rules, others):
    both = shops(rules, others)
    placed = run(both, clock, calls)
    roll = rolled(both.logged, both.other)
    variants = {variant.name: variant for variant in roll.variants}
    assert {item.id: rolled_places(variants[item.id]) for item in placed} == {
        item.id: places(both.other, item.id) for item in placed
    }
    stock = both.stock(both.other)
    for product, _ in roll.known.products():
        for place in ("lyon", "paris", "lille"):
            position = roll.position(product.sku, place)
            assert (position.on_hand, position.held) == stock[product.sku, place]
    verify_conserved(roll, both, calls)
    verify_taken_over(roll, both)


def verify_taken_over(roll, shops):
    """What is kept is not decided again, and comes to the same, also if only some of it is."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        first = rolled_and_kept(shops.logged, shops.other, Path(folder))
        for path in sorted(Path(folder).iterdir())[::2]:
            path.unlink()
        partly = rolled_and_kept(shops.logged, shops.other, Path(folder))
        patch.setattr(Answering, "answer", lambda *_: pytest.fail("it was decided before"))
        again = rolled_and_kept(shops.logged, shops.other, Path(folder))
    for its in (first, partly, again):
        assert list(map(result_of, its.variants)) == list(map(result_of, roll.variants))
        assert (its.difference, its.stock_outs) == (roll.difference, roll.stock_outs)
        assert (its.made_as_logged, its.untried) == (roll.made_as_logged, [])


def test_what_is_kept_of_later_entries_is_named_after_all_that_was_decided_before(shops, tmp_path):
    both, names = shops(*RULES[:2]), []
    for _ in range(8):
        both.logged.decide(order(("A", 1), place=LYON))
    for policies in (both.logged, both.other):
        folder = tmp_path / str(len(names))
        folder.mkdir()
        rolled_and_kept(both.logged, policies, folder)
        names.append({path.name for path in folder.iterdir()})
    assert [len(names[0]), len(names[0] & names[1])] == [3, 1]


def verify_conserved(roll, shops, calls):
    """Each unit is in one state, and what is on hand is what there was and came, less what left."""
    left = {}
    for variant in roll.variants:
        units = variant.units
        states = (units.held, units.left, units.unfilled, units.cancelled)
        assert sum(map(sum, (state.values() for state in states))) == sum(units.ordered.values())
        assert units.waiting_units <= units.unfilled
        for shipment in units.shipments:
            for line, count in shipment.left.items():
                key = shipment.skus[line], shipment.node
                left[key] = left.get(key, 0) + count
    came = {}
    for call, *more in calls:
        if call == "move":
            sku, place, units = more
            came[sku, place] = came.get((sku, place), 0) + units
    for product, _ in roll.known.products():
        for place, start in STOCK[product.sku].items():
            key = product.sku, place
            position = roll.position(*key)
            assert position.on_hand == start + came.get(key, 0) - left.get(key, 0) >= 0
            assert position.held >= 0


def test_a_log_of_every_kind_of_decision_comes_out_as_it_was(bare, clock):
    """Of orders that wait, are rejected and amended; what comes in is received, and some is confirmed and cancelled."""
    bare.load(stocked())
    activate(bare, *RULES_OF_LIFE)
    life(bare, clock)
    waiting = json_of(bare.decide(order(("B", 9)), wait=True))
    coming = Announcement(
        id="PO-7",
        source="purchase_order",
        node="lille",
        sku="B",
        quantity=4,
        expected_at=int(clock.now) + HOUR,
        status="confirmed",
        sequence=1,
    )
    bare.flows.inbound.announce(coming)
    bare.flows.inbound.receive("PO-7", Delivery(units=4))
    (shipment, *_) = bare.orders.show(waiting["order"]["id"]).shipments
    bare.holds.confirm(shipment.decision)
    bare.cancellations.cancel(CancelRequest(order=waiting["order"]["id"]))
    roll = rolled(bare, bare)
    assert roll.made_as_logged == roll.decisions > 9
    assert roll.difference == StockDifference()
    for product, _ in roll.known.products():
        for place in ("lyon", "lille", "paris"):
            position = roll.position(product.sku, place)
            (there,) = [
                item for batch in bare.stock.positions([product.sku]) for item in batch if item.node == place
            ] or [position]
            assert (position.on_hand, position.held) == (there.on_hand, there.held)


def test_an_order_that_the_log_filled_waits_if_the_last_of_its_channel_did(shops, clock):
    both = shops((), ("when: {node.id: lyon}, then: {exclude: true}",))
    short, late = order(("A", 9), place=LILLE), order(("B", 3), place=LILLE)
    for shop in (both.logged, both.other):
        shop.decide(short, wait=True)
    clock.now += 60
    filled = order(("B", 2), place=LYON)
    for item in (late, filled):
        for shop in (both.logged, both.other):
            shop.decide(item, wait=True)
    variants = {variant.name: variant for variant in rolled(both.logged, both.other).variants}
    assert rolled_places(variants[filled.id]) == places(both.other, filled.id)


def test_what_can_not_be_decided_again_is_as_it_was_logged_and_no_part_of_the_figures(bare, clock):
    bare.load(stocked())
    activate(bare)
    erased, other = order(("A", 5), customer="c-1"), order(("A", 3))
    bare.decide(erased)
    bare.decide(other)
    bare.holds.confirm(bare.orders.show(erased.id).stored.first.id)
    bare.erasures.erase(erased.id, note="asked")
    draft_rules = draft("when: {node.id: lyon}, then: {avoid: 1.00}")
    made = tried(bare, draft_rules, way="rolled_forward")
    assert made.untried.counts == {"erased": 1}
    comparison = made.drafts[0].comparison
    assert comparison.orders == 1
    assert comparison.sides.draft.units_shipped == 3  # 8 units are there, of which the erased order has 5


def test_units_that_are_released_give_the_place_its_room_back(shops, clock):
    both = shops(
        ("when: {node.id: lille}, then: {exclude: true}",), ("when: {node.id: lille}, then: {daily_orders: 1}",)
    )
    first, second = order(("B", 1), place=LYON), order(("B", 1), place=LYON)
    both.order(first)
    both.release(first.id)
    clock.now += 60
    both.order(second)
    roll = rolled(both.logged, both.other)
    assert {variant.name: rolled_places(variant) for variant in roll.variants} == {
        item.id: places(both.other, item.id) for item in (first, second)
    }


def test_a_place_that_rejected_an_amended_order_in_the_log_alone_counts_with_what_it_was_given(shops, clock):
    """The log keeps nothing of what a place was given that may not ship."""
    both = shops(
        ("when: {node.id: lille}, then: {avoid: 3.00}",), ("when: {node.load: {at_least: 1}}, then: {avoid: 8.00}",)
    )
    amended, other = order(("A", 1), place=PARIS), order(("A", 1), place=PARIS)
    both.order(amended)
    both.move("A", "lille", 3, op="1")
    both.reject(amended.id, "other")
    both.order(other)
    more = order(("A", 4), id=amended.id, place=amended.place, placed_at=amended.placed_at)
    both.amend(more)
    roll = rolled(both.logged, both.other)
    found = {variant.name: rolled_places(variant) for variant in roll.variants}
    assert found == {item.id: places(both.other, item.id) for item in (amended, other)}
    assert found[other.id] == {("1", "held", "lyon"): 1}
    # lyon has 3 left, and was given a shipment
    assert found[amended.id] == {("1", "held", "lille"): 2, ("1", "held", "paris"): 2}


def test_a_place_that_rejected_an_order_in_the_log_alone_may_ship_it_in_the_draft(shops, clock):
    """Even if both hold it in the same places then."""
    both = shops((), ("when: {node.id: paris}, then: {prefer: 9.00}",))
    item = order(("A", 2), place=PARIS)
    both.order(item)
    both.reject(item.id, "no_capacity")
    both.amend(order(("A", 4), id=item.id, place=item.place, placed_at=item.placed_at))
    (variant,) = rolled(both.logged, both.other).variants
    assert (
        rolled_places(variant) == places(both.other, item.id) == {("1", "held", "paris"): 2, ("1", "held", "lyon"): 2}
    )


def test_of_an_order_whose_units_wait_under_several_decisions_each_is_offered_stock_by_itself(shops, clock):
    both = shops(("then: {split_penalty: 30.00}",), ("when: {node.id: lille}, then: {avoid: 3.00}",))
    item = order(("A", 3), ("A", 5), place=PARIS)
    both.order(item)
    both.reject(item.id, "other")
    both.move("A", "paris", 1, op="1")
    (variant,) = rolled(both.logged, both.other).variants
    assert rolled_places(variant) == places(both.other, item.id)


def test_units_that_were_rejected_and_not_sent_since_ship_beside_the_most_shipments_that_rules_allow(shops, clock):
    most = "then: {max_shipments: 1}"
    both = shops((most, "when: {node.id: paris}, then: {exclude: true}"), (most,))
    item = order(("A", 4), place=LYON)
    both.order(item)
    both.move("A", "paris", -2, op="1")
    both.move("A", "lille", -1, op="2")
    both.reject(item.id, "other", most=1)
    both.move("A", "paris", 1, op="3")
    (variant,) = rolled(both.logged, both.other).variants
    assert (
        rolled_places(variant) == places(both.other, item.id) == {("1", "held", "lyon"): 3, ("1", "held", "paris"): 1}
    )


def test_units_that_were_promised_in_the_log_alone_ship_in_as_many_shipments_as_rules_allow(shops, clock):
    both = shops((), ("when: {node.id: paris}, then: {prefer: 1.00}", "then: {max_shipments: 1}"))
    rejected, other = order(("A", 4), place=LYON), order(("A", 3), place=LYON)
    both.order(rejected)
    both.order(other)
    both.reject(rejected.id, "other")
    both.move("A", "paris", 2, op="1")
    variants = {variant.name: variant for variant in rolled(both.logged, both.other).variants}
    assert {name: rolled_places(its) for name, its in variants.items()} == {
        its.id: places(both.other, its.id) for its in (rejected, other)
    }


def test_orders_that_were_taken_over_from_the_log_are_offered_stock_in_their_rank(shops, clock):
    """The log's first rules are the draft's."""
    both = shops((), ())
    now = int(clock.now)
    fills, waits = order(("A", 7), place=PARIS, placed_at=now), order(("A", 2), place=PARIS, placed_at=now)
    before = order(("A", 2), place=PARIS, placed_at=now - 60)
    both.order(fills)
    both.order(waits)
    activate(both.logged, "when: {node.id: paris}, then: {prefer: 9.00}", *WAITS)
    both.order(before)
    both.move("A", "lille", 1, op="1")
    roll = rolled(both.logged, both.other, as_logged=True)
    found = {variant.name: rolled_places(variant) for variant in roll.variants}
    assert found == {its.id: places(both.other, its.id) for its in (fills, waits, before)}
    assert found[before.id] == {("1", "held", "lille"): 1, ("1", "waiting", ""): 1}
    assert roll.made_as_logged >= 2
    verify_taken_over(rolled(both.logged, both.other), both)


def test_what_an_amended_order_lets_go_of_is_its_own_before_it_is_offered_to_others(shops, clock):
    both = shops((), ("when: {node.load: {at_least: 2}}, then: {avoid: 8.00}",))
    amended, others, waits = order(("A", 1), ("A", 1), place=PARIS), order(("A", 5), place=LYON), order(("A", 1))
    for item in (amended, others, waits):
        both.order(item)
    both.amend(order(("A", 3), id=amended.id, place=amended.place, placed_at=amended.placed_at))
    variants = {variant.name: variant for variant in rolled(both.logged, both.other).variants}
    assert {name: rolled_places(its) for name, its in variants.items()} == {
        its.id: places(both.other, its.id) for its in (amended, others, waits)
    }
    assert rolled_places(variants[waits.id]) == {("1", "waiting", ""): 1}


def test_an_order_is_offered_the_articles_alone_that_wait_of_it(shops, clock):
    """A place gets its room back with a unit of an article of which the order has what it needs."""
    both = shops((), ("when: {node.id: lille}, then: {daily_orders: 1}",))
    full, item = order(("A", 1), place=LILLE), order(("A", 1), ("B", 1), place=PARIS)
    both.move("A", "lyon", -4, op="1")
    both.move("A", "paris", -2, op="2")
    both.move("B", "lyon", -2, op="3")
    both.order(full)
    both.move("A", "paris", 1, op="4")
    both.order(item)
    both.release(full.id)
    variants = {variant.name: variant for variant in rolled(both.logged, both.other).variants}
    assert {name: rolled_places(its) for name, its in variants.items()} == {
        its.id: places(both.other, its.id) for its in (full, item)
    }
    assert rolled_places(variants[item.id])["2", "waiting", ""] == 1


def test_a_place_without_capacity_ships_nothing_more_of_the_order_in_the_draft_either(shops, clock):
    """Lille was given both articles in the log, and only one of them in the draft."""
    both = shops((), ("then: {split_penalty: 30.00}", "when: {node.id: lille}, then: {avoid: 3.00}"))
    item, other = order(("A", 3), ("B", 3), place=PARIS), order(("A", 2), place=PARIS)
    both.order(item)
    both.reject(item.id, "no_capacity")
    both.order(other)  # what is left of A is at Lille
    both.reject(item.id, "no_capacity")
    roll = rolled(both.logged, both.other)
    found = {variant.name: rolled_places(variant) for variant in roll.variants}
    assert found == {its.id: places(both.other, its.id) for its in (item, other)}
    assert found[item.id] == {("1", "held", "lyon"): 1, ("1", "waiting", ""): 2, ("2", "held", "lyon"): 2} | {
        ("2", "waiting", ""): 1
    }


def test_what_becomes_of_the_last_units_of_the_log_becomes_of_all_that_the_draft_holds(shops, clock):
    both = shops(("when: {node.id: [lyon, paris]}, then: {exclude: true}",), ())
    item = order(("A", 3), place=LYON)
    both.order(item)
    both.confirm(item.id)
    roll = rolled(both.logged, both.other)
    (variant,) = roll.variants
    assert sum(variant.units.left.values()) == 3
    assert rolled_places(variant) == places(both.other, item.id)


def test_an_order_that_waits_alike_in_both_ships_where_the_rules_of_the_draft_alone_let_it(shops, clock):
    both = shops(("when: {node.id: lyon}, then: {exclude: true}", "when: {node.id: lille}, then: {exclude: true}"), ())
    first, waits = order(("A", 7), place=PARIS), order(("A", 2), place=PARIS)
    for shop in (both.logged, both.other):
        shop.decide(first, wait=True)
        shop.decide(waits, wait=True)
    clock.now += 60
    both.move("A", "lyon", 2, op="1")
    variants = {variant.name: variant for variant in rolled(both.logged, both.other).variants}
    assert {name: rolled_places(its) for name, its in variants.items()} == {
        item.id: places(both.other, item.id) for item in (first, waits)
    }
    assert rolled_places(variants[waits.id]) == {("1", "held", "lyon"): 2}
