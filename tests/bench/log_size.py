"""How much memory and disk decided orders take: orders of the example are decided, then confirmed, and what is stored
is weighed. Entries say of their author what those of the service do.

    python -m tests.bench.log_size [--orders N]

The places have as many times the stock of the example as there are times its orders, so that as many are filled. Bytes
of memory are as MEMORY USAGE says, of every key; on disk, the log that the embedded server appends to is weighed as
the orders are decided and confirmed, then what it makes of all of it at once (BGREWRITEAOF), and a file of the archive.
"""

import argparse
import itertools
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from api.files.inventory_folder import load_inventory
from api.files.orders import read_orders
from engine.actor import act_as, begin_request, name_operation
from engine.model.facts import Inventory
from engine.service import Pointsman
from engine.store.audit.archive.day_writer import write_day
from engine.store.ledger import RequestKey
from engine.store.log import decision_log
from tests.bench.example_network import directory, installed
from tests.bench.option_sets import ROOT

ORDERS = 20_000
_EXAMPLE = ROOT / "examples" / "hexagone"
_ORDERS_OF_EXAMPLE = 5_000
_WITHIN_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Bytes an order: of memory by kind of key, and on disk `appended` and `rewritten`; what `info` says in all."""

    memory: Mapping[str, float]
    used: float
    appended: float
    rewritten: float
    archived: float
    """Of a file of the archive with all entries of the log."""
    entry: float
    """Of the log, an entry of a decision: memory of the stream before anything was confirmed."""


def measure(orders: int) -> tuple[Weights, Weights]:
    """Once they are decided, and once they are confirmed, too."""
    with tempfile.TemporaryDirectory() as made, directory() as data:
        folder, day = _EXAMPLE, Path(made) / "orders.ndjson"
        if orders > _ORDERS_OF_EXAMPLE:
            folder = Path(made)
            subprocess.run(
                [sys.executable, _EXAMPLE / "generate.py", "--out", made, "--orders", str(orders)], check=True
            )
        else:
            day.write_bytes(b"".join((_EXAMPLE / day.name).read_bytes().splitlines(keepends=True)[:orders]))
        inventory = _with_more_stock(load_inventory(folder), max(1, orders // _ORDERS_OF_EXAMPLE))
        with installed(data, "size", inventory) as pointsman:
            before = _state(pointsman, data)
            sent = read_orders(day, max_lines=500)
            made_ids = []
            act_as("shop", through="http", origin="10.0.3.17")
            for order in sent:
                begin_request(uuid.uuid4().hex)
                name_operation(order.id)
                key = RequestKey(caller="shop", name=order.id)
                answer = pointsman.decide(order, now=order.placed_at, key=key, caller="shop")
                made_ids.append((answer.id or "", bool(answer.record.shipments)))
            decided = _weights(before, _state(pointsman, data), pointsman, data, orders)
            for decision, ships in made_ids:
                if ships:
                    pointsman.holds.confirm(decision)
            return decided, _weights(before, _state(pointsman, data), pointsman, data, orders)


def _with_more_stock(inventory: Inventory, times: int) -> Inventory:
    stock = {sku: {node: units * times for node, units in by_node.items()} for sku, by_node in inventory.stock.items()}
    return replace(inventory, stock=stock)


@dataclass(frozen=True, kw_only=True)
class _State:
    memory: Counter[str]
    used: int
    appended: int
    entries: int


def _state(pointsman: Pointsman, data: Path) -> _State:
    client, prefix = pointsman._client.redis, pointsman._keys.prefix
    memory: Counter[str] = Counter()
    for name in client.scan_iter(f"{prefix}*", count=1_000):
        kind = name.decode().removeprefix(prefix).partition(":")
        memory[kind[0] if kind[0] != "orders" else "".join(kind)] += client.memory_usage(name, samples=0)
    return _State(
        memory=memory,
        used=client.info("memory")["used_memory"],
        appended=bytes_on_disk(data),
        entries=client.xlen(pointsman._keys.log),
    )


def _weights(before: _State, after: _State, pointsman: Pointsman, data: Path, orders: int) -> Weights:
    more = after.memory - before.memory
    rewritten = rewritten_bytes(pointsman._client.redis, data)
    return Weights(
        memory={kind: size / orders for kind, size in more.most_common() if size / orders >= 1},
        used=(after.used - before.used) / orders,
        appended=(after.appended - before.appended) / orders,
        rewritten=rewritten / orders,
        archived=_archived(pointsman, data) / orders,
        entry=more["log"] / (after.entries - before.entries),
    )


def rewritten_bytes(client: Any, data: Path) -> int:
    client.bgrewriteaof()
    until = time.monotonic() + _WITHIN_SECONDS
    time.sleep(1)
    while client.info("persistence")["aof_rewrite_in_progress"] and time.monotonic() < until:
        time.sleep(0.2)
    return bytes_on_disk(data)


def _archived(pointsman: Pointsman, data: Path) -> int:
    path = data / "day.parquet"
    batches = decision_log.batches(pointsman._client, pointsman._keys)
    write_day(path, itertools.chain.from_iterable(batches))
    return path.stat().st_size


def bytes_on_disk(data: Path) -> int:
    return sum(path.stat().st_size for path in (data / "appendonlydir").iterdir())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=ORDERS)
    for name, weights in zip(("decided", "confirmed"), measure(parser.parse_args().orders), strict=True):
        print(f"{name}: bytes an order; an entry of the log takes {weights.entry:.0f}")
        print(
            f"  memory used {weights.used:.0f}, of it " + ", ".join(f"{k} {v:.0f}" for k, v in weights.memory.items())
        )
        print(
            f"  on disk: appended {weights.appended:.0f}, rewritten {weights.rewritten:.0f} with the network,"
            f" archived {weights.archived:.0f}"
        )


if __name__ == "__main__":
    main()
