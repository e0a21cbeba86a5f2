"""Makes the evidence report of a period: reads its entries once, wherever they are, and adds up what they say."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from engine.audit.access_log import AccessLog
from engine.audit.calculations import Calculations
from engine.audit.comparison.contradictions import contradictions_named
from engine.audit.evidence.emission_sums import EmissionSums
from engine.audit.evidence.end_of_line_sums import EndOfLineSums
from engine.audit.evidence.exceptions import Exceptions
from engine.audit.evidence.record import EvidenceReportRecord, PersonalReadsRecord, RuleChangeRecord
from engine.audit.sealing.leaf import leaf_of
from engine.decide.order_record import timestamp
from engine.errors import FactsForgotten, NotFound, PointsmanError, PolicyUnreadable, RecordContradictory
from engine.facts_reader import FactsReader
from engine.policies.activations import Activation, ActiveFrom, Turns
from engine.policies.versions import Versions
from engine.store.audit.accesses import AccessFilter
from engine.store.audit.read_comparison import ReadComparison
from engine.store.audit.sealed_log import SealedLog, SealedState
from engine.store.audit.units_left import units_left
from engine.store.connection.client import Client
from engine.store.hold_changes.stored_holds import read_stored_holds
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.entry import Entry
from engine.store.log.stored_entry import UNREADABLE, RawEntry, parse_entry, parse_entry_id
from engine.version import VERSION
from rules.policy import Rule

_END_OF_LINE = "end_of_line"
_MOST_VERSIONS = 64
_PRODUCTS_AT_ONCE = 1_000
_READS_AT_ONCE = 1_000
_MILLISECONDS = 1_000


class EvidenceReports:
    """The reports of one network. `clock` answers UTC seconds."""

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        calculations: Calculations,
        versions: Versions,
        accesses: AccessLog,
        facts: FactsReader,
        clock: Callable[[], int],
    ) -> None:
        self._client = client
        self._keys = keys
        self._calculations = calculations
        self._versions = versions
        self._accesses = accesses
        self._facts = facts
        self._clock = clock
        self._policies = lru_cache(_MOST_VERSIONS)(versions.read)

    def report(
        self, start: int, end: int, *, progress: Callable[[int], None] = lambda _entries: None
    ) -> EvidenceReportRecord:
        """Of what was logged from `start` to before `end` (UTC seconds, the server's clock). `progress` is told how
        many entries were read. They are compared with what was sealed of them. Raises StoreUnavailable,
        ArchiveUnavailable, SealBroken if the tree is damaged.
        """
        made_at = self._clock()
        products = self._at_end_of_line()
        emissions, exceptions = EmissionSums(), Exceptions(rules=self._rules_of)
        sold = EndOfLineSums(rules=self._rules_of, is_at_end=products.__contains__)
        under, fired = Counter[ActiveFrom](), Counter[tuple[ActiveFrom, str]]()
        activations = self._versions.activations()
        turns = Turns(activations)
        entries, unreadable = 0, list[str]()
        sealed, comparison = self._comparison(start, end)
        for batch in self._batches(start, end):
            entries += len(batch)
            progress(entries)
            for raw in batch:
                if parse_entry_id(raw[0]) <= sealed.last:
                    comparison.add(leaf_of(*raw))
            decided = []
            for entry in self._parsed(batch, unreadable):
                exceptions.add(entry)
                if entry.kind == "decided":
                    decided.append(entry)
            for entry, hold in zip(decided, read_stored_holds(self._client, self._keys, decided), strict=True):
                record = hold.record
                logged_at = entry.id[0] // _MILLISECONDS
                active = (record.policy_version, turns.last(record.policy_version, logged_at))
                under[active] += 1
                fired.update((active, rule) for rule in record.rules.fired)
                exceptions.add_decision(entry, record)
                try:
                    with contradictions_named(entry.decision):
                        pairs = list(zip(record.shipments, hold.shipments, strict=True))
                    emissions.add(self._calculations.of_entry(entry), hold.shipments)
                except FactsForgotten:
                    emissions.leave_out()
                except RecordContradictory:
                    emissions.leave_out_contradictory()
                    continue
                sold.add(record, pairs, logged_at=logged_at)
        comparison.finish()
        on_hand, blocked = units_left(self._client, self._keys, sorted(products))
        return EvidenceReportRecord(
            network=self._keys.network,
            start=timestamp(start),
            end=timestamp(end),
            made_at=timestamp(made_at),
            release=VERSION,
            decisions=sum(under.values()),
            entries=entries,
            unreadable=unreadable,
            not_as_sealed=[finding.entry for finding in comparison.findings],
            sealed_size=sealed.size,
            checkpoint=sealed.checkpoint or None,
            emissions=emissions.record,
            end_of_line=sold.records(
                category=products.__getitem__,
                on_hand=on_hand,
                blocked=blocked,
                active_since=self._active_since(activations),
            ),
            rule_changes=[
                change for item in activations if start <= item.at < end for change in self._changes(item, under, fired)
            ],
            overridden_reserves=exceptions.overridden_reserves,
            follow_ups=exceptions.follow_ups,
            manual=exceptions.manual,
            personal_reads=self._personal_reads(start, end),
        )

    def _batches(self, start: int, end: int) -> Iterator[list[RawEntry]]:
        return decision_log.batches(
            self._client, self._keys, start=str(start * 1_000), end=str(max(0, end * 1_000 - 1))
        )

    def _comparison(self, start: int, end: int) -> tuple[SealedState, ReadComparison]:
        """How far the log is sealed now, and what compares the entries of the period up to there."""
        log = SealedLog(self._client, self._keys)
        state = log.state()
        first, after = (log.number_from((second * 1_000, 0), size=state.size) for second in (start, end))
        return state, ReadComparison(self._client, self._keys, first=first, end=after)

    def _parsed(self, batch: list[RawEntry], unreadable: list[str]) -> Iterator[Entry]:
        secrets = decision_log.secrets_of(self._client, self._keys, batch)
        for entry_id, fields in batch:
            try:
                entry = parse_entry(entry_id, fields, secrets)
                if entry.kind == "decided":
                    _ = entry.record  # which may be of a newer release
            except (*UNREADABLE, PointsmanError):
                unreadable.append(entry_id.decode())
            else:
                yield entry

    def _at_end_of_line(self) -> dict[str, str]:
        """The category of each SKU that is at the end of its line now."""
        skus = self._facts.skus()
        found: dict[str, str] = {}
        for start in range(0, len(skus), _PRODUCTS_AT_ONCE):
            products = self._facts.products(skus[start : start + _PRODUCTS_AT_ONCE])
            found |= {sku: its.category for sku, its in products.items() if its.lifecycle == _END_OF_LINE}
        return found

    def _rules_of(self, version: str) -> Mapping[str, Rule]:
        """The rules of a version, by id; none if this release can't read it."""
        try:
            return self._policies(version).rules
        except (NotFound, PolicyUnreadable):
            return {}

    def _active_since(self, activations: list[Activation]) -> dict[str, int]:
        """By rule, when a version with it first became active."""
        since: dict[str, int] = {}
        for item in activations:
            for rule in self._rules_of(item.version):
                since.setdefault(rule, item.at)
        return since

    def _changes(
        self, item: Activation, under: Counter[ActiveFrom], fired: Counter[tuple[ActiveFrom, str]]
    ) -> Iterator[RuleChangeRecord]:
        changes = self._versions.changes_of(item)
        approvers = list(self._versions.approvals.of(item.version))
        active = (item.version, item.at)
        for change in changes.changes if changes else ():
            yield RuleChangeRecord(
                at=timestamp(item.at),
                version=item.version,
                before=item.before,
                rule=change.rule,
                kind=change.kind,
                gone=[words for difference in change.differences for words in difference.gone],
                added=[words for difference in change.differences for words in difference.added],
                by=item.who,
                note=item.note,
                approved_by=approvers,
                without_approval=item.override,
                decisions=under[active],
                fired=fired[active, change.rule],
            )

    def _personal_reads(self, start: int, end: int) -> list[PersonalReadsRecord]:
        """How often who read personal data, by what; the most often first."""
        reads, records = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        after = None
        while True:
            page = self._accesses.page(AccessFilter(start=start, end=end), limit=_READS_AT_ONCE, after=after)
            for access in page.accesses:
                reads[access.by, access.what] += 1
                records[access.by, access.what] += access.count
            if page.after is None:
                break
            after = page.after
        return [
            PersonalReadsRecord(by=by or None, what=what, reads=count, records=records[by, what])
            for (by, what), count in sorted(reads.items(), key=lambda item: (-item[1], item[0]))
        ]
