"""Whose answer counts: durable-rules', the reference's where the guard finds another, and the reference's alone."""

import contextlib

import pytest

from engine.decide.matching.matcher import Matcher
from rules.conditions import Operator
from rules.vocabulary import Stage
from tests.properties.decide.peers_agree import prefers
from tests.support.conditions import compare

POLICIES = prefers([compare("node.id", Operator.EQUALS, "a"), compare("node.id", Operator.EQUALS, "b")])
"""p/r0000 holds of node a, p/r0001 of node b."""


class FixedEngine:
    """A rule engine that answers the same of every signature; given an exception, it fails with it."""

    def __init__(self, *fired, too_large=(), failure=None):
        self.too_large = frozenset(too_large)
        self._fired = frozenset(fired)
        self._failure = failure

    def fired(self, _signature):
        if self._failure:
            raise self._failure
        return self._fired

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


@pytest.mark.parametrize("guarded", [True, False])
def test_durable_rules_answers_as_the_reference_does(guarded):
    with contextlib.closing(Matcher(POLICIES, guarded=guarded)) as matcher:
        assert [fired(matcher, node) for node in "abc"] == [("p/r0000",), ("p/r0001",), ()]
        assert matcher.incidents == 0
