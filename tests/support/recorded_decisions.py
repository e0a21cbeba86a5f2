"""Decides a whole day of orders with fixed ids and a fixed clock, and digests the bytes of every decision."""

import hashlib
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import orjson

from api.files.inventory_folder import load_inventory
from api.files.orders import read_orders
from api.files.policies import policy_files
from engine.audit.comparison.former_form import former_decision
from engine.service import Pointsman
from engine.settings import Settings

ORDERS_PER_DIGEST = 1_000
NOT_RECORDED = ("schema",)
"""Keys of a decision that were added after the digests were taken."""


class OrderClock:
    """Shows the instant at which the order being decided was placed."""

    now = 0

    def __call__(self) -> float:
        return float(self.now)


def decide_day(network_folder: Path, policies: Path, settings: Settings, *, most: int | None = None) -> Iterator[bytes]:
    """The canonical bytes of each decision of the folder's orders (the first `most`), in their order, in the form of
    schema 1; each holds its stock.
    """
    clock = OrderClock()
    numbers = itertools.count(1)
    orders = read_orders(network_folder / "orders.ndjson", max_lines=settings.max_lines)[:most]
    with Pointsman(settings, clock=clock, new_id=lambda: f"{next(numbers):032x}") as pointsman:
        clock.now = orders[0].placed_at
        pointsman.load(load_inventory(network_folder))
        published = pointsman.publish(policy_files(policies), who="tests", note="")
        pointsman.activate(published.version, who="tests", note="")
        for order in orders:
            clock.now = order.placed_at
            answer = pointsman.decide(order, now=order.placed_at)
            record = former_decision(json.loads(answer.body), json.loads(answer.facts))
            recorded = {name: value for name, value in record.items() if name not in NOT_RECORDED}
            yield orjson.dumps(recorded, option=orjson.OPT_SORT_KEYS)
        assert pointsman.incidents == 0


def digests(decisions: Iterator[bytes]) -> list[str]:
    """After every thousand decisions and after the last: the SHA-256 of all of them so far, each with a line end."""
    digest = hashlib.sha256()
    recorded = []
    count = 0
    for count, decision in enumerate(decisions, start=1):
        digest.update(decision + b"\n")
        if count % ORDERS_PER_DIGEST == 0:
            recorded.append(digest.hexdigest())
    if count % ORDERS_PER_DIGEST:
        recorded.append(digest.hexdigest())
    return recorded
