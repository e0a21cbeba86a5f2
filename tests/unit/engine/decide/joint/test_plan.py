"""The plan of orders that contend with nobody."""

import contextlib
import gc
import weakref

from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.evaluation.together.evaluate import evaluate_together, in_parts
from engine.decide.joint import plan as joint_plan
from engine.decide.matching.matcher import Matcher
from engine.decide.sourcing.problem import Unproven
from tests.support.facts import LILLE, LYON, NOW, PARIS, node, order, policies, snapshot


def test_evaluations_are_kept_up_to_a_number_of_options(monkeypatch):
    monkeypatch.setattr(joint_plan, "MOST_OPTIONS_KEPT", 4)  # of two nodes: two orders of one line
    facts = snapshot([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 9}})
    orders = [order(id=name) for name in "abc"]
    with contextlib.closing(Matcher(policies())) as matcher:
        made = joint_plan.plan(Evaluation(order=item, snapshot=facts, matcher=matcher, now=NOW) for item in orders)
        assert [made.uncontended[index].keeps for index in range(3)] == [True, True, False]
        assert "positions" not in vars(made.uncontended[2].evaluation)


def test_a_plan_keeps_only_the_evaluations_that_orders_are_decided_by(monkeypatch):
    monkeypatch.setattr(joint_plan, "MOST_OPTIONS_KEPT", 6)
    facts = snapshot([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 1}, "B": {"lyon": 9}})
    orders = {"contends": order(("A", 1)), "too": order(("A", 1)), "kept": order(("B", 1)), "not": order(("B", 1))}
    made = {}
    with contextlib.closing(Matcher(policies())) as matcher:
        columns = SnapshotColumns(facts, matcher, NOW)

        def evaluation(name):
            its = Evaluation(order=orders[name], snapshot=facts, matcher=matcher, now=NOW, columns=columns)
            made[name] = weakref.ref(its)
            return its

        def evaluations():
            for some in in_parts(map(evaluation, orders)):
                evaluate_together(some, matcher)
                yield from some

        plan = joint_plan.plan(evaluations())
        gc.collect()
        assert [name for name, its in made.items() if its() is not None] == ["kept"]
        assert (plan.summary.contending, len(plan.uncontended)) == (2, 2)


def planned(rules, stock, orders):
    facts = snapshot([node("lyon", LYON), node("lille", LILLE), node("paris", PARIS)], stock)
    with contextlib.closing(Matcher(policies(*rules))) as matcher:
        evaluations = [Evaluation(order=item, snapshot=facts, matcher=matcher, now=NOW) for item in orders]
        return joint_plan.plan(evaluations).summary


def test_contending_orders_whose_shipments_come_first_are_decided_one_after_another_and_that_is_said():
    # of both lines paris has one each: one order of the two may come in one shipment
    stock = {"A": {"paris": 1, "lyon": 5}, "B": {"paris": 1, "lille": 5}}
    orders = [order(("A", 1), ("B", 1), id=name) for name in "ab"]
    summary = planned(["then: {fewest_shipments: true}"], stock, orders)
    assert (summary.contending, summary.score.unfilled, summary.gap) == (2, 0, None)
    assert summary.unproven == Unproven(part="shipments", most=1)
    # without the rule the program plans both
    assert planned([], stock, orders).unproven is None
