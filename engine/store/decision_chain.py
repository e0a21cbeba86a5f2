"""The chain of decisions of one order: the first, and follow-ups that decided again what was left of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import UNSET

from engine.decide.record import DecisionRecord, from_json
from engine.decide.remainder import Barred
from engine.store import decision_log
from engine.store.connection.client import Client, faults
from engine.store.holds import endings_of
from engine.store.keys import Keys
from engine.store.outcomes import Ending

NOT_IN_STOCK = "not_in_stock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One decision: its JSON, the caller whose hold it is, and how each shipment's hold ended; empty if none has."""

    body: bytes
    caller: str
    endings: tuple[Ending | None, ...]

    @property
    def record(self) -> DecisionRecord:
        return from_json(self.body)

    @property
    def kept(self) -> int:
        """How many of its shipments are held or have left."""
        shipments = self.record.shipments
        endings = self.endings or (None,) * len(shipments)
        return sum(ending is None or ending.kind == "confirmed" for ending in endings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """From the first decision to the latest."""

    first: str
    links: tuple[Link, ...]

    @property
    def follow_ups(self) -> int:
        return len(self.links) - 1

    @property
    def kept(self) -> int:
        """How many shipments of all decisions are held or have left."""
        return sum(link.kept for link in self.links)

    @property
    def latest_whole(self) -> str:
        """The latest decision that decided the order as a whole: its last amendment or, without one, the first."""
        amendments = [link.record for link in self.links if link.record.because == "amended"]
        return (amendments[-1].id or "") if amendments else self.first

    def owes(self, decision: str) -> bool:
        """Whether a decision answers a rejection and ships nothing: units that were promised are still owed."""
        records = (link.record for link in self.links)
        return any(
            record.id == decision
            and not record.shipments
            and record.follows is not UNSET
            and record.follows.because == "rejected"
            for record in records
        )

    def barred(self, *, lasting: bool) -> Barred:
        """The nodes that rejected each SKU. With `lasting`, not those that only had none in stock: some may have
        arrived.
        """
        nodes_of: dict[str, set[str]] = {}
        for link in self.links:
            follows = link.record.follows
            if follows is UNSET or follows.because != "rejected" or (lasting and follows.reason == NOT_IN_STOCK):
                continue
            for sku in follows.skus or ():
                nodes_of.setdefault(sku, set()).add(follows.node or "")
        return {sku: frozenset(nodes) for sku, nodes in nodes_of.items()}


def read_chain(client: Client, keys: Keys, first: str) -> Chain:
    """The chain that the decision `first` began; it must exist."""
    with faults():
        decisions = [first, *(name.decode() for name in client.redis.lrange(keys.chain(first), 0, -1))]
        endings: Sequence[bytes | None] = client.redis.hmget(keys.endings, decisions)
    entries = decision_log.find_all(client, keys, decisions)
    links = (
        Link(body=entry.body, caller=entry.caller, endings=endings_of(words.decode()) if words else ())
        for entry, words in zip(entries, endings, strict=True)
    )
    return Chain(first=first, links=tuple(links))
