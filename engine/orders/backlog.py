"""The backlog: orders that wait for stock, and are offered what has arrived, the first in rank first."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec import UNSET

from engine.decide.priority import Rank, order_outcome, priority_of, rank, ranked
from engine.decide.record import FollowsRecord
from engine.decide.remainder import Remainder
from engine.errors import Contended, NotFound, OrderInvalid, QuotaExceeded
from engine.facts_reader import FactsReader
from engine.idempotency import operation
from engine.orders.decide_and_commit import Answer, DecideAndCommit, Decided, DecisionRequest, FollowUp, Outcome
from engine.store.backlog import BacklogEntries, BacklogEntry
from engine.store.connection.client import Client
from engine.store.decision_chain import Chain, read_chain
from engine.store.keys import Keys
from engine.store.orders.parked import is_parked
from engine.store.outcomes import ChainChanged
from rules.effects import DEFAULT_PRIORITY, OrderOutcome

_MOST_CHANGES = 10
"""How often an entry is decided again because others decided something of its order meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePlace:
    """An entry and its place in the queue. Its `priority` and `most_shipments`, how many shipments its order may have
    in all (None: any number), are those that the policies give it now.
    """

    entry: BacklogEntry
    rank: Rank
    most_shipments: int | None

    @property
    def priority(self) -> int:
        return priority_of(self.rank)


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogPage:
    """Some entries of the backlog, in the order in which stock is offered to them. The next page begins after the rank
    `after`; None: this is the last.
    """

    places: tuple[QueuePlace, ...]
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
    """The backlog of one network. Methods raise NotReady, StoreUnavailable."""

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        decide_and_commit: DecideAndCommit,
        facts: FactsReader,
        clock: Callable[[], int],
    ) -> None:
        self._client = client
        self._keys = keys
        self._entries = BacklogEntries(client, keys)
        self._decide_and_commit = decide_and_commit
        self._facts = facts
        self._clock = clock

    def page(self, *, after: Rank | None = None, limit: int) -> BacklogPage:
        """At most `limit` entries, the first of them after the rank `after`."""
        queue = self._queue()
        remaining = [place for place in queue if after is None or place.rank > after]
        last = remaining[limit - 1].rank if len(remaining) > limit else None
        return BacklogPage(places=tuple(remaining[:limit]), waiting=len(queue), after=last)

    def withdraw(self, decision: str) -> None:
        """Remove a decision's unfilled units from the backlog; raises NotFound."""
        request = operation("withdrawn", None)
        if not self._entries.withdraw(decision, now=self._clock(), operation=request.name, seconds=request.seconds):
            raise NotFound(f"nothing of decision '{decision}' waits: it never did, was filled, or was withdrawn")

    def run(self, *, after: Rank | None = None, limit: int, progress: Callable[[], None] = lambda: None) -> BacklogRun:
        """Offer what is in stock to at most `limit` entries after the rank `after`, one after another.

        Units that ship are a decision of their own, which follows the one that waited; units that are still unfilled go
        on waiting, at the same place in the queue. An entry is passed over until the instant before which it is offered
        nothing. An order that already has as many shipments as it may have is passed over: no stock is of use to it
        until one of them is released or rejected, or the policies allow more. So is one that a person has to approve
        first. Several runs may go on at once: each entry is decided by one of them.
        """
        page = self.page(after=after, limit=limit)
        skus = dict.fromkeys(sku for place in page.places for sku in place.entry.skus)
        in_stock = self._entries.in_stock(list(skus))
        now = self._clock()
        answers: list[Answer] = []
        failed: list[tuple[str, str]] = []
        for place in page.places:
            is_due = place.entry.not_before is None or place.entry.not_before <= now
            if is_due and not in_stock.isdisjoint(place.entry.skus):
                try:
                    answers += self._offer(place)
                except (OrderInvalid, QuotaExceeded, Contended) as error:
                    failed.append((place.entry.decision, str(error)))
            progress()
        return BacklogRun(offered=len(page.places), answers=tuple(answers), failed=tuple(failed), after=page.after)

    def _offer(self, place: QueuePlace) -> Sequence[Answer]:
        """The decision of the units that wait; none, if nothing can ship now or somebody else has decided the entry."""
        entry, most = place.entry, place.most_shipments
        for _ in range(_MOST_CHANGES):
            chain = read_chain(self._client, self._keys, entry.first)
            if is_parked(self._client, self._keys, chain.links[0].record):
                return []
            if most is not None and chain.kept >= most and not chain.owes(entry.decision):
                return []
            outcome = self._decide(entry, chain)
            if not isinstance(outcome, ChainChanged):
                return [outcome.answer] if isinstance(outcome, Decided) else []
        raise Contended(f"order {entry.order.id} is decided again and again by others; try again")

    def _decide(self, entry: BacklogEntry, chain: Chain) -> Outcome:
        barred = chain.barred(lasting=True)
        follows = FollowsRecord(
            decision=entry.decision,
            first=entry.first,
            because="stock",
            barred={sku: sorted(nodes) for sku, nodes in sorted(barred.items())} if barred else UNSET,
        )
        return self._decide_and_commit.run(
            DecisionRequest(
                remainder=Remainder(
                    whole_order=entry.order,
                    units=entry.units,
                    barred=barred,
                    standing_shipments=chain.kept,
                    promised=chain.owes(entry.decision),
                ),
                instant=self._clock(),
                caller=entry.caller,
                most_holds=self._decide_and_commit.max_holds,
                waits=True,
                follow_up=FollowUp(
                    first=entry.first,
                    follow_ups=chain.follow_ups,
                    record=follows,
                    waiting=entry,
                ),
                only_if_ships=True,
            )
        )

    def _queue(self) -> list[QueuePlace]:
        """Every entry, in the order in which stock is offered to them."""
        entries = self._client.retry_if_revived(self._entries.all)
        now = self._clock()
        snapshot, matcher = self._facts.read([], now)
        products = self._facts.products(dict.fromkeys(sku for entry in entries for sku in entry.order.skus))
        snapshot = dataclasses.replace(snapshot, products=products)
        places = (_place(entry, order_outcome(entry.order, snapshot, matcher, now)) for entry in entries)
        return ranked(places, lambda place: place.rank)


def _place(entry: BacklogEntry, outcome: OrderOutcome | None) -> QueuePlace:
    """`outcome` as `order_outcome` returns it."""
    priority = DEFAULT_PRIORITY if outcome is None else outcome.priority
    return QueuePlace(
        entry=entry,
        rank=rank(entry.order, priority, entry.decision),
        most_shipments=None if outcome is None else outcome.max_shipments,
    )
