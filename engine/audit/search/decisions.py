"""Searches logged decisions, also by the rules that decided: for that, each one that may be meant is made again."""

import dataclasses
import itertools
from collections import Counter
from collections.abc import Iterator

from engine.audit.comparison.contradictions import NOT_REPLAYABLE
from engine.audit.replays import Replays
from engine.audit.search.decision_filter import DecisionFilter
from engine.audit.search.decision_summary import DecisionSummary
from engine.store.audit.decision_search import DecisionPage, DecisionSearch
from engine.store.log.entry import EntryId

MOST_REPLAYED = 50
"""Decisions that are made again for one page."""


class Decisions:
    """The logged decisions of one network. Methods raise StoreUnavailable, ArchiveUnavailable."""

    def __init__(self, search: DecisionSearch, replays: Replays) -> None:
        self._search = search
        self._replays = replays

    def page(self, filtered: DecisionFilter, *, after: EntryId | None = None, limit: int) -> DecisionPage:
        """At most `limit` decisions that were logged before the entry `after`, newest first. By a rule that
        decided, MOST_REPLAYED are looked at for one page; those that can't be made again are named.
        """
        if filtered.decisive is None:
            return self._search.page(filtered, after=after, limit=limit)
        found: list[DecisionSummary] = []
        lost: list[str] = []
        candidates = self._search.page(filtered, after=after, limit=MOST_REPLAYED)
        last = candidates.after
        for summary in candidates.decisions:
            try:
                decided = self._replays.decides(summary.decision, filtered.decisive)
            except NOT_REPLAYABLE:
                lost.append(summary.decision)
                continue
            if decided:
                found.append(summary)
            if len(found) == limit:
                last = summary.entry if last or summary is not candidates.decisions[-1] else None
                break
        return dataclasses.replace(candidates, decisions=tuple(found), after=last, not_replayable=tuple(lost))

    def all(self, filtered: DecisionFilter, *, at_once: int = 1_000) -> Iterator[DecisionSummary]:
        """Every one, newest first."""
        after: EntryId | None = None
        while True:
            page = self.page(filtered, after=after, limit=at_once)
            yield from page.decisions
            if page.after is None:
                return
            after = page.after

    def fired(self, filtered: DecisionFilter) -> tuple[int, Counter[str]]:
        """How many such decisions there are, and by rule in how many of them it fired."""
        return self._search.fired(filtered)

    def weigh(self, rule: str, *, start: int, end: int, most: int) -> tuple[bool, int]:
        """Make the last `most` decisions of a period in which the rule fired again without it, until it decided one:
        whether it did, and how many were made again.
        """
        weighed = 0
        in_period = self.all(DecisionFilter(fired=rule, start=start, end=end), at_once=most)
        for summary in itertools.islice(in_period, most):
            try:
                decided = self._replays.decides(summary.decision, rule)
            except NOT_REPLAYABLE:
                continue
            weighed += 1
            if decided:
                return True, weighed
        return False, weighed
