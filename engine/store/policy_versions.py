"""Published policy versions, those that decide, and who said so.

A version decides from its activation on until another takes over: one activated later, or a scheduled one when its
instant comes. What is scheduled stands until then, whatever is activated meanwhile; one version an instant, the last
word counts. Going back leads along the versions that were active, one further each time. No job is needed: which
version is active is worked out from the instant by whoever asks, and written down by the next change.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import orjson

from engine.errors import (
    InputInvalid,
    KeyReused,
    Mistake,
    NotActivated,
    NotFound,
    PointsmanError,
    PolicyUnreadable,
)
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.outcomes import NetworkChanged, TimelineChanged, TimelineOutcome
from engine.store.script_keys import ACTIVATE_POLICY, PUBLISH_POLICY, UNSCHEDULE_POLICY
from rules.errors import PolicyInvalid
from rules.loader import load_policies
from rules.policy import PolicySet


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who does something, at what instant (UTC seconds), why. Done once by the name of `operation`."""

    operation: str
    who: str
    at: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What decides at one instant; what is to decide, as (instant, version), soonest first; what one may go back to."""

    active: str | None
    scheduled: tuple[tuple[int, str], ...]
    before: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What is written down of that: the version last made active, and all that was scheduled since, as (instant,
    version), soonest first, that which is due and which nobody wrote down yet as well.
    """

    active: str | None
    scheduled: tuple[tuple[int, str], ...]
    before: str | None

    @property
    def words(self) -> tuple[str, ...]:
        """As the server has it, for load_swap.lua to compare."""
        return (self.active or "", *(f"{since}:{version}" for since, version in self.scheduled))

    def standing(self, now: int) -> Standing:
        active, before = self.active, self.before
        for since, version in self.scheduled:
            if since <= now and version != active:
                before, active = active, version
        later = tuple(item for item in self.scheduled if item[0] > now)
        return Standing(active=active, scheduled=later, before=before)


def publish(client: Client, keys: Keys, policies: PolicySet, act: Act) -> bool:
    """Store a set under its version; False if it was there already. Raises KeyReused."""
    files = orjson.dumps(dict(policies.texts))
    said = [act.operation, policies.version, files, act.who, act.at, act.note, len(policies.rules)]
    with faults():
        state, *new = client.script("publish_policy")(keys=PUBLISH_POLICY.keys(keys), args=said)
    if state == b"reused":
        raise _reused()
    return bool(new[0])


def activate(client: Client, keys: Keys, version: str, act: Act, *, network: str) -> TimelineOutcome:
    """Let `version` decide from now on, if the network loaded is still of the version `network`, which is empty where
    none was loaded. Raises NotFound, KeyReused.
    """
    return _change(client, keys, "activated", version, act, network=network)


def schedule(client: Client, keys: Keys, version: str, act: Act, *, since: int, network: str) -> TimelineOutcome:
    """Let `version` decide from the instant `since` on, in place of what was scheduled for that instant. `network` as
    in `activate`.

    Raises NotFound, KeyReused, and InputInvalid if the instant is over.
    """
    return _change(client, keys, "scheduled", version, act, since=since, network=network)


def roll_back(client: Client, keys: Keys, *, active: str, version: str, act: Act, network: str) -> TimelineOutcome:
    """Let `version` decide again, which did so before `active`. Raises NotActivated if that is not so any more.
    `network` as in `activate`.
    """
    return _change(client, keys, "rolled_back", version, act, active=active, network=network)


def refuse(client: Client, keys: Keys, version: str, *, since: int, act: Act) -> None:
    """Take a version that can't be read off the schedule."""
    with faults():
        client.script("unschedule_policy")(
            keys=UNSCHEDULE_POLICY.keys(keys),
            args=[f"{since}:{version}", version, act.at, act.who, act.note],
        )


def done(client: Client, keys: Keys, operation: str) -> tuple[str, str] | None:
    """What an operation did, and with which version; None if it was never heard of."""
    with faults():
        found = client.redis.hget(keys.policy_operations, operation)
    if found is None:
        return None
    act, version, *_ = found.decode().split(" ")
    return act, version


def standing(client: Client, keys: Keys, now: int) -> Standing:
    """What decides at `now`, and what before and after."""
    return stored(client, keys).standing(now)


def stored(client: Client, keys: Keys) -> Stored:
    """What is written down now."""
    with faults(), client.redis.pipeline(transaction=True) as read:
        read.get(keys.active_policy)
        read.zrange(keys.scheduled_policies, 0, -1)
        read.lindex(keys.policies_before, -1)
        active, entries, before = read.execute()
    return Stored(
        active=active and active.decode(),
        scheduled=tuple(_entry(entry) for entry in entries),
        before=before and before.decode(),
    )


def split_entry(found: str) -> tuple[str, int | None]:
    """The version that the snapshot answered, and since which instant it decides, if it was scheduled."""
    since, _, version = found.rpartition(":")
    return version, int(since) if since else None


def texts(client: Client, keys: Keys, version: str) -> dict[str, str]:
    """The files of a version, by name; raises NotFound."""
    with faults():
        body = client.redis.hget(keys.policies, version)
    if body is None:
        raise NotFound(f"no policy version {version} was published")
    return dict(orjson.loads(body))


def read_set(client: Client, keys: Keys, version: str) -> PolicySet:
    """A published set as this release reads it; raises NotFound, PolicyUnreadable."""
    found = texts(client, keys, version)
    try:
        policies = load_policies({name: text.encode() for name, text in found.items()})
    except PolicyInvalid as error:
        raise PolicyUnreadable(f"policy version {version[:12]} can't be read by this release: {error}") from error
    if policies.version != version:
        raise PolicyUnreadable(f"policy version {version} was altered where it is stored: its hash differs")
    return policies


def versions(client: Client, keys: Keys) -> list[str]:
    """Every published version, sorted."""
    with faults():
        return sorted(version.decode() for version in client.redis.hkeys(keys.policies))


def history(client: Client, keys: Keys) -> Iterator[dict[str, str]]:
    """Who published, activated, scheduled or rolled back what, when and why, oldest first."""
    with faults():
        entries = client.redis.xrange(keys.policy_history)
    for _, fields in entries:
        yield {name.decode(): value.decode() for name, value in fields.items()}


def _change(
    client: Client,
    keys: Keys,
    kind: str,
    version: str,
    act: Act,
    *,
    network: str,
    since: int = 0,
    active: str = "",
) -> TimelineOutcome:
    with faults():
        (state,) = client.script("activate_policy")(
            keys=ACTIVATE_POLICY.keys(keys),
            args=[act.operation, act.at, kind, version, act.who, act.note, since, active, network],
        )
    if state in _REFUSALS:
        raise _REFUSALS[state](version)
    return _OUTCOMES[state]


_OUTCOMES: Mapping[bytes, TimelineOutcome] = {b"done": TimelineChanged(), b"network": NetworkChanged()}

_REFUSALS: Mapping[bytes, Callable[[str], PointsmanError]] = {
    b"reused": lambda _: _reused(),
    b"missing": lambda version: NotFound(f"no policy version {version} was published"),
    b"past": lambda _: InputInvalid(
        [Mistake(field="at", message="this instant is over; leave it out to activate at once")]
    ),
    b"changed": lambda _: NotActivated(
        "somebody else changed the active version meanwhile; look at it (pointsman policy list) before you go back"
    ),
}


def _reused() -> KeyReused:
    return KeyReused("this idempotency key was used before for something else; use a new one for each request")


def _entry(found: bytes) -> tuple[int, str]:
    since, _, version = found.decode().partition(":")
    return int(since), version
