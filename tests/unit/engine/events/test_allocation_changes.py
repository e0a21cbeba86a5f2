"""Which rules about what channels may take are other ones under another policy version."""

import pytest

from engine.events.allocation_changes import allocation_changes
from rules.loader import load_policies
from tests.support.facts import policies, policy_file


def changed(before, after):
    changes = allocation_changes(before, after)
    return changes.added, changes.gone, changes.changed


@pytest.mark.parametrize(
    "effect",
    [
        "keep: 3",
        "protect: {channel: web, units: 2}",
        "allocate: {channel: web, units: 2, per: day}",
        "cap: {channel: web, units: 2}",
    ],
)
def test_every_effect_that_sets_units_aside_counts_and_no_other(effect):
    without, with_it = policies("then: {prefer: 1}"), policies("then: {prefer: 1}", f"then: {{{effect}}}")
    assert changed(without, with_it) == (("test/r2",), (), ())
    assert changed(with_it, without) == ((), ("test/r2",), ())
    assert changed(None, with_it) == (("test/r2",), (), ())
    assert not allocation_changes(None, without)
    assert not allocation_changes(without, policies("then: {prefer: 2}"))


def test_a_rule_that_changes_in_meaning_counts_and_one_whose_reason_is_worded_anew_does_not():
    old = policies("when: {order.channel: web}, then: {keep: 3}")
    assert changed(old, policies("when: {order.channel: app}, then: {keep: 3}")) == ((), (), ("test/r1",))
    (text,) = policy_file("when: {order.channel: web}, then: {keep: 3}").values()
    assert not allocation_changes(old, load_policies({"test.yaml": text.replace(b"a reason", b"another reason")}))


def test_a_rule_that_silences_one_that_sets_units_aside_counts_as_one():
    keeps = "then: {keep: 3}"
    plain = policies(keeps, "then: {prefer: 1}")
    silencing = policies(keeps, "then: {prefer: 1}, overrides: [test/r1]")
    assert changed(plain, silencing) == ((), (), ("test/r2",))
    assert changed(silencing, plain) == ((), (), ("test/r2",))


def test_a_rule_about_demand_counts_where_units_are_set_aside_for_days_of_cover():
    peak = "then: {uplift: 150%}"
    assert changed(policies("then: {keep: 3}"), policies("then: {keep: 3}", peak)) == ((), (), ())
    cover = "then: {keep: {cover: 3 days}}"
    assert changed(policies(cover), policies(cover, peak)) == (("test/r2",), (), ())
