"""The chain of decisions of one order: the first, and follow-ups that decided again what was left of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from msgspec import UNSET

from engine.decide.record import DecisionRecord, from_json
from engine.decide.remainder import Barred
from engine.store.connection.client import Client, faults
from engine.store.hold_changes.shipment_units import ShipmentUnits
from engine.store.hold_changes.stored_holds import read_stored_holds
from engine.store.keys import Keys
from engine.store.log import decision_log

NOT_IN_STOCK = "not_in_stock"
NO_CAPACITY = "no_capacity"
"""The node ships nothing of the order, whichever units it was given."""
GIVEN_UP = frozenset({"rejected", "late"})
"""Why a node ships units no more that it was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One decision: its JSON, the caller whose hold it is, and where the units of its shipments are."""

    body: bytes
    caller: str
    shipments: tuple[ShipmentUnits, ...]

    @property
    def record(self) -> DecisionRecord:
        return from_json(self.body)

    @property
    def kept(self) -> int:
        """How many of its shipments are held or have left, at least in part."""
        return sum(shipment.counts for shipment in self.shipments)


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
            and record.follows.because in GIVEN_UP
            for record in records
        )

    def barred(self, *, lasting: bool) -> Barred:
        """The nodes that rejected each SKU. With `lasting`, not those that only had none in stock: some may have
        arrived.
        """
        return barred_nodes((link.record for link in self.links), lasting=lasting)


def barred_nodes(records: Iterable[DecisionRecord], *, lasting: bool) -> Barred:
    """As `Chain.barred` says, of the decisions of an order."""
    nodes_of: dict[str, set[str]] = {}
    for record in records:
        follows = record.follows
        if follows is UNSET or follows.because not in GIVEN_UP or (lasting and follows.reason == NOT_IN_STOCK):
            continue
        for sku in follows.skus or ():
            nodes_of.setdefault(sku, set()).add(follows.node or "")
    return {sku: frozenset(nodes) for sku, nodes in nodes_of.items()}


def read_chain(client: Client, keys: Keys, first: str) -> Chain:
    """The chain that the decision `first` began; it must exist."""
    with faults():
        decisions = [first, *(name.decode() for name in client.redis.lrange(keys.chain(first), 0, -1))]
    entries = decision_log.find_all(client, keys, decisions)
    links = (
        Link(body=entry.body, caller=entry.caller, shipments=stored.shipments)
        for entry, stored in zip(entries, read_stored_holds(client, keys, entries), strict=True)
    )
    return Chain(first=first, links=tuple(links))
