"""Takes what a load replaced apart into items, and keeps those that the load changed.

A load puts the network and the products that were there aside as they are, which takes no time; here they are compared
with those that came after them. Should the process die meanwhile, the next one that tidies does the rest: until then,
the whole is read where an item would be.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.network.former.former_facts import PRODUCT, FormerFacts, Present, item_text

_AT_ONCE = 500


def tidy(client: Client, keys: Keys) -> None:
    """Take apart all that is kept whole."""
    former = FormerFacts(client, keys)
    present = former.present()
    for number in present.products:
        _tidy_products(client, keys, number)
    for number in present.bodies:
        _tidy_network(client, keys, number)


def _tidy_network(client: Client, keys: Keys, number: int) -> None:
    former = FormerFacts(client, keys)

    def compare(present: Present) -> dict[str, bytes]:
        before, after = former.items_at(number, present), former.items_at(number + 1, present)
        names = before.keys() | after.keys()
        return {name: before.get(name, b"") for name in names if before.get(name, b"") != after.get(name, b"")}

    changed = former.consistent(compare)
    with faults(), client.redis.pipeline(transaction=True) as write:
        if changed:
            write.zadd(keys.former_items, _members(changed, number))
            write.sadd(keys.former_names, *changed)
        write.hdel(keys.former_networks, number)
        write.execute()


def _tidy_products(client: Client, keys: Keys, number: int) -> None:
    former, whole = FormerFacts(client, keys), keys.former_products(number)
    following = next((kept for kept in former.present().products if kept > number), None)
    for batch in _skus(client, [whole, keys.products if following is None else keys.former_products(following)]):

        def compare(present: Present, skus: Sequence[str] = batch) -> dict[str, bytes]:
            before = former.products_at(number, skus, present)
            after = former.products_at(number + 1, skus, present)
            return {PRODUCT + sku: body for sku, body in before.items() if body != after[sku]}

        changed = former.consistent(compare)
        if changed:
            with faults():
                client.redis.zadd(keys.former_items, _members(changed, number))
    with faults(), client.redis.pipeline(transaction=True) as write:
        write.hdel(keys.former_networks, f"products {number}")
        write.unlink(whole)
        write.execute()


def _members(items: Mapping[str, bytes], number: int) -> dict[bytes, int]:
    return {f"{item_text(name, number)}\n".encode() + value: 0 for name, value in items.items()}


def _skus(client: Client, names: Iterable[str]) -> Iterator[list[str]]:
    """The SKUs in hashes of products, some at a time; one may come twice."""
    for name in names:
        batch: list[str] = []
        with faults():
            for sku, _ in client.redis.hscan_iter(name, count=_AT_ONCE):
                batch.append(sku.decode())
                if len(batch) >= _AT_ONCE:
                    yield batch
                    batch = []
        if batch:
            yield batch
