"""A network put in place of another, however large: all of it or nothing to whoever reads, and no script lasts long.

It is brought in beside what is there (a load cut short here changes nothing), and takes its place at one moment, but
for the stock, which follows some SKUs at a time. Until that is in, the network's version is LOADING: no snapshot is
read and nothing committed, and whoever asks for the network brings in the rest first, the loader or, if it was killed,
the next reader or loader, or several at once.
"""

import itertools
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.errors import Contended, NotReady
from engine.facts import Inventory
from engine.store.client import Client, faults
from engine.store.keys import Keys
from engine.store.records import dump, network_record, product_record, words_record

LOADING = "loading"
"""The version of a network that is being loaded; those of others are 64 hexadecimal digits."""
SKUS_AT_ONCE = 500
"""Of one script."""
FIELDS_AT_ONCE = 2_000
"""Of one round trip."""
STAGED_SECONDS = 24 * 60 * 60
"""What is brought in beside lasts so long: whoever is killed on the way leaves nothing for ever."""
LASTING_SECONDS = STAGED_SECONDS // 2
"""So much of that must be left when it takes its place."""
MOST_TRIES = 10
"""Of whoever finds a load under way, or done by another, each time it tries."""


def save(client: Client, keys: Keys, inventory: Inventory) -> None:
    """Put `inventory` in place of what was loaded before. Holds, decisions and policies stay; which message about a
    position was the newest begins anew. Raises Contended.
    """
    for _ in range(MOST_TRIES):
        if begin(client, keys, inventory):
            finish(client, keys)
            return
    raise over_and_over()


def over_and_over() -> Contended:
    """What is raised then."""
    return Contended("the network is being loaded over and over; try again")


def begin(client: Client, keys: Keys, inventory: Inventory) -> bool:
    """Bring it in beside and let it take its place, but for its stock; False if others were faster."""
    name = uuid.uuid4().hex
    staged = Keys(keys.network, staged=name)
    version, before, left = _there(client, keys)
    stage(client, staged, inventory, name)
    todo = sorted(before | left | {sku for sku, units in inventory.stock.items() if units})
    words = [f"{'+' if inventory.stock.get(sku) else '-'}{sku}" for sku in todo]
    for at in range(0, len(words), FIELDS_AT_ONCE):
        with faults():
            client.redis.rpush(staged.todo, *words[at : at + FIELDS_AT_ONCE])
            client.redis.expire(staged.todo, STAGED_SECONDS)
    named = [keys.facts, keys.products, staged.facts, staged.products, staged.todo]
    with faults():
        done = client.script("loading")(keys=named, args=[version, len(before), len(words), name, LASTING_SECONDS])
    return bool(done == b"done")


def finish(client: Client, keys: Keys) -> None:
    """Bring the load that is under way to its end, if one is. Raises NotReady if what it brought in is gone."""
    script = client.script("bringing")
    while (load := _under_way(client, keys)) is not None:
        if not bring(client, keys, script, load):
            return


def bring(client: Client, keys: Keys, script: Any, load: str) -> bool:
    """Bring in the stock of the next SKUs; whether there is more to do."""
    staged = Keys(keys.network, staged=load)
    with faults():
        words = [word.decode() for word in client.redis.lrange(staged.todo, 0, SKUS_AT_ONCE - 1)]
    named = [keys.facts, staged.todo]
    for word in words:
        sku = word[1:]
        named += [keys.on_hand(sku), keys.base(sku), keys.stamp(sku), staged.on_hand(sku)]
    with faults():
        said = script(keys=named, args=[load, *words])
    if said == b"gone":
        raise NotReady(
            f"a load of network '{keys.network}' was cut short, and what it brought in is gone; run: pointsman load DIR"
        )
    return bool(said != b"over")


def stage(client: Client, staged: Keys, inventory: Inventory, name: str) -> None:
    """Bring `inventory` in beside what is there, some at a time, its facts first."""
    body, words = dump(network_record(inventory.network)), dump(words_record(inventory.products.values()))
    facts = {"version": LOADING, "becomes": inventory.network.version, "load": name, "body": body, "words": words}
    products = (
        (staged.products, {sku: dump(product_record(product, inventory.paces.get(sku, {})))})
        for sku, product in inventory.products.items()
    )
    stock = ((staged.on_hand(sku), units) for sku, units in inventory.stock.items() if units)
    for batch in _batches(itertools.chain([(staged.facts, facts)], products, stock)):
        with faults(), client.redis.pipeline(transaction=False) as write:
            for key, fields in batch:
                write.hset(key, mapping=dict(fields))
            for key in dict.fromkeys(key for key, _ in batch):
                write.expire(key, STAGED_SECONDS)
            write.execute()


def _there(client: Client, keys: Keys) -> tuple[str, set[str], set[str]]:
    """The version there is, its SKUs, and those that a load which can't be brought to its end any more has left."""
    left: set[str] = set()
    try:
        finish(client, keys)
    except NotReady:  # this load mends it
        staged = Keys(keys.network, staged=_under_way(client, keys) or "")
        with faults():
            left = {word.decode()[1:] for word in client.redis.lrange(staged.todo, 0, -1)}
    with faults():
        version = client.redis.hget(keys.facts, "version")
        before = {sku.decode() for sku in client.redis.hkeys(keys.products)}
    return (version or b"").decode(), before, left


def _under_way(client: Client, keys: Keys) -> str | None:
    """The name of the load that has begun and not ended."""
    with faults():
        load = client.redis.hget(keys.facts, "load")
    return load.decode() if load else None


def _batches(items: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[list[tuple[str, Mapping[str, Any]]]]:
    batch, fields = [], 0
    for item in items:
        batch.append(item)
        fields += len(item[1])
        if fields >= FIELDS_AT_ONCE:
            yield batch
            batch, fields = [], 0
    if batch:
        yield batch
