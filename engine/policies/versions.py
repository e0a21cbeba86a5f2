"""What is done with policy versions: publish, activate, go back, list, show, compare.

A version decides from its activation on. `activate` with an instant puts it on the schedule; what is activated at once
and what one goes back to decide until the next scheduled instant, which stands. `roll_back` goes back to the version
that was active before, and done again one further, never forward: who goes back twice does not want to see the first
one again. Going forward is an activation by name.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.decide.policy_tests.runner import Report
from engine.errors import NotActivated, NotFound, PolicyUnreadable, TestsFailed
from engine.model.facts import Network
from engine.policies.network_compatibility import Pairing
from engine.policies.review import Review, Trial, reviewed
from engine.store import policy_versions
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.outcomes import TimelineOutcome
from engine.store.policy_versions import HistoryEntry, PolicyTimeline
from rules.diff.compare import Changes, compare
from rules.errors import Finding, PolicyInvalid
from rules.policy import PolicySet, Rule

FEWEST_LETTERS = 4
"""Of a version's start. One letter would sooner or later mean another version than the one it was typed for."""
ENGINE = "pointsman"
"""Who takes a version off the schedule that can't be read."""
_START = re.compile(r"[0-9a-f]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A version that is stored; `new` if it was not before. `changes` are those against the active one, if there is one
    that can be read; `cases` how many tests it passed.
    """

    policies: PolicySet
    new: bool
    warnings: tuple[Finding, ...]
    changes: Changes | None
    cases: int

    @property
    def version(self) -> str:
        return self.policies.version

    @property
    def rules(self) -> Mapping[str, Rule]:
        return self.policies.rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A published version as it is listed. `published` is who, when (UTC seconds), why for the first time; `rules` how
    many it has, None if an earlier release published it.
    """

    version: str
    who: str
    at: int
    note: str
    rules: int | None
    active: bool
    scheduled: tuple[int, ...]


class Versions:
    """The policy versions of one network. `clock` answers UTC seconds; `new_id` names what is done.

    An `operation` is the caller's own name for what it asks, so that asking again is answered and not done again.
    """

    def __init__(self, client: Client, keys: Keys, *, clock: Callable[[], int], new_id: Callable[[], str]) -> None:
        self._client = client
        self._keys = keys
        self._clock = clock
        self._new_id = new_id
        self._pairing = Pairing(client, keys, clock=clock)

    def review(self, files: Mapping[str, bytes], *, trial: Trial | None = None) -> Review:
        """Everything there is to say of `files`, the loaded network considered; nothing is changed. `trial` tries the
        set's own tests.
        """
        return reviewed(files, fitting=self._pairing.fit, trial=trial)

    def verify_fit(self, loaded: Network) -> tuple[str, ...]:
        """Raise InputInvalid if policies that decide or are scheduled could not mean what they say in that network;
        which they were, for the load that relies on it.
        """
        return self._pairing.verify(loaded)

    def publish(
        self,
        files: Mapping[str, bytes],
        *,
        who: str,
        note: str,
        trial: Trial | None = None,
        operation: str | None = None,
    ) -> Published:
        """Store a policy set under its version. `trial` tries the set's own tests.

        Raises PolicyInvalid with every finding, TestsFailed, KeyReused.
        """
        review = self.review(files, trial=trial)
        if review.policies is None:
            raise PolicyInvalid(review.errors)
        cases = _passed(review.report) if review.report else 0
        changes = self._changes_from_active(review.policies)
        act = self._act(who, note, operation)
        new = policy_versions.publish(self._client, self._keys, review.policies, act)
        return Published(policies=review.policies, new=new, warnings=review.warnings, changes=changes, cases=cases)

    def activate(
        self, version: str, *, who: str, note: str, since: int | None = None, operation: str | None = None
    ) -> None:
        """Let a published version decide, from the next decision on or from the instant `since`.

        Raises NotFound, NotActivated if this release does not read it or it does not fit the network, KeyReused,
        InputInvalid if the instant is over, Contended if one network follows another.
        """
        act = self._act(who, note, operation)

        def made(network: str) -> TimelineOutcome:
            if since is None:
                return policy_versions.activate(self._client, self._keys, version, act, network=network)
            return policy_versions.schedule(self._client, self._keys, version, act, since=since, network=network)

        self._pairing.change(version, made)

    def roll_back(self, *, who: str, note: str, operation: str | None = None) -> str:
        """Let the version decide that did so before the active one, and answer it; raises NotActivated, KeyReused,
        Contended.
        """
        earlier = policy_versions.find_operation(self._client, self._keys, operation) if operation else None
        if earlier is not None and earlier[0] == "rolled_back":
            return earlier[1]
        standing = self.standing()
        active, before = standing.active, standing.before
        if active is None or before is None:
            raise NotActivated("no other version was active before; activate one by its name (pointsman policy list)")
        act = self._act(who, note, operation)

        def made(network: str) -> TimelineOutcome:
            return policy_versions.roll_back(
                self._client, self._keys, active=active, version=before, entry=act, network=network
            )

        self._pairing.change(before, made)
        return before

    def refuse(self, version: str, *, since: int, reason: str) -> None:
        """Take a scheduled version off the schedule, because this release does not read it."""
        act = self._act(ENGINE, reason, None)
        policy_versions.unschedule(self._client, self._keys, version, since=since, entry=act)

    def standing(self) -> PolicyTimeline:
        """What decides now, and what is scheduled."""
        return policy_versions.timeline(self._client, self._keys, self._clock())

    def find(self, start: str) -> str:
        """The published version meant: `active`, a whole name, or a start that only one has; raises NotFound."""
        if start == "active":
            active = self.standing().active
            if active is None:
                raise NotFound("no policy version is active")
            return active
        if not _START.fullmatch(start) or len(start) < FEWEST_LETTERS:
            raise NotFound(
                f"'{start}' names no policy version; give {FEWEST_LETTERS} or more of its letters and digits, or active"
            )
        found = [version for version in policy_versions.versions(self._client, self._keys) if version.startswith(start)]
        if len(found) != 1:
            raise NotFound(f"{len(found) or 'no'} published policy versions start with '{start}'")
        return found[0]

    def published(self) -> list[Version]:
        """Every version, in the order in which they were first published."""
        standing = self.standing()
        first: dict[str, Mapping[str, str]] = {}
        for act in policy_versions.history(self._client, self._keys):
            if act["act"] == "published":
                first.setdefault(act["version"], act)
        stored = policy_versions.versions(self._client, self._keys)
        named = [*(version for version in first if version in set(stored)), *(v for v in stored if v not in first)]
        return [_listed(version, first.get(version, {}), standing) for version in named]

    def texts(self, version: str) -> dict[str, str]:
        """The files of a version by name, as they were published; raises NotFound."""
        return policy_versions.texts(self._client, self._keys, version)

    def read(self, version: str) -> PolicySet:
        """A version as this release reads it; raises NotFound, PolicyUnreadable."""
        return policy_versions.read_set(self._client, self._keys, version)

    def history(self) -> list[dict[str, str]]:
        """Who did what with which version, when and why, oldest first; instants are UTC seconds."""
        return list(policy_versions.history(self._client, self._keys))

    def _changes_from_active(self, found: PolicySet) -> Changes | None:
        active = self.standing().active
        if active is None:
            return None
        try:
            return compare(self.read(active), found)
        except PolicyUnreadable:
            return None

    def _act(self, who: str, note: str, operation: str | None) -> HistoryEntry:
        return HistoryEntry(operation=operation or self._new_id(), who=who, at=self._clock(), note=note)


def _passed(report: Report) -> int:
    """How many cases there were; raises TestsFailed."""
    if not report.passed:
        raise TestsFailed(
            [f"{result.test.file}:{result.test.line}  {result.test.name}" for result in report.failed],
            of=len(report.results),
        )
    return len(report.results)


def _listed(version: str, act: Mapping[str, str], standing: PolicyTimeline) -> Version:
    return Version(
        version=version,
        who=act.get("who", ""),
        at=int(act.get("at", 0)),
        note=act.get("note", ""),
        rules=int(act["rules"]) if "rules" in act else None,
        active=version == standing.active,
        scheduled=tuple(since for since, name in standing.scheduled if name == version),
    )
