"""Tries drafts in one step: decides each logged decision again, alone, on the facts that were kept with it.

What other orders would have taken by the draft makes no difference here: the stock is as it was.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from engine.audit.comparison.comparison import is_whole
from engine.audit.comparison.contradictions import NOT_REPLAYABLE, contradictions_named
from engine.audit.deciding import decides_choice
from engine.audit.replay import ChoiceAgain, DecisionFacts, choose_again, left_to_others, replay_on
from engine.audit.replays import Replays
from engine.audit.sealing.leaf import id_text
from engine.decide.evaluation.alike import alike_stages, shared_stages
from engine.decide.facts_record import FactsRecord, facts_from_json
from engine.decide.matching.matcher import Matcher
from engine.decide.order_checks import check_order
from engine.decide.record import DecisionRecord
from engine.errors import NotFound, OrderInvalid, PolicyUnreadable
from engine.model.time_zone_data import tzdata_version
from engine.service import Pointsman
from engine.simulation.cause import cause_of
from engine.simulation.changed_decision import ExplainedChange, Side, explain_change
from engine.simulation.destination import destination_of
from engine.simulation.draft import Draft, deciding_rules, facts_not_kept
from engine.simulation.network_change import NO_CHANGE, ChangedNetwork
from engine.simulation.outcome import decided, outcome_of_choice, outcome_of_record, recorded
from engine.simulation.policy_sides import PolicySide, PolicySides
from engine.simulation.tried_decision import NotKept, TriedDecision, TriedDraft, UntriedDecision
from engine.store.log.entry import Entry
from engine.store.log.stored_entry import RawEntry
from engine.version import MEANING

_UNCHANGED: Final = ChangedNetwork(NO_CHANGE)
_MOST_CHOSEN: Final = 100
"""Choices that are kept while rules are weighed: many rules act on the same decisions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A logged decision as it was read."""

    entry: Entry
    record: DecisionRecord
    facts: FactsRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedDecision:
    """A logged decision, and what it was made on."""

    entry: Entry
    record: DecisionRecord
    facts: FactsRecord
    made_on: DecisionFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class OneStepWork:
    """Tries `drafts` beside the policy version `against`, in one step."""

    against: str
    drafts: tuple[Draft, ...]

    def begin(self, service: Pointsman) -> "OneStep":
        """Raises NotFound, PolicyUnreadable of that version."""
        guarded = service.settings.guard != "off"
        return OneStep(service.replays, against=self.against, drafts=self.drafts, guarded=guarded)


class OneStep:
    """Tries `drafts` beside the policy version `against`. `guarded`: the reference checks what durable-rules answers.
    Raises NotFound, PolicyUnreadable of that version.
    """

    def __init__(self, replays: Replays, *, against: str, drafts: Sequence[Draft], guarded: bool) -> None:
        self._replays = replays
        self._against = replays.matcher(against)
        self._drafts: list[Matcher] = []
        for draft in drafts:
            policies = draft.policies()
            shared = shared_stages(policies, (self._against, *self._drafts))
            self._drafts.append(Matcher(policies, guarded=guarded, shared=shared))
        self._networks = [ChangedNetwork(draft.change) for draft in drafts]
        self._looks_ahead = any(matcher.policies.looks_ahead for matcher in (self._against, *self._drafts))
        self._alike = functools.cache(alike_stages)
        self._not_kept = functools.cache(self._facts_not_kept)
        self._deciding = functools.cache(lambda matcher: frozenset(deciding_rules(matcher.policies)))
        self._chosen = functools.lru_cache(_MOST_CHOSEN)(self._choose)

    def close(self) -> None:
        for matcher in self._drafts:
            matcher.close()

    @property
    def replays(self) -> Replays:
        return self._replays

    def matcher(self, draft: int | None) -> Matcher:
        """Of a draft, by its number; None: of what they are compared with."""
        return self._against if draft is None else self._drafts[draft]

    def network(self, draft: int | None) -> ChangedNetwork:
        """What the draft changes of the network; None: nothing."""
        return _UNCHANGED if draft is None else self._networks[draft]

    def not_kept(self, draft: int | None, version: str) -> tuple[NotKept, ...]:
        """The facts that a side asks for, and that were not kept with decisions by that version. If that can't be read
        any more, nobody knows, and nothing is said.
        """
        return self._not_kept(self.matcher(draft), version)

    def logged(self, entry: str) -> LoggedDecision:
        """A decision that was tried before, by the id of its entry."""
        (logged,) = self._stored([entry])
        return logged

    def try_decisions(self, batch: Sequence[RawEntry]) -> list[TriedDecision | UntriedDecision]:
        """Try the decisions of entries as they are stored."""
        results: list[TriedDecision | UntriedDecision] = []

        def damaged(entry: str) -> None:
            results.append(UntriedDecision(entry, "damaged", "its entry can't be read"))

        read = [_read(entry) for entry in self._replays.parsed(batch, on_damaged=damaged)]
        self._replays.read_ahead((item.record, item.facts) for item in read if isinstance(item, _Read))
        results.extend(self._try(item) if isinstance(item, _Read) else item for item in read)
        return results

    def weigh(self, draft: int, rule: str, entries: Sequence[str]) -> tuple[bool, int]:
        """Whether a rule of a draft decides some of these decisions, the last first: without it, the draft would choose
        otherwise. And how many were made again until one did.
        """
        matcher = self._drafts[draft]
        for weighed, entry in enumerate(reversed(entries), start=1):
            logged, again = self._chosen(draft, entry)
            with contradictions_named(logged.entry.decision):
                made_on = changed_facts(logged.made_on, self._networks[draft])
                if decides_choice(rule, made_on, again, matcher, left_to_others(logged.record)):
                    return True, weighed
        return False, len(entries)

    def explain(self, draft: int, entry_id: str, language: str) -> ExplainedChange:
        """Why a draft decides the decision of an entry otherwise, in a language that has a catalogue."""
        logged = self.logged(entry_id)
        with contradictions_named(logged.entry.decision):
            made_on = changed_facts(logged.made_on, self._networks[draft])
            baseline = side_of(logged.record, logged.facts, logged.made_on, self._against)
            its = side_of(logged.record, logged.facts, made_on, self._drafts[draft])
            return explain_change(logged.record, baseline, its, language=language)

    def _choose(self, draft: int, entry: str) -> tuple[LoggedDecision, ChoiceAgain]:
        """What a draft chooses in a decision that was tried before."""
        logged = self.logged(entry)
        made_on = changed_facts(logged.made_on, self._networks[draft])
        return logged, choose_again(logged.record, made_on, self._drafts[draft])

    def _try(self, read: _Read) -> TriedDecision | UntriedDecision:
        entry = read.entry
        try:
            with contradictions_named(entry.decision):
                logged = self._logged(read)
                sides = PolicySides(
                    logged.record, logged.facts, logged.made_on, deciding=self._deciding, alike=self._alike
                )
                baseline, made_again = self._baseline(logged, sides)
                drafts = tuple(self._tried(logged, baseline, draft, sides) for draft in range(len(self._drafts)))
        except (*NOT_REPLAYABLE, OrderInvalid) as error:
            return UntriedDecision(entry.decision, "not_replayable", str(error))
        order = logged.record.order
        return TriedDecision(
            entry=id_text(entry.id),
            decision=entry.decision,
            order=order.id,
            first=logged.record.first,
            channel=order.channel,
            segment=order.segment,
            baseline=baseline.outcome,
            made_again=made_again,
            drafts=drafts,
            destination=destination_of(logged.made_on.remainder.whole_order, logged.made_on.snapshot.network),
        )

    def _logged(self, read: _Read) -> LoggedDecision:
        made_on = self._replays.facts_of(read.record, read.facts, looks_ahead=self._looks_ahead)
        return LoggedDecision(entry=read.entry, record=read.record, facts=read.facts, made_on=made_on)

    def _stored(self, entries: Sequence[str]) -> list[LoggedDecision]:
        """Decisions that were tried before, by the ids of their entries."""
        batch = self._replays.parsed(self._replays.stored(entries), on_damaged=_ignore)
        return [self._logged(item) for item in map(_read, batch) if isinstance(item, _Read)]

    def _baseline(self, logged: LoggedDecision, sides: PolicySides) -> tuple[PolicySide, bool]:
        """What the policies compared with decide; and whether that was made again: they did not decide it when it was
        logged, or not by the same meaning of rules and clocks.
        """
        record, facts, snapshot = logged.record, logged.facts, logged.made_on.snapshot
        as_logged = is_whole(facts) and facts.meaning == MEANING and facts.tzdata == tzdata_version()
        if not as_logged or record.policy_version != self._against.policies.version:
            return sides.made_by(self._against), True
        made, rules = recorded(record), self._deciding(self._against)
        side = PolicySide(made, outcome_of_record(record, made, rules, snapshot.network, snapshot.products))
        sides.add_recorded(self._against, side)
        return side, False

    def _tried(self, logged: LoggedDecision, baseline: PolicySide, number: int, sides: PolicySides) -> TriedDraft:
        draft, same_bytes = self._drafts[number], None
        if self._networks[number].change.changes_network:
            side = self._on_another_network(logged, number)
        elif draft.policies.version == logged.record.policy_version:
            replay = replay_on(logged.made_on, logged.record, logged.facts, draft)
            same_bytes = (replay.body, replay.logged_facts) == (logged.entry.body, logged.entry.facts)
            if same_bytes and draft.policies.version == self._against.policies.version:
                side = baseline
            else:
                again = ChoiceAgain(evaluation=replay.evaluation, candidates=replay.candidates, choice=replay.choice)
                side = sides.add_chosen(draft, again)
        else:
            side = sides.made_by(draft)
        changed = side.decided != baseline.decided
        return TriedDraft(
            outcome=side.outcome,
            changed=changed,
            same_bytes=same_bytes,
            not_kept=self._not_kept(draft, logged.record.policy_version),
            cause=cause_of(baseline.decided, side.decided) if changed else None,
        )

    def _on_another_network(self, logged: LoggedDecision, draft: int) -> PolicySide:
        made_on, matcher = changed_facts(logged.made_on, self._networks[draft]), self._drafts[draft]
        side = side_of(logged.record, logged.facts, made_on, matcher)
        return PolicySide(side.decided, outcome_of_choice(side.again, side.decided, self._deciding(matcher)))

    def _facts_not_kept(self, draft: Matcher, version: str) -> tuple[NotKept, ...]:
        """Of decisions by that version. If it can't be read any more, it is not known, and nothing is said."""
        try:
            then = self._replays.matcher(version).policies
        except (NotFound, PolicyUnreadable):
            return ()
        return tuple(facts_not_kept(draft.policies, then))


def changed_facts(logged: DecisionFacts, network: ChangedNetwork) -> DecisionFacts:
    """What a decision was made on, in a changed network; raises OrderInvalid if the order names what it lacks."""
    if not network.change.changes_network:
        return logged
    snapshot = network.with_new_stock(network.of(logged.snapshot, logged.now), logged.snapshot.network)
    if network.change.other is not None:
        check_order(logged.remainder.whole_order, snapshot)
    return replace(logged, snapshot=snapshot)


def side_of(record: DecisionRecord, facts: FactsRecord, made_on: DecisionFacts, matcher: Matcher) -> Side:
    """What policies decide on what a decision was made on."""
    again = choose_again(record, made_on, matcher)
    return Side(made_on=made_on, matcher=matcher, again=again, decided=decided(record, facts, again))


def _read(entry: Entry) -> _Read | UntriedDecision:
    if entry.erased:
        return UntriedDecision(entry.decision, "erased", "the order's personal values were erased")
    try:
        with contradictions_named(entry.decision):
            return _Read(entry=entry, record=entry.record, facts=facts_from_json(entry.facts))
    except NOT_REPLAYABLE as error:
        return UntriedDecision(entry.decision, "not_replayable", str(error))


def _ignore(_entry: str) -> None:
    """What was read before can be read again."""
