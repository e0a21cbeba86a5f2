"""Whoever activates a version passes the gate of the version that is active by then, also if that becomes active in
the midst of it.
"""

import contextlib
import itertools

import pytest

from engine.errors import GateNotPassed
from engine.policies.canary_request import CanaryRequest
from engine.service import Pointsman
from engine.simulation.gate import run_gate
from tests.support.decision_json import json_of
from tests.support.facts import order, policy_file

WHO = {"who": "Ada", "note": ""}
URGENT = {"who": "Bob", "note": "urgent", "override_gate": True}
GATE = b"unfilled: {at_most: +0}"
PLAIN, SAME, DEAR = "then: {hold: 3 h}", "when: {order.channel: nobody}, then: {prefer: 1.00}", "then: {exclude: true}"


class InterruptedClock:
    """Another process acts at a look at the clock: the store is asked by both, in this order."""

    def __init__(self, clock):
        self.clock = clock
        self.left = None
        self.meanwhile = None

    def __call__(self):
        if self.meanwhile is not None:
            self.left -= 1
            if self.left < 0:
                act, self.meanwhile = self.meanwhile, None
                act()
        return self.clock()


@pytest.fixture
def interrupted(pointsman, clock):
    """Answers a process, and its clock."""
    its_clock = InterruptedClock(clock)
    with Pointsman(pointsman.settings, clock=its_clock) as another:
        yield another, its_clock


def at_each_moment(its_clock, *, before, act, meanwhile):
    """`act`, each time with `meanwhile` at a later look at the clock; yields after each."""
    for number in itertools.count():
        before()
        its_clock.left, its_clock.meanwhile = number, meanwhile
        with contextlib.suppress(GateNotPassed):
            act()
        if its_clock.meanwhile is not None:
            its_clock.meanwhile = None
            assert number > 0
            return
        yield


def published(pointsman, rule, *, gate=None):
    return pointsman.publish(policy_file(rule) | ({"gate.yaml": gate} if gate else {}), **WHO).version


@pytest.fixture
def versions(pointsman):
    """Of a shop with an order: one without a gate, which fails the gate of the other."""
    assert json_of(pointsman.decide(order(("SHIRT", 1), id="W-1")))["status"] == "filled"
    plain, free, gated = published(pointsman, PLAIN), published(pointsman, DEAR), published(pointsman, SAME, gate=GATE)
    return plain, free, gated


def activated_beside(pointsman, version):
    return [item.before for item in pointsman.versions.history() if (item.kind, item.version) == ("activated", version)]


@pytest.mark.parametrize("canary", [False, True])
def test_a_version_without_a_gate_passes_that_of_the_version_which_becomes_active_meanwhile(
    pointsman, interrupted, versions, canary
):
    another, its_clock = interrupted
    plain, free, gated = versions

    def act():
        if not canary:
            another.versions.activate(free, **WHO)
            return
        another.trials.start_canary(CanaryRequest(version=free, share=100, stop_if=()), who="Ada")

    rounds = 0
    for _ in at_each_moment(
        its_clock,
        before=lambda: pointsman.versions.activate(plain, **URGENT),
        act=act,
        meanwhile=lambda: pointsman.versions.activate(gated, **URGENT),
    ):
        assert pointsman.versions.timeline().active == gated
        trial = pointsman.trials.stored.find("canary")
        assert trial is None or not pointsman.trials.runs(trial)
        rounds += 1
    assert rounds > 1
    assert gated not in activated_beside(pointsman, free)


def test_the_first_version_of_all_passes_the_gate_of_another_that_becomes_active_meanwhile(bare, clock):
    free, gated = published(bare, DEAR), published(bare, SAME, gate=GATE)
    its_clock = InterruptedClock(clock)
    run_gate(bare, gated, who="Ada", workers=1)  # beside none
    with Pointsman(bare.settings, clock=its_clock) as another:
        moments = at_each_moment(
            its_clock,
            before=lambda: None,
            act=lambda: another.versions.activate(free, **WHO),
            meanwhile=lambda: bare.versions.activate(gated, **WHO),
        )
        next(moments)
    assert bare.versions.timeline().active == gated
    assert activated_beside(bare, free) == []


def test_an_override_is_noted_only_if_the_gate_beside_what_is_active_by_then_did_not_pass(
    pointsman, interrupted, versions
):
    """Beside `plain` it needs none; beside `gated` it fails."""
    another, its_clock = interrupted
    plain, free, gated = versions
    beside = []
    for _ in at_each_moment(
        its_clock,
        before=lambda: pointsman.versions.activate(plain, **URGENT),
        act=lambda: another.versions.activate(free, **URGENT),
        meanwhile=lambda: pointsman.versions.activate(gated, **URGENT),
    ):
        last = [item for item in pointsman.versions.history() if item.version == free and item.kind == "activated"][-1]
        beside.append((last.before, last.override_gate))
    assert set(beside) == {(gated, True)}


def test_of_two_versions_without_gates_that_are_activated_at_once_both_become_active(pointsman, interrupted, versions):
    another, its_clock = interrupted
    plain, free, _ = versions
    for _ in at_each_moment(
        its_clock,
        before=lambda: pointsman.versions.activate(published(pointsman, "then: {hold: 1 h}"), **WHO),
        act=lambda: another.versions.activate(free, **WHO),
        meanwhile=lambda: pointsman.versions.activate(plain, **WHO),
    ):
        assert pointsman.versions.timeline().active == free
    assert set(activated_beside(pointsman, free)) >= {plain}


def test_a_gate_that_passed_counts_no_more_where_another_version_becomes_active_meanwhile(
    pointsman, interrupted, versions
):
    another, its_clock = interrupted
    plain, _, gated = versions
    pointsman.versions.activate(plain, **WHO)
    assert run_gate(pointsman, gated, who="Ada", workers=1).verdict == "passed"
    other = published(pointsman, "then: {hold: 1 h}")
    for _ in at_each_moment(
        its_clock,
        before=lambda: pointsman.versions.activate(plain, **WHO),
        act=lambda: another.versions.activate(gated, **WHO),
        meanwhile=lambda: pointsman.versions.activate(other, **WHO),
    ):
        assert pointsman.versions.timeline().active == other
    assert set(activated_beside(pointsman, gated)) <= {plain}
