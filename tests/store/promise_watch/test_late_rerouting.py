"""What would come too late is decided again where a rule says so: once, in one commit, and only if that is better."""

import threading

import pytest

from engine.events.event import START
from engine.orders.rejection import RejectionRequest
from engine.promise_watch.progress import ProgressReport
from engine.store.flows.promise_notes import Noted, PromiseNote, PromiseNotes
from engine.store.holds import Operation
from engine.store.log.decision_log import entries
from engine.store.stock import Movement
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import EURO, HOUR, LILLE, LYON, NOW, inventory, node, order, service

DAY = 24 * HOUR
ALWAYS = "then: {reroute_if_late: true}"


def network(*, lille=10, **of_lille):
    """Lyon takes a day to prepare; Lille nothing, and costs 9 euros more. Both need a day to travel."""
    nodes = [
        node("lyon", LYON, preparation=1_440, milestones={"released": 0}),
        node("lille", LILLE, **{"handling": 9 * EURO, **of_lille}),
    ]
    stock = {"A": {"lyon": 10, "lille": lille}, "B": {"lyon": 10, "lille": lille}}
    return inventory(nodes, stock, services=[service(transit=((2_000_000, 24 * 60),))])


@pytest.fixture
def shop(bare):
    bare.load(network())
    activate(bare, ALWAYS)
    return bare


def ordered(shop, *lines, promise=NOW + 3 * DAY, **more):
    """An order of two days, which is to be released by tomorrow."""
    return json_of(shop.decide(order(*(lines or (("A", 1),)), promise_by=promise, **more)))


def chain(shop, made):
    return [link.record for link in shop.rerouting.chain(made["id"]).links]


def replays_alike(shop, decision):
    return shop.replays.of_decision(decision).outcome == "identical"


def held(shop, sku):
    return {item.node: item.position.held for item in shop.stock.show(sku).nodes}


def number(made, name):
    """The number of the decision's shipment from that node."""
    return [item["node"] for item in made["shipments"]].index(name)


def kinds(shop, *wanted):
    return [entry for entry in entries(shop._client, shop._keys) if entry.kind in wanted]


def test_what_can_not_leave_in_time_ships_from_elsewhere_in_one_commit(shop, clock):
    made = ordered(shop, ("A", 2), ("B", 1))
    assert [item["node"] for item in made["shipments"]] == ["lyon"]
    clock.now += DAY + 1  # it was to be released by now
    turn = shop.flows.promise_watch.watch()
    assert (len(turn.raised), turn.moved, turn.stay) == (1, 1, 0)
    first, second = chain(shop, made)
    assert [item.node for item in second.shipments] == ["lille"]
    follows = second.follows
    assert (follows.because, follows.node, follows.decision) == ("late", "lyon", first.id)
    assert (follows.late.cause, follows.late.shipment) == ("not_released", 0)
    assert (follows.late.promised_by, follows.late.expected_at) == ("2026-11-30T09:00:00Z", "2026-11-30T09:00:01Z")
    assert second.shipments[0].arrives_by <= follows.late.promised_by
    assert shop.holds.state(first.id).shipments[0].state == "rejected"
    assert held(shop, "A") == {"lyon": 0, "lille": 2}
    assert shop.check(whole=True).clean
    assert replays_alike(shop, second.id)
    # the new shipment is watched as any other, and its place may give it up in turn
    assert shop.flows.promise_watch.watch().raised == ()


def test_a_decision_that_follows_says_why(shop, clock):
    made = ordered(shop)
    clock.now += DAY + 1
    shop.flows.promise_watch.watch()
    explained = shop.explanations.of_decision(chain(shop, made)[1].id)
    english, french = ([item.sentence for item in explained.in_language(name).chosen] for name in ("en", "fr"))
    assert any("from lyon was about to come too late because it is not released yet" in text for text in english)
    assert any("depuis lyon risquait d'arriver trop tard parce que l'envoi n'est pas" in text for text in french)


def test_it_stays_if_nothing_is_better_and_that_is_looked_at_once(shop, clock):
    shop.load(network(lille=0))
    activate(shop, ALWAYS, "then: {hold: 20 d}")
    made = ordered(shop)
    clock.now += DAY + 1
    turn = shop.flows.promise_watch.watch()
    assert (len(turn.raised), turn.moved, turn.stay) == (1, 0, 1)
    (stays,) = kinds(shop, "promise_stays")
    assert (stays.decision, stays.details["cause"]) == (made["id"], "not_released")
    shop.stock.move([Movement(op="m", sku="A", node="lille", delta=5)])
    clock.now += HOUR
    assert shop.flows.promise_watch.watch().moved == 0  # once
    assert len(chain(shop, made)) == 1
    assert "promise.moved" not in [event.type for event in shop.events._outbox.read(START, limit=99).events]
    shown = shop.flows.promise_watch.at_risk().shipments[0].shipment
    assert (shown.state.rerouted, shown.state.rerouting) == (True, False)
    shop.flows.promise_watch.report(ProgressReport(decision=made["id"], number=0, milestone="released"))
    clock.now = NOW + 2 * DAY  # and not for another cause either
    turn = shop.flows.promise_watch.watch()
    assert ([risk.cause for risk in turn.raised], turn.moved, turn.stay) == (["not_handed_over"], 0, 0)
    assert shop.check(whole=True).clean


def test_what_arrives_in_time_from_nowhere_ships_from_where_it_arrives_earlier(shop, clock):
    activate(shop, ALWAYS, "then: {hold: 20 d}")
    made = ordered(shop)
    clock.now += 2 * DAY + HOUR  # from Lyon it would arrive two days later, from Lille one
    shop.flows.promise_watch.watch()
    _, second = chain(shop, made)
    assert [item.node for item in second.shipments] == ["lille"]
    assert second.follows.late.sought == "2026-12-01T09:59:59Z"
    assert second.shipments[0].arrives_by == "2026-11-30T10:00:00Z"
    assert replays_alike(shop, second.id)


def test_it_stays_if_it_would_arrive_later_or_only_in_part(shop, clock):
    slow = {"preparation": 3 * 1_440}
    shop.load(network(**slow))
    later = ordered(shop, promise=NOW + 3 * DAY)
    clock.now += DAY + 1
    assert shop.flows.promise_watch.watch().stay == 1
    shop.load(network(lille=1))
    part = ordered(shop, ("B", 2), promise=clock.now + 3 * DAY)
    clock.now += DAY + 1
    assert shop.flows.promise_watch.watch().stay == 1
    assert len(chain(shop, later)) == len(chain(shop, part)) == 1


@pytest.mark.parametrize(
    ("when", "moves"),
    [
        ("order.tags: {has: gift}", True),
        ("order.tags: {has: other}", False),
        ("node.id: lyon", True),
        ("node.id: lille", False),
        ("service.id: parcel", True),
        ("promise.cause: not_released", True),
        ("promise.cause: not_picked", False),
        ("promise.late: true", True),
        ("promise.late: false", False),
    ],
)
def test_rules_say_what_is_rerouted(bare, clock, when, moves):
    bare.load(network())
    activate(bare, f"when: {{{when}}}, {ALWAYS}")
    ordered(bare, tags=frozenset({"gift"}))
    clock.now += DAY + 1
    assert bare.flows.promise_watch.watch().moved == int(moves)


def test_what_is_only_about_to_miss_a_milestone_is_at_risk_and_not_late(bare, clock):
    bare.load(network())
    activate(bare, f"when: {{promise.late: true}}, {ALWAYS}")
    ordered(bare)
    clock.now += DAY - 60
    turn = bare.flows.promise_watch.watch()
    assert (len(turn.raised), turn.moved, turn.stay) == (1, 0, 0)


def test_of_what_arrives_in_time_the_best_is_chosen_and_that_is_replayed(bare, clock):
    facts = network()
    slow = node("nice", LYON, preparation=5 * 1_440)  # costs least, and arrives too late
    nodes = [*facts.network.nodes.values(), slow]
    stock = {"A": {"lyon": 10, "lille": 10}}
    bare.load(inventory(nodes, stock, services=list(facts.network.services.values())))
    activate(bare, ALWAYS)
    made = ordered(bare)
    bare.stock.move([Movement(op="m", sku="A", node="nice", delta=5)])
    clock.now += DAY + 1
    assert bare.flows.promise_watch.watch().moved == 1
    second = chain(bare, made)[1]
    assert [item.node for item in second.shipments] == ["lille"]
    assert replays_alike(bare, second.id)
    rejected = RejectionRequest(decision=second.id, node="lille", reason="not_in_stock")
    third = json_of(bare.rerouting.reject(rejected))
    assert [item["node"] for item in third["shipments"]] == ["nice"]  # not where it came too late from
    assert "promise.moved" in [event.type for event in bare.events._outbox.read(START, limit=99).events]


def test_what_is_about_to_be_late_does_not_stay_though_it_might_still_make_it(shop, clock):
    made = ordered(shop)
    clock.now += DAY - 60
    assert shop.flows.promise_watch.watch().moved == 1
    assert [item.node for item in chain(shop, made)[1].shipments] == ["lille"]


def test_a_process_that_dies_before_it_has_decided_again_leaves_that_to_the_next(shop, clock):
    made = ordered(shop)
    clock.now += DAY + 1
    risk = shop.flows.promise_watch.at_risk().shipments[0]
    note = PromiseNote(
        decision=made["id"],
        number=0,
        before="",
        kind="promise_at_risk",
        now=clock.now,
        details=risk.details | {"rerouting": True},
    )
    named = Operation(name="own:1", request="x", seconds=60)
    assert isinstance(PromiseNotes(shop._client, shop._keys).note(note, named), Noted)
    turn = shop.flows.promise_watch.watch()
    assert (turn.raised, turn.moved) == ((), 1)
    assert len(kinds(shop, "promise_at_risk")) == 1
    assert len(chain(shop, made)) == 2


def test_what_ships_from_elsewhere_since_is_not_moved_again_by_the_rule(shop, clock):
    facts = network()
    third = node("nice", LYON, handling=20 * EURO)  # which might be asked next
    nodes, stock = [*facts.network.nodes.values(), third], {"A": {"lyon": 10, "lille": 10, "nice": 10}}
    shop.load(inventory(nodes, stock, services=list(facts.network.services.values())))
    activate(shop, ALWAYS, "then: {hold: 20 d}")
    made = ordered(shop)
    clock.now += DAY + 1
    shop.flows.promise_watch.watch()
    second = chain(shop, made)[1]
    assert [item.node for item in second.shipments] == ["lille"]
    clock.now += DAY + HOUR  # Lille has not handed it over either
    turn = shop.flows.promise_watch.watch()
    assert ([risk.cause for risk in turn.raised], turn.moved, turn.stay) == (["not_handed_over"], 0, 0)
    assert len(chain(shop, made)) == 2
    shop.flows.promise_watch.report(ProgressReport(decision=second.id, number=0, milestone="handed_over"))
    assert shop.flows.promise_watch.at_risk().shipments == ()


def test_only_what_is_late_of_an_order_ships_from_elsewhere(shop, clock):
    shop.load(network(lille=6))
    both = ordered(shop, ("A", 10), ("B", 16))
    assert sorted(item["node"] for item in both["shipments"]) == ["lille", "lyon"]
    shop.stock.move([Movement(op=f"more-{sku}", sku=sku, node="lille", delta=20) for sku in "AB"])
    shop.flows.promise_watch.report(
        ProgressReport(decision=both["id"], number=number(both, "lille"), milestone="handed_over")
    )
    clock.now += DAY + 1
    assert shop.flows.promise_watch.watch().moved == 1
    state = shop.holds.state(both["id"])
    assert {item.node: item.state for item in state.shipments} == {"lyon": "rejected", "lille": "held"}
    second = chain(shop, both)[1]
    assert [(item.node, sum(line.quantity for line in item.lines)) for item in second.shipments] == [("lille", 14)]
    assert shop.check(whole=True).clean


def test_several_watch_at_once_and_each_shipment_is_moved_once(opened, shop, clock):
    decisions = [ordered(shop) for _ in range(6)]
    clock.now += DAY + 1
    watches = [opened() for _ in range(3)]
    threads = [threading.Thread(target=item.flows.promise_watch.watch) for item in watches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shop.flows.promise_watch.watch()
    assert [len(chain(shop, made)) for made in decisions] == [2] * 6
    raised = [entry.decision for entry in kinds(shop, "promise_at_risk")]
    assert sorted(raised) == sorted(made["id"] for made in decisions)
    assert shop.check(whole=True).clean


def test_the_highest_priority_goes_first(bare, clock):
    bare.load(network(lille=1))
    activate(bare, ALWAYS, "when: {order.tags: {has: vip}}, then: {priority: 90}")
    usual, vip = ordered(bare), ordered(bare, tags=frozenset({"vip"}))
    clock.now += DAY + 1
    turn = bare.flows.promise_watch.watch()
    assert (turn.moved, turn.stay) == (1, 1)
    assert (len(chain(bare, usual)), len(chain(bare, vip))) == (1, 2)
