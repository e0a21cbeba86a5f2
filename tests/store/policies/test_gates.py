"""A version is activated once its gate has passed against what is active; or by an override with a note."""

import pytest

from engine.errors import GateNotPassed, InputInvalid, NotFound
from engine.simulation.gate import run_gate
from tests.support.decision_json import json_of
from tests.support.facts import order, policy_file

WHO = {"who": "Ada", "note": ""}
HOUR, DAY = 3_600, 86_400
DEAR = "then: {exclude: true}"
SAME = "when: {order.channel: nobody}, then: {prefer: 1.00}"


def files(*rules, gate=None):
    return {**policy_file(*rules), **({"gate.yaml": gate.encode()} if gate else {})}


def published(pointsman, *rules, gate="unfilled: {at_most: +0}\ncost: {at_most: +1%}"):
    return pointsman.publish(files(*rules, gate=gate), **WHO).version


def judged(pointsman, version):
    return run_gate(pointsman, version, who="Ada", workers=1)


@pytest.fixture
def shop(pointsman):
    """With two orders that were filled."""
    for number in range(2):
        assert json_of(pointsman.decide(order(("SHIRT", 1), id=f"W-{number}")))["status"] == "filled"
    return pointsman


def test_a_version_that_breaks_a_bound_is_activated_only_by_an_override_with_a_note(shop):
    before, dear = shop.versions.timeline().active, published(shop, DEAR)
    with pytest.raises(GateNotPassed, match="was not run"):
        shop.activate(dear, **WHO)
    result = judged(shop, dear)
    assert (result.verdict, result.against, result.decisions, result.orders_changed) == ("failed", before, 2, 2)
    unfilled, cost = result.bounds[0], result.bounds[1]
    assert (unfilled.figure, unfilled.before, unfilled.difference, unfilled.passed) == ("unfilled", 0, 2, False)
    assert unfilled.low <= 2 <= unfilled.high
    assert cost.passed
    with pytest.raises(GateNotPassed, match=r"does not pass its gate: unfilled > \+0; change the rules"):
        shop.activate(dear, **WHO)
    with pytest.raises(InputInvalid, match="needs a note"):
        shop.versions.activate(dear, **WHO, override_gate=True)
    assert shop.versions.timeline().active == before
    shop.versions.activate(dear, who="Ada", note="stock is wrong", override_gate=True)
    assert shop.versions.timeline().active == dear
    (last,) = [change for change in shop.versions.history() if change.version == dear and change.kind == "activated"]
    assert (last.override_gate, last.override, last.note) == (True, False, "stock is wrong")
    (entry,) = [e for e in shop.entries(on_damaged=str) if e.kind == "activated" and e.decision == dear]
    assert entry.details["override_gate"] is True


def test_a_version_that_passes_is_activated_now_or_later_and_no_override_is_noted(shop, clock):
    good = published(shop, SAME)
    assert judged(shop, good).verdict == "passed"
    shop.versions.activate(good, since=clock.now + HOUR, **WHO)
    shop.versions.activate(good, **WHO)
    assert not any(change.override_gate for change in shop.versions.history())


def test_the_result_counts_no_more_once_another_version_is_active_or_it_is_old(shop, clock):
    good = published(shop, SAME, gate="cost: {at_most: +0}\nvalid_for: 2 days")
    judged(shop, good)
    clock.now += 2 * DAY - 1
    assert shop.versions.gates.check(good).state == "passed"
    clock.now += 1
    assert shop.versions.gates.check(good).state == "stale"
    judged(shop, good)
    shop.activate(published(shop, "then: {hold: 3 h}", gate=None), **WHO)
    with pytest.raises(GateNotPassed, match="too long ago or no longer active"):
        shop.activate(good, **WHO)


def test_who_takes_the_gate_away_passes_it_once_more(shop):
    good = published(shop, SAME)
    judged(shop, good)
    shop.activate(good, **WHO)
    without = published(shop, DEAR, gate=None)
    with pytest.raises(GateNotPassed):
        shop.activate(without, **WHO)
    assert (judged(shop, without).verdict, shop.versions.gates.stored.last(without).gate_of) == ("failed", good)


def test_rolling_back_needs_no_gate_and_neither_does_a_repeated_request(shop):
    good = published(shop, SAME)
    judged(shop, good)
    shop.versions.activate(good, **WHO, operation="one")
    first = shop.versions.roll_back(**WHO)
    shop.versions.activate(good, **WHO, operation="one")
    assert shop.versions.timeline().active == first


def test_without_decisions_nothing_is_judged_and_without_an_active_version_everything_passes(pointsman, bare, clock):
    good = published(pointsman, SAME)
    result = judged(pointsman, good)
    assert (result.verdict, result.why.startswith("no decision is logged yet")) == ("not_judged", True)
    with pytest.raises(GateNotPassed, match="could not judge it: no decision is logged yet"):
        pointsman.activate(good, **WHO)


def test_the_first_version_of_all_has_nothing_to_be_compared_with(bare):
    first = published(bare, SAME)
    assert judged(bare, first).verdict == "passed"
    bare.activate(first, **WHO)


def test_decisions_that_cant_be_tried_pass_only_up_to_the_share_that_the_gate_allows(shop):
    """The first of two orders is erased."""
    shop.holds.release(next(iter(shop.orders.show("W-0").decisions)).id)
    shop.erasures.erase("W-0", note="asked")
    good = published(shop, SAME)
    result = judged(shop, good)
    assert (result.verdict, result.untried, result.untried_reasons) == ("not_judged", 1, {"erased": 1})
    assert result.why == "1 of 2 decisions can't be tried, and at most 5% may be"
    patient = published(shop, SAME, gate="unfilled: {at_most: +0}\nuntried: {at_most: 50%}")
    assert judged(shop, patient).verdict == "passed"


def test_beside_an_active_version_that_cant_be_read_nothing_is_judged_and_an_override_helps(
    shop, redis_client, network
):
    active, good = shop.versions.timeline().active, published(shop, SAME)
    redis_client.hset(f"{{{network}}}:policies", active, b'{"test.yaml": "policy: test\\nof_later: []\\n"}')
    result = judged(shop, good)
    assert (result.verdict, "can't be read by this release" in result.why) == ("not_judged", True)
    shop.versions.activate(good, who="Ada", note="the old one can't be read", override_gate=True)
    assert shop.versions.timeline().active == good


def test_the_gate_is_no_rule_and_its_files_are_the_versions(shop):
    with_gate, without = published(shop, SAME), published(shop, SAME, gate=None)
    assert with_gate != without
    assert set(shop.versions.texts(with_gate)) == {"test.yaml", "gate.yaml"}
    changes = shop.versions.changes(without, with_gate)
    assert (changes.changes, changes.gate_added[0], str(changes)) == ((), "unfilled: at_most +0", "a gate added")
    other = published(shop, SAME, gate="unfilled: {at_most: +0}\nvalid_for: 2 days")
    compared = [shop.versions.changes(*pair) for pair in ((with_gate, other), (other, with_gate), (with_gate, without))]
    assert list(map(str, compared)) == ["another gate", "another gate", "the gate gone"]
    with pytest.raises(NotFound):
        shop.versions.gates.check("f" * 64)
