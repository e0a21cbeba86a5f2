"""Units that become free go to the orders that wait before newcomers get them, however they became free."""

import dataclasses
import functools
import itertools
import uuid

import pytest

from engine.errors import Contended
from engine.orders.amendment.plan import AmendRequest
from engine.orders.cancellation.plan import CancelRequest
from engine.orders.decision_request import Decided, DecisionRequest, whole_order
from engine.orders.rejection import RejectionRequest
from engine.orders.waiting import offers
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.backlog import BacklogEntry
from engine.store.hold_changes.change_script import ChangeScript
from engine.store.stock import Count, Movement, Stamp
from tests.conftest import PARKS_RISKY_ORDERS, activate
from tests.support.batches import decide_batch
from tests.support.decision_json import json_of
from tests.support.facts import HOUR, LILLE, LYON, inventory, node, order
from tests.support.order_json import shipped_units
from tests.support.wait_until import wait_until

VIP = "when: {order.segment: vip}, then: {priority: 80}"
_numbers = itertools.count(1)


@pytest.fixture
def shop(bare):
    """Two of A and two of B, all in Lyon; a hold lasts two hours."""
    bare.load(stocked())
    activate(bare, VIP, "then: {hold: 2 h}")
    return bare


@pytest.fixture
def silent(shop, server_url, network, clock):
    """Another process on the shop's network, which makes no offers: others have to."""
    settings = Settings(redis_url=server_url, network=network, backlog="manual")
    with Pointsman(settings, clock=clock) as process:
        yield process


def stocked(**stock):
    return inventory([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 2}, "B": {"lyon": 2}, **stock})


def decide(process, *lines, wait=False, **more):
    return json_of(process.decide(order(*lines, **more), wait=wait))


def arrive(process, units, sku="A"):
    process.stock.move([Movement(op=f"{next(_numbers)}", node="lyon", sku=sku, delta=units)])


def waiting(shop):
    return {place.entry.order.id: dict(place.entry.units) for place in shop.backlog.page(limit=100).places}


def served(shop, first):
    """Units that ship by all decisions of an order."""
    return sum(shipped_units(json_of(link)) for link in shop.rerouting.chain(first["id"]).links)


def turn(shop, redis_client, key):
    """A turn of the thread, as if that of another process were over."""
    redis_client.delete(key("offering"))
    return shop.take_turn()


def by_count(process, _held, _clock):
    process.stock.set_count(Count(node="lyon", sku="A", on_hand=4, stamp=Stamp(kind="s", number=1)))


def by_movement(process, _held, _clock):
    arrive(process, 2)


def by_release(process, held, _clock):
    process.holds.release(held["id"])


def by_expiry(process, _held, clock):
    clock.now += 2 * HOUR
    process.ready()


def by_rejection(process, held, _clock):
    """The node has all it was given after all."""
    process.rerouting.reject(RejectionRequest(decision=held["id"], node="lyon", reason="other"))


def by_load(process, _held, _clock):
    process.load(stocked(A={"lyon": 4}))


def by_count_of_a_node_that_rejects(process, held, _clock):
    process.rerouting.reject(RejectionRequest(decision=held["id"], node="lyon", reason="damaged", on_hand=2))


def one_more_by_movement(process):
    arrive(process, 1)


def one_more_by_repair(process):
    process.repair(who="an operator")


def one_more_by_load(process):
    process.load(stocked(A={"lyon": 3}))


ARRIVALS = [
    by_count,
    by_movement,
    by_release,
    by_expiry,
    by_rejection,
    by_load,
    by_count_of_a_node_that_rejects,
]


@pytest.mark.parametrize("arrival", ARRIVALS)
def test_a_newcomer_gets_no_unit_that_arrives_while_an_order_of_its_priority_waits(shop, silent, clock, arrival):
    held = decide(shop, ("A", 2), id="has all there is")
    first = decide(shop, ("A", 1), id="waits", wait=True)
    arrival(silent, held, clock)
    assert waiting(shop) == {"waits": {"1": 1}}, "whoever freed the units offers none"
    newcomer = decide(shop, ("A", 2), id="newcomer")
    assert (served(shop, first), shipped_units(newcomer), waiting(shop)) == (1, 1, {})
    assert shop.check().clean


@pytest.mark.parametrize("arrival", [item for item in ARRIVALS if item is not by_expiry])
def test_who_frees_units_offers_them_without_anybody_running_anything(shop, clock, arrival):
    held = decide(shop, ("A", 2), id="has all there is")
    first = decide(shop, ("A", 1), id="waits", wait=True)
    arrival(shop, held, clock)
    assert (served(shop, first), waiting(shop)) == (1, {})


def test_units_that_were_set_aside_and_are_not_taken_go_to_who_waits(shop, silent, before_commit):
    shop.load(stocked(C={"lyon": 9}))
    firsts, tries = {}, []

    def others_act():
        tries.append("")
        if len(tries) < 3:
            decide(silent, ("B", 1), id=f"takes B {len(tries)}")
        else:
            firsts["waits"] = decide(silent, ("A", 1), id="waits", wait=True)
            activate(silent, "when: {order.id: large, product.sku: A}, then: {keep: 9}")

    before_commit(others_act, times=3)
    arrive(silent, -1, "A")
    large = decide(shop, ("A", 1), ("B", 2), ("C", 1), id="large")
    assert [line["sku"] for shipment in large["shipments"] for line in shipment["lines"]] == ["C"]
    assert len(tries) == 3
    assert waiting(shop) == {"waits": {"1": 1}}
    newcomer = decide(shop, ("A", 1), id="newcomer")
    assert (served(shop, firsts["waits"]), shipped_units(newcomer)) == (1, 0)


def test_a_newcomer_of_a_higher_priority_goes_first(shop, silent):
    decide(shop, ("A", 2), id="has all there is")
    first = decide(shop, ("A", 1), id="waits", wait=True)
    arrive(silent, 1)
    vip = decide(shop, ("A", 1), id="vip", segment="vip")
    assert (shipped_units(vip), served(shop, first)) == (1, 0)


def test_a_newcomer_of_a_higher_priority_waits_for_those_that_have_it_too(shop, silent):
    decide(shop, ("A", 2), id="has all there is")
    plain = decide(shop, ("A", 1), id="plain", wait=True)
    vip = decide(shop, ("A", 1), id="vip", segment="vip", wait=True)
    arrive(silent, 2)
    newcomer = decide(shop, ("A", 1), id="newcomer", segment="vip")
    assert (served(shop, vip), shipped_units(newcomer), served(shop, plain)) == (1, 1, 0)


def test_orders_of_a_batch_are_newcomers(shop, silent):
    decide(shop, ("A", 2), id="has all there is")
    first = decide(shop, ("A", 1), id="waits", wait=True)
    arrive(silent, 2)
    batch = decide_batch(shop, [order(("A", 1), id="one"), order(("B", 1), id="two"), order(("A", 1), id="three")])
    assert served(shop, first) == 1
    assert sum(shipped_units(json_of(answer)) for answer in batch.answers) == 2


def test_under_manual_newcomers_are_not_held_back(shop, silent):
    decide(shop, ("A", 2), id="has all there is")
    first = decide(shop, ("A", 1), id="waits", wait=True)
    arrive(silent, 1)
    assert shipped_units(decide(silent, ("A", 1), id="newcomer")) == 1
    arrive(silent, 1)
    assert [json_of(answer)["order"]["id"] for answer in silent.backlog.run(limit=9).answers] == ["waits"]
    assert served(shop, first) == 1


def test_an_amendment_takes_what_the_order_did_not_hold_after_those_that_wait(shop, silent):
    held = decide(shop, ("A", 2), id="has all there is")
    decide(shop, ("B", 1), id="amended")
    first = decide(shop, ("A", 1), id="waits", wait=True)
    silent.holds.release(held["id"])
    amended = dataclasses.replace(order(("B", 1), ("A", 2)), id="amended")
    answer = shop.amendments.amend(AmendRequest(order=amended))
    assert (served(shop, first), waiting(shop)) == (1, {})
    assert (answer.decision.record.units_shipped, answer.decision.record.status) == (1, "partial")
    assert shop.check().clean


def test_an_order_that_is_amended_is_first_offered_what_it_waits_for_itself(shop, silent):
    held = decide(shop, ("A", 2), id="has all there is")
    first = decide(shop, ("A", 1), id="amended", wait=True)
    silent.holds.release(held["id"])
    answer = shop.amendments.amend(AmendRequest(order=dataclasses.replace(order(("A", 2)), id="amended")))
    assert ([item.quantity for item in answer.amendment.kept], answer.decision.record.units_shipped) == ([1], 1)
    assert (served(shop, first), waiting(shop)) == (2, {})


def test_those_that_wait_are_served_in_their_rank(shop, silent):
    decide(shop, ("A", 2), id="has all there is")
    firsts = {
        name: decide(shop, ("A", 1), id=name, wait=True, **more)
        for name, more in {"young": {}, "old": {"placed_at": 1}, "vip": {"segment": "vip"}}.items()
    }
    for expected in ("vip", "old", "young"):
        arrive(shop, 1)
        assert [name for name, first in firsts.items() if served(shop, first)] == [expected]
        del firsts[expected]


def test_an_entry_takes_no_unit_of_another_sku_from_those_before_it(shop, silent):
    decide(shop, ("A", 2), ("B", 2), id="has all there is")
    both = decide(shop, ("A", 1), ("B", 1), id="both", wait=True)
    vip = decide(shop, ("B", 1), id="vip", segment="vip", wait=True)
    arrive(silent, 1, "B")
    arrive(silent, 1, "A")
    newcomer = decide(shop, ("A", 1), id="newcomer")
    assert (served(shop, vip), served(shop, both), shipped_units(newcomer)) == (1, 1, 0)


@pytest.mark.parametrize("arrival", [one_more_by_movement, one_more_by_load, one_more_by_repair])
def test_units_that_arrive_between_a_snapshot_and_the_commit_are_offered_to_who_begins_to_wait(
    shop, before_commit, arrival, redis_client, key
):
    decide(shop, ("A", 1), id="has one")
    redis_client.hincrby(key("held:A"), "lyon", 1)  # which nobody holds
    before_commit(functools.partial(arrival, shop))
    first = decide(shop, ("A", 1), id="waits", wait=True)
    assert waiting(shop) == {"waits": {"1": 1}}
    newcomer = decide(shop, ("A", 1), id="newcomer")
    assert (served(shop, first), shipped_units(newcomer)) == (1, 0)


def test_units_that_begin_to_wait_after_a_load_are_offered_what_it_brought(shop):
    first = decide(shop, ("A", 3), id="lacks one")
    shop.load(stocked(A={"lyon": 3}))
    shop.orders.wait("lacks one")
    assert (served(shop, first), waiting(shop)) == (3, {})


def test_an_order_that_is_approved_after_a_load_is_offered_what_it_brought(shop):
    activate(shop, PARKS_RISKY_ORDERS)
    first = decide(shop, ("A", 3), id="lacks one", segment="risky", wait=True)
    shop.load(stocked(A={"lyon": 3}))
    assert waiting(shop) == {"lacks one": {"1": 1}}
    shop.orders.approve("lacks one", who="Ada", note="")
    assert (served(shop, first), waiting(shop)) == (3, {})


def test_an_offer_of_no_use_says_why_and_is_not_made_again(shop, clock):
    activate(shop, VIP, "when: {order.id: whole}, then: {ship_complete: true}")
    decide(shop, ("A", 2), id="has all there is")
    decide(shop, ("A", 3), id="whole", wait=True)
    begun = []  # each decision that is begun needs an id
    with Pointsman(shop.settings, clock=clock, new_id=lambda: begun.append("") or uuid.uuid4().hex) as other:
        clock.now += 60
        arrive(other, 2)
        (note,) = other.backlog.page(limit=9).notes.values()
        assert (note.at, [reason.code for reason in note.unfilled[0].reasons]) == (
            clock.now,
            ["ship_complete", "not_enough"],
        )
        assert len(begun) == 1
        arrive(other, 1, "B")
        assert shipped_units(decide(other, ("A", 1), id="newcomer")) == 1
        assert len(begun) == 2, "the offer was over"
        arrive(other, 2)
        assert len(begun) == 3
    assert waiting(shop) == {}


def test_an_order_with_all_its_shipments_says_so(shop):
    activate(shop, "then: {max_shipments: 1}")
    decide(shop, ("A", 3), id="waits", wait=True)
    shop.stock.move([Movement(op="1", node="lille", sku="A", delta=1)])
    (note,) = shop.backlog.page(limit=9).notes.values()
    assert note.detail == "the order has 1 of at most 1 shipments (max_shipments)"


def test_an_entry_that_cannot_be_decided_keeps_the_units_from_nobody(shop, silent):
    shop.load(stocked(C={"lyon": 1}))
    decide(shop, ("A", 2), id="has all there is")
    vip = decide(shop, ("A", 1), ("C", 2), id="vip", segment="vip", wait=True)
    first = decide(shop, ("A", 1), id="waits", wait=True)
    silent.load(stocked(A={"lyon": 4}))
    newcomer = decide(shop, ("A", 2), id="newcomer")
    assert (served(shop, first), shipped_units(newcomer)) == (1, 1)
    note = shop.backlog.page(limit=9).notes[vip["id"]]
    assert (note.failed, "no product goes by the SKU 'C'" in note.detail) == (True, True)


def test_a_place_in_the_queue_at_which_nobody_waits_keeps_the_units_from_nobody(shop, silent, redis_client, key):
    decide(shop, ("A", 2), id="has all there is")
    gone = decide(shop, ("A", 1), id="gone", placed_at=1, wait=True)
    first = decide(shop, ("A", 1), id="waits", wait=True)
    redis_client.hdel(key("backlog"), gone["id"])
    arrive(silent, 2)
    newcomer = decide(shop, ("A", 1), id="newcomer")
    assert (served(shop, first), shipped_units(newcomer)) == (1, 1)
    assert redis_client.zcard(key("waiting")) == 0


def test_an_offer_to_many_is_made_a_part_at_a_time(shop, silent, monkeypatch, redis_client, key):
    activate(shop, "when: {order.tags: {has: whole}}, then: {ship_complete: true}")
    decide(shop, ("A", 2), id="has all there is")
    for number in range(5):
        decide(shop, ("A", 9), id=f"W-{number}", tags=frozenset({"whole"}), wait=True)
    last = decide(shop, ("A", 1), id="W-9", wait=True)
    turn(shop, redis_client, key)
    monkeypatch.setattr(offers, "MOST_BEFORE_A_NEWCOMER", 2)
    monkeypatch.setattr(offers, "MOST_AFTER_A_WRITE", 2)
    monkeypatch.setattr(offers, "MOST_IN_A_TURN", 1)
    arrive(shop, 1)
    with pytest.raises(Contended, match="offered to many orders"):
        decide(shop, ("A", 1), id="newcomer")
    assert (served(shop, last), len(shop.backlog.page(limit=9).notes)) == (0, 4)
    assert not turn(shop, redis_client, key)
    assert turn(shop, redis_client, key)
    assert (served(shop, last), shipped_units(decide(shop, ("A", 1), id="newcomer"))) == (1, 0)


def wait_until_the_instant(shop, clock, units=1):
    request = DecisionRequest(
        remainder=whole_order(order(("A", units), id="later")),
        instant=clock.now,
        caller="oms",
        most_holds=None,
        waits=True,
        not_before=clock.now + HOUR,
    )
    outcome = shop._decide_and_commit.run(request)
    assert isinstance(outcome, Decided)
    return json_of(outcome.answer)


def test_an_entry_is_offered_nothing_before_its_instant(shop, clock):
    decide(shop, ("A", 2), id="has all there is")
    first = wait_until_the_instant(shop, clock)
    arrive(shop, 2)
    assert shop.backlog.run(limit=9).answers == ()
    assert shipped_units(decide(shop, ("A", 1), id="before")) == 1
    clock.now += HOUR
    newcomer = decide(shop, ("A", 1), id="after")
    assert (served(shop, first), shipped_units(newcomer)) == (1, 0)
    assert shop.check().clean


def test_a_decision_as_of_a_later_instant_makes_no_entry_due(shop, clock):
    arrive(shop, -2)
    first = wait_until_the_instant(shop, clock)
    arrive(shop, 1)
    later = json_of(shop.decide(order(("A", 1)), now=clock.now + 2 * HOUR))
    assert (shipped_units(later), served(shop, first)) == (1, 0)


def test_a_turn_serves_entries_whose_instant_has_come(shop, clock, redis_client, key):
    decide(shop, ("A", 2), id="has all there is")
    first = wait_until_the_instant(shop, clock)
    arrive(shop, 1)
    clock.now += HOUR
    turn(shop, redis_client, key)
    assert (served(shop, first), redis_client.hget(key("offers"), "due")) == (1, None)


def test_what_is_left_of_an_entry_whose_instant_has_come_is_offered_what_there_is(shop, silent, clock):
    decide(shop, ("A", 2), id="has all there is")
    first = wait_until_the_instant(shop, clock, units=2)
    arrive(shop, 1)
    clock.now += HOUR
    silent.cancellations.cancel(CancelRequest(order="later", lines={"A": 1}))
    newcomer = decide(shop, ("A", 1), id="newcomer")
    assert (served(shop, first), shipped_units(newcomer)) == (1, 0)
    assert shop.check().clean


def test_an_entry_that_is_withdrawn_before_its_instant_comes_back_for_nobody(shop, clock, redis_client, key):
    arrive(shop, -2)
    first = wait_until_the_instant(shop, clock)
    shop.backlog.withdraw(first["id"])
    assert not redis_client.exists(key("due"), key("waiting"), key("offered"), key("offers"))


def test_a_turn_ends_holds_whose_time_is_over_and_offers_their_units(shop, clock, redis_client, key):
    decide(shop, ("A", 2), id="has all there is")
    first = decide(shop, ("A", 1), id="waits", wait=True)
    clock.now += 2 * HOUR
    turn(shop, redis_client, key)
    assert served(shop, first) == 1


@pytest.mark.parametrize("change", ["policies", "day", "rest"])
def test_under_other_circumstances_a_turn_offers_what_there_is_to_all(shop, clock, redis_client, key, change):
    rules = {
        "policies": ("then: {exclude: true}",),
        "day": ("when: {node.id: lyon}, then: {daily_orders: 1}",),
        "rest": ("when: {rejection.reason: other}, then: {rest_after_rejection: 1 h}",),
    }
    activate(shop, *rules[change])
    held = decide(shop, ("A", 1), id="early")
    if change == "rest":
        shop.rerouting.reject(RejectionRequest(decision=held["id"], node="lyon", reason="other"))
    first = decide(shop, ("A", 1), id="waits", wait=True)
    turn(shop, redis_client, key)
    assert served(shop, first) == 0
    if change == "policies":
        activate(shop, VIP)
    clock.now += {"policies": 0, "day": 24 * HOUR, "rest": HOUR}[change]
    turn(shop, redis_client, key)
    assert served(shop, first) == 1


def test_other_policies_give_those_that_wait_another_rank(shop, silent, redis_client, key):
    decide(shop, ("A", 2), id="has all there is")
    decide(shop, ("A", 1), id="old", placed_at=1, wait=True)
    young = decide(shop, ("A", 1), id="young", wait=True)
    activate(shop, "when: {order.id: young}, then: {priority: 90}")
    turn(shop, redis_client, key)
    arrive(shop, 1)
    assert served(shop, young) == 1
    assert shop.check().clean


def test_what_is_left_of_an_entry_keeps_the_rank_that_it_was_given_meanwhile(shop, redis_client, key, monkeypatch):
    decide(shop, ("A", 2), id="has all there is")
    decide(shop, ("A", 1), id="old", placed_at=1, wait=True)
    young = decide(shop, ("A", 2), id='"young" %1', segment="late", wait=True)
    run = ChangeScript.run

    def after_other_policies(*given):
        monkeypatch.undo()
        activate(shop, "when: {order.segment: late}, then: {priority: 90}")
        turn(shop, redis_client, key)
        return run(*given)

    monkeypatch.setattr(ChangeScript, "run", after_other_policies)
    shop.cancellations.cancel(CancelRequest(order='"young" %1', lines={"A": 1}))
    arrive(shop, 1)
    assert (served(shop, young), waiting(shop)) == (1, {"old": {"1": 1}})
    assert shop.check().clean


def test_entries_of_a_release_that_ranked_none_are_ranked_by_the_first_turn(shop, redis_client, key):
    decide(shop, ("A", 2), id="has all there is")
    first = decide(shop, ("A", 2), id="waits", wait=True)
    (body,) = redis_client.hvals(key("backlog"))
    former = dataclasses.replace(BacklogEntry.of(first["id"], body), rank="").body
    former = former.replace(b'"rank":"","skus":["A"]', b'"rank":"","skus":[]')
    redis_client.hset(key("backlog"), first["id"], former)
    redis_client.delete(key("waiting"), key("offers"), key("offered"))
    shop.cancellations.cancel(CancelRequest(order="waits", lines={"A": 1}))
    assert shop.check().clean
    arrive(shop, 1)
    assert served(shop, first) == 0
    turn(shop, redis_client, key)
    assert served(shop, first) == 1


def test_one_process_at_a_time_has_its_turn(shop, opened, silent, redis_client, key):
    other = opened()
    decide(shop, ("A", 2), id="has all there is")
    first = decide(shop, ("A", 1), id="waits", wait=True)
    redis_client.delete(key("offering"))
    assert shop.take_turn()
    arrive(silent, 1)
    redis_client.persist(key("offering"))
    assert other.take_turn()
    assert served(shop, first) == 0


def test_a_worker_offers_what_nobody_comes_by_for(opened, shop, silent):
    decide(shop, ("A", 2), id="has all there is")
    first = decide(shop, ("A", 1), id="waits", wait=True)
    worker = opened()
    worker.start_offering()
    arrive(silent, 1)
    wait_until(lambda: served(shop, first) == 1, "the thread has offered the unit")


def test_under_manual_a_worker_has_no_thread(silent):
    silent.start_offering()
    assert silent._offer_thread is None
