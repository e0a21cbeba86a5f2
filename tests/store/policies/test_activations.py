"""The activations that the history tells of are those that decided: the same as the timeline at every instant."""

import itertools

from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from engine.policies.activations import Activation, Turns, activations
from engine.store import policy_versions as store
from engine.store.keys import Keys
from tests.conftest import activate
from tests.store.policies.test_policy_timeline import NAMES, START, STEPS, Model, take
from tests.support.examples import examples

_serial = itertools.count()


@examples(15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.lists(STEPS, max_size=10))
def test_the_last_activation_is_the_active_version_whatever_is_done(client, network, data):
    keys, model, now = Keys(f"{network}-activations-{next(_serial)}"), Model(), START
    for name in NAMES:
        client.redis.hset(keys.policies, name, b"{}")
    seen = {}
    for step in data:
        if step[0] == "wait":
            now += step[1]
        else:
            take(client, keys, model, now, step)
        seen[now] = store.timeline(client, keys, now).active
    told = activations(store.history(client, keys), now=now)
    for instant, active in seen.items():
        assert next((item.version for item in reversed(told) if item.at <= instant), None) == active
    assert all(later.before == earlier.version for earlier, later in itertools.pairwise(told))


def test_what_was_unscheduled_never_became_active(pointsman, clock):
    first, later = activate(pointsman, "then: {hold: 1h}"), activate(pointsman, "then: {hold: 2h}")
    pointsman.versions.activate(first, who="Ada", note="", since=pointsman.now + 10)
    pointsman.versions.activate(later, who="Ada", note="on Monday", since=pointsman.now + 20)
    pointsman.versions.cancel_schedule(first, who="Eve", note="")
    clock.now += 30
    assert pointsman.versions.active_at(clock.now) == later
    pointsman.versions.activate(first, who="Ada", note="sales begin")
    told = [(item.version, item.kind, item.note) for item in pointsman.versions.activations()[-3:]]
    assert told == [(first, "activated", ""), (later, "activated", ""), (first, "activated", "sales begin")]
    (change,) = pointsman.versions.changes_of(pointsman.versions.activations()[-1]).changes
    assert (change.kind, change.rule) == ("changed", "test/r1")


def test_a_decision_belongs_to_the_last_time_its_version_became_active():
    became = [("a", 10), ("b", 20), ("a", 30)]
    turns = Turns(
        Activation(at=at, version=version, before=None, kind="activated", who="", note="", override=False)
        for version, at in became
    )
    assert [turns.last("a", instant) for instant in (9, 10, 29, 30, 31)] == [10, 10, 10, 30, 30]
    assert (turns.last("b", 25), turns.last("c", 25)) == (20, 0)
