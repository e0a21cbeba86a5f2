"""Random problems for the optimiser, made from a seed: small ones with every constraint in play, or plain ones of a
given size.
"""

import random
from dataclasses import replace

from engine.decide.sourcing.problem import Bounds, Candidate, Capacity, Demand, Price, Problem, SkuCap
from engine.model.facts import OptionKey
from tests.bench.preference import NO_PREFERENCE, Preference

CENT = 10_000
SERVICES = ("bike", "express", "parcel", "truck")

HARD = {
    "9 lines of one SKU, each at prices of its own": 1135,
    "4 lines of one SKU, 4 shipments at most": 1930,
    "10 lines of 7 SKUs, 2 shipments at most": 62,
    "9 lines, 7 of them kept together, 3 shipments at most": 525,
    "9 lines of 4 SKUs, 4 shipments at most": 563,
    "8 lines, 4 services that share a node's stock": 247,
    "9 lines of 3 SKUs, 3 of them kept together": 1763,
    "8 lines of one SKU, all or nothing": 1722,
    "10 lines of one SKU, 8 of them kept together": 1830,
}
"""Seeds that were among the hardest of 2,000, with up to 10 lines and 60 options, by what makes them hard."""


def hard(name: str) -> Problem:
    return wide(HARD[name])


def wide(seed: int) -> Problem:
    """Every constraint in play, at any size for which a choice is always proven."""
    return constrained(seed, most_lines=10, most_options=60)


def constrained(seed: int, *, most_lines: int = 6, most_options: int = 30) -> Problem:
    """1 to 6 lines, 2 to 30 options: hard and `unless_needed` exclusions, tiers, max_shipments, split_penalty,
    lines kept together, ship_complete, room for a few shipments, a SKU on several lines, stock that must be split.
    """
    rng = random.Random(seed)
    demands = _demands(rng, rng.randint(1, most_lines))
    keys = _keys(rng, rng.randint(2, most_options))
    nodes = sorted({node for node, *_ in keys})
    money = _money(rng)
    share_unless_needed, tiers = rng.choice([0, 0, 0.2, 0.6]), rng.choice([(5,), (5,), (5, 5, 5, 4, 6), (1, 5, 9)])
    excluded = rng.choice([0, 0.1, 0.5])

    def price() -> Price:
        return Price(
            unless_needed=int(rng.random() < share_unless_needed), tier=rng.choice(tiers), money=rng.randint(*money)
        )

    return Problem(
        demands=demands,
        candidates=[
            Candidate(key=key, fixed=_fixed(rng), prices=_prices(rng, demands, price, excluded)) for key in keys
        ],
        supply=_supply(rng, nodes, demands),
        split_penalty=rng.choice([0, 0, 50, 300, 1_500]) * CENT,
        max_shipments=rng.choice([None, None, 1, 2, 3, 4]),
        ship_complete=rng.random() < 0.2,
        room={node: rng.randint(0, 2) for node in nodes if rng.random() < 0.2},
    )


def weighed(seed: int) -> Problem:
    """As `constrained`, or one time in three as `coupled`, but units weigh something, and services take so much at
    most, price by bands of weight with gaps and minimum charges, or are bounded in units.
    """
    rng = random.Random(-seed - 1)
    return _weighed(rng, constrained(seed, most_options=12) if seed % 3 else coupled(seed, most_options=12))


def _weighed(rng: random.Random, problem: Problem) -> Problem:
    weights = {demand.sku: rng.choice([0, 100, 250, 1_000, 3_000, rng.randint(1, 5_000)]) for demand in problem.demands}
    demands = [replace(demand, weight=weights[demand.sku]) for demand in problem.demands]
    total = sum(demand.weight * demand.quantity for demand in demands)
    of_service = {service: _bands(rng, max(1, total)) for service in SERVICES}
    candidates = [
        replace(
            candidate,
            key=candidate.key._replace(band=number),
            fixed=candidate.fixed + extra,
            bounds=bounds,
            prices={
                line: replace(price, money=price.money + per_kg * demands[line].weight // 1_000)
                for line, price in candidate.prices.items()
            },
        )
        for candidate in problem.candidates
        for number, (bounds, extra, per_kg) in enumerate(of_service[candidate.key.service])
    ]
    return replace(problem, demands=demands, candidates=candidates)


def everything(seed: int) -> tuple[Problem, Preference]:
    """As `weighed`, always with multiples, sets or capacities as well, and often with a preference for few shipments;
    one time in three with more options.
    """
    rng = random.Random(-seed - 2)
    problem = _weighed(rng, coupled(seed, most_options=rng.choice([8, 12, 20])))
    limit = rng.choice([None, None, 0, 1, 1, 2, 3])
    return problem, Preference(limit=limit, fewest=rng.random() < 0.3)


def capped(seed: int) -> tuple[Problem, Preference]:
    """As `constrained`, `coupled`, `weighed` or `everything`, with a cap or two on what nodes ship of some SKUs."""
    rng = random.Random(-seed - 3)
    kind = rng.choice([constrained, coupled, weighed, everything])
    problem, preference = (kind(seed), NO_PREFERENCE) if kind is not everything else everything(seed)
    return replace(problem, caps=_caps(rng, problem)), preference


def _caps(rng: random.Random, problem: Problem) -> list[SkuCap]:
    """For some SKUs, caps on all nodes or on some, the lower on some of the nodes of the higher."""
    caps = []
    for sku in sorted({demand.sku for demand in problem.demands}):
        nodes = sorted({candidate.key.node for candidate in problem.candidates})
        most = rng.randint(0, sum(demand.quantity for demand in problem.demands if demand.sku == sku) + 2)
        for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
            if nodes and rng.random() < 0.6:
                nodes = rng.sample(nodes, rng.randint(1, len(nodes)))
            caps.append(SkuCap(sku=sku, nodes=frozenset(nodes), most=most))
            most = rng.randint(0, most)
    return caps


def _bands(rng: random.Random, total: int) -> list[tuple[Bounds | None, int, int]]:
    """Bounds with what they add to the price of a shipment and of a kilogram."""
    kind = rng.choice(["none", "most", "bands", "bands", "bands", "units"])
    if kind == "none":
        return [(None, 0, 0)]
    if kind == "most":
        return [(Bounds(most_weight=rng.randint(0, total)), 0, 0)]
    cuts = sorted({rng.randint(1, total) for _ in range(rng.randint(1, 3))} | {rng.choice([total, 2 * total])})
    bands, above, price = [], 0, 0
    for cut in cuts:
        price += rng.choice([0, 50, 200, 700]) * CENT
        bounds = Bounds(least_weight=above + 1, most_weight=cut)
        if kind == "units":
            bounds = Bounds(least_units=rng.randint(0, 2), most_units=rng.randint(1, 6), most_weight=cut)
        if rng.random() < 0.85:  # otherwise a gap
            bands.append((bounds, price, rng.choice([0, 0, 30, 100]) * CENT))
        above = cut
    return bands[:1] if kind == "units" else bands


def coupled(seed: int, *, most_lines: int = 6, most_options: int = 30) -> Problem:
    """As `constrained`, with multiples, sets and capacities of nodes, one of them, two or all."""
    rng = random.Random(-seed - 1)
    problem = constrained(seed, most_lines=most_lines, most_options=most_options)
    nodes = sorted({candidate.key.node for candidate in problem.candidates})
    kinds = rng.choice([(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (0, 1, 1), (1, 1, 1)])
    weights = {sku: rng.choice([0, 100, 250, 1_000]) for sku in sorted({demand.sku for demand in problem.demands})}
    demands = [replace(demand, weight=weights[demand.sku]) for demand in problem.demands]
    if kinds[1]:
        names = rng.choice([("a",), ("a", "b"), ("a", None), ("a", "b", None)])
        demands = [replace(demand, set_name=rng.choice(names)) for demand in demands]
    multiples, capacity = {}, {}
    if kinds[0]:
        sizes = rng.choice([(2,), (3,), (1, 2), (1, 2, 3), (2, 4)])
        by_line = [rng.choice(sizes) for _ in demands]
        by_node = [rng.choice(sizes) for _ in nodes]
        is_by_line = rng.random() < 0.6
        multiples = {
            (node, line): multiple
            for place, node in enumerate(nodes)
            for line in range(len(demands))
            if (multiple := by_line[line] if is_by_line else by_node[place]) > 1
        }
    if kinds[2]:
        share = rng.choice([0.2, 0.6, 1.0])
        capacity = {
            node: Capacity(
                units=rng.choice([None, rng.randint(0, 8)]), weight=rng.choice([None, rng.randint(0, 40) * 100])
            )
            for node in nodes
            if rng.random() < share
        }
    return replace(problem, demands=demands, capacity=capacity, multiples=multiples)


def _demands(rng: random.Random, lines: int) -> list[Demand]:
    skus = [f"sku-{number}" for number in range(rng.choice([lines, lines, max(1, lines // 2), 1]))]
    together = rng.choice([0, 0, 0.3, 0.8])
    return [
        Demand(sku=rng.choice(skus), quantity=rng.choice([1, 1, 2, 3, 5, 8]), together=rng.random() < together)
        for _ in range(lines)
    ]


def _keys(rng: random.Random, options: int) -> list[OptionKey]:
    services = SERVICES[: rng.randint(1, len(SERVICES))]
    every = [OptionKey(f"node-{number:02}", service) for number in range(options) for service in services]
    return sorted(rng.sample(every[: max(options, len(every) // 2)], options))


def _money(rng: random.Random) -> tuple[int, int]:
    """The range of a unit's money in micros: of a few values, so that there are ties, or of many; some below zero."""
    return rng.choice([(0, 0), (0, 2), (0, 3_000_000), (-4_000_000, 4_000_000)])


def _fixed(rng: random.Random) -> int:
    return rng.choice([0, 390, 490, rng.randint(200, 1_500)]) * CENT


def _prices(rng, demands, price, excluded) -> dict[int, Price]:
    """Lines of one SKU cost the same on a candidate, except for one line in four."""
    by_sku = {demand.sku: price() for demand in demands}
    return {
        index: by_sku[demand.sku] if rng.random() < 0.75 else price()
        for index, demand in enumerate(demands)
        if rng.random() >= excluded
    }


def _supply(rng: random.Random, nodes: list[str], demands: list[Demand]) -> dict[tuple[str, str], int]:
    stocks = rng.choice([(0, 1, 2), (0, 0, 1), (0, 2, 4, 8), (5, 10, 20)])
    return {(node, sku): rng.choice(stocks) for node in nodes for sku in sorted({demand.sku for demand in demands})}


def plain(seed: int, *, lines: int, nodes: int, services: int) -> Problem:
    """Each line of a SKU of its own, 0 to 8 units of it at each node; shipments at 3 to 13 EUR, units at up to 4."""
    rng = random.Random(seed)
    demands = [Demand(sku=f"sku-{number}", quantity=rng.randint(1, 5)) for number in range(lines)]
    names = [f"node-{number:04}" for number in range(nodes)]
    return Problem(
        demands=demands,
        candidates=[
            Candidate(
                key=OptionKey(name, service),
                fixed=rng.randint(300, 1_300) * CENT,
                prices={
                    index: Price(unless_needed=0, tier=5, money=rng.randint(0, 4_000_000)) for index in range(lines)
                },
            )
            for name in names
            for service in SERVICES[:services]
        ],
        supply={(name, demand.sku): rng.randint(0, 8) for name in names for demand in demands},
        split_penalty=rng.choice([0, 100]) * CENT,
    )
