"""A network put in place of another, however large: all of it or nothing to whoever reads, and no script lasts long.

It is brought in beside what is there (a load cut short here changes nothing), and takes its place at one moment, but
for the stock, which follows some SKUs at a time. Until that is in, the network's version is LOADING: no snapshot is
read and nothing committed, and whoever asks for the network brings in the rest first, the loader or, if it was killed,
the next reader or loader, or several at once.
"""

import contextlib
import itertools
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from engine.errors import Contended, NotReady, PointsmanError, StoreUnavailable
from engine.model.facts import Inventory
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.network.serialization import dump, network_record, product_record, words_record

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
Checked: TypeAlias = Callable[[], Sequence[str]]
"""Checks that the policies that decide fit the network that is to be loaded, or raises why not; which they were, as
`Stored.words` of policies.py says it.
"""
MOST_TRIES = 10
"""Of whoever finds a load under way, or done by another, each time it tries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _There:
    """What a load takes the place of. `broken` is the one before if that can't be brought to its end any more, else
    nothing; `skus` are those of the `products` there, and those that it has left to do.
    """

    version: str
    products: int
    skus: set[str]
    broken: str


def save(client: Client, keys: Keys, inventory: Inventory, *, checked: Checked) -> None:
    """Put `inventory` in place of what was loaded before. Holds, decisions and policies stay; which message about a
    position was the newest begins anew. Raises Contended, and what `checked` raises.
    """
    for _ in range(MOST_TRIES):
        if begin(client, keys, inventory, checked=checked):
            finish(client, keys)
            return
    raise over_and_over()


def over_and_over() -> Contended:
    """What is raised then."""
    return Contended("the network is being loaded over and over; try again")


def begin(client: Client, keys: Keys, inventory: Inventory, *, checked: Checked) -> bool:
    """Bring it in beside and let it take its place, but for its stock; False if others were faster. Unless it took its
    place, nothing is left.
    """
    name, policies = uuid.uuid4().hex, checked()
    staged, there = Keys(keys.network, staged=name), _there(client, keys)
    todo = sorted(there.skus | {sku for sku, units in inventory.stock.items() if units})
    named = [keys.facts, keys.products, staged.facts, staged.products, staged.todo]
    named += [Keys(keys.network, staged=there.broken).todo, keys.active_policy, keys.scheduled_policies]
    said = [there.version, there.products, len(todo), name, LASTING_SECONDS, there.broken]
    try:
        stage(client, staged, inventory, name)
        _note(client, staged, [f"{'+' if inventory.stock.get(sku) else '-'}{sku}" for sku in todo])
        if _take_place(client, named, said, policies, checked):
            return True
    except PointsmanError:
        with contextlib.suppress(StoreUnavailable):  # a server that is full takes no more, but lets go of this
            discard(client, keys, inventory, name)
        raise
    discard(client, keys, inventory, name)
    return False


def finish(client: Client, keys: Keys) -> None:
    """Bring the load that is under way to its end, if one is. Raises NotReady if what it brought in is gone."""
    if _broken(client, keys):
        raise NotReady(
            f"a load of network '{keys.network}' was cut short, and what it brought in is gone; run: pointsman load DIR"
        )


def bring(client: Client, keys: Keys, script: Any, load: str) -> bytes:
    """Bring in the stock of the next SKUs; what load_stock.lua answers."""
    staged = Keys(keys.network, staged=load)
    with faults():
        words = [word.decode() for word in client.redis.lrange(staged.todo, 0, SKUS_AT_ONCE - 1)]
    named = [keys.facts, staged.todo]
    for word in words:
        sku = word[1:]
        named += [keys.on_hand(sku), keys.base(sku), keys.stamp(sku), staged.on_hand(sku)]
    with faults():
        return bytes(script(keys=named, args=[load, *words]))


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
        with faults(), client.redis.pipeline(transaction=True) as write:  # or what has no end yet may be left behind
            for key, fields in batch:
                write.hset(key, mapping=dict(fields))
            for key in dict.fromkeys(key for key, _ in batch):
                write.expire(key, STAGED_SECONDS)
            write.execute()


def discard(client: Client, keys: Keys, inventory: Inventory, name: str) -> None:
    """Let go of what was brought in beside, if it has not taken its place: nobody may have heard that it did."""
    staged = Keys(keys.network, staged=name)
    with faults():
        client.redis.unlink(staged.facts)  # without these it can't any more
    if _under_way(client, keys) == name:
        return
    names = [staged.todo, staged.products, *(staged.on_hand(sku) for sku, units in inventory.stock.items() if units)]
    for at in range(0, len(names), FIELDS_AT_ONCE):
        with faults():
            client.redis.unlink(*names[at : at + FIELDS_AT_ONCE])


def _take_place(
    client: Client, named: Sequence[str], said: Sequence[Any], policies: Sequence[str], checked: Checked
) -> bool:
    """Whether it took its place. If others than `policies` decide by now, it is checked against them first."""
    script = client.script("load_swap")
    for _ in range(MOST_TRIES):
        with faults():
            answer = script(keys=named, args=[*said, *policies])
        if answer != b"policies":
            return bool(answer == b"done")
        policies = checked()
    raise Contended("policies are activated over and over while the network is loaded; try again")


def _note(client: Client, staged: Keys, words: list[str]) -> None:
    """What is to do, as `Keys.todo` says it."""
    for at in range(0, len(words), FIELDS_AT_ONCE):
        with faults(), client.redis.pipeline(transaction=True) as write:
            write.rpush(staged.todo, *words[at : at + FIELDS_AT_ONCE])
            write.expire(staged.todo, STAGED_SECONDS)
            write.execute()


def _there(client: Client, keys: Keys) -> _There:
    """What there is, a load that is under way brought to its end first, if it can be."""
    broken, left = _broken(client, keys), set()
    if broken:
        with faults():
            words = client.redis.lrange(Keys(keys.network, staged=broken).todo, 0, -1)
        left = {word.decode()[1:] for word in words}
    with faults():
        version = client.redis.hget(keys.facts, "version")
        before = {sku.decode() for sku in client.redis.hkeys(keys.products)}
    return _There(version=(version or b"").decode(), products=len(before), skus=before | left, broken=broken)


def _broken(client: Client, keys: Keys) -> str:
    """Bring the load that is under way to its end, if one is; the name of one whose goods are gone, or nothing."""
    script = client.script("load_stock")
    while (load := _under_way(client, keys)) is not None:
        said = bring(client, keys, script, load)
        if said in (b"over", b"gone"):
            return load if said == b"gone" else ""
    return ""


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
