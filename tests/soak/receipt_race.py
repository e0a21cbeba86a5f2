"""`python -m tests.soak.receipt_race`: threads sell on receipts while these arrive in parts and orders are cancelled.

Afterwards no receipt may be promised beyond what is to come of it, nothing held that is not there, and the ledger must
agree with its log. The short version is in tests/store/flows/test_orders_on_receipts.py.
"""

import random
import sys
import tempfile
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from engine.errors import PointsmanError
from engine.orders.cancellation.plan import CancelRequest
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.flows.receipts import Announcement, Delivery
from tests.support.decision_json import json_of
from tests.support.facts import HOUR, LYON, NOW, inventory, node, order, policy_file

RECEIPTS, THREADS = 3, 8
RULE = "then: {promise_from: confirmed, haircut: 10%}"


def sell(shop: Pointsman, seed: int, orders: int) -> None:
    """So many orders; after some of them an older one is cancelled, a receipt arrives in part, or grows."""
    chance, placed = random.Random(seed), deque[str](maxlen=20)
    for number in range(orders):
        decided = json_of(shop.decide(order(("A", chance.randint(1, 5)))))
        placed.append(decided["order"]["id"])
        name, what = f"PO-{chance.randint(1, RECEIPTS)}", chance.random()
        try:
            if what < 0.4:  # of all orders
                shop.cancellations.cancel(CancelRequest(order=chance.choice(placed)))
            elif what < 0.6:
                shop.flows.inbound.receive(name, Delivery(units=chance.randint(1, 4)))
            elif what < 0.7:
                announce(shop, name, quantity=1_000 * (number + 2), sequence=number + 2)
        except PointsmanError:
            continue


def announce(shop: Pointsman, name: str, *, quantity: int, sequence: int) -> None:
    shop.flows.inbound.announce(
        Announcement(
            id=name,
            source="purchase_order",
            node="lyon",
            sku="A",
            quantity=quantity,
            expected_at=NOW + int(name[-1]) * 24 * HOUR,
            status="confirmed",
            sequence=sequence,
        )
    )


@click.command()
@click.option("--orders", default=2_000, show_default=True)
def main(orders: int) -> None:
    """Sell ORDERS orders on three receipts, and check what was promised."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as data:
        settings = Settings(data=Path(data), network="receipts")
        with Pointsman(settings, clock=lambda: float(NOW)) as shop:
            shop.load(inventory([node("lyon", LYON)], {"A": {"lyon": 5}}))
            shop.activate(shop.publish(policy_file(RULE), who="soak", note="").version, who="soak", note="")
            for number in range(1, RECEIPTS + 1):
                announce(shop, f"PO-{number}", quantity=100, sequence=1)
            with ThreadPoolExecutor(THREADS) as pool:
                for done in [pool.submit(sell, shop, seed, orders // THREADS) for seed in range(THREADS)]:
                    done.result()
            coming = shop.flows.inbound.coming("A").get("lyon", [])
            position = shop.stock.show("A").nodes[0].position
            wrong = [item.id for item in coming if not 0 <= item.promised <= item.to_come]
            clean = shop.check().clean and position.held <= max(0, position.on_hand)
            click.echo(
                f"{orders:,} orders: receipts promised beyond what comes: {wrong or 'none'}; ledger clean: {clean}"
            )
    sys.exit(bool(wrong) or not clean)


if __name__ == "__main__":
    main()
