"""How long it takes to learn the prices of an assortment.

`python -m tests.bench.lookahead.assortment [SKUS] [PROCESSES]`.

The network is that of the example, 68 places. Each product is at three to twelve of them, as if dealt out. Of each ten
products, one order a day for 28 days goes to one of the example's cities, by their people; a third of the orders ask
for two products, and a tenth for three. Half of the products are short: there is as much as is expected to be ordered.
What is counted is the time that passes and the processor time of all processes, from expected orders to prices; reading
the log and the stock is not in it.
"""

import dataclasses
import os
import random
import sys
import time

import numpy as np

from engine.decide.shipping.ways import Ways
from engine.lookahead.expected_orders import MILLIS, Basket, BasketLine, ExpectedOrders
from engine.lookahead.network_costs import NetworkCosts
from engine.lookahead.price_rounds import SkuPrices, merged, solve_in_rounds
from engine.lookahead.regions import Regions
from engine.lookahead.solving import SolvingProcesses
from tests.bench import option_sets

SKUS, DAYS, A_DAY = 5_000, 28, 10
_SEED = 20261129


def expected(skus: int) -> ExpectedOrders:
    dice = random.Random(_SEED)
    inventory = option_sets.inventory()
    models = list(inventory.products.values())
    products = {f"A-{n}": dataclasses.replace(models[n % len(models)], sku=f"A-{n}") for n in range(skus)}
    regions = Regions(inventory.network)
    orders = option_sets.orders(option_sets.lines_of_the_day())
    goals = [regions.note(order, None) for order in orders if order.place is not None]
    names, ways = list(products), Ways(inventory.network)
    baskets, asked = [], dict.fromkeys(names, 0)
    for _ in range(skus * DAYS // A_DAY):
        chosen = dice.sample(names, dice.choices((1, 2, 3), (17, 10, 3))[0])
        for sku in chosen:
            asked[sku] += 1
        lines = tuple(BasketLine(sku, 1) for sku in sorted(chosen))
        baskets.append(Basket(region=dice.choice(goals), lines=lines, orders=MILLIS))
    supply = {}
    for number, sku in enumerate(names):
        column = np.zeros(len(ways.nodes), dtype=np.int64)
        places = dice.sample(range(len(ways.nodes)), dice.randint(3, 12))
        for unit in range(max(len(places), asked[sku] * (1 if number % 2 else 3))):
            column[places[unit % len(places)]] += 1
        supply[sku] = column
    return ExpectedOrders(baskets=merged(baskets), supply=supply, costs=NetworkCosts(ways, products, regions.all()))


def main() -> None:
    skus = int(sys.argv[1]) if len(sys.argv) > 1 else SKUS
    processes = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    orders = expected(skus)
    prices = SkuPrices(orders)
    started, used = time.perf_counter(), sum(os.times()[:4])
    with SolvingProcesses(orders, prices, processes=processes, skus=skus) as solve:
        solved = solve_in_rounds(prices, solve)
    passed, processor = time.perf_counter() - started, sum(os.times()[:4]) - used
    priced = sum(any(item.price for item in nodes.values()) for nodes in solved.values())
    print(
        f"{skus:,} SKUs, {len(orders.baskets):,} kinds of orders, {processes} processes: {passed:.1f} s,"
        f" {processor:.1f} s of processor; {priced:,} SKUs have prices"
    )


if __name__ == "__main__":
    main()
