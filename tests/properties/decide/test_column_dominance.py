"""What is left out before a search, because another candidate dominates it, is in no best choice."""

from collections import Counter
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.sourcing.choose import choose
from engine.decide.sourcing.column_dominance import undominated
from engine.decide.sourcing.direct_choice import Columns
from engine.decide.sourcing.problem import Bounds, Candidate, Demand, Price, Problem
from engine.model.facts import OptionKey
from tests.support.examples import examples

NODES, SERVICES = "abc", "xy"
WAYS = [(node, service) for node in NODES for service in SERVICES]
MOST_UNITS = 3


@st.composite
def problems(draw):
    """Few costs, so that many are equal; and candidates that may ship one unit only."""
    skus = draw(st.lists(st.sampled_from("AB"), min_size=1, max_size=3))
    demands = [Demand(sku=sku, quantity=draw(st.integers(1, MOST_UNITS))) for sku in skus]
    supply = {(node, sku): draw(st.integers(0, 6)) for node in NODES for sku in "AB"}
    candidates = []
    for node, service in draw(st.lists(st.sampled_from(WAYS), min_size=4, unique=True).map(sorted)):
        able = [line for line, sku in enumerate(skus) if supply[node, sku] and draw(st.integers(0, 4))]
        prices = {line: Price(unless_needed=False, tier=5, money=draw(st.integers(0, 3))) for line in able}
        bounds = draw(st.sampled_from([None, None, None, Bounds(most_units=1)]))
        key = OptionKey(node=node, service=service)
        candidates.append(Candidate(key=key, fixed=draw(st.integers(0, 2)), prices=prices, bounds=bounds))
    return Problem(
        demands=demands,
        candidates=candidates,
        supply=supply,
        split_penalty=draw(st.integers(0, 2)),
        max_shipments=draw(st.sampled_from([None, 1, 2])),
        ship_complete=False,
        room={node: draw(st.sampled_from([1, 1, 1, 2])) for node in NODES if draw(st.integers(0, 3))},
    )


def columns_of(problem):
    ordered, able = Counter(), {line for item in problem.candidates for line in item.prices}
    for line in able:
        ordered[problem.demands[line].sku] += problem.demands[line].quantity
    entries = sorted((line, number) for number, item in enumerate(problem.candidates) for line in item.prices)
    lines = sorted(able)
    prices = [problem.candidates[number].prices[line] for line, number in entries]
    skus = [problem.demands[line].sku for line, _ in entries]
    nodes = [problem.candidates[number].key.node for _, number in entries]
    return Columns(
        quantity=np.array([problem.demands[line].quantity for line in lines]),
        fixed=np.array([item.fixed for item in problem.candidates]),
        split_penalty=problem.split_penalty,
        line=np.array([lines.index(line) for line, _ in entries]),
        candidate=np.array([number for _, number in entries]),
        everything=np.array([problem.supply[node, sku] >= ordered[sku] for node, sku in zip(nodes, skus, strict=True)]),
        unless_needed=np.array([price.unless_needed for price in prices]),
        tier=np.array([price.tier for price in prices]),
        money=np.array([price.money for price in prices]),
    )


@examples(200)
@given(problems())
def test_without_dominated_candidates_the_choice_is_the_same(problem):
    if not any(item.prices for item in problem.candidates):
        return
    nodes = [item.key.node for item in problem.candidates]
    count = Counter(nodes)
    kept = undominated(
        columns_of(problem),
        node=np.array([NODES.index(node) for node in nodes]),
        free=np.array([item.bounds is None for item in problem.candidates]),
        roomy=np.array([problem.room.get(node, len(WAYS)) >= count[node] for node in nodes]),
    )
    some = [item for item, stays in zip(problem.candidates, kept.tolist(), strict=True) if stays]
    assert choose(replace(problem, candidates=some)) == choose(problem)
