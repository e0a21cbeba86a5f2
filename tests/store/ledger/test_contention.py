"""A decision whose facts others change before its commit is made again, so often; then it says what they changed."""

import itertools

import pytest

from engine.errors import Contended
from engine.orders import decide_and_commit
from engine.orders.decide_and_commit import MOST_STOCK_CHANGES
from engine.store.outcomes import Committed, PoliciesChanged, StockChanged
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import LYON, inventory, node, order

WATCHES_HELD = f"when: {{stock.held: {list(range(1, 40))}}}, then: {{keep: 1}}"
"""Any hold that others take meanwhile makes a decision under this rule be made again."""


@pytest.fixture
def shop(bare):
    bare.load(inventory([node("lyon", LYON)], {"A": {"lyon": 100}}))
    activate(bare, WATCHES_HELD)
    return bare


@pytest.fixture
def activate_another(shop):
    """Activates a version that was not active before; the version."""
    hours = itertools.count(1)
    return lambda: activate(shop, WATCHES_HELD, f"then: {{hold: {next(hours)} h}}")


def take_a_unit(shop):
    assert json_of(shop.decide(order(("A", 1))))["status"] == "filled"


def test_policies_activated_more_often_than_a_decision_is_tried_for_stock_do_not_make_it_fail(
    opened, before_commit, activate_another
):
    times, versions = MOST_STOCK_CHANGES + 2, []
    outcomes = before_commit(lambda: versions.append(activate_another()), times=times)
    made = json_of(opened().decide(order(("A", 1))))
    assert outcomes == [*[PoliciesChanged()] * times, Committed()]
    assert made["policy_version"] == versions[-1]


def test_stock_taken_and_policies_activated_by_turns_are_counted_apart(shop, opened, before_commit, activate_another):
    takes = itertools.cycle([True, False])
    times = MOST_STOCK_CHANGES - 1
    outcomes = before_commit(lambda: take_a_unit(shop) if next(takes) else activate_another(), times=2 * times)
    assert json_of(opened().decide(order(("A", 1))))["status"] == "filled"
    assert outcomes == [*[StockChanged(node="lyon"), PoliciesChanged()] * times, Committed()]


def test_a_decision_whose_stock_others_take_each_time_says_so(shop, opened, before_commit):
    outcomes = before_commit(lambda: take_a_unit(shop), times=MOST_STOCK_CHANGES)
    message = f"others took the stock of order W-7 {MOST_STOCK_CHANGES} times in a row; try again"
    with pytest.raises(Contended, match=message):
        opened().decide(order(("A", 1), id="W-7"))
    assert outcomes == [StockChanged(node="lyon")] * MOST_STOCK_CHANGES


def test_a_decision_during_which_policies_are_activated_each_time_says_so(
    opened, before_commit, activate_another, monkeypatch
):
    monkeypatch.setattr(decide_and_commit, "MOST_POLICY_CHANGES", 3)
    outcomes = before_commit(activate_another, times=3)
    with pytest.raises(Contended, match="policies were activated 3 times while order W-7 was decided; try again"):
        opened().decide(order(("A", 1), id="W-7"))
    assert outcomes == [PoliciesChanged()] * 3
