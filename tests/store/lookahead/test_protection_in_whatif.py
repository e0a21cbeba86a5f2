"""A what-if says what keeping more units back would cost by the rules that a draft adds or changes."""

import pytest
from msgspec import UNSET

from api.records.whatif import WhatIfRecord
from engine.simulation.gate import run_gate
from tests.conftest import activate
from tests.support.facts import EURO, order, policy_file
from tests.support.lookahead import DAY
from tests.support.whatif import draft, json_of_whatif, tried

pytestmark = pytest.mark.parametrize("server_url", ["embedded"], indirect=True)
KEEPS = "when: {node.id: paris}, then: {keep: 1}"
PROTECTS = "when: {node.id: lyon}, then: {protect: {channel: app, units: 2}}"


@pytest.fixture
def busy(shop, clock):
    """Keeps one unit in Paris, where nine euros are lost with each unit that is needed within a week."""
    activate(shop, KEEPS)
    shop.decide(order(("A", 1)))
    clock.now += 60
    return shop


def protection(shop, *drafts):
    return [result.protection for result in tried(shop, *drafts).drafts]


def test_only_rules_that_differ_and_keep_units_are_costed_each_draft_by_itself(busy, clock, publish):
    digest = publish(needed_by=clock.now + 7 * DAY)
    more = draft(KEEPS.replace("1", "3"), PROTECTS, name="more")
    other = draft(KEEPS, "then: {prefer: 1}", name="other")
    less = draft("when: {node.id: lyon}, then: {keep: 3}", name="less")
    first, nothing, last, added = protection(busy, more, other, less, draft(KEEPS, PROTECTS, name="added"))
    assert [item.rule for item in added.costs.rules] == list(added.rules) == ["test/r2"]
    assert nothing is None
    assert (first.rules, last.rules) == (("test/r1", "test/r2"), ("test/r1",))
    assert (first.costs.digest, first.costs.units) == (digest, 5)
    paris, lyon = first.costs.rules
    # A and B, nine euros a unit, five units, used up four times in 28 days
    assert (paris.positions, paris.month) == (2, 2 * 9 * EURO * 5 * 4)
    assert (lyon.positions, lyon.month) == (0, 0), "no unit of Lyon is needed more elsewhere"
    assert [(item.rule, item.month) for item in last.costs.rules] == [("test/r1", 0)]


def test_without_prices_the_rules_are_named_and_no_cost(busy):
    made = tried(busy, draft(KEEPS.replace("1", "3")))
    (found,) = [result.protection for result in made.drafts]
    assert (found.rules, found.costs) == (("test/r1",), None)
    assert b'"protecting":["test/r1"]' in json_of_whatif(made)
    assert b'"protection"' not in json_of_whatif(made)


def test_the_hash_of_what_was_tried_is_the_same_whatever_prices_are_in_force_by_now(busy, publish):
    more = draft(KEEPS.replace("1", "3"))
    before = WhatIfRecord.of(tried(busy, more), {})
    publish()
    after = WhatIfRecord.of(tried(busy, more), {})
    assert (before.drafts[0].protection is UNSET, after.drafts[0].protection is UNSET) == (True, False)
    assert before.hash == after.hash


def test_a_table_that_the_server_lost_stops_no_what_if(busy, redis_client, publish):
    digest = publish()
    redis_client.hdel(busy._keys.lookahead_heads, digest)
    (found,) = protection(busy, draft(KEEPS.replace("1", "3")))
    assert found.costs is None


def test_a_gate_which_bounds_no_such_cost_works_none_out(busy, publish, monkeypatch):
    publish()
    files = policy_file(KEEPS.replace("1", "3")) | {"gate.yaml": b"cost: {at_most: +1%}\n"}
    version = busy.publish(files, who="ada", note="").version
    monkeypatch.setattr(busy.flows.lookahead, "protection_costs_of", lambda *_: pytest.fail("nobody asks for it"))
    assert run_gate(busy, version, who="ada", workers=1).decisions == 1
