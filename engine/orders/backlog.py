"""Orders that wait for stock, and what has come offered to them: to the one that deserves it first."""

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
from engine.store.outcomes import ChainChanged
from rules.effects import DEFAULT_PRIORITY, OrderOutcome

_MOST_CHANGES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An entry and where it stands. `priority` is what the policies say of its order now, and `most_shipments` how
    many the order may have in all; None: any number.
    """

    waiting: BacklogEntry
    rank: Rank
    most_shipments: int | None

    @property
    def priority(self) -> int:
        return priority_of(self.rank)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some of what waits, the first to be offered stock first. `after` is where the next page begins; None: nowhere."""

    places: tuple[Place, ...]
    waiting: int
    """Entries in all."""
    after: Rank | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What came of offering stock. `offered` entries were looked at; `answers` are the decisions made; `failed` are
    (decision, why) of entries that could not be decided, and wait. `after`: the next run goes on from there.
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
        self._room = BacklogEntries(client, keys)
        self._decide_and_commit = decide_and_commit
        self._facts = facts
        self._clock = clock

    def page(self, *, after: Rank | None = None, limit: int) -> Page:
        """At most `limit` entries that stand after `after`."""
        places = self._places()
        rest = [place for place in places if after is None or place.rank > after]
        more = len(rest) > limit
        return Page(places=tuple(rest[:limit]), waiting=len(places), after=rest[limit - 1].rank if more else None)

    def withdraw(self, decision: str) -> None:
        """Let the unfilled units of a decision wait no more; raises NotFound."""
        own = operation("withdrawn", None)
        if not self._room.withdraw(decision, now=self._clock(), operation=own.name, seconds=own.seconds):
            raise NotFound(f"nothing of decision '{decision}' waits: it never did, was filled, or was withdrawn")

    def run(self, *, after: Rank | None = None, limit: int, progress: Callable[[], None] = lambda: None) -> Run:
        """Offer what is in stock to at most `limit` entries that stand after `after`, one after another.

        What ships is a decision of its own that follows the one that waited; what then still lacks waits on, in its
        place. An order that has all the shipments it may have is passed over: until one of them is let go or rejected,
        or the policies allow more, no stock is of use to it. Several may run at once: each entry is decided by one of
        them.
        """
        page = self.page(after=after, limit=limit)
        skus = dict.fromkeys(sku for place in page.places for sku in place.waiting.skus)
        there = self._room.in_stock(list(skus))
        answers: list[Answer] = []
        failed: list[tuple[str, str]] = []
        for place in page.places:
            if not there.isdisjoint(place.waiting.skus):
                try:
                    answers += self._offer(place)
                except (OrderInvalid, QuotaExceeded, Contended) as error:
                    failed.append((place.waiting.decision, str(error)))
            progress()
        return Run(offered=len(page.places), answers=tuple(answers), failed=tuple(failed), after=page.after)

    def _offer(self, place: Place) -> Sequence[Answer]:
        """The decision of what waits; none, if nothing of it can ship now or somebody else has decided it."""
        waiting, most = place.waiting, place.most_shipments
        for _ in range(_MOST_CHANGES):
            chain = read_chain(self._client, self._keys, waiting.first)
            if most is not None and chain.kept >= most and not chain.owes(waiting.decision):
                return []
            outcome = self._decide(waiting, chain)
            if not isinstance(outcome, ChainChanged):
                return [outcome.answer] if isinstance(outcome, Decided) else []
        raise Contended(f"order {waiting.order.id} is decided again and again by others; try again")

    def _decide(self, waiting: BacklogEntry, chain: Chain) -> Outcome:
        barred = chain.barred(lasting=True)
        follows = FollowsRecord(
            decision=waiting.decision,
            first=waiting.first,
            because="stock",
            barred={sku: sorted(nodes) for sku, nodes in sorted(barred.items())} if barred else UNSET,
        )
        return self._decide_and_commit.run(
            DecisionRequest(
                remainder=Remainder(
                    whole=waiting.order,
                    units=waiting.units,
                    barred=barred,
                    kept=chain.kept,
                    promised=chain.owes(waiting.decision),
                ),
                instant=self._clock(),
                caller=waiting.caller,
                most_holds=self._decide_and_commit.max_holds,
                waits=True,
                follow_up=FollowUp(
                    first=waiting.first,
                    follow_ups=chain.follow_ups,
                    record=follows,
                    waiting_decision=waiting.decision,
                ),
                only_if_ships=True,
            )
        )

    def _places(self) -> list[Place]:
        found = self._client.twice(self._room.all)
        now = self._clock()
        snapshot, matcher = self._facts.read([], now)
        products = self._facts.products(dict.fromkeys(sku for waiting in found for sku in waiting.order.skus))
        places = (
            _place(waiting, order_outcome(waiting.order, snapshot.network, products, matcher, now)) for waiting in found
        )
        return ranked(places, lambda place: place.rank)


def _place(waiting: BacklogEntry, outcome: OrderOutcome | None) -> Place:
    """`outcome` as in `ranking`."""
    priority = DEFAULT_PRIORITY if outcome is None else outcome.priority
    return Place(
        waiting=waiting,
        rank=rank(waiting.order, priority, waiting.decision),
        most_shipments=None if outcome is None else outcome.max_shipments,
    )
