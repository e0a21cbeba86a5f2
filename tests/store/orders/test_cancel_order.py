"""A customer cancels an order or some of its units: unfilled ones first, then waiting ones, then the dearest."""

import threading
from collections import Counter

import pytest

from engine.errors import HoldEnded, InputInvalid, KeyReused, NotFound
from engine.orders.cancellation.plan import CancelRequest
from engine.orders.rejection import RejectionRequest
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.stock import Movement
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, inventory, node, order
from tests.support.ledger_entries import ledger_kinds
from tests.support.lossy_proxy import proxy, script_call


@pytest.fixture
def runs_backlog():
    return "manual"


@pytest.fixture
def shop(bare):
    """Six of A in Lyon and four in Lille, where a unit is dearer; three of B in Lyon."""
    nodes = [node("lyon", LYON), node("lille", LILLE, unit_handling=1_000_000)]
    bare.load(inventory(nodes, {"A": {"lyon": 6, "lille": 4}, "B": {"lyon": 3}}))
    activate(bare)
    return bare


def decide(shop, *lines, **more):
    return json_of(shop.decide(order(*lines, id="O-1"), **more))


def cancel(shop, *, op=None, shipments=(), **lines):
    return shop.cancellations.cancel(
        CancelRequest(
            order="O-1", lines={name.lstrip("_"): units for name, units in lines.items()}, shipments=shipments, op=op
        )
    )


def where(cancellation):
    return [(item.line, item.quantity, item.was, item.node) for item in cancellation.units]


def held(shop, sku="A"):
    return {item.node: item.position.held for item in shop.stock.show(sku).nodes}


def test_two_of_five_are_cancelled_and_no_node_is_barred(shop, redis_client, network):
    name = decide(shop, ("A", 5))["id"]
    answer = cancel(shop, _1=2)
    assert (where(answer), answer.cancelled) == ([("1", 2, "held", "lyon")], {"1": 2})
    assert held(shop) == {"lyon": 3, "lille": 0}
    shop.holds.confirm(name)
    audit = shop.check()
    assert (audit.clean, audit.confirmed, audit.held) == (True, 3, 0)
    kinds = ledger_kinds(redis_client, network)
    assert kinds == [b"decided", b"cancelled", b"confirmed"]
    (shipment,) = shop.holds.state(name).shipments
    assert (dict(shipment.units), shipment.others) == ({"A": 3}, {"cancelled": (("A", 2),)})


def test_the_dearest_units_go_first(shop):
    decide(shop, ("A", 8))
    assert held(shop) == {"lyon": 6, "lille": 2}
    assert where(cancel(shop, A=1)) == [("1", 1, "held", "lille")]
    assert held(shop) == {"lyon": 6, "lille": 1}
    assert where(cancel(shop, A=1, op="x")) == [("1", 1, "held", "lille")], "a shipment less"
    assert shop.check().clean


def test_units_of_a_named_shipment_go_and_no_others(shop):
    decide(shop, ("A", 8), ("B", 2))
    answer = cancel(shop, shipments=[("lyon", "parcel")], A=1)
    assert where(answer) == [("1", 1, "held", "lyon")]
    with pytest.raises(InputInvalid, match="6 x 'A' can't be cancelled: 5 can"):
        cancel(shop, shipments=[("lyon", "parcel")], A=6)
    with pytest.raises(InputInvalid, match="no shipment from 'lyon' by 'air'; it has lille/parcel, lyon/parcel"):
        cancel(shop, shipments=[("lyon", "air")])
    cancel(shop, shipments=[("lyon", "parcel")])
    assert (held(shop), held(shop, "B")) == ({"lyon": 0, "lille": 2}, {"lyon": 0})


def test_unfilled_units_go_before_waiting_ones_and_those_before_held_ones(shop):
    name = decide(shop, ("A", 12), ("B", 4), wait=True)["id"]
    shop.holds.release(name, shipments=[("lille", "parcel")], lines={"A": 1})
    answer = cancel(shop, A=4, B=1)
    assert where(answer) == [
        ("1", 1, "unfilled", None),
        ("1", 2, "waiting", None),
        ("2", 1, "waiting", None),
        ("1", 1, "held", "lille"),
    ]
    assert shop.backlog.page(limit=9).waiting == 0
    assert shop.check().clean


def test_what_still_waits_after_a_cancellation_is_offered_and_no_more(shop):
    decide(shop, ("A", 13), wait=True)
    cancel(shop, A=2)
    shop.stock.move([Movement(op="came", node="lyon", sku="A", delta=9)])
    (answer,) = shop.backlog.run(limit=9).answers
    assert [line["quantity"] for line in json_of(answer)["order"]["lines"]] == [1]
    assert sum(held(shop).values()) == 11
    assert shop.check().clean


def test_a_whole_order_is_cancelled_and_cancelled_again(shop, contents):
    name = decide(shop, ("A", 11), ("B", 3), wait=True)["id"]
    answer = cancel(shop)
    assert answer.cancelled == {"1": 11, "2": 3}
    assert (held(shop), held(shop, "B")) == ({"lyon": 0, "lille": 0}, {"lyon": 0})
    assert {item.state for item in shop.holds.state(name).shipments} == {"cancelled"}
    assert shop.check().clean
    before = contents()
    assert (cancel(shop).units, cancel(shop).cancelled) == ((), answer.cancelled)
    with pytest.raises(InputInvalid, match="1 x 'A' can't be cancelled: 0 can"):
        cancel(shop, A=1)
    assert contents() == before


def test_what_has_left_is_not_cancelled(shop, contents):
    name = decide(shop, ("A", 5))["id"]
    shop.holds.confirm(name, lines={"A": 2})
    before = contents()
    with pytest.raises(
        HoldEnded, match=r"4 x 'A' can't be cancelled: 3 can; 2 x A \(line 1\) by lyon/parcel left already"
    ):
        cancel(shop, A=4)
    assert contents() == before
    assert cancel(shop).cancelled == {"1": 3}
    with pytest.raises(HoldEnded, match="nothing of order O-1 is left to be cancelled"):
        cancel(shop)


def test_a_shipment_that_holds_nothing_any_more_is_refused_with_what_became_of_it(shop, contents):
    name = decide(shop, ("A", 8))["id"]
    shop.holds.confirm(name, shipments=[("lyon", "parcel")])
    before = contents()
    with pytest.raises(HoldEnded, match="hold nothing that could be cancelled: lyon/parcel was confirmed at 20"):
        cancel(shop, shipments=[("lyon", "parcel")])
    assert contents() == before
    cancel(shop, shipments=[("lille", "parcel")])
    assert cancel(shop, shipments=[("lille", "parcel")]).units == (), "it was cancelled before"
    assert cancel(shop, shipments=[("lille", "parcel")]).cancelled == {"1": 2}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ({"C": 1}, "'C' is no line of order O-1"),
        ({"A": 6}, "6 x 'A' can't be cancelled: 5 can"),
        ({"_1": 1, "A": 1}, "'A' comes twice, by its id and its SKU"),
    ],
)
def test_mistakes_are_refused_and_change_nothing(shop, contents, lines, message):
    decide(shop, ("A", 5))
    before = contents()
    with pytest.raises(InputInvalid, match=message):
        cancel(shop, **lines)
    assert contents() == before


def test_an_order_that_there_is_not_can_not_be_cancelled(shop):
    with pytest.raises(NotFound, match="no order goes by the id 'O-1'"):
        cancel(shop)


def test_a_cancellation_counts_once_under_its_name(shop, contents):
    decide(shop, ("A", 5))
    first = cancel(shop, A=2, op="one")
    before = contents()
    assert cancel(shop, A=2, op="one") == first
    with pytest.raises(KeyReused):
        cancel(shop, A=1, op="one")
    assert contents() == before


def test_lines_of_one_sku_share_what_is_cancelled_of_it(shop):
    decide(shop, ("A", 3), ("A", 5))
    answer = cancel(shop, A=6)
    assert sum(answer.cancelled.values()) == 6
    assert held(shop) == {"lyon": 2, "lille": 0}, "the second shipment is saved"


def test_units_that_were_decided_again_are_cancelled_where_they_are_now(shop):
    name = decide(shop, ("A", 5))["id"]
    shop.rerouting.reject(RejectionRequest(decision=name, node="lyon", reason="other", lines={"A": 2}))
    assert held(shop) == {"lyon": 3, "lille": 2}
    assert where(cancel(shop, A=2)) == [("1", 2, "held", "lille")]
    assert shop.check().clean


def test_expired_units_that_were_cancelled_do_not_leave_late(shop, clock):
    name = decide(shop, ("A", 5))["id"]
    clock.now += 2 * 86_400
    assert where(cancel(shop, A=3)) == [("1", 3, "unfilled", None)]
    with pytest.raises(HoldEnded, match="of line 1 the order lacks only 2 by now"):
        shop.holds.confirm(name)
    assert shop.holds.confirm(name, lines={"A": 2}).late
    assert shop.check().clean


def test_of_racing_cancellations_and_confirms_each_unit_has_one_fate(shop):
    name = decide(shop, ("A", 10))["id"]
    outcomes = Counter()

    def act(verb):
        try:
            if verb == "cancel":
                cancel(shop, A=1)
            else:
                shop.holds.confirm(name, lines={"A": 1})
            outcomes[verb] += 1
        except (InputInvalid, HoldEnded):
            outcomes["refused"] += 1

    threads = [threading.Thread(target=act, args=(verb,)) for verb in ["cancel", "confirm"] * 7]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (outcomes["refused"], outcomes["cancel"] + outcomes["confirm"]) == (4, 10)
    audit = shop.check()
    assert (audit.clean, audit.confirmed, audit.held) == (True, outcomes["confirm"], 0)


@pytest.fixture
def other(shop, server_url, network, clock):
    """Another worker, and the proxy through which it talks to the server: something can happen before a request."""
    with proxy(server_url) as before, Pointsman(Settings(redis_url=before.url, network=network), clock=clock) as worker:
        worker.ready()
        yield before, worker


def interpose(before, request, act):
    """Let `act` happen once, just before a request that contains these bytes."""

    def once():
        before.before = None
        act()

    before.before, before.act = request, once


def test_unfilled_units_are_not_cancelled_twice_by_two_workers(shop, other):
    before, worker = other
    decide(shop, ("A", 13))
    interpose(before, script_call("change_holds"), lambda: cancel(shop, A=2))
    assert where(cancel(worker, A=2)) == [("1", 1, "unfilled", None), ("1", 1, "held", "lille")]
    assert cancel(shop, A=1).cancelled == {"1": 5}


def test_units_that_are_decided_again_while_the_order_is_read_are_not_taken_for_unfilled(shop, other):
    before, worker = other
    name = decide(shop, ("A", 5))["id"]
    rejection = RejectionRequest(decision=name, node="lyon", reason="other", lines={"A": 2})
    interpose(before, b":rejections", lambda: shop.rerouting.reject(rejection))
    assert where(cancel(worker, A=2)) == [("1", 2, "held", "lille")]
    assert sum(held(shop).values()) == 3


def test_a_run_of_the_backlog_gives_nothing_for_what_was_cancelled_meanwhile(shop, other):
    before, worker = other
    decide(shop, ("A", 13), wait=True)
    shop.stock.move([Movement(op="came", node="lyon", sku="A", delta=9)])
    interpose(before, b":open\r", lambda: cancel(shop, A=2))
    assert worker.backlog.run(limit=9).answers == ()
    (answer,) = worker.backlog.run(limit=9).answers
    assert [line["quantity"] for line in json_of(answer)["order"]["lines"]] == [1]
    assert sum(held(shop).values()) == 11


def test_a_late_confirm_waits_for_a_cancellation_that_comes_first(shop, other, clock):
    before, worker = other
    name = decide(shop, ("A", 5))["id"]
    clock.now += 2 * 86_400
    interpose(before, script_call("change_holds"), lambda: cancel(shop, A=3))
    shop.holds.state(name)  # ends the hold, so that the confirm is the other worker's first change
    with pytest.raises(HoldEnded, match="of line 1 the order lacks only 2 by now"):
        worker.holds.confirm(name)
