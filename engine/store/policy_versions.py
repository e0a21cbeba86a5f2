"""Published policy versions, the timeline of which is active when, and the history of who changed it.

A version is active from its activation on until another takes over: one activated later, or a scheduled one when its
instant comes. A scheduled version stays scheduled, whatever is activated before its instant; of two for the same
instant the one scheduled last counts. Rolling back goes to the version that was active before, and done again one
further back. No background job is needed: each reader works out from the time which version is active, and the next
change of the timeline writes it down.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

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
from engine.store.outcomes import ActiveAlready, ActiveChanged, NetworkChanged, TimelineChanged, TimelineOutcome
from engine.store.script_keys import ACTIVATE_POLICY, LOG_ACTIVATIONS, PUBLISH_POLICY, UNSCHEDULE_POLICY
from rules.errors import PolicyInvalid
from rules.loader import load_policies
from rules.policy import PolicySet


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """Who makes a change, at what instant (UTC seconds), and why. Sent again under the same `operation`, it is not made
    again. `override`: nobody else approved it, though somebody should. `failing_tests` is how many tests fail of what
    is published in an emergency, because of its `emergency_rules`.
    """

    operation: str
    who: str
    at: int
    note: str
    override: bool = False
    emergency_rules: tuple[str, ...] = ()
    failing_tests: int = 0
    override_gate: bool = False
    """Its gate did not pass, or was not run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastChange:
    """A change that the history has: `kind` is published, asked, taken_back, declined, approved, gate_run, activated,
    scheduled, unscheduled, rolled_back, refused, shadow_started, shadow_ended, canary_started, canary_grown or
    canary_ended. `rules` is how many a published version has, `since` the instant from which a scheduled one is active,
    `before` the version that an activation or a rollback replaced.
    """

    kind: str
    version: str
    who: str
    at: int
    note: str
    rules: int | None = None
    since: int | None = None
    before: str | None = None
    override: bool = False
    """Whether it was made although nobody else had approved it."""
    failing_tests: int = 0
    """How many tests failed of what was published in an emergency."""
    override_gate: bool = False
    """Whether it was made although its gate had not passed."""
    because: str = ""
    """Why a canary ended; nothing if an earlier release noted it."""
    share: int | None = None
    """The share of the orders that a canary has from then on, in ten-thousandths."""
    activate_at: int | None = None
    """From when on whoever asked for its approval would have it decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTimeline:
    """The version active at one instant, those scheduled for later, as (instant, version), soonest first, and the one
    that can be rolled back to.
    """

    active: str | None
    scheduled: tuple[tuple[int, str], ...]
    before: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTimeline:
    """The timeline as it is stored: the version last made active, and those scheduled since, as (instant, version),
    soonest first. Among these may be versions that are active by now, which the next change writes down. `canary` is
    `SHARE:BASE:VERSION` while there is one.
    """

    active: str | None
    scheduled: tuple[tuple[int, str], ...]
    before: str | None
    canary: str | None = None

    @property
    def entries(self) -> tuple[str, ...]:
        """The active version or an empty text, then the schedule and the canary, as the server has them, for
        load_swap.lua.
        """
        scheduled = (f"{since}:{version}" for since, version in self.scheduled)
        return (self.active or "", *scheduled, *([self.canary] if self.canary else []))

    def at(self, now: int) -> PolicyTimeline:
        active, before = self.active, self.before
        for since, version in self.scheduled:
            if since <= now and version != active:
                before, active = active, version
        later = tuple(item for item in self.scheduled if item[0] > now)
        return PolicyTimeline(active=active, scheduled=later, before=before)


def publish(
    client: Client,
    keys: Keys,
    policies: PolicySet,
    entry: HistoryEntry,
    *,
    tests: Mapping[str, str] = MappingProxyType({}),
) -> bool:
    """Store a set under its version, with the `tests` beside it if there are any; False if it was published before.
    Raises KeyReused.
    """
    files = orjson.dumps(dict(policies.all_texts))
    arguments = [
        *(entry.operation, policies.version, files, entry.who, entry.at, entry.note, len(policies.rules)),
        *(orjson.dumps(dict(tests)) if tests else b"", entry.failing_tests, *entry.emergency_rules),
    ]
    with faults():
        state, *new = client.script("publish_policy")(keys=PUBLISH_POLICY.keys(keys), args=arguments)
    if state == b"reused":
        raise _reused()
    return bool(new[0])


def activate(
    client: Client, keys: Keys, version: str, entry: HistoryEntry, *, network: str, against: str | None = None
) -> TimelineOutcome:
    """Make `version` active, if the network loaded is still of the version `network`, which is empty where
    none was loaded, and if the version `against` is active (empty: if none is; None: whatever is). Raises NotFound,
    KeyReused.
    """
    return _change(client, keys, "activated", version, entry, network=network, against=against)


def schedule(
    client: Client,
    keys: Keys,
    version: str,
    entry: HistoryEntry,
    *,
    since: int,
    network: str,
    against: str | None = None,
) -> TimelineOutcome:
    """Make `version` active from the instant `since` on, in place of what was scheduled for that instant. `network` and
    `against` as in `activate`.

    Raises NotFound, KeyReused, and InputInvalid if the instant is over.
    """
    return _change(client, keys, "scheduled", version, entry, since=since, network=network, against=against)


def roll_back(
    client: Client,
    keys: Keys,
    *,
    active: str,
    version: str,
    entry: HistoryEntry,
    network: str,
    against: str | None = None,
) -> TimelineOutcome:
    """Make `version` active again, which was so before `active`. Raises NotActivated if that is not so any more.
    `network` and `against` as in `activate`.
    """
    return _change(client, keys, "rolled_back", version, entry, active=active, network=network, against=against)


def refuse(client: Client, keys: Keys, version: str, *, since: int, entry: HistoryEntry) -> None:
    """Take a version that can't be read off the schedule for the instant `since`, if it is still on it."""
    _unschedule(client, keys, version, entry, kind="refused", since=str(since))


def unschedule(client: Client, keys: Keys, version: str, entry: HistoryEntry) -> tuple[int, ...]:
    """Take a version off the schedule for all instants (UTC seconds) that are still to come, and return these; none if
    there is none. Raises KeyReused.
    """
    return _unschedule(client, keys, version, entry, kind="unscheduled", since="")


def _unschedule(
    client: Client, keys: Keys, version: str, entry: HistoryEntry, *, kind: str, since: str
) -> tuple[int, ...]:
    with faults():
        state, *instants = client.script("unschedule_policy")(
            keys=UNSCHEDULE_POLICY.keys(keys),
            args=[since, version, entry.at, entry.who, entry.note, kind, entry.operation],
        )
    if state == b"reused":
        raise _reused()
    return tuple(map(int, instants))


def log_activations(client: Client, keys: Keys, *, now: int) -> None:
    """Log that scheduled versions are active whose instant has come, each once whoever calls this."""
    with faults():
        client.script("events/log_activations")(keys=LOG_ACTIVATIONS.keys(keys), args=[now])


def find_operation(client: Client, keys: Keys, operation: str) -> tuple[str, str] | None:
    """What an operation did, and with which version; None if there was no such operation."""
    with faults():
        text = client.redis.hget(keys.policy_operations, operation)
    if text is None:
        return None
    kind, version, *_ = text.decode().split(" ")
    return kind, version


def timeline(client: Client, keys: Keys, now: int) -> PolicyTimeline:
    """The timeline as seen from `now`."""
    return stored_timeline(client, keys).at(now)


def stored_timeline(client: Client, keys: Keys) -> StoredTimeline:
    """The timeline as it is stored now."""
    with faults(), client.redis.pipeline(transaction=True) as read:
        read.get(keys.active_policy)
        read.zrange(keys.scheduled_policies, 0, -1)
        read.lindex(keys.policies_before, -1)
        read.get(keys.canary)
        active, scheduled, before, canary = read.execute()
    return StoredTimeline(
        active=active and active.decode(),
        scheduled=tuple(_scheduled(item) for item in scheduled),
        before=before and before.decode(),
        canary=canary and canary.decode(),
    )


_CANARY = "canary"


def split_version(text: str) -> tuple[str, int | None]:
    """The version as snapshot.lua answers it, and the instant from which it was scheduled, if it was."""
    since, _, version = text.rpartition(":")
    return version, int(since) if since and since != _CANARY else None


def is_canary(text: str) -> bool:
    """Whether the version that snapshot.lua answers decides the order as a canary."""
    return text.startswith(f"{_CANARY}:")


def texts(client: Client, keys: Keys, version: str) -> dict[str, str]:
    """The files of a version, by name; raises NotFound."""
    with faults():
        body = client.redis.hget(keys.policies, version)
    if body is None:
        raise NotFound(f"no policy version {version} was published")
    return dict(orjson.loads(body))


def tests(client: Client, keys: Keys, version: str) -> dict[str, str]:
    """The test files that were published with a version last, by name; none if it never had any."""
    with faults():
        body = client.redis.hget(keys.policy_tests, version)
    return {} if body is None else dict(orjson.loads(body))


def read_set(client: Client, keys: Keys, version: str) -> PolicySet:
    """A published set as this release reads it; raises NotFound, PolicyUnreadable."""
    files = texts(client, keys, version)
    try:
        policies = load_policies({name: text.encode() for name, text in files.items()})
    except PolicyInvalid as error:
        raise PolicyUnreadable(f"policy version {version[:12]} can't be read by this release: {error}") from error
    if policies.version != version:
        raise PolicyUnreadable(f"policy version {version} was altered where it is stored: its hash differs")
    return policies


def versions(client: Client, keys: Keys) -> list[str]:
    """Every published version, sorted."""
    with faults():
        return sorted(version.decode() for version in client.redis.hkeys(keys.policies))


def history(client: Client, keys: Keys) -> Iterator[PastChange]:
    """Who published, activated, scheduled or rolled back what, when and why, oldest first."""
    with faults():
        stored = client.redis.xrange(keys.policy_history)
    for _, fields in stored:
        yield past_change(fields)


def _change(
    client: Client,
    keys: Keys,
    kind: str,
    version: str,
    entry: HistoryEntry,
    *,
    network: str,
    since: int = 0,
    active: str = "",
    against: str | None = None,
) -> TimelineOutcome:
    with faults():
        (state,) = client.script("activate_policy")(
            keys=ACTIVATE_POLICY.keys(keys),
            args=[
                *(entry.operation, entry.at, kind, version, entry.who, entry.note, since, active, network),
                *(int(entry.override), int(entry.override_gate), expected_active(against)),
            ],
        )
    if state in _REFUSALS:
        raise _REFUSALS[state](version)
    return _OUTCOMES[state]


def expected_active(against: str | None) -> str:
    """How scripts are told which version has to be active: none if it is empty, any if it is None."""
    return "any" if against is None else against


_OUTCOMES: Mapping[bytes, TimelineOutcome] = {
    b"done": TimelineChanged(),
    b"network": NetworkChanged(),
    b"active": ActiveChanged(),
    b"stands": ActiveAlready(),
}

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


def past_change(stored: Mapping[bytes, bytes]) -> PastChange:
    """An entry of the history as it is stored."""
    fields = {name.decode(): value.decode() for name, value in stored.items()}
    rules, since = fields.get("rules"), fields.get("from")
    return PastChange(
        kind=fields["act"],
        version=fields["version"],
        who=fields["who"],
        at=int(fields["at"]),
        note=fields["note"],
        rules=None if rules is None else int(rules),
        since=None if since is None else int(since),
        before=fields.get("before"),
        override="override" in fields,
        failing_tests=int(fields.get("failing_tests", "0")),
        override_gate="override_gate" in fields,
        because=fields.get("because", ""),
        share=int(fields["share"]) if "share" in fields else None,
        activate_at=int(fields["activate_at"]) if "activate_at" in fields else None,
    )


def _reused() -> KeyReused:
    return KeyReused("this idempotency key was used before for something else; use a new one for each request")


def _scheduled(item: bytes) -> tuple[int, str]:
    since, _, version = item.decode().partition(":")
    return int(since), version
