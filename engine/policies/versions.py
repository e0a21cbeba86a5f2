"""Publishes, activates, schedules, rolls back and lists policy versions.

A version decides from its activation on. `activate` with an instant schedules it. A version that is activated at once,
or rolled back to, decides until the next scheduled instant: the schedule stays as it is. `roll_back` goes back to the
version that was active before, and called again to the one before that. It never goes forward, since somebody who rolls
back twice does not want the version that was just left; to go forward, activate a version by name.
"""

import functools
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

from engine.decide.network_fit import Attribute, Fit
from engine.errors import Contended, NotActivated, NotFound, PolicyUnreadable
from engine.model.facts import Network
from engine.policies.activations import Activation, activations
from engine.policies.approvals import Approvals
from engine.policies.emergency import Emergency, emergency_of
from engine.policies.four_eyes import is_overridden
from engine.policies.gate_result import GateResultRecord
from engine.policies.gates import Gates, Passage
from engine.policies.network_compatibility import NOT_ACTIVATED, NetworkCompatibility
from engine.policies.publication import Published, count_passed, verify_passed
from engine.policies.review import SHORT, Review, RunTests, review_policies
from engine.policies.rollback import verify_as_seen
from engine.policies.takeovers import Takeover, rules_gone, takeovers
from engine.policies.version_list import Version, listed_versions, the_only_one
from engine.store import policy_versions
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.outcomes import ActiveAlready, ActiveChanged, TimelineOutcome
from engine.store.policy_gates import StoredGates
from engine.store.policy_versions import HistoryEntry, PastChange, PolicyTimeline
from rules.diff.compare import Changes, compare
from rules.errors import PolicyInvalid
from rules.policy import PolicySet

MOST_LOOKS = 100
"""How often a version's gate is looked at again because another version became active meanwhile."""
ENGINE = "pointsman"
"""Named in the history as the one who takes a version that can't be read off the schedule."""


class Versions:
    """The policy versions of one network. With `four_eyes`, a version is activated only after somebody else than its
    publisher has approved it. `clock` answers UTC seconds; `new_id` names an operation that has no name.

    `operation` is the idempotency key of a request, given by the caller: a repeated request is answered, and not
    carried out again.
    """

    def __init__(
        self, client: Client, keys: Keys, *, four_eyes: bool, clock: Callable[[], int], new_id: Callable[[], str]
    ) -> None:
        self._client = client
        self._keys = keys
        self._four_eyes = four_eyes
        self._clock = clock
        self._new_id = new_id
        self._compatibility = NetworkCompatibility(client, keys, clock=clock)
        self.gates = Gates(
            StoredGates(client, keys), read=self.read, active=lambda: self.timeline().active, clock=clock
        )
        self.approvals = Approvals(
            client, keys, four_eyes=four_eyes, active=lambda: self.timeline().active, entry=self._history_entry
        )

    def review(self, files: Mapping[str, bytes], *, run_tests: RunTests | None = None) -> Review:
        """All findings of `files`, checked against the loaded network as well; nothing is changed. `run_tests` runs the
        set's own tests.
        """
        return review_policies(files, check_fit=self._compatibility.fit, run_tests=run_tests)

    def fit(self, policies: PolicySet) -> Fit:
        """What of `policies` does not fit the loaded network; nothing, if none is loaded."""
        return self._compatibility.fit(policies)

    def product_words(self) -> Mapping[str, Collection[str]]:
        """The words of the loaded network's products, by fact, SKUs included."""
        return self._compatibility.product_words()

    def words(self) -> Mapping[str, Collection[str]]:
        """The words of the loaded network and its products, by fact, but for SKUs."""
        return self._compatibility.words()

    def attributes(self) -> Mapping[str, Attribute]:
        """The extra attributes that the loaded network declares, by the path of their fact."""
        return self._compatibility.attributes()

    def verify_network(self, network: Network) -> tuple[str, ...]:
        """Raise InputInvalid if policies that are active or scheduled do not fit `network`, which is to be loaded.
        Returns which policies were checked, for the load, which relies on it.
        """
        return self._compatibility.verify_network(network)

    def publish(
        self,
        files: Mapping[str, bytes],
        *,
        who: str,
        note: str,
        run_tests: RunTests | None = None,
        tests: Mapping[str, bytes] = MappingProxyType({}),
        operation: str | None = None,
        strict: bool = False,
        in_emergency: bool = False,
    ) -> Published:
        """Store a policy set under its version. `run_tests` runs the set's own tests, whose files `tests` are kept with
        it; a `strict` one refuses warnings. One that is published `in_emergency` may have tests that fail, as
        `emergency_of` says.

        Raises PolicyInvalid with every finding, TestsFailed, KeyReused, and InputInvalid if an emergency has no note.
        """
        review = self.review(files, run_tests=run_tests)
        if review.policies is None:
            raise PolicyInvalid(review.errors)
        if strict and review.warnings:
            raise PolicyInvalid(review.warnings)
        changes = self.changes_from_active(review.policies)
        added = {change.rule for change in changes.of("added")} if changes else set()
        emergency = None
        if in_emergency and run_tests and review.report and not review.report.passed:
            emergency = emergency_of(review.report, run_tests, note=note, now=self._clock())
        elif review.report:
            verify_passed(review.report, added, self._clock())
        entry = self._history_entry(who, note, operation, emergency=emergency)
        new = policy_versions.publish(
            self._client,
            self._keys,
            review.policies,
            entry,
            tests={name: content.decode(errors="replace") for name, content in tests.items()},
        )
        return Published(
            policies=review.policies,
            new=new,
            warnings=review.warnings,
            changes=changes,
            tests_passed=count_passed(review.report),
            emergency=emergency,
        )

    def activate(
        self,
        version: str,
        *,
        who: str,
        note: str,
        since: int | None = None,
        operation: str | None = None,
        override: bool = False,
        override_gate: bool = False,
    ) -> bool:
        """Let a published version decide, from the next decision on or from the instant `since`; False, and nothing is
        changed, if it decides already. An `override`, for emergencies, does without the approval that may be needed,
        `override_gate` without a gate that passed; each needs a note, and the history shows it.

        Raises NotApproved, GateNotPassed, NotFound, NotActivated if this release can't read it or it does not fit the
        network, KeyReused, InputInvalid if the instant is over, Contended if networks are loaded over and over.
        """

        def change(entry: HistoryEntry, passage: Passage, network: str) -> TimelineOutcome:
            against = passage.against
            if since is None:
                return policy_versions.activate(
                    self._client, self._keys, version, entry, network=network, against=against
                )
            return policy_versions.schedule(
                self._client, self._keys, version, entry, since=since, network=network, against=against
            )

        if since is None and self.timeline().active == version:
            entry = self._history_entry(who, note, operation)
            outcome = self._compatibility.change_timeline(
                version, functools.partial(change, entry, Passage(against=version))
            )
            if not isinstance(outcome, ActiveChanged):
                return not isinstance(outcome, ActiveAlready)
        outcome = self.change_if_permitted(
            version,
            change,
            who=who,
            note=note,
            operation=operation,
            override=override,
            override_gate=override_gate,
        )
        return not isinstance(outcome, ActiveAlready)

    def change_if_permitted(
        self,
        version: str,
        change: Callable[[HistoryEntry, Passage, str], TimelineOutcome],
        *,
        who: str,
        note: str,
        operation: str | None,
        override: bool,
        override_gate: bool,
    ) -> TimelineOutcome:
        """Let a version decide by calling `change` with what `permitted` says and with the network version that it fits
        (see NetworkCompatibility). If another version is active by then than when its gate was looked at, all of that
        is looked at again. Raises as `permitted`, NotActivated, Contended.
        """
        for _ in range(MOST_LOOKS):
            entry, passage = self.permitted(
                version, who=who, note=note, operation=operation, override=override, override_gate=override_gate
            )
            outcome = self._compatibility.change_timeline(version, functools.partial(change, entry, passage))
            if not isinstance(outcome, ActiveChanged):
                return outcome
        raise Contended("other policy versions become active over and over; look at them (pointsman policy list)")

    def permitted(
        self, version: str, *, who: str, note: str, operation: str | None, override: bool, override_gate: bool
    ) -> tuple[HistoryEntry, Passage]:
        """Who lets a version decide, in words for the history, and how it gets past its gate. Raises NotApproved,
        GateNotPassed, NotFound, InputInvalid if an override has no note.
        """
        overridden = self._four_eyes and is_overridden(
            version, self.approvals.signatures(version), override=override, note=note
        )
        passage = Passage()
        # what was done is answered again, whatever is active since
        if not self.is_done(operation):
            passage = self._passage(version, override=override_gate, note=note)
        entry = self._history_entry(who, note, operation)
        return replace(entry, override=overridden, override_gate=passage.overridden), passage

    def _passage(self, version: str, *, override: bool, note: str) -> Passage:
        try:
            return self.gates.passage(version, override=override, note=note)
        except PolicyUnreadable as error:
            raise NotActivated(f"{error}\n{NOT_ACTIVATED}") from error

    def is_done(self, operation: str | None) -> bool:
        """Whether a request of this idempotency key was carried out before; without a key, it is another one."""
        return operation is not None and policy_versions.find_operation(self._client, self._keys, operation) is not None

    def currency(self) -> str:
        """That of the loaded network; empty if none is loaded."""
        return self._compatibility.currency()

    def keep_gate(self, result: GateResultRecord, *, operation: str | None = None) -> None:
        """Keep what came of a version's gate, once under the same `operation`; raises NotFound, KeyReused."""
        self.gates.stored.keep(result, operation=operation or self._new_id(), at=self._clock())

    def roll_back(
        self,
        *,
        who: str,
        note: str,
        operation: str | None = None,
        since: int | None = None,
        leaving: str | None = None,
        to: str | None = None,
    ) -> str:
        """Activate the version that was active before the active one, now or from the instant `since` on, and return
        it; raises NotActivated, KeyReused, Contended, InputInvalid if the instant is over.

        `leaving` and `to` are the active version and the one before it as whoever rolls back saw them: NotActivated if
        one of them is another by then.
        """
        earlier = policy_versions.find_operation(self._client, self._keys, operation) if operation else None
        if earlier is not None and earlier[0] == "rolled_back":
            return earlier[1]
        timeline = self.timeline()
        active, before = timeline.active, timeline.before
        if earlier is None:
            verify_as_seen(timeline, leaving=leaving, to=to)
        if active is None or before is None:
            raise NotActivated("no other version was active before; activate one by its name (pointsman policy list)")
        entry = self._history_entry(who, note, operation)

        def change(network: str) -> TimelineOutcome:
            if since is not None:
                return policy_versions.schedule(
                    self._client, self._keys, before, entry, since=since, network=network, against=leaving
                )
            return policy_versions.roll_back(
                self._client, self._keys, active=active, version=before, entry=entry, network=network, against=leaving
            )

        if isinstance(self._compatibility.change_timeline(before, change), ActiveChanged):
            verify_as_seen(self.timeline(), leaving=leaving, to=to)
            raise Contended("other policy versions become active over and over; look at them (pointsman policy list)")
        return before

    def unschedule(self, version: str, *, since: int, reason: str) -> None:
        """Take a scheduled version off the schedule, because this release can't read it."""
        entry = self._history_entry(ENGINE, reason, None)
        policy_versions.refuse(self._client, self._keys, version, since=since, entry=entry)

    def cancel_schedule(self, version: str, *, who: str, note: str, operation: str | None = None) -> tuple[int, ...]:
        """Take a version off the schedule, and return the instants (UTC seconds) that it was scheduled for. Raises
        KeyReused, and NotFound if it is scheduled for none that lies ahead.
        """
        entry = self._history_entry(who, note, operation)
        cancelled = policy_versions.unschedule(self._client, self._keys, version, entry)
        if not cancelled:
            raise NotFound(f"version {version[:SHORT]} is not scheduled (pointsman policy list)")
        return cancelled

    def takeovers(self) -> list[Takeover]:
        """What is scheduled, the soonest first, each with the rules of the version before that it does not have."""
        return takeovers(self.timeline(), self.read)

    def rules_gone(self, before: str | None, version: str) -> tuple[str, ...]:
        """The rules of a version that another, which takes its place, does not have; none if one can't be read."""
        return rules_gone(before, version, self.read)

    def timeline(self) -> PolicyTimeline:
        """The version that is active now, and those that are scheduled."""
        return policy_versions.timeline(self._client, self._keys, self._clock())

    def find(self, start: str) -> str:
        """The published version that `start` names: `active`, a whole name, or a start that only one has.

        Raises NotFound.
        """
        if start == "active":
            active = self.timeline().active
            if active is None:
                raise NotFound("no policy version is active")
            return active
        return the_only_one(start, policy_versions.versions(self._client, self._keys))

    def published(self) -> list[Version]:
        """Every version, in the order in which they were first published."""
        client, keys = self._client, self._keys
        history, stored = policy_versions.history(client, keys), policy_versions.versions(client, keys)
        return listed_versions(history, stored, self.timeline(), four_eyes=self._four_eyes)

    def listed(self, version: str) -> Version:
        """The version of this full name, as `published` has it; raises NotFound."""
        found = next((its for its in self.published() if its.version == version), None)
        if found is None:
            raise NotFound(f"there is no policy version {version}")
        return found

    def texts(self, version: str) -> dict[str, str]:
        """The files of a version, by name, as they were published; raises NotFound."""
        return policy_versions.texts(self._client, self._keys, version)

    def tests(self, version: str) -> dict[str, str]:
        """The test files that were published with a version last, by name; none if it never had any."""
        return policy_versions.tests(self._client, self._keys, version)

    def read(self, version: str) -> PolicySet:
        """A version as this release reads it; raises NotFound, PolicyUnreadable."""
        return policy_versions.read_set(self._client, self._keys, version)

    def history(self) -> list[PastChange]:
        """Who did what with which version, when and why, oldest first."""
        return list(policy_versions.history(self._client, self._keys))

    def activations(self) -> list[Activation]:
        """Which version became active when, the earliest first."""
        return activations(policy_versions.history(self._client, self._keys), now=self._clock())

    def active_at(self, instant: int) -> str | None:
        """The version that was active at an instant that is not to come; None if none was."""
        return next((item.version for item in reversed(self.activations()) if item.at <= instant), None)

    def changes_of(self, activation: Activation) -> Changes | None:
        """What differs in meaning from the version that was active before, as `changes`; None if this release can't
        read one of the two.
        """
        try:
            return self.changes(activation.before, activation.version)
        except PolicyUnreadable:
            return None

    def changes(self, before: str | None, after: str) -> Changes:
        """What differs in meaning between two versions; where there was none before, all rules are added. Raises
        NotFound, PolicyUnreadable.
        """
        return compare(self.read(before) if before else PolicySet(policies=(), texts={}), self.read(after))

    def changes_from_active(self, policies: PolicySet) -> Changes | None:
        """What differs in meaning from the active version; None if there is none or it can't be read."""
        active = self.timeline().active
        if active is None:
            return None
        try:
            return compare(self.read(active), policies)
        except PolicyUnreadable:
            return None

    def _history_entry(
        self, who: str, note: str, operation: str | None, *, emergency: Emergency | None = None
    ) -> HistoryEntry:
        return HistoryEntry(
            operation=operation or self._new_id(),
            who=who,
            at=self._clock(),
            note=note,
            emergency_rules=emergency.rules if emergency else (),
            failing_tests=emergency.failing_tests if emergency else 0,
        )
