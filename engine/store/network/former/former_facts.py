"""Reads networks and products as they were when a version of the network was the one that counted.

Each change of the network gives it the next number. What it changes is kept as it was under the number before: an item
(a product, a node, a service) as one entry, or, of a load, for a short time all that there was. So an item as of a
number is the one that was kept first under that number or a later one, and if none was, the item as it is now. What was
never changed takes no memory twice.

The past does not change, so whoever writes an entry of it may do so at any time, and several may.
"""

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import orjson

from engine.errors import Contended, FactsForgotten, NotReady
from engine.model.facts import Network, Product
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.network import load
from engine.store.network.former.network_items import items_of, record_of
from engine.store.network.serialization import network_of, product_of

_T = TypeVar("_T")
_DIGITS = 12
_MOST_TRIES = 100
_AT_ONCE = 500
PRODUCT = "product:"
"""What the names of products begin with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """The number of the network that is there, its version, the numbers under which whole bodies are kept, and those
    under which the products are.
    """

    number: int
    version: str
    bodies: tuple[int, ...]
    products: tuple[int, ...]


class FormerFacts:
    """The networks of one name, past and present. Methods raise FactsForgotten for a version that is not kept,
    StoreUnavailable and Contended.
    """

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    def network(self, version: str) -> Network:
        """The network of that version."""
        items = self.consistent(lambda present: self.items_at(self._number_of(version, present), present))
        return network_of(version, record_of(items))

    def products(self, version: str, skus: Sequence[str]) -> dict[str, tuple[Product, Mapping[str, int]]]:
        """Those of the SKUs that the network of that version had, each with its pace of sale by node."""
        found = self.consistent(lambda present: self.products_at(self._number_of(version, present), skus, present))
        return {sku: product_of(orjson.loads(body)) for sku, body in found.items() if body}

    def present(self) -> Present:
        """What is there now."""
        with faults(), self._client.redis.pipeline(transaction=True) as read:
            read.hmget(self._keys.facts, ["number", "version"])
            read.hkeys(self._keys.former_networks)
            (number, version), kept = read.execute()
        names = [name.decode() for name in kept]
        return Present(
            number=int(number or 0),
            version=(version or b"").decode(),
            bodies=tuple(sorted(int(name) for name in names if name.isdigit())),
            products=tuple(sorted(int(name.split(" ")[1]) for name in names if not name.isdigit())),
        )

    def items_at(self, number: int, present: Present) -> dict[str, bytes]:
        """The items of the network of that number, but for its products."""
        redis, keys = self._client.redis, self._keys
        whole = next((kept for kept in present.bodies if kept >= number), None)
        with faults():
            body = redis.hget(keys.facts, "body") if whole is None else redis.hget(keys.former_networks, whole)
            names = sorted(name.decode() for name in redis.smembers(keys.former_names))
        items = items_of(body) if body else {}
        return items | self._kept(names, number, before=whole)

    def products_at(self, number: int, skus: Sequence[str], present: Present) -> dict[str, bytes]:
        """The JSON of products of the network of that number, no bytes if it has none."""
        whole = next((kept for kept in present.products if kept >= number), None)
        key = self._keys.products if whole is None else self._keys.former_products(whole)
        products: dict[str, bytes] = {}
        for start in range(0, len(skus), _AT_ONCE):
            names = skus[start : start + _AT_ONCE]
            with faults():
                values = self._client.redis.hmget(key, list(names))
            products |= {sku: value or b"" for sku, value in zip(names, values, strict=True)}
        kept = self._kept([PRODUCT + sku for sku in skus], number, before=whole)
        return products | {name.removeprefix(PRODUCT): value for name, value in kept.items()}

    def _kept(self, names: Iterable[str], number: int, *, before: int | None) -> dict[str, bytes]:
        """Of each of these names, what was kept first under that number or a later one, but `before` a number."""
        every, kept = list(names), dict[str, bytes]()
        for start in range(0, len(every), _AT_ONCE):
            batch = every[start : start + _AT_ONCE]
            with faults(), self._client.redis.pipeline(transaction=False) as read:
                for name in batch:
                    last = f"({name}\n:" if before is None else f"({item_text(name, before)}"
                    first = f"[{item_text(name, number)}"
                    read.zrange(self._keys.former_items, first, last, bylex=True, offset=0, num=1)
                answers = read.execute()
            kept |= {name: answer[0].split(b"\n", 2)[2] for name, answer in zip(batch, answers, strict=True) if answer}
        return kept

    def _number_of(self, version: str, present: Present) -> int:
        if version == present.version:
            return present.number
        with faults():
            numbers = self._client.redis.hget(self._keys.former_versions, version)
        if numbers is None:
            raise FactsForgotten(
                f"network version {version} is not kept any more, or an earlier release loaded it; decisions of it"
                " can't be decided again"
            )
        return int(numbers.split(b" ")[1])

    def consistent(self, read: Callable[[Present], _T]) -> _T:
        """What `read` answers, if the network and what is kept whole are then what they were before. An unfinished load
        is completed first, if it can be.
        """
        present = self.present()
        if present.version == load.LOADING:
            with contextlib.suppress(NotReady):
                load.finish(self._client, self._keys)
            present = self.present()
        for _ in range(_MOST_TRIES):
            answer, after = read(present), self.present()
            if after == present:
                return answer
            present = after
        raise Contended("the network changes over and over while an earlier one is read; try again")


def item_text(name: str, number: int) -> str:
    """How an item begins in `Keys.former_items`, but for the line break before its value."""
    return f"{name}\n{number:0{_DIGITS}d}"
