"""Replaces the loaded network by another, however large: readers see all of it or none, and no script runs long.

A load first stages the new network beside the current one, under keys of its own; a load that is interrupted here
changes nothing. Then one script swaps in everything but the stock, and further scripts load the stock, some SKUs at a
time. Until the last of them has run, the network's version is LOADING: no snapshot is read and nothing is committed.
Whoever needs the network meanwhile loads the remaining stock first: the loader itself or, if it was killed, the next
reader or loader, or several of them at once.
"""

import contextlib
import itertools
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from engine.errors import Contended, NotReady, PointsmanError, StoreUnavailable
from engine.model.facts import Inventory
from engine.model.lots import lot_fields
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.network.learnt_paces import with_learnt_paces
from engine.store.network.on_time_rates import with_on_time_rates
from engine.store.network.product_words import entries_of
from engine.store.network.serialization import dump, inventory_record, network_record, product_values_record
from engine.store.script_keys import LOAD_STOCK, LOAD_SWAP

LOADING = "loading"
"""The version of a network while it is being loaded; any other version is 64 hexadecimal digits."""
SKUS_AT_ONCE = 500
"""How many SKUs one script loads the stock of."""
FIELDS_AT_ONCE = 2_000
"""How many hash fields or list items one round trip stages."""
STAGED_SECONDS = 24 * 60 * 60
"""After how long the server deletes staged keys, so that a loader that is killed leaves nothing for ever."""
LASTING_SECONDS = STAGED_SECONDS // 2
"""How much of that must be left when the staged network is swapped in."""
MOST_TRIES = 100
"""How often something that another load can get in the way of is tried. A try fails only because another load was
swapped in, and costs a few round trips, so a request that fails so often is up against loads that never stop.
"""
MOST_STAGINGS = 10
"""How often a load stages its network again after the server has lost what was staged, or has some of it twice."""
VerifyPolicies: TypeAlias = Callable[[], Sequence[str]]
"""Verifies that the policies that decide fit the network to be loaded, and raises if they don't. Returns which policies
it verified, as `StoredTimeline.entries` of policy_versions.py.
"""
VerifyKept: TypeAlias = Callable[[], str]
"""Verifies that what is to come and what is in quarantine has its place in the network to be loaded, and raises if not.
Returns how many flows had begun before, as `flow_starts` says.
"""
NOT_VERIFIED = "-"
"""What a load that keeps no account of them passes in place of that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Current:
    """What a load replaces: the network's version and number, how many products it has, and every SKU whose old stock
    has to go.

    `broken` names an unfinished load that can't be completed any more, because what it staged is gone; empty if there
    is none. Its SKUs that are still to be loaded are among `skus`.
    """

    version: str
    number: int
    products: int
    skus: set[str]
    broken: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Staged:
    """A load that is staged under a name, and was verified with these policies and when so many flows had begun. It
    keeps what was learnt in the network `based_on`; None: it keeps nothing of that.
    """

    name: str
    policies: Sequence[str]
    flow_starts: str
    based_on: str | None = None


def save(
    client: Client,
    keys: Keys,
    inventory: Inventory,
    *,
    verify_policies: VerifyPolicies,
    verify_kept: VerifyKept = lambda: NOT_VERIFIED,
    micros: Callable[[], int],
    counts: bool = False,
) -> str:
    """Replace the loaded network, products and stock by `inventory`. Holds, decisions, policies and blocked units stay,
    and so do positions that were counted since the load before, unless `counts`: then later counts of either kind of
    stamp are accepted; and so do learnt paces of sale, if `inventory` asks for these. Returns the version of what is
    loaded then. `micros` answers UTC microseconds. Raises Contended, and what `verify_policies` and `verify_kept`
    raise.
    """
    version = begin(
        client,
        keys,
        inventory,
        verify_policies=verify_policies,
        verify_kept=verify_kept,
        micros=micros,
        counts=counts,
    )
    finish(client, keys)
    return version


def loaded_over_and_over() -> Contended:
    """The error after MOST_TRIES tries that failed because of other loads."""
    return Contended("the network is being loaded over and over; try again")


def begin(
    client: Client,
    keys: Keys,
    inventory: Inventory,
    *,
    verify_policies: VerifyPolicies,
    verify_kept: VerifyKept = lambda: NOT_VERIFIED,
    micros: Callable[[], int],
    counts: bool = False,
) -> str:
    """Stage `inventory` and swap it in; its stock is then still to be loaded (see `finish`). Other loads may be swapped
    in meanwhile: what is staged stays, and replaces them. If this raises, nothing that was staged is left. Returns the
    version.
    """
    flow_starts, policies = verify_kept(), verify_policies()
    for _ in range(MOST_STAGINGS):
        name = uuid.uuid4().hex
        merged, based_on = with_learnt_paces(client, keys, inventory)
        merged = with_on_time_rates(client, keys, merged)
        try:
            stage(client, Keys(keys.network, staged=name), merged, name, counts=counts)
            staged = _Staged(name=name, policies=policies, flow_starts=flow_starts, based_on=based_on)
            if _swap_in(
                client, keys, merged, staged, verify_policies=verify_policies, verify_kept=verify_kept, micros=micros
            ):
                return merged.network.version
        except PointsmanError:
            with contextlib.suppress(StoreUnavailable):  # a server without memory stores no more, but does delete
                discard(client, keys, inventory, name)
            raise
        discard(client, keys, inventory, name)
    raise loaded_over_and_over()


def finish(client: Client, keys: Keys) -> None:
    """Complete the unfinished load, if there is one. Raises NotReady if what it staged is gone."""
    if _complete(client, keys):
        raise NotReady(
            f"a load of network '{keys.network}' was interrupted, and what it staged is gone; run: pointsman load DIR"
        )


def load_next_stock(client: Client, keys: Keys, script: Any, name: str) -> bytes:
    """Load the stock of the next SKUs of the unfinished load `name`; returns the answer of load_stock.lua."""
    staged = Keys(keys.network, staged=name)
    with faults():
        tasks = [task.decode() for task in client.redis.lrange(staged.todo, 0, SKUS_AT_ONCE - 1)]
    skus = [task[1:] for task in tasks]
    by_sku = (
        (keys.on_hand(sku), keys.base(sku), keys.stamp(sku), keys.journal(sku), staged.on_hand(sku)) for sku in skus
    )
    script_keys = LOAD_STOCK.keys(keys, by_sku, todo=staged.todo)
    with faults():
        return bytes(script(keys=script_keys, args=[name, *tasks]))


def stage(client: Client, staged: Keys, inventory: Inventory, name: str, *, counts: bool = False) -> None:
    """Write `inventory` under the keys `staged`, in batches, its network first. `counts`: its stock takes the place of
    positions that were counted, too.
    """
    body = dump(network_record(inventory.network))
    words = dump(product_values_record(inventory.products.values()))
    facts = {"version": LOADING, "becomes": inventory.network.version, "load": name, "body": body, "words": words}
    if inventory.lots:
        facts["lots"] = "1"
    if not counts:
        facts["kept_at"] = orjson.dumps(sorted(inventory.network.nodes))
    products = ((staged.products, {sku: dump(inventory_record(inventory, sku))}) for sku in inventory.products)
    stock = (
        (staged.on_hand(sku), {**units, **lot_fields(inventory.lots.get(sku, {}))})
        for sku, units in inventory.stock.items()
        if units
    )
    index = ((staged.product_index, dict.fromkeys(entries_of(product), 0)) for product in inventory.products.values())
    for batch in _batches(itertools.chain([(staged.facts, facts)], products, index, stock)):
        # one transaction: a loader killed between HSET and EXPIRE would leave keys for ever
        with faults(), client.redis.pipeline(transaction=True) as write:
            for key, fields in batch:
                if key == staged.product_index:
                    write.zadd(key, dict(fields))
                else:
                    write.hset(key, mapping=dict(fields))
            for key in dict.fromkeys(key for key, _ in batch):
                write.expire(key, STAGED_SECONDS)
            write.execute()


def discard(client: Client, keys: Keys, inventory: Inventory, name: str) -> None:
    """Delete what was staged, unless it was swapped in after all: the reply to that may have been lost."""
    staged = Keys(keys.network, staged=name)
    with faults():
        client.redis.unlink(staged.facts)  # without these it can't be swapped in any more
    if _unfinished(client, keys) == name:
        return
    stocked = (staged.on_hand(sku) for sku, units in inventory.stock.items() if units)
    names = [staged.todo, staged.products, staged.product_index, *stocked]
    for start in range(0, len(names), FIELDS_AT_ONCE):
        with faults():
            client.redis.unlink(*names[start : start + FIELDS_AT_ONCE])


def _swap_in(
    client: Client,
    keys: Keys,
    inventory: Inventory,
    staged_load: _Staged,
    *,
    verify_policies: VerifyPolicies,
    verify_kept: VerifyKept,
    micros: Callable[[], int],
) -> bool:
    """Swap in what is staged; False if some of that is gone, or if it was based on another network than is loaded by
    now. If other policies decide by now than it was verified with, or more is to come or in quarantine, that is
    verified first. Raises Contended.

    The list of SKUs to load only ever grows from one try to the next: to delete the stock of a SKU that has none does
    no harm.
    """
    name, policies, flow_starts = staged_load.name, staged_load.policies, staged_load.flow_starts
    script, staged = client.script("load_swap"), Keys(keys.network, staged=name)
    stocked = {sku for sku, units in inventory.stock.items() if units}
    listed: set[str] = set()
    answer = b""
    for _ in range(MOST_TRIES):
        current = _current(client, keys)
        if staged_load.based_on not in (None, current.version):
            return False
        unlisted = sorted((current.skus | stocked) - listed)
        _list_skus(client, staged, [f"{'+' if sku in stocked else '-'}{sku}" for sku in unlisted])
        listed.update(unlisted)
        script_keys = LOAD_SWAP.keys(
            keys,
            staged_facts=staged.facts,
            staged_products=staged.products,
            staged_product_index=staged.product_index,
            todo=staged.todo,
            broken_todo=Keys(keys.network, staged=current.broken).todo,
            former_products=keys.former_products(current.number),
        )
        arguments = [current.version, current.products, len(listed), name, LASTING_SECONDS, current.broken, micros()]
        arguments += [current.number, flow_starts]
        with faults():
            answer = script(keys=script_keys, args=[*arguments, *policies])
        if answer in (b"done", b"gone"):
            return bool(answer == b"done")
        if answer == b"policies":
            policies = verify_policies()
        elif answer == b"flows":
            flow_starts = verify_kept()
    if answer == b"policies":
        raise Contended("policies are activated over and over while the network is loaded; try again")
    if answer == b"flows":
        raise Contended("receipts are announced over and over while the network is loaded; try again")
    raise loaded_over_and_over()


def _list_skus(client: Client, staged: Keys, tasks: Sequence[str]) -> None:
    """Add to the list of SKUs to load; a task is written as `Keys.todo` says."""
    for start in range(0, len(tasks), FIELDS_AT_ONCE):
        with faults(), client.redis.pipeline(transaction=True) as write:
            write.rpush(staged.todo, *tasks[start : start + FIELDS_AT_ONCE])
            write.expire(staged.todo, STAGED_SECONDS)
            write.execute()


def _current(client: Client, keys: Keys) -> _Current:
    """What is loaded now, after an unfinished load is completed, if it can be."""
    broken, remaining = _complete(client, keys), set()
    if broken:
        with faults():
            tasks = client.redis.lrange(Keys(keys.network, staged=broken).todo, 0, -1)
        remaining = {task.decode()[1:] for task in tasks}
    with faults():
        version, number = client.redis.hmget(keys.facts, ["version", "number"])
        products = {sku.decode() for sku in client.redis.hkeys(keys.products)}
    return _Current(
        version=(version or b"").decode(),
        number=int(number or 0),
        products=len(products),
        skus=products | remaining,
        broken=broken,
    )


def _complete(client: Client, keys: Keys) -> str:
    """Complete the unfinished load, if there is one. Returns the name of one that can't be completed because what it
    staged is gone, otherwise an empty string.
    """
    script = client.script("load_stock")
    while (name := _unfinished(client, keys)) is not None:
        answer = load_next_stock(client, keys, script, name)
        if answer in (b"over", b"gone"):
            return name if answer == b"gone" else ""
    return ""


def _unfinished(client: Client, keys: Keys) -> str | None:
    """The name of the load that was swapped in and still has stock to load."""
    with faults():
        name = client.redis.hget(keys.facts, "load")
    return name.decode() if name else None


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
