"""Replays logged decisions: rebuilds what each was made on, decides again, and compares."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal, TypeAlias

from engine.audit.comparison.comparison import compare, is_whole
from engine.audit.comparison.contradictions import NOT_REPLAYABLE, contradictions_named
from engine.audit.comparison.differences import Difference
from engine.audit.comparison.meanings import changes_since
from engine.audit.deciding import decides
from engine.audit.replay import DecisionFacts, Replay, facts_of_decision, left_to_others, replay, skus_of
from engine.audit.sealing.leaf import id_text, parse_id
from engine.decide.facts_record import FactsRecord, facts_from_json
from engine.decide.matching.judge import PolicyJudge
from engine.decide.matching.matcher import Matcher
from engine.decide.order_record import seconds
from engine.decide.record import DecisionRecord
from engine.errors import ArchiveUnavailable, DecisionUnreadable, FactsForgotten, OrderErased, RecordContradictory
from engine.facts_reader import FactsReader
from engine.model.facts import Product
from engine.model.lookahead import PricesInForce
from engine.model.time_zone_data import tzdata_version
from engine.store.audit.archive.archived_log import ArchivedLog
from engine.store.audit.sealed_entries import SealedEntries
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.entry import Entry
from engine.store.log.stored_entry import RawEntry
from engine.store.network.former.former_cache import FormerCache
from engine.version import MEANING

Outcome: TypeAlias = Literal["identical", "different", "facts_incomplete", "erased", "not_replayable"]
"""facts_incomplete: it came out otherwise, and an earlier release did not keep all that it was made on. erased: so were
the personal values of the order, and with them where it goes.
"""
OUTCOMES: Mapping[Outcome, str] = MappingProxyType(
    {
        "identical": "identical",
        "different": "different",
        "facts_incomplete": "an earlier release did not keep all its facts",
        "erased": "the order's personal values were erased, and with them where it goes",
        "not_replayable": "can't be decided again",
    }
)
"""In words."""
_ALTERED = "its entry is not what was sealed of it; pointsman ledger check says more"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedEntry:
    """What came of a decision's replay. `why` has the reasons of an outcome other than identical. `replay` is None if
    it could not be made; so is `by_other_policies`, or if none were asked for. `altered`: the entry is not what was
    sealed of it, which `why` then says first, whatever the outcome.
    """

    entry: Entry
    record: DecisionRecord
    outcome: Outcome
    why: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    replay: Replay | None = None
    by_other_policies: Replay | None = None
    altered: bool = False


class Replays:
    """The replays of one network's decisions."""

    def __init__(self, client: Client, keys: Keys, *, facts: FactsReader, former: FormerCache) -> None:
        self._client = client
        self._keys = keys
        self._facts = facts
        self._former = former

    def of_decision(self, decision: str, *, policies: str | None = None) -> ReplayedEntry:
        """Raises NotFound, DecisionUnreadable, StoreUnavailable."""
        entry = decision_log.decided(self._client, self._keys, decision)
        stored = decision_log.stored_entries(self._client, self._keys, [id_text(entry.id).encode()])
        altered = any(map(SealedEntries(self._client, self._keys).differs, stored))
        return _marked(self.of_entry(entry, policies=policies), altered=altered)

    def between(
        self,
        since: int | None,
        until: int | None,
        *,
        policies: str | None = None,
        on_damaged: Callable[[str], None] | None = None,
    ) -> Iterator[ReplayedEntry]:
        """Of all decisions that were made from the instant `since` on and before `until`, oldest first. `on_damaged` is
        called with the id of each entry that can't be read; without it, such an entry raises one of UNREADABLE,
        DecisionUnreadable or RecordContradictory.
        """
        sealed = SealedEntries(self._client, self._keys)
        decisions = decision_log.decisions_as_stored(
            self._client, self._keys, since=since, until=until, on_damaged=on_damaged
        )
        for raw, entry in decisions:
            try:
                yield _marked(self.of_entry(entry, policies=policies), altered=sealed.differs(raw))
            except (DecisionUnreadable, RecordContradictory):
                if on_damaged is None:
                    raise
                on_damaged(id_text(entry.id))

    def of_entry(self, entry: Entry, *, policies: str | None = None) -> ReplayedEntry:
        """Also by the policy version `policies`, if there is one. Raises DecisionUnreadable or RecordContradictory if
        the record can't be read; NotFound, PolicyUnreadable of the version.
        """
        with contradictions_named(entry.decision):
            record = entry.record
        if entry.erased:
            return ReplayedEntry(entry=entry, record=record, outcome="erased")
        if policies is not None:
            self._facts.matcher(policies)
        try:
            with contradictions_named(entry.decision):
                return self._compared(entry, record, policies)
        except NOT_REPLAYABLE as error:
            return ReplayedEntry(entry=entry, record=record, outcome="not_replayable", why=(str(error),))

    def _compared(self, entry: Entry, record: DecisionRecord, policies: str | None) -> ReplayedEntry:
        again, facts = self.replay(entry), facts_from_json(entry.facts)
        found = compare(entry.body, entry.facts, again)
        return ReplayedEntry(
            entry=entry,
            record=record,
            outcome="identical" if not found else "different" if is_whole(facts) else "facts_incomplete",
            why=tuple(_reasons(facts)) if found else (),
            differences=found,
            replay=again,
            by_other_policies=None if policies is None else self.replay(entry, policies),
        )

    def replay(self, entry: Entry, policies: str | None = None) -> Replay:
        """Decide again what the entry says, by the policies that it names or by those of another version. Raises
        FactsForgotten, NotFound, PolicyUnreadable, DecisionUnreadable, RecordContradictory, StoreUnavailable,
        Contended.
        """
        with contradictions_named(entry.decision):
            return self.by_matcher(entry, self._facts.matcher(policies or entry.record.policy_version))

    def by_matcher(self, entry: Entry, matcher: PolicyJudge) -> Replay:
        """The same by policies that need not be stored; raises as `replay`, but for policies."""
        with contradictions_named(entry.decision):
            record, facts = entry.record, facts_from_json(entry.facts)
            return replay(
                record,
                facts,
                caches=self._former.network(record.network_version),
                products=self._products(record, facts),
                matcher=matcher,
                lookahead=self._lookahead(record, facts, looks_ahead=matcher.policies.looks_ahead),
            )

    def matcher(self, version: str) -> Matcher:
        """That of a policy version; raises NotFound, PolicyUnreadable."""
        return self._facts.matcher(version)

    def as_stored(
        self, since: int | None, until: int | None, *, on_missing: Callable[[str], None]
    ) -> Iterator[list[RawEntry]]:
        """The decisions of a time as in `between`, a batch of entries at a time, as they are stored. If archived ones
        can't be read, `on_missing` is called with the reason, and those that are on the server come next.
        """
        return self.log_as_stored(since, until, frozenset({"decided"}), on_missing=on_missing)

    def log_as_stored(
        self,
        since: int | None,
        until: int | None,
        kinds: AbstractSet[str],
        *,
        on_missing: Callable[[str], None],
        first: str = "-",
        last: str = "+",
    ) -> Iterator[list[RawEntry]]:
        """All entries of these kinds, as `as_stored`, from the id `first` to `last`."""
        client, keys = self._client, self._keys
        try:
            yield from decision_log.raw_entries(client, keys, kinds, since=since, until=until, start=first, end=last)
        except ArchiveUnavailable as error:
            on_missing(str(error))
            through = ArchivedLog(client, keys).through()
            if last == "+" or parse_id(last) > through:
                behind = f"({id_text(through)}"
                yield from decision_log.raw_entries(
                    client, keys, kinds, since=since, until=until, start=behind, end=last
                )

    def following(self, entry: str, count: int) -> list[RawEntry]:
        """At most so many entries of the log behind that of an id, as they are stored, of whatever kind."""
        return decision_log.next_entries(self._client, self._keys, start=f"({entry}", count=count)

    def stored(self, places: Sequence[str]) -> list[RawEntry]:
        """The entries of these ids that there are, as they are stored."""
        return decision_log.stored_entries(self._client, self._keys, [place.encode() for place in places])

    def parsed(self, batch: Sequence[RawEntry], *, on_damaged: Callable[[str], None]) -> Iterator[Entry]:
        """What entries say that were read as they are stored; `on_damaged` as in `between`."""
        return (entry for _, entry in decision_log.parsed(self._client, self._keys, batch, on_damaged))

    def decides(self, decision: str, rule: str) -> bool:
        """Whether the rule decided: without it, another choice would have been made. Raises as `replay` does, and
        OrderErased.
        """
        entry = decision_log.decided(self._client, self._keys, decision)
        if entry.erased:
            raise OrderErased(f"decision {decision} can't be made again: the order's personal values were erased")
        with contradictions_named(decision):
            matcher = self._facts.matcher(entry.record.policy_version)
            return decides(rule, self.replay(entry), matcher, left_to_others(entry.record))

    def made_on(self, entry: Entry) -> DecisionFacts:
        """What the decision of an entry was made on; raises as `replay`, but for policies."""
        with contradictions_named(entry.decision):
            return self.facts_of(entry.record, facts_from_json(entry.facts))

    def facts_of(self, record: DecisionRecord, facts: FactsRecord, *, looks_ahead: bool = False) -> DecisionFacts:
        """The same of a decision that was read already. `looks_ahead`: with the look-ahead prices of then, even if no
        rule let them count then.
        """
        return facts_of_decision(
            record,
            facts,
            caches=self._former.network(record.network_version),
            products=self._products(record, facts),
            lookahead=self._lookahead(record, facts, looks_ahead=looks_ahead),
        )

    def prices_in_force(self, at: int, skus: Iterable[str]) -> PricesInForce | None:
        """The look-ahead prices that were in force at an instant; None if there were none."""
        return self._former.lookahead.in_force_at(at, skus)

    def _lookahead(self, record: DecisionRecord, facts: FactsRecord, *, looks_ahead: bool) -> PricesInForce | None:
        """The prices of the table that the record names; if it names none, of the one that was in force then."""
        skus, then = skus_of(record, facts), record.lookahead
        if then:
            return self._former.lookahead.prices(then.table, skus) if then.table else None
        return self._former.lookahead.in_force_at(seconds(record.decided_at), skus) if looks_ahead else None

    def read_ahead(self, decisions: Iterable[tuple[DecisionRecord, FactsRecord]]) -> None:
        """Read the products that deciding these again needs all at once, and cache them."""
        skus: dict[str, dict[str, None]] = {}
        for record, facts in decisions:
            skus.setdefault(record.network_version, {}).update(dict.fromkeys(skus_of(record, facts)))
        for version, its in skus.items():
            with contextlib.suppress(FactsForgotten):  # which is said of each decision, once it is decided
                self._former.products(version, list(its))

    def _products(self, record: DecisionRecord, facts: FactsRecord) -> Mapping[str, tuple[Product, Mapping[str, int]]]:
        """Those of the decision's SKUs, with their paces of sale by node."""
        skus = skus_of(record, facts)
        products = self._former.products(record.network_version, skus)
        missing = [sku for sku in skus if sku not in products]
        if missing:
            raise FactsForgotten(f"product '{missing[0]}' is not kept as it was when decision {record.id} was made")
        return products


def _marked(replayed: ReplayedEntry, *, altered: bool) -> ReplayedEntry:
    return replace(replayed, altered=True, why=(_ALTERED, *replayed.why)) if altered else replayed


def _reasons(facts: FactsRecord) -> list[str]:
    """Why a replay came out otherwise, as far as the entry tells."""
    reasons = []
    if not facts.meaning:
        reasons.append("the release that logged it kept neither what places had been given nor those without stock")
    else:
        reasons += changes_since(facts.meaning)
        if facts.meaning > MEANING:
            reasons.append(f"it was decided by meaning {facts.meaning}, and this release decides by {MEANING}")
    if facts.tzdata and facts.tzdata != tzdata_version():
        reasons.append(f"its clocks went by tzdata {facts.tzdata}, those of this machine by {tzdata_version()}")
    return reasons
