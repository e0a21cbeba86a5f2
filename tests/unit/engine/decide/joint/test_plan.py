"""The plan of orders that contend with nobody."""

import contextlib

from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.joint import plan as joint_plan
from engine.decide.matching.matcher import Matcher
from tests.support.facts import LILLE, LYON, NOW, node, order, policies, snapshot


def test_evaluations_are_kept_up_to_a_number_of_options(monkeypatch):
    monkeypatch.setattr(joint_plan, "MOST_OPTIONS_KEPT", 4)  # of two nodes: two orders of one line
    facts = snapshot([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 9}})
    orders = [order(id=name) for name in "abc"]
    with contextlib.closing(Matcher(policies())) as matcher:
        made = joint_plan.plan(Evaluation(order=item, snapshot=facts, matcher=matcher, now=NOW) for item in orders)
        assert [made.uncontended[index].keeps for index in range(3)] == [True, True, False]
        assert "positions" not in vars(made.uncontended[2].evaluation)
