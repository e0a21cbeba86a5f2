"""Problems that are hard for the optimiser, each for a reason of its own, of up to 10 lines and 60 options."""

import random
from collections.abc import Callable

from engine.decide.sourcing.problem import Candidate, Demand, Price, Problem
from engine.model.facts import OptionKey

CENT = 10_000


def _problem(
    demands: list[Demand],
    nodes: int,
    *,
    services: int = 1,
    fixed: Callable[[int], int],
    money: Callable[[int, int], int],
    stock: Callable[[int, str], int],
    **limits: object,
) -> Problem:
    """`fixed` by candidate, `money` by candidate and line, both in cents; `stock` by node and SKU; `limits` of the
    order.
    """
    keys = [OptionKey(f"node-{node:02}", f"service-{service}") for node in range(nodes) for service in range(services)]
    return Problem(
        demands=demands,
        candidates=[
            Candidate(
                key=key,
                fixed=fixed(number) * CENT,
                prices={
                    line: Price(unless_needed=0, tier=5, money=money(number, line) * CENT)
                    for line in range(len(demands))
                },
            )
            for number, key in enumerate(keys)
        ],
        supply={
            (f"node-{node:02}", sku): stock(node, sku)
            for node in range(nodes)
            for sku in sorted({demand.sku for demand in demands})
        },
        **limits,
    )


def together_lines() -> Problem:
    """Eight lines of one SKU kept together, ten nodes."""
    rng = random.Random(1)
    return _problem(
        [Demand(sku="mug", quantity=2 + line % 3, together=True) for line in range(8)],
        10,
        fixed=lambda _: rng.randint(300, 900),
        money=lambda *_: rng.randint(0, 200),
        stock=lambda *_: rng.randint(3, 6),
    )


def together_lines_at_equal_prices() -> Problem:
    """Ten lines of one SKU kept together, thirty nodes that cost the same and have stock for one or two lines."""
    return _problem(
        [Demand(sku="mug", quantity=3 + line % 4, together=True) for line in range(10)],
        30,
        fixed=lambda _: 490,
        money=lambda *_: 0,
        stock=lambda node, _: 7 + node % 3,
    )


def together_lines_of_many_skus() -> Problem:
    rng = random.Random(2)
    return _problem(
        [Demand(sku=f"sku-{line % 5}", quantity=rng.randint(2, 6), together=True) for line in range(10)],
        30,
        services=2,
        fixed=lambda _: rng.randint(300, 900),
        money=lambda *_: rng.randint(0, 200),
        stock=lambda *_: rng.randint(0, 8),
    )


def few_shipments() -> Problem:
    """At most four shipments, where eight would be needed."""
    rng = random.Random(3)
    return _problem(
        [Demand(sku=f"sku-{line}", quantity=4) for line in range(10)],
        60,
        fixed=lambda _: rng.randint(300, 900),
        money=lambda *_: rng.randint(0, 200),
        stock=lambda *_: rng.choice([0, 0, 1, 2]),
        max_shipments=4,
    )


def complete_or_nothing() -> Problem:
    """The network has only just all units of an order that ships complete or not at all."""
    rng = random.Random(4)
    return _problem(
        [Demand(sku=f"sku-{line}", quantity=4) for line in range(10)],
        60,
        fixed=lambda _: rng.randint(300, 900),
        money=lambda *_: rng.randint(0, 200),
        stock=lambda node, sku: int((node + 7 * int(sku[4:])) % 13 == 0),
        ship_complete=True,
    )


def complete_but_for_one() -> Problem:
    """The same, but one unit of the last line is missing."""
    rng = random.Random(5)
    return _problem(
        [Demand(sku=f"sku-{line}", quantity=4) for line in range(10)],
        60,
        fixed=lambda _: rng.randint(300, 900),
        money=lambda *_: rng.randint(0, 200),
        stock=lambda node, sku: int((node + 7 * int(sku[4:])) % 13 == 0) if sku != "sku-9" else int(node < 3),
        ship_complete=True,
    )


def little_room() -> Problem:
    """Room for one shipment a node, three services each."""
    rng = random.Random(6)
    return _problem(
        [Demand(sku=f"sku-{line}", quantity=rng.randint(1, 4)) for line in range(10)],
        20,
        services=3,
        fixed=lambda _: rng.randint(300, 900),
        money=lambda *_: rng.randint(0, 400),
        stock=lambda *_: rng.randint(0, 4),
        room={f"node-{node:02}": 1 for node in range(20)},
    )


def one_sku_on_ten_lines() -> Problem:
    """Ten lines of one SKU, each at prices of its own, and too little stock for all."""
    rng = random.Random(7)
    return _problem(
        [Demand(sku="mug", quantity=rng.randint(1, 5)) for _ in range(10)],
        30,
        services=2,
        fixed=lambda _: rng.randint(300, 900),
        money=lambda *_: rng.randint(0, 400),
        stock=lambda *_: rng.choice([0, 0, 1, 1]),
    )


def scattered_units() -> Problem:
    """Three lines, and a unit of each at some of forty nodes."""
    rng = random.Random(8)
    return _problem(
        [Demand(sku=f"sku-{line}", quantity=6) for line in range(3)],
        40,
        fixed=lambda _: rng.randint(300, 900),
        money=lambda *_: rng.randint(0, 200),
        stock=lambda *_: int(rng.random() < 0.5),
    )


def scattered_units_of_ten_skus() -> Problem:
    rng = random.Random(9)
    return _problem(
        [Demand(sku=f"sku-{line}", quantity=3) for line in range(10)],
        40,
        fixed=lambda _: rng.randint(300, 900),
        money=lambda *_: rng.randint(0, 200),
        stock=lambda *_: int(rng.random() < 0.3),
    )


def equal_prices() -> Problem:
    """Ten lines, sixty nodes that cost the same, each with a few of the lines."""
    rng = random.Random(10)
    return _problem(
        [Demand(sku=f"sku-{line}", quantity=1) for line in range(10)],
        60,
        fixed=lambda _: 490,
        money=lambda *_: 0,
        stock=lambda *_: int(rng.random() < 0.25),
    )


def equal_prices_and_scarce_stock() -> Problem:
    rng = random.Random(11)
    return _problem(
        [Demand(sku=f"sku-{line}", quantity=3) for line in range(10)],
        60,
        fixed=lambda _: 490,
        money=lambda *_: 0,
        stock=lambda *_: rng.choice([0, 0, 0, 1, 2]),
    )


def equal_prices_and_two_services() -> Problem:
    """A unit of each of five SKUs at thirty nodes, by either of two services at the same price."""
    return _problem(
        [Demand(sku=f"sku-{line}", quantity=5) for line in range(5)],
        30,
        services=2,
        fixed=lambda _: 490,
        money=lambda *_: 0,
        stock=lambda *_: 1,
    )


def everything_at_once() -> Problem:
    rng = random.Random(12)
    return _problem(
        [Demand(sku=f"sku-{line % 6}", quantity=rng.randint(1, 5), together=line % 3 == 0) for line in range(10)],
        20,
        services=3,
        fixed=lambda _: rng.choice([390, 490, 590]),
        money=lambda *_: rng.choice([0, 50, 100]),
        stock=lambda *_: rng.choice([0, 1, 2, 3, 5]),
        max_shipments=4,
        room={f"node-{node:02}": node % 3 for node in range(0, 20, 2)},
        split_penalty=100 * CENT,
    )


def together_lines_of_many_units() -> Problem:
    """Ten lines of one SKU kept together, thirty nodes of which each has stock for one to three of them."""
    handling = [
        287,
        455,
        402,
        591,
        257,
        355,
        186,
        594,
        580,
        372,
        588,
        507,
        493,
        248,
        271,
        156,
        172,
        456,
        372,
        88,
        560,
        443,
        108,
        460,
        448,
        231,
        306,
        319,
        398,
        163,
    ]
    per_unit = [
        120,
        72,
        116,
        58,
        146,
        87,
        148,
        93,
        90,
        196,
        52,
        15,
        79,
        126,
        47,
        116,
        128,
        54,
        47,
        83,
        63,
        174,
        60,
        93,
        57,
        72,
        88,
        13,
        187,
        53,
    ]
    stock = [
        66,
        49,
        42,
        87,
        70,
        89,
        74,
        42,
        58,
        76,
        67,
        27,
        30,
        88,
        78,
        82,
        22,
        42,
        54,
        86,
        73,
        83,
        48,
        69,
        84,
        82,
        64,
        71,
        81,
        42,
    ]
    return _problem(
        [Demand(sku="mug", quantity=units, together=True) for units in (34, 43, 26, 51, 25, 30, 45, 59, 28, 28)],
        30,
        services=2,
        fixed=lambda number: handling[number // 2] + 490 * (number % 2),
        money=lambda number, _: per_unit[number // 2],
        stock=lambda node, _: stock[node],
    )


PROBLEMS = (
    together_lines,
    together_lines_at_equal_prices,
    together_lines_of_many_skus,
    together_lines_of_many_units,
    few_shipments,
    complete_or_nothing,
    complete_but_for_one,
    little_room,
    one_sku_on_ten_lines,
    scattered_units,
    scattered_units_of_ten_skus,
    equal_prices,
    equal_prices_and_scarce_stock,
    equal_prices_and_two_services,
    everything_at_once,
)


def facility_location() -> Problem:
    """Fifty lines of one SKU, sixteen nodes of limited capacity, costs by distance."""
    rng = random.Random(0)
    demands = [Demand(sku="mug", quantity=rng.randint(10, 200)) for _ in range(50)]
    places = [(rng.randint(0, 1_000), rng.randint(0, 1_000)) for _ in range(66)]
    units = sum(demand.quantity for demand in demands)
    return _problem(
        demands,
        16,
        fixed=lambda _: rng.randint(5_000, 12_000),
        money=lambda node, line: sum(abs(a - b) for a, b in zip(places[50 + node], places[line], strict=True)) // 5,
        stock=lambda *_: units * rng.randint(10, 20) // 100,
    )


def scarce_stock(lines: int) -> Problem:
    """A hundred nodes with two services, each with few of the lines."""
    rng = random.Random(0)
    return _problem(
        [Demand(sku=f"sku-{line}", quantity=rng.randint(1, 6)) for line in range(lines)],
        100,
        services=2,
        fixed=lambda _: rng.randint(300, 1_300),
        money=lambda *_: rng.randint(0, 200),
        stock=lambda *_: rng.choice([0, 0, 0, 0, 1, 1, 2, 3]),
        split_penalty=100 * CENT,
    )


def many_nodes(seed: int, *, max_shipments: int | None, lines: int = 20, stores: int = 2_000) -> Problem:
    """Four warehouses with a few units, and stores with up to three of some lines; a quarter are `unless_needed`."""
    rng = random.Random(seed)
    demands = [Demand(sku=f"sku-{line}", quantity=rng.choice([1, 2, 3, 4, 5, 6, 8, 10])) for line in range(lines)]
    weights = [rng.randint(100, 5_000) for _ in demands]
    candidates, supply = [], {}
    for number in range(4 + stores):
        name, is_store, distance = f"node-{number:04}", number >= 4, rng.randint(5, 900)
        unless_needed = int(is_store and rng.random() < 0.25)
        for line in range(lines):
            in_store = rng.choice([1, 1, 2, 3]) if rng.random() < 0.3 else 0
            supply[name, f"sku-{line}"] = in_store if is_store else rng.choice([0, 2, 4, 8])
        for service, base, per_kilometre in (("parcel", 490, 3), ("express", 890, 6)):
            prices = {
                line: Price(unless_needed=unless_needed, tier=5, money=weight * (20 + distance // 140) + 100_000)
                for line, weight in enumerate(weights)
            }
            fixed = (base + 120) * CENT + distance * per_kilometre * 1_000
            candidates.append(Candidate(key=OptionKey(name, service), fixed=fixed, prices=prices))
    return Problem(
        demands=demands,
        candidates=candidates,
        supply=supply,
        split_penalty=200 * CENT,
        max_shipments=max_shipments,
    )
