"""Tries drafts in one step: decides each logged decision again, alone, on the facts that were kept with it.

What other orders would have taken by the draft makes no difference here: the stock is as it was.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
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
from engine.decide.record import DecisionRecord
from engine.errors import NotFound, PolicyUnreadable
from engine.model.time_zone_data import tzdata_version
from engine.service import Pointsman
from engine.simulation.cause import cause_of
from engine.simulation.changed_decision import ExplainedChange, Side, explain_change
from engine.simulation.destination import destination_of
from engine.simulation.draft import Draft, deciding_rules, facts_not_kept
from engine.simulation.outcome import decided, outcome_of_record, recorded
from engine.simulation.policy_sides import PolicySide, PolicySides
from engine.simulation.tried_decision import NotKept, TriedDecision, TriedDraft, UntriedDecision
from engine.store.log.entry import Entry
from engine.store.log.stored_entry import RawEntry
from engine.version import MEANING

_MOST_CHOSEN: Final = 100
"""Choices that are kept while rules are weighed: many rules act on the same decisions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A logged decision as it was read."""

    entry: Entry
    record: DecisionRecord
    facts: FactsRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class _Logged:
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
        self._looks_ahead = any(matcher.policies.looks_ahead for matcher in (self._against, *self._drafts))
        self._alike = functools.cache(alike_stages)
        self._not_kept = functools.cache(self._facts_not_kept)
        self._deciding = functools.cache(lambda matcher: frozenset(deciding_rules(matcher.policies)))
        self._chosen = functools.lru_cache(_MOST_CHOSEN)(self._choose)

    def close(self) -> None:
        for matcher in self._drafts:
            matcher.close()

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
                if decides_choice(rule, logged.made_on, again, matcher, left_to_others(logged.record)):
                    return True, weighed
        return False, len(entries)

    def explain(self, draft: int, entry_id: str, language: str) -> ExplainedChange:
        """Why a draft decides the decision of an entry otherwise, in a language that has a catalogue."""
        (logged,) = self._stored([entry_id])
        with contradictions_named(logged.entry.decision):
            sides = [self._side(logged, matcher) for matcher in (self._against, self._drafts[draft])]
            return explain_change(logged.record, logged.made_on, *sides, language=language)

    def _choose(self, draft: int, entry: str) -> tuple[_Logged, ChoiceAgain]:
        """What a draft chooses in a decision that was tried before."""
        (logged,) = self._stored([entry])
        return logged, choose_again(logged.record, logged.made_on, self._drafts[draft])

    def _try(self, read: _Read) -> TriedDecision | UntriedDecision:
        entry = read.entry
        try:
            with contradictions_named(entry.decision):
                logged = self._logged(read)
                sides = PolicySides(
                    logged.record, logged.facts, logged.made_on, deciding=self._deciding, alike=self._alike
                )
                baseline, made_again = self._baseline(logged, sides)
                drafts = tuple(self._tried(logged, baseline, draft, sides) for draft in self._drafts)
        except NOT_REPLAYABLE as error:
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

    def _logged(self, read: _Read) -> _Logged:
        made_on = self._replays.facts_of(read.record, read.facts, looks_ahead=self._looks_ahead)
        return _Logged(entry=read.entry, record=read.record, facts=read.facts, made_on=made_on)

    def _stored(self, entries: Sequence[str]) -> list[_Logged]:
        """Decisions that were tried before, by the ids of their entries."""
        batch = self._replays.parsed(self._replays.stored(entries), on_damaged=_ignore)
        return [self._logged(item) for item in map(_read, batch) if isinstance(item, _Read)]

    def _baseline(self, logged: _Logged, sides: PolicySides) -> tuple[PolicySide, bool]:
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

    def _tried(self, logged: _Logged, baseline: PolicySide, draft: Matcher, sides: PolicySides) -> TriedDraft:
        same_bytes = None
        if draft.policies.version == logged.record.policy_version:
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

    @staticmethod
    def _side(logged: _Logged, matcher: Matcher) -> Side:
        again = choose_again(logged.record, logged.made_on, matcher)
        made = decided(logged.record, logged.facts, again)
        return Side(matcher=matcher, again=again, decided=made)

    def _facts_not_kept(self, draft: Matcher, version: str) -> tuple[NotKept, ...]:
        """Of decisions by that version. If it can't be read any more, it is not known, and nothing is said."""
        try:
            then = self._replays.matcher(version).policies
        except (NotFound, PolicyUnreadable):
            return ()
        return tuple(facts_not_kept(draft.policies, then))


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
