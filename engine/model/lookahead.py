"""Look-ahead prices: what a unit that is shipped from a node now is expected to cost later, where it is needed then."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

import msgspec

COLLECTED_AT = "@"
"""The region of what is collected at a node goes by this and the node's name."""
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
    (instants in UTC seconds). That is hashed; how its prices are stored is not: `nodes`, `regions` and `instants` are
    those that the packed prices name by their number, and `base` is the digest of the table that has the prices of all
    SKUs that are not stored with this one, as they are the same in both; empty: this one has all.
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
    nodes: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    instants: tuple[int, ...] = ()
    base: str = ""

    @property
    def hashed(self) -> bytes:
        """What of it is hashed."""
        every = msgspec.structs.replace(self, nodes=(), regions=(), instants=(), base="")
        return msgspec.json.encode(every, order="sorted")

    def packed(self) -> bytes:
        """As it is stored."""
        return msgspec.json.encode(self, order="sorted")

    @classmethod
    def unpacked(cls, packed: bytes) -> "TableHead":
        return msgspec.json.decode(packed, type=cls)

    def prices_of(self, sku: str, packed: bytes) -> dict[str, LookaheadPrice]:
        """The prices of a SKU by node, of what `LookaheadTable.stored` made of them."""
        numbers = msgspec.msgpack.decode(packed[HASH_BYTES:], type=list[int]) if packed else []
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
HASH_BYTES = 32
"""Before these numbers stands the hash of the SKU's prices."""
NO_LONGER_PRICED = b""
"""Stands for a SKU that has prices in the table's base, and none in the table."""


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
        """Without what says how the prices are stored."""
        return TableHead(
            learnt_at=self.learnt_at,
            learnt_by=self.learnt_by,
            demand_since=self.demand_since,
            demand_until=self.demand_until,
            use_until=self.use_until,
            network_version=self.network_version,
            currency=self.currency,
            skus=len(self.prices),
            prices=sum(map(len, self.prices.values())),
        )

    @cached_property
    def hashes(self) -> Mapping[str, bytes]:
        """By SKU, the hash of its prices."""
        return {sku: hash_of(sku, nodes) for sku, nodes in self.prices.items()}

    @cached_property
    def digest(self) -> str:
        """64 hexadecimal digits: the SHA-256 of the head and of the hashes of the SKUs."""
        return digest_of(self.head, self.hashes)

    def stored(self, base: str, hashes: Mapping[str, bytes]) -> tuple[TableHead, dict[str, bytes]]:
        """As it is stored beside the table `base`, which has these hashes by SKU; of no digest: as it is stored alone.
        The head, and of each SKU that differs, its hash and its prices.
        """
        differing = {sku: nodes for sku, nodes in self.prices.items() if hashes.get(sku) != self.hashes[sku]}
        every = [item for nodes in differing.values() for item in nodes.values()]
        head = msgspec.structs.replace(
            self.head,
            nodes=tuple(sorted({item.node for item in every})),
            regions=tuple(sorted({item.region for item in every})),
            instants=tuple(sorted({item.needed_by for item in every if item.needed_by is not None})),
            base=base,
        )
        packed = dict.fromkeys(hashes.keys() - self.prices.keys(), NO_LONGER_PRICED)
        return head, packed | dict(self._packed(head, differing))

    def _packed(self, head: TableHead, prices: Mapping[str, NodePrices]) -> Iterator[tuple[str, bytes]]:
        nodes = {node: number for number, node in enumerate(head.nodes)}
        regions = {region: number for number, region in enumerate(head.regions)}
        instants: dict[int | None, int] = {instant: number for number, instant in enumerate(head.instants, start=1)}
        instants[None] = 0
        for sku, of_sku in prices.items():
            rows = ((nodes[p.node], p.price, regions[p.region], instants[p.needed_by]) for p in of_sku.values())
            numbers = [number for row in rows for number in row]
            yield sku, self.hashes[sku] + msgspec.msgpack.encode(numbers)

    @classmethod
    def of(cls, head: TableHead, prices: Mapping[str, NodePrices]) -> "LookaheadTable":
        """The table of that head with these prices."""
        return cls(
            learnt_at=head.learnt_at,
            learnt_by=head.learnt_by,
            demand_since=head.demand_since,
            demand_until=head.demand_until,
            use_until=head.use_until,
            network_version=head.network_version,
            currency=head.currency,
            prices=prices,
        )


def hash_of(sku: str, prices: NodePrices) -> bytes:
    """The SHA-256 of the prices of a SKU, whatever table they stand in."""
    rows = [(node, item.price, item.region, item.needed_by) for node, item in sorted(prices.items())]
    return hashlib.sha256(msgspec.msgpack.encode((sku, rows))).digest()


def digest_of(head: TableHead, hashes: Mapping[str, bytes]) -> str:
    """The digest of a table whose SKUs have these hashes."""
    digest = hashlib.sha256(head.hashed)
    for sku in sorted(hashes):
        digest.update(hashes[sku])
    return digest.hexdigest()


def _check(item: LookaheadPrice, sku: str, node: str) -> None:
    if (item.sku, item.node) != (sku, node):
        raise ValueError(f"the look-ahead price of {item.sku} at {item.node} stands under {sku} at {node}")
    if not 0 <= item.price <= MOST_PRICE:
        raise ValueError(f"the look-ahead price of {sku} at {node} is {item.price} micros; 0 to {MOST_PRICE} can be")
