"""An amendment among other changes: of its order, of the stock, of the connection. Nothing is lost or done twice."""

import threading

import pytest

from engine.errors import AlreadyShipped, Contended, OrderExists
from engine.orders.amendment.plan import AmendRequest
from engine.orders.cancellation.plan import CancelRequest
from engine.orders.rejection import RejectionRequest
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.stock import Movement
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, MARSEILLE, PARIS, inventory, node, order
from tests.support.lossy_proxy import proxy, script_call

DECIDES, CHANGES = b'"amendment":', script_call("change_holds")
"""What the request to write an amendment contains: one with a decision, and one without."""


@pytest.fixture
def runs_backlog():
    return "manual"


@pytest.fixture
def shop(bare):
    """Six of A in Lyon and four in Lille; three of B in Lyon."""
    bare.load(inventory([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 6, "lille": 4}, "B": {"lyon": 3}}))
    activate(bare)
    return bare


@pytest.fixture
def other(shop, server_url, network, clock):
    """Another worker, and the proxy through which it talks to the server."""
    with (
        proxy(server_url) as between,
        Pointsman(Settings(redis_url=between.url, network=network), clock=clock) as worker,
    ):
        worker.ready()
        yield between, worker


def placed(count, place=PARIS, **more):
    return order(("A", count), id="O-1", place=place, **more)


def amend(worker, count, place=PARIS, **more):
    return worker.amendments.amend(AmendRequest(order=placed(count, place), **more))


def interpose(between, request, act):
    """Let `act` happen once, just before a request that contains these bytes."""

    def once():
        between.before = None
        act()

    between.before, between.act = request, once


def units(shop):
    (line,) = shop.orders.show("O-1").lines
    return {state: count for state, count in line.units.items() if count}


def held(shop):
    return sum(item.position.held for item in shop.stock.show("A").nodes)


RIVALS = {
    "confirm": (lambda shop, name: shop.holds.confirm(name, lines={"A": 2}), {"shipped": 2, "held": 5}),
    "cancel": (
        lambda shop, _: shop.cancellations.cancel(CancelRequest(order="O-1", lines={"A": 2})),
        {"cancelled": 2, "held": 5},
    ),
    "release": (lambda shop, name: shop.holds.release(name, lines={"A": 2}), {"held": 7}),
    "reject": (
        lambda shop, name: shop.rerouting.reject(
            RejectionRequest(decision=name, node="lyon", reason="other", lines={"A": 2})
        ),
        {"held": 7},
    ),
    "amend": (lambda shop, _: amend(shop, 6), {"held": 7}),
    "expiry": (lambda shop, _: expire(shop), {"held": 7}),
}


def expire(shop):
    shop._clock.now += 4 * 86_400  # the test's clock
    shop.ready()


@pytest.mark.parametrize("rival", RIVALS)
def test_what_happens_to_the_order_in_between_is_not_undone_by_a_new_address(shop, other, rival):
    between, worker = other
    name = json_of(shop.decide(placed(5)))["id"]
    act, expected = RIVALS[rival]
    interpose(between, DECIDES, lambda: act(shop, name))
    answer = amend(worker, 7, MARSEILLE)
    assert between.before is None
    assert units(shop) == expected
    assert held(shop) == expected["held"]
    assert sum(item.quantity for item in answer.amendment.released) <= 6
    assert shop.check().clean


def test_units_that_leave_just_before_they_would_be_dropped_stay(shop, other):
    between, worker = other
    name = json_of(shop.decide(placed(5)))["id"]
    interpose(between, CHANGES, lambda: shop.holds.confirm(name))
    with pytest.raises(AlreadyShipped, match="5 x A"):
        amend(worker, 3)
    assert units(shop) == {"shipped": 5}
    assert shop.check().clean


def test_of_two_amendments_the_later_one_stands(shop, other):
    between, worker = other
    shop.decide(placed(5))
    interpose(between, CHANGES, lambda: amend(shop, 4))
    answer = amend(worker, 3)
    assert [(item.before, item.after) for item in answer.amendment.lines] == [(4, 3)]
    assert (units(shop), shop.orders.show("O-1").stored.changes) == ({"held": 3}, 2)
    assert shop.check().clean


def test_a_run_of_the_backlog_does_not_fill_what_an_amendment_has_decided(shop, other):
    between, worker = other
    shop.decide(placed(13), wait=True)
    shop.stock.move([Movement(op="came", node="lyon", sku="A", delta=9)])
    interpose(between, b":open\r", lambda: amend(shop, 11))
    assert worker.backlog.run(limit=9).answers == ()
    assert (units(shop), held(shop)) == ({"held": 11}, 11)
    assert shop.check().clean


def test_an_amendment_does_not_decide_what_a_run_of_the_backlog_has_filled(shop, other):
    between, worker = other
    shop.decide(placed(13), wait=True)
    shop.stock.move([Movement(op="came", node="lyon", sku="A", delta=9)])
    interpose(between, DECIDES, lambda: shop.backlog.run(limit=9))
    amend(worker, 14)
    assert (units(shop), held(shop)) == ({"held": 14}, 14)
    assert shop.check().clean


@pytest.mark.parametrize(("count", "request_of"), [(7, DECIDES), (3, CHANGES)], ids=["decided", "let go"])
def test_an_amendment_whose_answer_is_lost_is_made_once(shop, other, count, request_of):
    between, worker = other
    shop.decide(placed(5))
    between.lose_reply_to = request_of
    answer = amend(worker, count, op="one")
    assert between.lost_replies == 1
    assert (units(shop), shop.orders.show("O-1").stored.changes) == ({"held": count}, 1)
    assert amend(shop, count, op="one").amendment == answer.amendment
    assert shop.check().clean


def test_an_amendment_that_is_sent_twice_at_once_is_made_once(shop, other):
    between, worker = other
    shop.decide(placed(5))
    interpose(between, DECIDES, lambda: amend(shop, 7, MARSEILLE, op="one"))
    answer = amend(worker, 7, MARSEILLE, op="one")
    assert answer.decision.id == shop.decide(placed(7, MARSEILLE)).id
    assert (units(shop), shop.orders.show("O-1").stored.changes) == ({"held": 7}, 1)


def test_others_take_stock_before_an_amendment_again_and_again(shop, other):
    """What it holds already is not set aside a second time."""
    between, worker = other
    shop.decide(placed(4))
    numbers = iter(range(3))

    def take():
        number = next(numbers, None)
        if number is not None:
            shop.decide(order(("A", 1), id=f"N-{number}"))

    between.before, between.act = DECIDES, take
    amend(worker, 10, MARSEILLE)
    assert (units(shop), held(shop)) == ({"held": 7, "unfilled": 3}, 10)
    assert "set_aside" not in {entry.kind for entry in shop.entries(on_damaged=pytest.fail)}
    assert shop.check().clean


def test_an_approval_in_between_is_not_lost(shop, other):
    between, worker = other
    activate(shop, "when: {order.units: {less_than: 9}}, then: {approve: true}")
    shop.decide(placed(5))
    activate(shop)
    interpose(between, DECIDES, lambda: shop.orders.approve("O-1", who="Ada", note=""))
    decision = amend(worker, 5, MARSEILLE).decision
    assert shop.holds.confirm(decision.id).until is None
    assert shop.check().clean


def test_nobody_gets_a_unit_that_an_order_held_while_it_is_amended(shop, opened):
    """An order goes back and forth between two addresses while eight others take whatever is free."""
    shop.decide(placed(6))
    workers = [opened() for _ in range(8)]
    done = threading.Event()
    fewest = []

    def take(worker, number):
        for turn in range(1_000):
            if done.is_set():
                return
            taken = worker.decide(order(("A", 2), id=f"N-{number}-{turn}"))
            if taken.record.shipments and turn % 2:
                worker.holds.release(taken.id)

    threads = [threading.Thread(target=take, args=item) for item in zip(workers, range(8), strict=True)]
    for thread in threads:
        thread.start()
    try:
        for turn in range(30):
            amend_until_done(shop, MARSEILLE if turn % 2 == 0 else PARIS)
            fewest.append(units(shop).get("held", 0))
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert set(fewest) == {6}
    audit = shop.check()
    assert audit.clean, [str(drift) for drift in audit.drifts]


def amend_until_done(shop, place):
    for _ in range(20):
        before = units(shop)
        try:
            amend(shop, 6, place)
        except Contended:
            assert units(shop) == before
        else:
            return
    raise AssertionError("others came first twenty times")


def test_an_order_that_was_amended_back_stands_as_it_was_first(shop):
    shop.decide(placed(5))
    amend(shop, 5, MARSEILLE)
    back = amend(shop, 5).decision
    assert shop.decide(placed(5)).id == back.id
    with pytest.raises(OrderExists):
        shop.decide(placed(5, MARSEILLE))
