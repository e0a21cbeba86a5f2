"""The stock of many SKUs at one moment, and what tells whether what is free of them has changed since."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from engine.decide.availability.free_units import StockFacts
from engine.decide.availability.offer import circumstances
from engine.decide.matching.matcher import Matcher
from engine.decide.shipping.ways import Ways
from engine.model.facts import Network, Product, Snapshot
from engine.model.lots import Lot
from engine.model.receipts import Receipt
from engine.store.reading import StockReading
from engine.version import VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class StockState:
    """Network, policies and stamps at one moment: while these stay, so does what is free (see `Keys.changed`)."""

    snapshot: Snapshot
    """Without stock."""
    matcher: Matcher
    stamps: str

    @property
    def network(self) -> Network:
        return self.snapshot.network

    @property
    def loaded(self) -> int:
        """The stamp of the last load or repair; 0 if there is none."""
        stamp, _, _ = self.stamps.partition(" ")
        return 0 if stamp == "-" else int(stamp)

    def circumstances(self, channel: str, now: int) -> str:
        """A hash of all that is free to the channel depends on besides stock."""
        besides = circumstances(self.snapshot, self.matcher, now)
        return _hash(VERSION, self.network.version, besides, channel)

    def tag(self, skus: Sequence[str], channel: str, now: int) -> str:
        """A hash that differs wherever what is free of the SKUs may; `stamps` are theirs."""
        return _hash(self.circumstances(channel, now), *skus, self.stamps)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockSnapshot:
    """The stock of those of the SKUs asked for that are products of the network, and the `unknown` others."""

    facts: StockFacts
    state: StockState
    unknown: tuple[str, ...]

    @classmethod
    def of(
        cls,
        state: StockState,
        answer: StockReading,
        skus: Sequence[str],
        products: Mapping[str, tuple[Product, Mapping[str, int]] | None],
        now: int,
        *,
        receipts: Mapping[str, Mapping[str, Sequence[Receipt]]] = MappingProxyType({}),
    ) -> "StockSnapshot":
        """`answer` has the stock of `skus`, as of `now`; `receipts` the open ones that were read."""
        known = [(number, item) for number, sku in enumerate(skus) if (item := products[sku]) is not None]
        numbers = [number for number, _ in known]
        nodes = state.snapshot.caches.get(Ways).node_index
        lots: Mapping[tuple[int, str], Sequence[Lot]] = {}
        if answer.reading.has_lots:
            answer, lots = answer.without_lots(numbers, state.network.local(now).date().toordinal())
        stock = answer.columns(numbers, nodes)
        facts = StockFacts(
            snapshot=state.snapshot,
            products=[product for _, (product, _) in known],
            paces={product.sku: paces for _, (product, paces) in known},
            stock=stock,
            taken=answer.taken_columns(numbers, nodes, stock),
            lots=lots,
            receipts={
                (number, node): its
                for number, (_, (product, _)) in enumerate(known)
                for node, its in receipts.get(product.sku, {}).items()
            },
            now=now,
        )
        return cls(facts=facts, state=state, unknown=tuple(sku for sku in skus if products[sku] is None))


def _hash(*parts: str) -> str:
    """In 32 hexadecimal digits."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
