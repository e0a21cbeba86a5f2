"""Puts learnt paces of sale into the products of the loaded network, all at once, however many there are.

The products are staged beside those there first, as a load does; then one script swaps them in, if the network is still
the one that was read. What they were before is kept under the former network's number.
"""

import contextlib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from engine.errors import StoreUnavailable
from engine.store.audit.acts import Act
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.network.load import LASTING_SECONDS, STAGED_SECONDS
from engine.store.network.read import read_product_records, read_skus
from engine.store.network.serialization import Record, dump
from engine.store.script_keys import LEARN_DEMAND

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkState:
    """Which network is there: its version, and its number among those that were there."""

    version: str
    number: int


class LearntDemand:
    """What was learnt of demand, in the server."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def state(self) -> NetworkState:
        with faults():
            version, number = self._client.redis.hmget(self._keys.facts, ["version", "number"])
        return NetworkState(version=(version or b"").decode(), number=int(number or 0))

    def skus(self) -> list[str]:
        """Sorted."""
        return read_skus(self._client, self._keys)

    def products(self, skus: Iterable[str]) -> dict[str, Record | None]:
        """As they are stored; None for a SKU that the network does not have."""
        return read_product_records(self._client, self._keys, skus)

    def batches(self, skus: list[str]) -> Iterator[list[str]]:
        return (skus[start : start + _AT_ONCE] for start in range(0, len(skus), _AT_ONCE))

    def free_units(self, skus: list[str]) -> dict[str, dict[str, int]]:
        """By SKU and node, the units that are on hand now and not held; below 0 where more are held."""
        with faults(), self._client.redis.pipeline(transaction=False) as read:
            for sku in skus:
                read.hgetall(self._keys.on_hand(sku))
                read.hgetall(self._keys.held(sku))
            answers = iter(read.execute())
        free: dict[str, dict[str, int]] = {}
        for sku, on_hand, held in zip(skus, answers, answers, strict=True):
            nodes = {node for node in on_hand if b"\t" not in node}  # the others are lots
            free[sku] = {node.decode(): int(on_hand[node]) - int(held.get(node, 0)) for node in nodes}
        return free

    def last(self) -> bytes | None:
        """What paces were last learnt from, as JSON."""
        with faults():
            details: bytes | None = self._client.redis.get(self._keys.demand)
        return details

    def staging(self) -> "StagedProducts":
        """Products that are to be swapped in."""
        return StagedProducts(self._client, self._keys)


class StagedProducts:
    """Products beside those of the network, which one script puts in their place. Leaving it without that deletes them.

    with LearntDemand(...).staging() as staged:
        staged.add({sku: record})
        staged.swap_in(before=state, act=act, now=now)
    """

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._name = Keys(keys.network, staged=uuid.uuid4().hex).products
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # once swapped in, it is no key any more; a server without memory stores no more, but does delete
        with contextlib.suppress(StoreUnavailable), faults():
            self._client.redis.unlink(self._name)

    def add(self, products: Mapping[str, Record]) -> None:
        """Stage some products, each SKU once."""
        self._count += len(products)
        # one transaction: a process that is killed between the two would leave the key for ever
        with faults(), self._client.redis.pipeline(transaction=True) as write:
            write.hset(self._name, mapping={sku: dump(record) for sku, record in products.items()})
            write.expire(self._name, STAGED_SECONDS)
            write.execute()

    def swap_in(self, *, before: NetworkState, act: Act, now: int) -> bool:
        """Put them in place of those of the network `before`, and log `act`, whose subject is the version that it
        becomes. False, and nothing is changed, if another network is there by now, or if the server lost some of them.
        """
        script_keys = LEARN_DEMAND.keys(
            self._keys, staged_products=self._name, former_products=self._keys.former_products(before.number)
        )
        details = dump(dict(act.details))
        arguments = [before.version, act.subject, before.number, self._count, LASTING_SECONDS, now, act.body, details]
        with faults():
            answer: bytes = self._client.script("flows/learn_demand")(keys=script_keys, args=arguments)
        return answer == b"done"
