"""The same orders on the same facts give the same bytes, apart from ids and the instants of deciding."""

import itertools
import os
import random
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from api.files.inventory_folder import load_inventory
from api.shapes.order import OrderRequest
from engine.service import Pointsman
from engine.settings import Settings
from tests.conftest import SMALL, activate

pytestmark = pytest.mark.slow

RULES = [
    "when: {node.type: store}, then: {avoid: 0.50, keep: 1}",
    "when: {product.tags: {has_any: [cotton, fragile, washable]}}, then: {prefer: 0.10}",
    "when: {order.tags: {has: gift}}, then: {keep_together: true}",
    "when: {service.mode: [truck, van], order.channel: [web, app]}, then: {avoid: 0.01}",
    "then: {protect: [{channel: app, units: 1}, {channel: store, share: 10%}], split_penalty: 0.40}",
    "when: {node.attributes.brands: {has: acme}}, then: {exclude: unless_needed}",
    "when: {order.lines: {more_than: 2}}, then: {hold: 30 m, max_shipments: 3, carbon_price: 0.25}",
]
NOW = 1_795_770_000


def routed(url, network, directory, now=NOW):
    """What is answered for each order, on a network of its own."""
    ids = itertools.count()
    settings = Settings(redis_url=url, network=network)
    with Pointsman(settings, clock=lambda: int(now), new_id=lambda: str(next(ids))) as pointsman:
        pointsman.load(load_inventory(directory))
        activate(pointsman, *RULES)
        answers = [pointsman.decide(OrderRequest().load(order)).body for order in orders()]
        assert pointsman.check().clean
        assert not pointsman.incidents
        pointsman.forget()
    return answers


def orders():
    dice = random.Random(7)
    return [
        {
            "id": f"W-{number}",
            "channel": dice.choice(["web", "app", "store"]),
            "placed_at": "2026-11-27T08:12:31Z",
            "destination": {"country": "FR", "latitude": dice.uniform(43, 51), "longitude": dice.uniform(-1, 7)},
            "tags": dice.sample(["gift", "fragile", "vip", "b2b", "été"], k=3),
            "lines": [
                {"sku": dice.choice(["SHIRT", "COAT", "LAMP", "RARE", "ÉTÉ 日本 ☂"]), "quantity": dice.randint(1, 3)}
                for _ in range(dice.randint(1, 4))
            ],
        }
        for number in range(25)
    ]


IN_A_PROCESS = """
import pathlib, sys
from tests.store.orders.test_determinism import routed
url, network, directory = sys.argv[1:]
sys.stdout.buffer.write(b"\\n".join(routed(url, network, pathlib.Path(directory))))
"""


@pytest.fixture
def first(server_url, network):
    lines = routed(server_url, network, SMALL)
    statuses = {orjson.loads(line)["status"] for line in lines}
    assert statuses == {"filled", "partial", "unfilled"}, "the orders are too easy to show anything"
    return lines


def test_the_hash_seed_does_not_change_the_bytes(server_url, network, first):
    """That of this process is another one, or none is fixed."""
    environment = os.environ | {"PYTHONHASHSEED": "4242", "PYTHONPATH": str(Path.cwd())}
    arguments = [sys.executable, "-c", IN_A_PROCESS, server_url, f"{network}-seed", str(SMALL)]
    done = subprocess.run(arguments, env=environment, capture_output=True, check=True)
    assert done.stdout.splitlines() == first


def test_the_sequence_of_rows_does_not_change_the_bytes(server_url, network, first, tmp_path):
    shuffled(tmp_path)
    assert load_inventory(tmp_path).network.version == load_inventory(SMALL).network.version
    assert routed(server_url, f"{network}-rows", tmp_path) == first


def test_another_instant_changes_only_instants(server_url, network, first):
    later = routed(server_url, f"{network}-later", SMALL, now=NOW + 60)
    assert later != first
    assert [without_instants(line) for line in later] == [without_instants(line) for line in first]


def without_instants(line):
    record = orjson.loads(line)
    for shipment in record["shipments"]:
        del shipment["ships_at"], shipment["arrives_by"]
    del record["decided_at"], record["hold"]
    return record


def shuffled(directory):
    """Write the small network with its rows, nodes and services in another sequence."""
    dice = random.Random(1)
    for name in ("products.csv", "stock.csv"):
        head, *rows = (SMALL / name).read_text(encoding="utf-8").splitlines()
        dice.shuffle(rows)
        (directory / name).write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    text = (SMALL / "network.yaml").read_text(encoding="utf-8")
    for part in ("services", "nodes"):
        before, _, after = text.partition(f"\n{part}:\n")
        entries, _, nodes = after.partition("\nnodes:\n")
        items = entries.rstrip("\n").split("\n  - id: ")
        items[0] = items[0].removeprefix("  - id: ")
        turned = "".join(f"  - id: {item}\n" for item in reversed(items))
        text = f"{before}\n{part}:\n{turned}" + (f"nodes:\n{nodes}" if nodes else "")
    (directory / "network.yaml").write_text(text, encoding="utf-8")
