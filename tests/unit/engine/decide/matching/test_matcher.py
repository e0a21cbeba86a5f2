"""Whose answer counts: durable-rules', the reference's where the guard finds another, and the reference's alone."""

import contextlib

import pytest

from engine.decide.matching import matcher as matcher_module
from engine.decide.matching.matcher import Matcher, StageMatcher
from engine.decide.matching.rete import Rete
from engine.decide.matching.signature_table import LATE
from engine.decide.matching.signatures import ALWAYS_KNOWN
from rules.conditions import Operator
from rules.vocabulary import Stage
from tests.properties.decide.peers_agree import prefers
from tests.reference.rows import SHARED, rows_of
from tests.support.conditions import compare

POLICIES = prefers([compare("node.id", Operator.EQUALS, "a"), compare("node.id", Operator.EQUALS, "b")])
"""p/r0000 holds of node a, p/r0001 of node b."""


class FixedEngine:
    """A rule engine that answers the same to every question; given an exception, it fails with it."""

    def __init__(self, *fired, too_large=(), failure=None):
        self.too_large = frozenset(too_large)
        self._fired = frozenset(fired)
        self._failure = failure

    def fired(self, questions):
        if self._failure:
            raise self._failure
        return [self._fired.intersection(question.rules) for question in questions]

    def close(self):
        pass


@contextlib.contextmanager
def matching(engine, *, guarded):
    matcher = Matcher(POLICIES, guarded=guarded, make_engine=lambda _name, _formulas: engine)
    yield matcher
    matcher.close()


def fired(matcher, node):
    return matcher.judge(Stage.OPTION, {"node.id": node}).fired


def test_without_the_guard_what_the_engine_answers_is_the_answer():
    with matching(FixedEngine("p/r0001"), guarded=False) as matcher:
        assert fired(matcher, "a") == ("p/r0001",)
        assert matcher.incidents == 0


def test_under_the_guard_an_engine_that_differs_is_overruled_and_reported_once(caplog):
    with matching(FixedEngine("p/r0001"), guarded=True) as matcher:
        assert [fired(matcher, "a"), fired(matcher, "a")] == [("p/r0000",)] * 2
        assert matcher.incidents == 1
    assert "differs from the reference at OPTION on ['p/r0000', 'p/r0001']" in caplog.text


@pytest.mark.parametrize("guarded", [True, False])
def test_an_engine_that_fails_costs_an_incident_and_no_decision(guarded, caplog):
    with matching(FixedEngine(failure=RuntimeError("out of memory")), guarded=guarded) as matcher:
        assert fired(matcher, "a") == ("p/r0000",)
        assert matcher.incidents == 1
    assert "durable-rules failed at OPTION" in caplog.text


@pytest.mark.parametrize("guarded", [True, False])
def test_a_rule_too_large_for_the_engine_is_judged_by_the_reference(guarded):
    with matching(FixedEngine(too_large=["p/r0000"]), guarded=guarded) as matcher:
        assert [fired(matcher, "a"), fired(matcher, "c")] == [("p/r0000",), ()]
        assert matcher.incidents == 0


class RecordingEngine(Rete):
    """durable-rules, and what it was asked."""

    def __init__(self, name, formulas):
        super().__init__(name, formulas)
        self.questions = []

    def fired(self, questions):
        self.questions.append([sorted(question.rules) for question in questions])
        return super().fired(questions)


def options(*cases):
    """Options of one line, of (node, units on hand)."""
    return rows_of(
        [
            ({}, {"node.id": name}, {**dict.fromkeys(ALWAYS_KNOWN, 0), "stock.on_hand": units, LATE: None}, {}, {})
            for name, units in cases
        ]
    )


def test_durable_rules_is_asked_of_each_rule_once_for_each_combination_of_its_comparisons():
    engines = []
    policies = prefers([compare("node.id", Operator.EQUALS, "a"), compare("stock.on_hand", Operator.AT_LEAST, 3)])

    def make_engine(name, formulas):
        engines.append(RecordingEngine(name, formulas))
        return engines[-1]

    with contextlib.closing(StageMatcher(Stage.OPTION, policies, make_engine=make_engine)) as stage:
        shared = {group: {} for group in SHARED}
        judged = [
            [stage.table.judgements[number].fired for number in stage.judge_rows(shared, options(*cases))]
            for cases in ([("a", 1), ("b", 1), ("b", 2), ("a", 7)], [("c", 9), ("a", 4), ("d", 0)])
        ]
    both, first, second = ("p/r0000", "p/r0001"), ("p/r0000",), ("p/r0001",)
    assert judged == [[first, (), (), both], [second, both, ()]]
    (asked,) = engines[0].questions
    assert sorted(asked) == [[*first], [*both], [*second]], "in one batch, and nothing more for the next options"


def test_many_new_options_are_judged_some_at_a_time(monkeypatch):
    shared = {group: {} for group in SHARED}
    judged = []
    for most in (matcher_module.MOST_PLACES, 3):
        monkeypatch.setattr(matcher_module, "MOST_PLACES", most)
        with contextlib.closing(StageMatcher(Stage.OPTION, POLICIES)) as stage:
            numbers = stage.judge_rows(shared, options(*((name, 0) for name in "abcab")))
            judged.append([stage.table.judgements[number].fired for number in numbers])
    assert judged[0] == judged[1] == [("p/r0000",), ("p/r0001",), (), ("p/r0000",), ("p/r0001",)]


@pytest.mark.parametrize("guarded", [True, False])
def test_durable_rules_answers_as_the_reference_does(guarded):
    with contextlib.closing(Matcher(POLICIES, guarded=guarded)) as matcher:
        assert [fired(matcher, node) for node in "abc"] == [("p/r0000",), ("p/r0001",), ()]
        assert matcher.incidents == 0
