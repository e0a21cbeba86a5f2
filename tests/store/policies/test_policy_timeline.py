"""Whatever is activated, scheduled and rolled back in whatever order, the store agrees with a small model of it."""

import itertools

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from engine.errors import InputInvalid, NotActivated
from engine.store import policy_versions as store
from engine.store.keys import Keys
from engine.store.ledger import Ledger
from engine.store.outcomes import ActiveAlready, TimelineChanged
from engine.store.policy_versions import HistoryEntry, PolicyTimeline
from tests.support.examples import examples

NAMES = tuple(letter * 64 for letter in "abc")
START = 1_000
_serial = itertools.count()


class Model:
    """The versions that were active, the last one on top, and those to come by instant."""

    def __init__(self) -> None:
        self.active: list[str] = []
        self.scheduled: dict[int, str] = {}

    def settle(self, now: int) -> None:
        for since in sorted(since for since in self.scheduled if since <= now):
            self.push(self.scheduled.pop(since))

    def push(self, version: str) -> None:
        if self.active[-1:] != [version]:
            self.active.append(version)

    def at(self, now: int) -> str | None:
        due = [since for since in self.scheduled if since <= now]
        return self.scheduled[max(due)] if due else next(reversed(self.active), None)


STEPS = st.one_of(
    st.tuples(st.just("activate"), st.sampled_from(NAMES)),
    st.tuples(st.just("schedule"), st.sampled_from(NAMES), st.integers(-1, 4)),
    st.tuples(st.just("wait"), st.integers(1, 3)),
    st.just(("roll back",)),
)


@pytest.mark.slow
@examples(20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=14))
def test_the_active_version_and_the_one_to_roll_back_to_are_those_of_the_model(client, network, steps):
    keys, model, now = Keys(f"{network}-{next(_serial)}"), Model(), START
    for name in NAMES:
        client.redis.hset(keys.policies, name, b"{}")
    for step in steps:
        if step[0] == "wait":
            now += step[1]
        else:
            take(client, keys, model, now, step)
        assert_agree(client, keys, model, now)
    client.redis.delete(*client.names(keys.prefix))


def take(client, keys, model, now, step):
    """Do the step in the store and in the model; each write is sent twice, as after a lost answer."""
    entry = HistoryEntry(operation=str(next(_serial)), who="a test", at=now, note="")
    match step:
        case ("activate", version):
            outcome = ActiveAlready() if model.at(now) == version else TimelineChanged()
            for _ in "12":
                assert store.activate(client, keys, version, entry, network="") == outcome
            model.settle(now)
            model.push(version)
        case ("schedule", version, later) if later > 0:
            for _ in "12":
                outcome = store.schedule(client, keys, version, entry, since=now + later, network="")
                assert outcome == TimelineChanged()
            model.settle(now)
            model.scheduled[now + later] = version
        case ("schedule", version, later):
            with pytest.raises(InputInvalid):
                store.schedule(client, keys, version, entry, since=now + later, network="")
        case _:
            roll_back(client, keys, model, now, entry)


def roll_back(client, keys, model, now, entry):
    model.settle(now)
    timeline = store.timeline(client, keys, now)
    if len(model.active) > 1:
        for _ in "12":
            outcome = store.roll_back(
                client, keys, active=timeline.active, version=timeline.before, entry=entry, network=""
            )
            assert outcome == TimelineChanged()
        model.active.pop()
    else:
        assert timeline.before is None
        with pytest.raises(NotActivated):
            store.roll_back(client, keys, active=timeline.active or "", version=NAMES[0], entry=entry, network="")


def assert_agree(client, keys, model, now):
    ledger = Ledger(client, keys)
    for later in range(6):
        reading = ledger.read([], loads=[], now=now, policies_at=now + later)
        assert reading.policy_version == model.at(now + later)
    settled = Model()
    settled.active, settled.scheduled = list(model.active), dict(model.scheduled)
    settled.settle(now)
    *before, last = settled.active or [None]
    assert store.timeline(client, keys, now) == PolicyTimeline(
        active=last, scheduled=tuple(sorted(settled.scheduled.items())), before=before[-1] if before else None
    )
