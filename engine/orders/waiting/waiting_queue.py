"""The queue of orders that wait for stock: every entry of the backlog by its rank under the policies of now."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from engine.decide.priority import Rank, priority, priority_of, rank, rank_text, ranked
from engine.facts_reader import FactsReader
from engine.model.facts import Order
from engine.store.backlog import BacklogEntries, BacklogEntry
from engine.store.connection.client import Client
from engine.store.waiting.offers import Offers


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePlace:
    """An entry and its place in the queue. Its `priority` is the one that the policies give it now."""

    entry: BacklogEntry
    rank: Rank

    @property
    def priority(self) -> int:
        return priority_of(self.rank)


class WaitingQueue:
    """The queue of one network. `clock` answers UTC seconds."""

    def __init__(
        self,
        client: Client,
        entries: BacklogEntries,
        offers: Offers,
        *,
        facts: FactsReader,
        clock: Callable[[], int],
    ) -> None:
        self._client = client
        self._entries = entries
        self._offers = offers
        self._facts = facts
        self._clock = clock

    def places(self) -> list[QueuePlace]:
        """Every entry, in the order in which stock is offered to them."""
        entries = self._client.retry_if_revived(self._entries.all)
        now = self._clock()
        snapshot, matcher = self._facts.read([], now)
        products = self._facts.products(dict.fromkeys(sku for entry in entries for sku in entry.order.skus))
        snapshot = dataclasses.replace(snapshot, products=products)
        places = (
            QueuePlace(
                entry=entry,
                rank=rank(entry.order, priority(entry.order, snapshot, matcher, now), entry.decision),
            )
            for entry in entries
        )
        return ranked(places, lambda place: place.rank)

    def rank_of(self, order: Order, decision: str) -> str:
        """The rank text of units of an order that begin to wait now under a decision."""
        now = self._clock()
        snapshot, matcher = self._facts.read([], now)
        snapshot = dataclasses.replace(snapshot, products=self._facts.products(order.skus))
        return rank_text(rank(order, priority(order, snapshot, matcher, now), decision))

    def rank_again(self) -> list[QueuePlace]:
        """The places, from which arriving units are offered from now on."""
        places = self.places()
        ranks = [(place.entry, rank_text(place.rank)) for place in places]
        self._offers.rank_again([(entry, text) for entry, text in ranks if text != entry.rank])
        return [
            dataclasses.replace(place, entry=dataclasses.replace(entry, rank=text))
            for place, (entry, text) in zip(places, ranks, strict=True)
        ]
