"""The decisions of one order: the first, and those that decided again what was left of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from engine.decide.remainder import Barred
from engine.store import decision_log
from engine.store.connection.client import Client, faults
from engine.store.holds import Ending, endings_of
from engine.store.keys import Keys

NOT_IN_STOCK = "not_in_stock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One decision: its bytes, whose hold it is, and how its shipments' holds ended (empty: none has)."""

    body: bytes
    caller: str
    endings: tuple[Ending | None, ...]

    @property
    def record(self) -> dict[str, Any]:
        return dict(orjson.loads(self.body))

    @property
    def standing(self) -> int:
        """Its shipments that are held or have left."""
        shipments = self.record["shipments"]
        endings = self.endings or (None,) * len(shipments)
        return sum(ending is None or ending.kind == "confirmed" for ending in endings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """From the first decision to the last one made."""

    first: str
    links: tuple[Link, ...]

    @property
    def follow_ups(self) -> int:
        return len(self.links) - 1

    @property
    def kept(self) -> int:
        """Shipments that stand."""
        return sum(link.standing for link in self.links)

    def owes(self, decision: str) -> bool:
        """Whether what the decision left unfilled was promised, then rejected, and nothing sent in its stead."""
        records = (link.record for link in self.links)
        return any(
            record["id"] == decision
            and not record["shipments"]
            and record.get("follows", {}).get("because") == "rejected"
            for record in records
        )

    def barred(self, *, lasting: bool) -> Barred:
        """What nodes rejected, by SKU. `lasting`: without those that only had none, for stock may have come since."""
        found: dict[str, set[str]] = {}
        for link in self.links:
            follows = link.record.get("follows", {})
            if follows.get("because") != "rejected" or (lasting and follows["reason"] == NOT_IN_STOCK):
                continue
            for sku in follows["skus"]:
                found.setdefault(sku, set()).add(follows["node"])
        return {sku: frozenset(nodes) for sku, nodes in found.items()}


def read_chain(client: Client, keys: Keys, first: str) -> Chain:
    """The chain that a decision began, which exists."""
    with faults():
        names = [first, *(name.decode() for name in client.redis.lrange(keys.chain(first), 0, -1))]
        endings: Sequence[bytes | None] = client.redis.hmget(keys.endings, names)
    entries = decision_log.find_all(client, keys, names)
    links = (
        Link(body=entry.body, caller=entry.caller, endings=endings_of(said.decode()) if said else ())
        for entry, said in zip(entries, endings, strict=True)
    )
    return Chain(first=first, links=tuple(links))
