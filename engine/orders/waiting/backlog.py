"""The backlog: orders that wait for stock, and are offered what has arrived, the first in rank first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.decide.priority import Rank
from engine.errors import Contended, NotFound
from engine.facts_reader import FactsReader
from engine.idempotency import operation
from engine.orders.decision_request import Answer, Decide
from engine.orders.waiting.entry_decision import EntryDecision, EntryOutcome
from engine.orders.waiting.offers import StockOffers
from engine.orders.waiting.waiting_queue import QueuePlace, WaitingQueue
from engine.store.backlog import BacklogEntries, BacklogEntry
from engine.store.outcomes import OfferedFirst
from engine.store.waiting.offers import OfferNote, Offers

_MOST_CHANGES = 10
"""How often an entry is tried again because units it would take were first to be offered to others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogPage:
    """Some entries of the backlog, in the order in which stock is offered to them. The next page begins after the rank
    `after`; None: this is the last.
    """

    places: tuple[QueuePlace, ...]
    notes: Mapping[str, OfferNote]
    """By decision, why the last offer led to nothing; of entries that were offered stock."""
    waiting: int
    """How many entries the backlog has in all."""
    after: Rank | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogRun:
    """The result of a run. `offered` is how many entries were looked at; `answers` are the decisions that were made;
    `failed` are (decision, reason) of entries that could not be decided, and still wait. The next run goes on after the
    rank `after`; None: there are no more entries.
    """

    offered: int
    answers: tuple[Answer, ...]
    failed: tuple[tuple[str, str], ...]
    after: Rank | None


class Backlog:
    """The backlog of one network. Methods raise NotReady, StoreUnavailable. `clock` answers UTC seconds."""

    def __init__(
        self,
        entries: BacklogEntries,
        queue: WaitingQueue,
        offers: Offers,
        *,
        entry_decision: EntryDecision,
        stock_offers: StockOffers,
        facts: FactsReader,
        decide: Decide,
        clock: Callable[[], int],
    ) -> None:
        self._entries = entries
        self._queue = queue
        self._offers = offers
        self._entry_decision = entry_decision
        self._stock_offers = stock_offers
        self._facts = facts
        self._decide = decide
        self._clock = clock

    def page(self, *, after: Rank | None = None, limit: int) -> BacklogPage:
        """At most `limit` entries, the first of them after the rank `after`."""
        return self._page(self._queue.places(), after, limit)

    def withdraw(self, decision: str) -> None:
        """Remove a decision's unfilled units from the backlog; raises NotFound."""
        request = operation("withdrawn", None)
        if not self._entries.withdraw(decision, now=self._clock(), operation=request.name, seconds=request.seconds):
            raise NotFound(f"nothing of decision '{decision}' waits: it never did, was filled, or was withdrawn")

    def run(self, *, after: Rank | None = None, limit: int, progress: Callable[[], None] = lambda: None) -> BacklogRun:
        """Offer what is in stock to at most `limit` entries after the rank `after`, one after another.

        Units that ship are a decision of their own, which follows the one that waited; units that are still unfilled go
        on waiting, at the same place in the queue. An order that already has as many shipments as it may have is passed
        over: no stock is of use to it until one of them is released or rejected, or the policies allow more; and so is
        one that is to wait for an instant, or that a person has to approve first. Several runs may go on at once: each
        entry is decided by one of them.
        """
        page = self._page(self._queue.rank_again(), after, limit)
        skus = dict.fromkeys(sku for place in page.places for sku in place.entry.skus)
        in_stock = self._entries.in_stock(list(skus), oversell=self._facts.most_oversold())
        answers: list[Answer] = []
        failed: list[tuple[str, str]] = []
        for place in page.places:
            entry = place.entry
            if not in_stock.isdisjoint(entry.skus) and (entry.not_before or 0) <= self._clock():
                try:
                    outcome = self._offer(entry)
                except Contended as error:
                    failed.append((entry.decision, str(error)))
                else:
                    if isinstance(outcome, Answer):
                        answers.append(outcome)
                    elif isinstance(outcome, OfferNote):
                        self._offers.note(entry.decision, outcome)
                        failed += [(entry.decision, outcome.detail)] if outcome.failed else []
            progress()
        return BacklogRun(offered=len(page.places), answers=tuple(answers), failed=tuple(failed), after=page.after)

    def _page(self, places: list[QueuePlace], after: Rank | None, limit: int) -> BacklogPage:
        remaining = [place for place in places if after is None or place.rank > after]
        last = remaining[limit - 1].rank if len(remaining) > limit else None
        shown = tuple(remaining[:limit])
        notes = self._offers.notes([place.entry.decision for place in shown])
        return BacklogPage(places=shown, notes=notes, waiting=len(places), after=last)

    def _offer(self, entry: BacklogEntry) -> EntryOutcome:
        for _ in range(_MOST_CHANGES):
            outcome = self._entry_decision.decide(entry, self._decide)
            if not isinstance(outcome, OfferedFirst):
                return outcome
            self._stock_offers.before_newcomer(outcome, entry.rank, self._decide)
        raise Contended(f"units that order {entry.order.id} waits for go to others that rank before it; try again")
