"""Whatever an endpoint answers, each event is taken, waits, is a dead letter, or is still to come; in order by lane."""

from dataclasses import dataclass, field

import pytest
from hypothesis import event as note
from hypothesis import given
from hypothesis import strategies as st

from engine.events.event import Position
from engine.events.webhooks import retry_schedule
from engine.events.webhooks.delivery_state import (
    DeliveryState,
    Failure,
    Lane,
    LaneResult,
    appended,
    revived,
    settled,
    switched_on,
)
from engine.events.webhooks.stored_state import change_between, dead_letters_of, state_json, state_of
from engine.store.events.webhooks import StoredWebhook, WebhookReading

FAILURES = st.builds(
    Failure,
    error=st.just("answered 500"),
    retry_after=st.none() | st.integers(0, 10**6),
    gone=st.booleans() | st.just(value=False),
)


@dataclass
class Endpoint:
    """A stream of events, each of a lane, and an endpoint that is sent them as a deliverer would."""

    lanes: list[str]
    now: int = 0
    taken: list[Position] = field(default_factory=list)
    """Since dead letters were sent again last, in order."""
    before: set[Position] = field(default_factory=set)
    """Taken before that."""
    state: DeliveryState = field(default_factory=lambda: DeliveryState(cursor=Position(0, 0)))
    dead: dict = field(default_factory=dict)

    def __post_init__(self):
        self.events = {Position(number + 1, 0, 1): lane for number, lane in enumerate(self.lanes)}

    def turn(self, data):
        state, groups, cursor = self.state, {}, self.state.cursor
        if state.takes_new(self.now):
            for event, lane in [item for item in self.events.items() if item[0] > cursor][:4]:
                cursor = event
                if lane in state.lanes:
                    state = appended(state, lane, event)
                else:
                    groups.setdefault(lane, []).append(event)
        groups |= {name: list(state.lanes[name].events) for name in state.due(self.now)}
        results = [self.send(data, name, events) for name, events in groups.items()]
        chances = [data.draw(st.floats(0, 1)) for _ in results]
        after = settled(state, results, cursor=cursor, now=self.now, chances=chances)
        self.dead |= after.died
        self.state = stored_and_read(self.state, after, self.dead)

    def send(self, data, name, events):
        done = data.draw(st.just(0) | st.integers(0, len(events)))
        self.taken += events[:done]
        failure = data.draw(FAILURES | st.none()) if done < len(events) else None
        return LaneResult(name=name, events=tuple(events), done=done, reached=done > 0, failure=failure)

    def check(self):
        waiting = [event for lane in self.state.lanes.values() for event in lane.events]
        behind = [event for event in self.events if event > self.state.cursor]
        assert sorted([*self.before, *self.taken, *waiting, *behind, *self.dead]) == list(self.events)
        assert self.state.dead == len(self.dead)
        for name in set(self.lanes):
            own = [event for event in self.taken if self.events[event] == name]
            assert own == sorted(own)
            left = self.state.lanes[name].events if name in self.state.lanes else ()
            assert list(left) == sorted(left)
            assert not own or not left or own[-1] < left[0]


def stored_and_read(before, after, dead):
    """What another process would read, which is told only what changed."""
    stored = {name: change_between(DeliveryState(cursor=before.cursor), before).lanes[name] for name in before.lanes}
    change = change_between(before, after)
    stored |= change.lanes
    webhook = StoredWebhook(id="w", url="", types=(), secrets=(), created_at=0, by="")
    lanes = {name: text for name, text in stored.items() if text is not None}
    reading = WebhookReading(webhook=webhook, version="1", state=state_json(after), lanes=lanes, dead=len(dead))
    read = state_of(reading)
    assert dead_letters_of(change.dead) == after.died
    assert (read.cursor, read.lanes, read.off, read.failures) == (after.cursor, after.lanes, after.off, after.failures)
    return read


@pytest.fixture(autouse=True, scope="module")
def few_attempts():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retry_schedule, "MOST_ATTEMPTS", 2)
        yield


@given(st.lists(st.sampled_from("abc"), min_size=2, max_size=12), st.integers(5, 25), st.data())
def test_no_event_is_lost_or_overtaken(lanes, turns, data):
    endpoint = Endpoint(lanes)
    for _ in range(turns):
        endpoint.now += data.draw(st.sampled_from([10**6, 0, 1, 6, 400]))
        endpoint.turn(data)
        endpoint.check()
        if endpoint.state.off and data.draw(st.booleans()):
            endpoint.state = switched_on(endpoint.state)
            endpoint.check()
        if endpoint.dead and data.draw(st.booleans()):
            note("dead letters are sent again")
            letters = {event: letter.lane for event, letter in endpoint.dead.items()}
            endpoint.state, endpoint.dead = revived(endpoint.state, letters), {}
            endpoint.before |= set(endpoint.taken)
            endpoint.taken = []
            endpoint.check()


def test_once_an_endpoint_that_was_down_takes_an_event_all_that_waits_is_due():
    first, second = Position(1, 0, 1), Position(2, 0, 1)
    lanes = {
        "a": Lane(events=(first,), attempts=3, due=100, since=1, error="x"),
        "b": Lane(events=(second,), attempts=3, due=7_000, since=2, error="x"),
    }
    state = DeliveryState(cursor=second, lanes=lanes, failures=6)
    assert (state.due(100), state.takes_new(100)) == (["a"], False)
    taken = LaneResult(name="a", events=(first,), done=1, reached=True)
    after = settled(state, [taken], cursor=second, now=100, chances=[0.5])
    assert (after.due(100), after.lanes["b"].attempts, after.takes_new(100)) == (["b"], 3, True)


def test_events_that_are_gone_are_no_sign_that_the_endpoint_takes_any():
    event = Position(1, 0, 1)
    lane = Lane(events=(event,), attempts=3, due=100, since=1, error="x")
    state = DeliveryState(cursor=event, lanes={"a": lane}, failures=6)
    gone = LaneResult(name="a", events=(event,), done=1, reached=False)
    after = settled(state, [gone], cursor=event, now=100, chances=[0.5])
    assert (after.lanes, after.failures, after.taken_at) == ({}, 6, None)
