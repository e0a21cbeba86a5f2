"""Look-ahead prices: what a unit that is shipped from a node now is expected to cost later, where it is needed then."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

import msgspec

MOST_PRICE = 10**11
"""Micros a unit, as much as a rule may prefer or avoid; a hundred thousand of the currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookaheadPrice:
    """What shipping a unit of `sku` from `node` is expected to cost later, in micros: it is then not there for the
    demand of `region`, which is expected to need it by `needed_by` (UTC seconds; None: nobody says when).
    """

    sku: str
    node: str
    price: int
    region: str
    needed_by: int | None = None


NodePrices = Mapping[str, LookaheadPrice]
"""The prices of one SKU by node. A node without one has the price 0."""
NO_PRICES: NodePrices = MappingProxyType({})


class TableHead(msgspec.Struct, frozen=True, kw_only=True):
    """What stands once for a table: who learnt it when, from the demand of which days, and until when it is used
    (instants in UTC seconds). `nodes`, `regions` and `instants` are those that the packed prices name by their number.
    """

    learnt_at: int
    learnt_by: str
    demand_since: int
    demand_until: int
    use_until: int
    network_version: str
    currency: str
    skus: int
    prices: int
    nodes: tuple[str, ...]
    regions: tuple[str, ...]
    instants: tuple[int, ...]

    def packed(self) -> bytes:
        """As it is stored and hashed."""
        return msgspec.json.encode(self, order="sorted")

    @classmethod
    def unpacked(cls, packed: bytes) -> "TableHead":
        return msgspec.json.decode(packed, type=cls)

    def prices_of(self, sku: str, packed: bytes | None) -> dict[str, LookaheadPrice]:
        """The prices of a SKU by node, of what `LookaheadTable.packed` made of them; None: it has none."""
        numbers = msgspec.msgpack.decode(packed, type=list[int]) if packed else []
        places = range(0, len(numbers), _NUMBERS)
        return {self.nodes[numbers[at]]: self._price(sku, *numbers[at : at + _NUMBERS]) for at in places}

    def _price(self, sku: str, node: int, price: int, region: int, needed_by: int) -> LookaheadPrice:
        return LookaheadPrice(
            sku=sku,
            node=self.nodes[node],
            price=price,
            region=self.regions[region],
            needed_by=self.instants[needed_by - 1] if needed_by else None,
        )


_NUMBERS = 4
"""Of each price: its node, the price, its region, and its instant from 1 on, or 0 if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PricesInForce:
    """The table in force, as far as some SKUs need it: its digest, and their prices, of those that have some."""

    digest: str
    use_until: int
    currency: str
    prices: Mapping[str, NodePrices]

    @classmethod
    def of(cls, digest: str, head: TableHead, prices: Mapping[str, NodePrices]) -> "PricesInForce":
        return cls(digest=digest, use_until=head.use_until, currency=head.currency, prices=prices)


def joined(parts: Iterable[PricesInForce | None]) -> PricesInForce | None:
    """The prices of several sets of SKUs, all of one table, as those of all."""
    every = [part for part in parts if part is not None]
    prices = {sku: nodes for part in every for sku, nodes in part.prices.items()}
    return replace(every[0], prices=prices) if every else None


@dataclass(frozen=True, kw_only=True)
class LookaheadTable:
    """The prices that were learnt at one instant, by SKU and node; they never change.

    Prices are at least 0, and in each SKU the least over the nodes is 0: a constant for all nodes changes no choice, as
    units are filled whatever they cost. A price of 0 is the same as none, and is not kept. Raises ValueError for a
    price that stands under another SKU or node, or that is below 0 or above MOST_PRICE.
    """

    learnt_at: int
    learnt_by: str
    demand_since: int
    demand_until: int
    use_until: int
    network_version: str
    currency: str
    prices: Mapping[str, NodePrices]

    def __post_init__(self) -> None:
        kept = {
            sku: {node: item for node, item in sorted(nodes.items()) if item.price}
            for sku, nodes in sorted(self.prices.items())
        }
        object.__setattr__(self, "prices", {sku: nodes for sku, nodes in kept.items() if nodes})
        for sku, nodes in self.prices.items():
            for node, item in nodes.items():
                _check(item, sku, node)

    @cached_property
    def head(self) -> TableHead:
        every = [item for nodes in self.prices.values() for item in nodes.values()]
        return TableHead(
            learnt_at=self.learnt_at,
            learnt_by=self.learnt_by,
            demand_since=self.demand_since,
            demand_until=self.demand_until,
            use_until=self.use_until,
            network_version=self.network_version,
            currency=self.currency,
            skus=len(self.prices),
            prices=len(every),
            nodes=tuple(sorted({item.node for item in every})),
            regions=tuple(sorted({item.region for item in every})),
            instants=tuple(sorted({item.needed_by for item in every if item.needed_by is not None})),
        )

    @cached_property
    def digest(self) -> str:
        """64 hexadecimal digits: the SHA-256 of the head and the packed prices, which are stored as they are hashed."""
        return digest_of(self.head, self.packed())

    def packed(self) -> Iterator[tuple[str, bytes]]:
        """Each SKU with its prices as they are stored, by SKU."""
        head = self.head
        nodes = {node: number for number, node in enumerate(head.nodes)}
        regions = {region: number for number, region in enumerate(head.regions)}
        instants: dict[int | None, int] = {instant: number for number, instant in enumerate(head.instants, start=1)}
        instants[None] = 0
        for sku, prices in self.prices.items():
            rows = ((nodes[p.node], p.price, regions[p.region], instants[p.needed_by]) for p in prices.values())
            yield sku, msgspec.msgpack.encode([number for row in rows for number in row])

    @classmethod
    def unpacked(cls, head: TableHead, packed: Mapping[str, bytes]) -> "LookaheadTable":
        """The table that was stored so."""
        return cls(
            learnt_at=head.learnt_at,
            learnt_by=head.learnt_by,
            demand_since=head.demand_since,
            demand_until=head.demand_until,
            use_until=head.use_until,
            network_version=head.network_version,
            currency=head.currency,
            prices={sku: head.prices_of(sku, numbers) for sku, numbers in packed.items()},
        )


def digest_of(head: TableHead, packed: Iterable[tuple[str, bytes]]) -> str:
    """The SHA-256 of a table whose packed prices come by SKU."""
    digest = hashlib.sha256(head.packed())
    for item in packed:
        digest.update(msgspec.msgpack.encode(item))
    return digest.hexdigest()


def _check(item: LookaheadPrice, sku: str, node: str) -> None:
    if (item.sku, item.node) != (sku, node):
        raise ValueError(f"the look-ahead price of {item.sku} at {item.node} stands under {sku} at {node}")
    if not 0 <= item.price <= MOST_PRICE:
        raise ValueError(f"the look-ahead price of {sku} at {node} is {item.price} micros; 0 to {MOST_PRICE} can be")
