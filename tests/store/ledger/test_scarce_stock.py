"""Many workers compete for the same few units: never more is held than there is, no floor and no daily limit is broken.

Each worker has a Pointsman of its own, as each process of the service has; some are threads, some processes.
"""

import threading
from collections import Counter

import pytest

from engine.errors import Contended
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.log.decision_log import entries
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import EURO, LILLE, LYON, PARIS, inventory, node, order, service
from tests.support.forked_script import ForkedScript
from tests.support.order_json import shipped_units

pytestmark = pytest.mark.slow

SKUS = [f"S{number}" for number in range(4)]
WORKER = """
import random, sys
from engine.errors import Contended
from engine.service import Pointsman
from engine.settings import Settings
from tests.support.facts import NOW, order
url, network, seed, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
dice = random.Random(seed)
with Pointsman(Settings(redis_url=url, network=network), clock=lambda: NOW) as pointsman:
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(count):
        lines = [(f"S{dice.randrange(4)}", dice.randint(1, 4)) for _ in range(dice.randint(1, 3))]
        try:
            pointsman.decide(order(*lines, id=f"{seed}-{number}", channel=dice.choice(["web", "app"])))
        except Contended:
            print("contended", flush=True)
"""


def scarce(units):
    nodes = [node("lille", LILLE, handling=EURO), node("lyon", LYON), node("paris", PARIS, services=("parcel", "van"))]
    stock = {sku: {item.id: units for item in nodes} for sku in SKUS}
    return inventory(nodes, stock, services=[service(), service("van", mode="van", base=6 * EURO)])


def held_by_position(client, network):
    return {
        (key.decode().rpartition(":")[2], name.decode()): int(units)
        for key in client.keys(f"{{{network}}}:held:*")
        for name, units in client.hgetall(key).items()
    }


def shipped_by_position(records):
    units = Counter()
    for record in records:
        for shipment in record["shipments"]:
            for line in shipment["lines"]:
                units[line["sku"], shipment["node"]] += line["quantity"]
    return dict(units)


def together(count, work):
    """Run `work(number)` in threads that start at the same moment; returns what each returned."""
    start, answers = threading.Barrier(count), [None] * count

    def run(number):
        start.wait()
        answers[number] = work(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def try_to_decide(pointsman, item):
    """The decision of the order `item` in a list; empty if others were faster each time, so that nothing was taken."""
    try:
        return [json_of(pointsman.decide(item))]
    except Contended:
        return []


def test_of_two_orders_for_the_last_unit_only_one_gets_it(bare, opened):
    bare.load(inventory([node("lyon", LYON)], {sku: {"lyon": 1} for sku in SKUS}))
    activate(bare)
    workers = [opened(), opened()]
    for worker in workers:
        worker.ready()
    for sku in SKUS:
        answers = together(2, lambda number, sku=sku: json_of(workers[number].decide(order((sku, 1)))))
        assert sorted(answer["status"] for answer in answers) == ["filled", "unfilled"]
    assert bare.check().clean


def test_sixteen_threads_that_compete_for_scarce_stock_hold_all_of_it_and_not_a_unit_more(
    bare, opened, redis_client, network
):
    bare.load(scarce(5))
    activate(bare)
    workers = [opened() for _ in range(16)]

    def decide(number):
        records = []
        for turn in range(8):
            sku = SKUS[(number + turn) % 4]
            records += try_to_decide(workers[number], order((sku, 1), (sku, 1)))
        return records

    records = [record for each in together(16, decide) for record in each]
    audit = bare.check()
    assert audit.clean
    # far more was ordered than the 60 units there are
    assert audit.held == audit.shipped == sum(map(shipped_units, records)) == 60
    assert held_by_position(redis_client, network) == shipped_by_position(records)
    assert audit.decisions == len(records)


def test_one_shared_pointsman_serves_many_threads(bare):
    bare.load(scarce(5))
    activate(bare, "when: {order.channel: app}, then: {split_penalty: 1.00}")

    def decide(number):
        channel = "app" if number % 2 else "web"
        return [record for sku in SKUS * 3 for record in try_to_decide(bare, order((sku, 2), channel=channel))]

    records = [record for each in together(8, decide) for record in each]
    audit = bare.check()
    assert (audit.clean, audit.held, sum(map(shipped_units, records))) == (True, 60, 60)
    assert bare.incidents == 0


def test_processes_that_compete_for_scarce_stock_break_no_floor_and_no_daily_limit(
    bare, server_url, redis_client, network
):
    bare.load(scarce(12))
    activate(
        bare,
        "when: {node.id: lyon}, then: {keep: 3}",
        "when: {node.id: paris}, then: {protect: {channel: app, units: 4}}",
        "when: {node.id: lille}, then: {daily_orders: 6}",
    )
    workers = [ForkedScript(WORKER, server_url, network, seed, 15) for seed in range(4)]
    assert [worker.stdout.readline() for worker in workers] == ["ready\n"] * 4
    for worker in workers:
        worker.stdin.write("\n")
        worker.stdin.flush()
    assert [worker.end() for worker in workers] == [0] * 4
    audit = bare.check()
    assert audit.clean
    assert audit.held == audit.shipped > 0
    assert held_by_position(redis_client, network) == dict(replayed(Client(server_url), Keys(network)))
    assert int(redis_client.hget(f"{{{network}}}:load:2026-11-27", "lille")) == 6


def replayed(client, keys):
    """Units held by position according to the log; each decision is checked against the floors of its moment."""
    held = Counter()
    for entry in (entry for entry in entries(client, keys) if entry.kind == "decided"):
        claims = shipped_by_position([json_of(entry)])
        held.update(claims)
        for sku, name in claims:
            kept = {"lyon": 3, "paris": 0 if json_of(entry)["order"]["channel"] == "app" else 4}.get(name, 0)
            assert held[sku, name] <= 12 - kept, json_of(entry)
    client.close()
    return held


@pytest.mark.parametrize("units", [1, 3])
def test_where_the_floor_leaves_no_unit_nobody_gets_one(bare, opened, units):
    bare.load(inventory([node("lyon", LYON)], {"S0": {"lyon": units}}))
    activate(bare, "then: {keep: 3}")
    workers = [opened() for _ in range(4)]
    assert {answer["status"] for answer in together(4, lambda n: json_of(workers[n].decide(order(("S0", 1)))))} == {
        "unfilled"
    }
    assert bare.check().held == 0
