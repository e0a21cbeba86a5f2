"""A canary decides the orders in its share, and a shadow none; what they come to is counted once for each decision."""

import dataclasses
import itertools
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.records.trials import trial_record
from engine.errors import GateNotPassed, InputInvalid, NotActivated, NotFound
from engine.model.order_share import SHARES, order_number
from engine.orders.rejection import RejectionRequest
from engine.policies.canary_request import CanaryRequest, parsed_bounds
from engine.simulation.trial_turns import TrialTurns
from tests.conftest import small
from tests.support.decision_json import json_of
from tests.support.examples import examples
from tests.support.facts import order, policy_file
from tests.support.forked_script import ForkedScript

WHO = {"who": "Ada"}
HALF = SHARES // 2
DEAR = "then: {exclude: true}"
LONGER = "then: {hold: 3 h}"


def ids(*, share=HALF, inside=True):
    """Ids of orders in a share, or of others."""
    return (f"W-{number}" for number in itertools.count() if (order_number(f"W-{number}") < share) == inside)


def published(pointsman, *rules):
    return pointsman.publish(policy_file(*rules), who="Ada", note="").version


def started(pointsman, version, share=HALF, **more):
    request = CanaryRequest(version=version, share=share, **{"stop_if": (), **more})
    return pointsman.trials.start_canary(request, **WHO)


def decided(pointsman, name, **more):
    return json_of(pointsman.decide(order(("SHIRT", 1), id=name), **more))


def kinds(pointsman):
    return [entry.kind for entry in pointsman.entries(on_damaged=str) if entry.kind.startswith(("canary", "shadow"))]


def compare_all(pointsman):
    turns = TrialTurns(pointsman)
    for _ in range(20):
        turns.take_turn()


@given(name=st.text(max_size=20), shares=st.tuples(st.integers(0, SHARES), st.integers(0, SHARES)))
@examples(50)
def test_who_is_in_a_share_stays_in_it_as_it_grows(name, shares):
    smaller, larger = sorted(shares)
    assert 0 <= order_number(name) < SHARES
    assert (order_number(name) < smaller) <= (order_number(name) < larger)


def test_about_as_many_orders_are_in_a_share_as_it_says():
    assert 450 < sum(order_number(f"O-{number}") < SHARES // 20 for number in range(10_000)) < 550


def test_orders_in_the_share_are_decided_by_the_canary_and_held_and_others_as_before(pointsman, opened):
    active, canary = pointsman.versions.timeline().active, published(pointsman, LONGER)
    started(pointsman, canary)
    other = opened()
    mine, theirs = next(ids()), next(ids(inside=False))
    ours = decided(pointsman, mine)
    assert (ours["policy_version"], ours["status"]) == (canary, "filled")
    assert decided(other, theirs)["policy_version"] == active
    assert pointsman.versions.timeline().active == pointsman.ready()["policy_version"] == active
    assert pointsman.stock.availability(["SHIRT"], "web").policy_version == active
    (replayed,) = [item for item in pointsman.replays.between(None, None) if item.record.order.id == mine]
    assert (replayed.outcome, replayed.record.policy_version) == ("identical", canary)
    pointsman.trials.grow_canary(SHARES, **WHO)
    assert decided(other, f"{theirs}-2")["policy_version"] == canary
    with pytest.raises(InputInvalid, match="only grows"):
        pointsman.trials.grow_canary(1, **WHO)
    assert pointsman.trials.end_canary(**WHO)
    assert decided(other, f"{mine}-3")["policy_version"] == active
    assert kinds(pointsman) == ["canary_started", "canary_grown", "canary_ended"]
    with pytest.raises(NotFound, match="no canary"):
        pointsman.trials.end_canary(**WHO)


def test_a_rejected_shipment_of_an_order_is_decided_on_the_same_side_and_so_is_a_batch(pointsman):
    active, canary = pointsman.versions.timeline().active, published(pointsman, LONGER)
    started(pointsman, canary)
    mine, theirs = ids(), ids(inside=False)
    for name, version in ((next(mine), canary), (next(theirs), active)):
        made = decided(pointsman, name)
        node = made["shipments"][0]["node"]
        again = pointsman.rerouting.reject(RejectionRequest(decision=made["id"], node=node, reason="other"))
        assert json_of(again)["policy_version"] == version
    orders = [
        order(("SHIRT", 1), id=name) for pair in zip(itertools.islice(mine, 3), theirs, strict=False) for name in pair
    ]
    batch = pointsman.batch(orders)
    versions = [json_of(result.answer)["policy_version"] for result in batch.results_in_order_sent()]
    assert versions == [canary, active] * 3


def test_a_canary_that_ends_while_an_order_is_decided_does_not_decide_it(pointsman, monkeypatch):
    """The snapshot has the canary; the commit comes after its end."""
    active, canary = pointsman.versions.timeline().active, published(pointsman, LONGER)
    started(pointsman, canary)
    commit = pointsman._ledger.commit

    def after_its_end(*arguments, **more):
        if pointsman.trials.stored.find("canary").ended is None:
            pointsman.trials.end_canary(**WHO)
        return commit(*arguments, **more)

    monkeypatch.setattr(pointsman._ledger, "commit", after_its_end)
    assert decided(pointsman, next(ids()))["policy_version"] == active


@pytest.mark.parametrize("later", [False, True])
def test_another_active_version_ends_the_canary_at_once_and_for_good(pointsman, clock, later):
    base, canary = pointsman.versions.timeline().active, published(pointsman, LONGER)
    started(pointsman, canary)
    third = published(pointsman, "then: {hold: 5 h}")
    pointsman.versions.activate(third, **WHO, note="", since=clock.now + 60 if later else None)
    assert kinds(pointsman) == ["canary_started", *([] if later else ["canary_ended"])]
    clock.now += 60
    names = ids()
    assert decided(pointsman, next(names))["policy_version"] == third
    assert pointsman.versions.roll_back(**WHO, note="") == base
    assert decided(pointsman, next(names))["policy_version"] == base
    ended = pointsman.trials.stored.find("canary")
    assert (ended.because, kinds(pointsman)) == ("activated", ["canary_started", "canary_ended"])


def test_a_canary_that_breaks_its_bounds_is_ended_by_itself_with_what_was_seen(pointsman):
    active, canary = pointsman.versions.timeline().active, published(pointsman, DEAR)
    started(pointsman, canary, stop_if=["unfilled > +1", "cost > +1%"], least_orders=3)
    names, others = ids(), ids(inside=False)
    turns = TrialTurns(pointsman)
    for _ in range(2):
        assert decided(pointsman, next(names))["status"] == "unfilled"
        assert decided(pointsman, next(others))["status"] == "filled"
    turns.take_turn()
    assert pointsman.trials.running("canary").sums["by:unfilled"] == 2
    assert decided(pointsman, next(names))["policy_version"] == canary
    turns.take_turn()
    assert decided(pointsman, next(names))["policy_version"] == active
    (entry,) = [e for e in pointsman.entries(on_damaged=str) if e.kind == "canary_ended"]
    assert (entry.details["because"], entry.details["note"]) == ("bounds", "unfilled > +1")
    seen = entry.details["seen"]
    assert (seen["orders"], seen["broken"]) == (3, ["unfilled"])
    assert seen["figures"]["unfilled"]["difference"] == 3
    assert (entry.caller, pointsman.versions.history()[-1].kind) == ("pointsman", "canary_ended")
    watched = pointsman.trials.watched(pointsman.trials.stored.find("canary"))
    assert [(its.figure, its.is_broken) for its in watched.figures if its.bound] == [
        ("cost", False),
        ("unfilled", True),
    ]


def test_a_canary_needs_a_gate_that_passed_and_there_is_one_at_a_time(pointsman):
    gated = pointsman.publish({**policy_file(LONGER), "gate.yaml": b"late: {at_most: +0}"}, who="Ada", note="").version
    with pytest.raises(GateNotPassed, match="was not run"):
        started(pointsman, gated)
    first, second = published(pointsman, LONGER), published(pointsman, DEAR)
    started(pointsman, first)
    with pytest.raises(NotActivated, match="is the canary already"):
        started(pointsman, second)
    pointsman.trials.end_canary(**WHO)
    with pytest.raises(NotActivated, match="active itself"):
        started(pointsman, pointsman.versions.timeline().active)


def test_a_network_that_the_canary_does_not_fit_is_not_loaded(pointsman):
    started(pointsman, published(pointsman, "when: {order.value: {more_than: 100 EUR}}, then: {prefer: 1.00 EUR}"))
    inventory = small()
    in_dollars = dataclasses.replace(inventory, network=dataclasses.replace(inventory.network, currency="USD"))
    with pytest.raises(InputInvalid, match="the network counts in USD"):
        pointsman.load(in_dollars)
    pointsman.trials.end_canary(**WHO)
    pointsman.load(in_dollars)


def test_a_shadow_counts_each_decision_once_holds_nothing_and_changes_no_answer(pointsman, opened):
    active, shadow = pointsman.versions.timeline().active, published(pointsman, DEAR)
    decided(pointsman, "before")
    pointsman.trials.start_shadow(shadow, share=HALF, **WHO)
    with pytest.raises(NotActivated, match="is the shadow already"):
        pointsman.trials.start_shadow(shadow, share=HALF, **WHO)
    inside, outside = list(itertools.islice(ids(), 3)), next(ids(inside=False))
    for name in (*inside, outside):
        assert decided(pointsman, name)["policy_version"] == active
    stale = pointsman.trials.stored.find("shadow")
    compare_all(pointsman)
    assert not pointsman.trials.stored.add(stale, "9-9", {"orders": 7}, {})  # who was slower adds nothing
    compare_all(opened())
    trial = pointsman.trials.running("shadow")
    assert (trial.sums["orders"], trial.sums["orders_changed"], trial.sums["by:unfilled"]) == (3, 3, 3)
    assert sorted(row[0] for row in pointsman.trials.stored.orders("shadow").values()) == sorted(inside)
    watched = pointsman.trials.watched(trial)
    unfilled = next(its for its in watched.figures if its.figure == "unfilled")
    assert (unfilled.before, unfilled.difference, unfilled.low <= 3 <= unfilled.high) == (0, 3, True)
    pointsman.trials.end_shadow(**WHO)
    decided(pointsman, f"{inside[0]}-late")
    compare_all(pointsman)
    assert pointsman.trials.stored.find("shadow").sums["orders"] == 3
    assert kinds(pointsman) == ["shadow_started", "shadow_ended"]


@pytest.mark.parametrize("kind", ["canary", "shadow"])
def test_orders_outside_the_share_do_not_hold_the_comparison_up(pointsman, kind):
    """So many are decided after the first in the share that they would fill a turn, and two."""
    version = published(pointsman, LONGER)
    share = HALF // 5
    if kind == "canary":
        started(pointsman, version, share=share)
    else:
        pointsman.trials.start_shadow(version, share=share, **WHO)
    inside, outside = ids(share=share), ids(share=share, inside=False)
    for name in (next(inside), *itertools.islice(outside, 25), next(inside)):
        decided(pointsman, name)
    assert TrialTurns(pointsman).take_turn() == 2
    trial = pointsman.trials.running(kind)
    assert trial.sums["orders"] == 2
    assert pointsman.replays.following(trial.cursor, 1) == []


def test_more_decisions_than_a_turn_has_are_compared_in_the_next_ones(pointsman):
    pointsman.trials.start_shadow(published(pointsman, LONGER), share=SHARES, **WHO)
    for number in range(11):
        decided(pointsman, f"W-{number}")
    turns = TrialTurns(pointsman)
    assert [turns.take_turn() for _ in range(3)] == [10, 1, 0]
    assert pointsman.trials.running("shadow").sums["orders"] == 11


_COMPARE_AND_DIE = """
import os, signal, sys
from engine.service import Pointsman
from engine.settings import Settings
from engine.simulation.trial_turns import TrialTurns
from engine.store.policy_trials import StoredTrials

url, network, when = sys.argv[1:]
add = StoredTrials.add

def dying(*arguments):
    if when == "after":
        add(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)

StoredTrials.add = dying
with Pointsman(Settings(redis_url=url, network=network)) as worker:
    TrialTurns(worker).take_turn()
"""


@pytest.mark.slow
def test_kill_9_on_the_worker_that_compares_counts_no_decision_twice_and_leaves_none_out(
    pointsman, redis_client, network, server_url
):
    """Killed before what came of it is stored, killed right after, and then another worker takes over: it ends the
    canary, whose bound the one that was killed had no time to look at.
    """
    canary = published(pointsman, DEAR)
    started(pointsman, canary, stop_if=["unfilled > +1"], least_orders=2)
    pointsman.trials.start_shadow(canary, share=SHARES, **WHO)
    names = ids()
    for _ in range(2):
        assert decided(pointsman, next(names))["policy_version"] == canary
    for when, orders in (("before", 0), ("after", 2)):
        assert ForkedScript(_COMPARE_AND_DIE, server_url, network, when).end() == -signal.SIGKILL
        assert pointsman.trials.running("canary").sums.get("orders", 0) == orders
        assert TrialTurns(pointsman).take_turn() == 0, "the turn is still that of the one that was killed"
        redis_client.delete(f"{{{network}}}:policies:trials:lease")  # its ten seconds are over
    compare_all(pointsman)
    ended = pointsman.trials.stored.find("canary")
    assert (ended.because, ended.sums["orders"], ended.sums["by:unfilled"]) == ("bounds", 2, 2)
    assert kinds(pointsman) == ["canary_started", "shadow_started", "canary_ended"]
    shadow = pointsman.trials.running("shadow")
    assert (shadow.sums["orders"], shadow.sums.get("orders_changed", 0)) == (2, 0)


def test_bounds_are_written_as_the_gates_and_mistakes_say_what_was_meant():
    assert [(its.figure, its.amount, its.is_share) for its in parsed_bounds(["late>+2%", "cost > +10 EUR"])] == [
        ("late", 200, True),
        ("cost", 10_000_000, False),
    ]
    with pytest.raises(InputInvalid, match="did you mean 'late'"):
        parsed_bounds(["lat > 1"])
    with pytest.raises(InputInvalid, match="no bound"):
        parsed_bounds(["late < 1"])
    with pytest.raises(InputInvalid, match="'late > \\+9': there is a bound of late already"):
        parsed_bounds(["late > +2%", "cost > +1%", "late > +9"])


def test_a_bound_in_another_currency_than_the_networks_is_refused(pointsman):
    canary = published(pointsman, LONGER)
    with pytest.raises(InputInvalid, match=r"'\+10 USD' is in USD, the network counts in EUR"):
        started(pointsman, canary, stop_if=["cost > +10 USD"])
    assert pointsman.trials.stored.find("canary") is None
    started(pointsman, canary, stop_if=["cost > +10 EUR"])


def test_the_canary_of_a_version_that_cant_be_read_is_over_and_no_order_fails(pointsman, redis_client, network):
    base, canary = pointsman.versions.timeline().active, published(pointsman, LONGER)
    started(pointsman, canary)
    redis_client.hset(f"{{{network}}}:policies", canary, b'{"test.yaml": "policy: test\\nrules: []\\n"}')
    assert decided(pointsman, next(ids()))["policy_version"] == base
    assert pointsman.trials.stored.find("canary").because == "unreadable"


def of_a_later_release(pointsman, redis_client, version):
    redis_client.hset(pointsman._keys.policies, version, b'{"test.yaml": "policy: test\\nof_later: []\\n"}')


def test_a_canary_is_not_begun_beside_a_version_that_cant_be_read(pointsman, opened, redis_client):
    active, canary = pointsman.versions.timeline().active, published(pointsman, LONGER)
    of_a_later_release(pointsman, redis_client, active)
    with pytest.raises(NotActivated, match=r"nothing could be compared.*can't be read by this release"):
        started(opened(), canary)


def test_a_canary_whose_base_can_be_read_no_more_goes_on_and_says_that_nothing_is_compared(
    pointsman, opened, redis_client
):
    """It ships what the active version can't decide any more, so it is not ended."""
    active, canary = pointsman.versions.timeline().active, published(pointsman, LONGER)
    started(pointsman, canary, stop_if=["cost > +0"])
    decided(pointsman, next(ids()))
    other = opened()
    assert other.trials.why_untried(other.trials.running("canary")) == ""
    of_a_later_release(pointsman, redis_client, active)
    compare_all(other)
    record = trial_record(other.trials, "canary")
    assert (record.running, record.untried, record.decisions) == (True, 1, 0)
    assert "can't be read by this release" in record.untried_because


def test_only_the_worker_whose_turn_it_is_has_something_to_compare(pointsman, opened):
    ours, theirs = TrialTurns(pointsman), TrialTurns(opened())
    assert not ours._take_turn()
    canary = published(pointsman, LONGER)
    started(pointsman, canary)
    decided(pointsman, next(ids()))
    assert ours._take_turn()
    assert not theirs._take_turn()
    assert pointsman.trials.stored.find("canary").sums["orders"] == 1
