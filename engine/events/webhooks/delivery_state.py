"""How far an endpoint has come in the stream of events, and what of it has to be sent again. Pure.

Events are handed over in the order of the stream, up to the cursor. Those of one lane, such as an order, are sent one
after the other: while one of them has to be sent again, those after it wait behind it, and other lanes go on. An
endpoint of which nothing is taken any more is not sent anything new: one event at a time is tried, until one is taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.events.event import Position
from engine.events.webhooks.retry_schedule import kept_retry_after, next_attempt

MOST_WAITING = 1_000
"""Events that wait to be sent again, of one endpoint. Behind so many nothing new is handed over and, unless the
endpoint is down, the event is given up that most of them wait behind.
"""
MOST_DEAD = 10_000
"""Dead letters of an endpoint. With more it is switched off."""
FAILURES_WHEN_DOWN = 3
"""After so many failures one after the other, an endpoint counts as down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Events of a lane that wait to be sent, in order; the first of them was tried `attempts` times, first at `since`,
    and is tried again at `due`.
    """

    events: tuple[Position, ...]
    attempts: int = 0
    due: int = 0
    since: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """An event that is not sent any more: it was tried `attempts` times, last at `at`."""

    lane: str
    attempts: int
    at: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryState:
    """Of one endpoint. `off` is why it is switched off, empty if it is on. `failures` is how many attempts failed since
    the last that did not, which was at `taken_at`; `paused_until` as it asked to be left alone. `dead` is how many dead
    letters it has, and `died` has those of them that are to be stored. `gap` says that the log did not reach back to
    the cursor when it went on.
    """

    cursor: Position
    lanes: Mapping[str, Lane] = field(default_factory=dict)
    dead: int = 0
    died: Mapping[Position, DeadLetter] = field(default_factory=dict)
    off: str = ""
    off_since: int = 0
    failures: int = 0
    taken_at: int | None = None
    failed_at: int | None = None
    error: str = ""
    paused_until: int = 0
    gap: bool = False

    @property
    def is_down(self) -> bool:
        return self.failures >= FAILURES_WHEN_DOWN

    @property
    def waiting(self) -> int:
        """How many events wait to be sent again, or behind one that does."""
        return sum(len(lane.events) for lane in self.lanes.values())

    def takes_new(self, now: int) -> bool:
        """Whether events behind the cursor may be sent."""
        return not (self.off or self.is_down or self.paused_until > now or self.waiting >= MOST_WAITING)

    def due(self, now: int) -> list[str]:
        """The lanes whose first event may be sent now, the longest due first. Of an endpoint that is down only the one
        that was tried longest, when its next attempt is due.
        """
        if self.off or self.paused_until > now:
            return []
        lanes = sorted((lane.due, name) for name, lane in self.lanes.items())
        if self.is_down:
            tried = sorted((lane.since, lane.events, name) for name, lane in self.lanes.items() if lane.attempts)
            lanes = [(self.lanes[name].due, name) for _, _, name in tried[:1]] or lanes[:1]
        return [name for due, name in lanes if due <= now]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An attempt that was not answered with 2xx. `gone`: with 410."""

    error: str
    retry_after: int | None = None
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneResult:
    """What became of a lane: so many of its events are done, taken or not there any more; then one failed or, without a
    failure, no more was sent. `reached`: it took one.
    """

    name: str
    events: tuple[Position, ...]
    done: int = 0
    reached: bool = False
    failure: Failure | None = None


def settled(
    state: DeliveryState,
    results: Sequence[LaneResult],
    *,
    cursor: Position,
    now: int,
    chances: Sequence[float],
) -> DeliveryState:
    """The state after these results. Events behind the old cursor, up to the new one, are in `results` or waited for
    nothing. A chance for each result spreads its next attempt.
    """
    after = replace(state, cursor=cursor)
    for result, chance in zip(results, chances, strict=True):
        after = _with_result(after, result, now=now, chance=chance)
    if after.waiting >= MOST_WAITING and not after.is_down:
        after = _without_longest_wait(after, now)
    if after.dead > MOST_DEAD and not after.off:
        after = switched_off(after, f"more than {MOST_DEAD} events could not be delivered", now)
    return after


def appended(state: DeliveryState, name: str, event: Position) -> DeliveryState:
    """With a further event behind those of a lane that waits."""
    lane = state.lanes[name]
    return _with_lane(state, name, replace(lane, events=(*lane.events, event)))


def switched_off(state: DeliveryState, reason: str, now: int) -> DeliveryState:
    return replace(state, off=reason, off_since=now)


def switched_on(state: DeliveryState) -> DeliveryState:
    """Everything that waits is due at once."""
    lanes = {name: replace(lane, attempts=0, due=0) for name, lane in state.lanes.items()}
    return replace(state, off="", off_since=0, failures=0, paused_until=0, lanes=lanes)


def replayed(state: DeliveryState, cursor: Position, *, buried: int) -> DeliveryState:
    """From this cursor on everything is sent again, so many dead letters among it."""
    lanes = {}
    for name, lane in state.lanes.items():
        before = tuple(event for event in lane.events if event <= cursor)
        if before:
            lanes[name] = replace(lane, events=before)
    return replace(switched_on(replace(state, lanes=lanes)), cursor=cursor, gap=False, dead=state.dead - buried)


def revived(state: DeliveryState, letters: Mapping[Position, str]) -> DeliveryState:
    """Dead letters, each with its lane, are sent again, before what waits in their lanes."""
    for name in dict.fromkeys(letters.values()):
        waiting = state.lanes[name].events if name in state.lanes else ()
        again = {event for event, lane in letters.items() if lane == name}
        state = _with_lane(state, name, Lane(events=tuple(sorted({*waiting, *again}))))
    return replace(state, dead=state.dead - len(letters))


def _with_result(state: DeliveryState, result: LaneResult, *, now: int, chance: float) -> DeliveryState:
    if result.reached:
        state = _reached(state, now)
    left = result.events[result.done :]
    before = state.lanes.get(result.name, Lane(events=())) if result.done == 0 else Lane(events=())
    if result.failure is None:
        return _with_lane(state, result.name, replace(before, events=left))
    attempts, since = before.attempts + 1, before.since if before.attempts else now
    failure = result.failure
    state = replace(
        state,
        failures=state.failures + 1,
        failed_at=now,
        error=failure.error,
        paused_until=max(state.paused_until, now + kept_retry_after(failure.retry_after)),
    )
    lane = Lane(events=left, attempts=attempts, due=now, since=since, error=failure.error)
    if failure.gone:
        lane = replace(lane, attempts=before.attempts)
        return switched_off(_with_lane(state, result.name, lane), "it answered 410 Gone", now)
    due = next_attempt(attempts, now=now, retry_after=failure.retry_after, chance=chance)
    if due is not None:
        return _with_lane(state, result.name, replace(lane, due=due))
    letter = DeadLetter(lane=result.name, attempts=attempts, at=now, error=failure.error)
    state = replace(state, dead=state.dead + 1, died={**state.died, left[0]: letter})
    state = _with_lane(state, result.name, Lane(events=left[1:]))
    if state.taken_at is None or state.taken_at < since:
        return switched_off(state, "it took nothing while an event was tried for three days", now)
    return state


def _without_longest_wait(state: DeliveryState, now: int) -> DeliveryState:
    """The event that most others wait behind is given up before its time."""
    tried = [(len(lane.events), name) for name, lane in state.lanes.items() if lane.attempts]
    if not tried:
        return state
    name = max(tried)[1]
    lane = state.lanes[name]
    error = f"given up because {len(lane.events) - 1} events waited behind it: {lane.error}"
    letter = DeadLetter(lane=name, attempts=lane.attempts, at=now, error=error)
    state = replace(state, dead=state.dead + 1, died={**state.died, lane.events[0]: letter})
    return _with_lane(state, name, Lane(events=lane.events[1:]))


def _reached(state: DeliveryState, now: int) -> DeliveryState:
    """It took an event. If it was down, it is sent at once what waits."""
    lanes = state.lanes
    if state.is_down:
        lanes = {name: replace(lane, due=min(lane.due, now)) for name, lane in lanes.items()}
    return replace(state, failures=0, taken_at=now, error="", lanes=lanes)


def _with_lane(state: DeliveryState, name: str, lane: Lane) -> DeliveryState:
    lanes = {**state.lanes, name: lane}
    if not lane.events:
        del lanes[name]
    return replace(state, lanes=lanes)
