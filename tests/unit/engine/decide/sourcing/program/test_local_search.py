"""What each step of the local search costs, and that it never ends with a dearer choice than it began with."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.sourcing.program.local_search import NEVER, LocalSearch, Worth
from engine.decide.sourcing.program.model import Model
from tests.bench.random_problems import plain
from tests.support.examples import examples

seeds = st.integers(0, 10**6)


def search(seed, *, services=1, nodes=8, is_one_sku=False, units=None):
    """`units`: of the first line."""
    problem = plain(seed, lines=4, nodes=nodes, services=services)
    if units is not None:
        problem = replace(problem, demands=[replace(problem.demands[0], quantity=units), *problem.demands[1:]])
    if is_one_sku:
        problem = replace(problem, demands=[replace(each, sku=problem.demands[0].sku) for each in problem.demands])
    model = Model(problem)
    everything = np.ones(len(model.placements.lot), dtype=bool)
    return model, LocalSearch(model, everything, Worth.above_money(model), lambda _: False)


def value(model, opened):
    """What it costs to open these, one line and one unit after another."""
    worth, placements, total = Worth.above_money(model), model.placements, int(model.opening[opened].sum())
    for line, quantity in enumerate(model.quantity.tolist()):
        cheapest = {}
        for row in np.flatnonzero((placements.line == line) & np.isin(placements.candidate, opened)).tolist():
            cost = int(placements.money[row] + worth.tier * placements.tiers[row])
            cost += int(worth.unless_needed * placements.unless_needed[row])
            stock = int(placements.stock[row])
            cheapest[stock] = min(cheapest.get(stock, (NEVER, 0)), (cost, int(placements.most[row])))
        units = [cost for cost, most in cheapest.values() for _ in range(most)]
        total += sum(sorted([*units, *[worth.unit] * quantity])[:quantity])
    return total


@examples(20)
@given(seeds, st.sets(st.integers(0, 7), max_size=4), st.sampled_from([None, 300]))
def test_a_step_costs_what_the_choice_then_costs_more(seed, opened, units):
    model, local = search(seed, units=units)
    number = len(model.keys)
    opened = sorted(each for each in opened if each < number)
    before, changes = local.steps_from(np.isin(np.arange(number), opened))
    assert before == value(model, opened)
    for dropped, added in np.argwhere(changes < NEVER).tolist():
        left = [each for each in opened if not dropped or each != opened[dropped - 1]]
        assert before + changes[dropped, added] == value(model, left + [added] * (added < number))


@examples(30)
@given(seeds, st.sampled_from([1, 8]), st.booleans(), st.sets(st.integers(0, 15)))
def test_of_two_services_of_a_node_the_cheaper_one_ships_each_line(seed, nodes, is_one_sku, opened):
    model, local = search(seed, services=2, nodes=nodes, is_one_sku=is_one_sku)
    number = len(model.keys)
    opened = sorted(each for each in opened if each < number)
    before, changes = local.steps_from(np.isin(np.arange(number), opened))
    assert before == value(model, opened)
    # a cheaper service is not said to ship more of a line than the dearer one does
    for added in np.flatnonzero(changes[0, :number] < NEVER).tolist():
        assert before + changes[0, added] >= value(model, [*opened, added])


@examples(10)
@given(seeds, st.integers(0, 10), st.sampled_from([1, 2]))
def test_what_is_found_is_never_dearer_than_the_start_and_no_single_step_makes_it_cheaper(seed, patience, services):
    model, local = search(seed, services=services)
    opened = local.improve(np.array([0], dtype=np.int64), patience)
    assert value(model, opened.tolist()) <= value(model, [0])
    value_at_end, changes = local.steps_from(np.isin(np.arange(len(model.keys)), opened))
    assert value_at_end == value(model, opened.tolist())
    assert changes.min() >= 0


@pytest.mark.parametrize(("left", "same"), [(0, True), (10**6, False)])
def test_it_stops_when_the_work_is_used_up(left, same):
    model = Model(plain(1, lines=4, nodes=8, services=1))
    everything = np.ones(len(model.placements.lot), dtype=bool)
    counted = []

    def spend(work):
        counted.append(work)
        return sum(counted) > left

    local = LocalSearch(model, everything, Worth.above_money(model), spend)
    assert (local.improve(np.array([0]), 5).tolist() == [0]) == same
