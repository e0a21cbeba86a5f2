"""Compares entries with what was sealed of them while somebody reads them one after the other for something else."""

import itertools
from collections.abc import Iterable
from functools import cached_property

from engine.audit.sealing.comparison import MOST_FINDINGS, Differences, Finding
from engine.audit.sealing.leaf import Leaf, parse_id
from engine.store.audit.archive.archived_log import ArchivedLog, date_of
from engine.store.audit.sealed_log import SealedLog
from engine.store.connection.client import Client
from engine.store.keys import Keys


class ReadComparison:
    """Of the entries whose leaves are those from number `first` to before `end`. What the archive may have forgotten is
    not missed. `findings` has all, but at most MOST_FINDINGS, after `finish`.
    """

    def __init__(self, client: Client, keys: Keys, *, first: int, end: int) -> None:
        self._archive = ArchivedLog(client, keys)
        self._differences = Differences(SealedLog(client, keys).leaves(first, end), first)
        self.findings: list[Finding] = []

    def add(self, leaf: Leaf) -> None:
        """The entry that was read next. Raises SealBroken if the tree is damaged."""
        self._keep(self._differences.compare(leaf))

    def finish(self) -> None:
        """All entries were read."""
        self._keep(self._differences.rest())

    def _keep(self, findings: Iterable[Finding]) -> None:
        kept = (finding for finding in findings if finding.kind != "deleted" or not self._may_be_forgotten(finding))
        self.findings += itertools.islice(kept, MOST_FINDINGS - len(self.findings))

    def _may_be_forgotten(self, finding: Finding) -> bool:
        return date_of(parse_id(finding.entry)) in self._forgotten

    @cached_property
    def _forgotten(self) -> frozenset[str]:
        return self._archive.forgotten_dates()
