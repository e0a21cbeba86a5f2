"""Which shipments are made where some have a price, a least size, or packs: the best of all that can be tried."""

import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.transfers.flow.market import FAR, Market
from engine.transfers.shipments import choose as module
from engine.transfers.shipments import leaving_out, program
from engine.transfers.shipments.assortment import ArticleMarket, Assortment, Terms
from engine.transfers.shipments.choose import choose, each_best
from engine.transfers.shipments.leaving_out import leave_out_what_does_not_pay
from tests.support.examples import examples
from tests.support.transfer_markets import market

SEEDS = st.integers(0, 10**9)


def small_market(dice):
    """Three places with at most four lanes between them."""
    made = market(dice, 3, most=4, room=9)
    kept = set(dice.sample([(a, b) for a in range(3) for b in range(3) if a != b], dice.randrange(1, 5)))
    closed = np.array([[(a, b) not in kept for b in range(3)] for a in range(3)])
    return Market(
        cost=np.where(closed, FAR, made.cost), movable=np.minimum(made.movable, 3), room=made.room, value=made.value
    )


def in_pairs(made):
    return Market(
        cost=np.where(made.cost < FAR, made.cost * 2, FAR),
        movable=made.movable // 2,
        room=made.room // 2,
        value=lambda place, k: made.value(place, 2 * k) + made.value(place, 2 * k + 1),
    )


def article(dice):
    made = small_market(dice)
    if dice.random() < 0.3:
        step = np.array([[dice.choice([1, 2]) for _ in range(3)] for _ in range(3)])
        units = dice.choice([1, 2])
        return ArticleMarket(
            market=made, places=range(3), units=units, step=step, coarse=in_pairs(made), coarse_packs=2
        )
    return ArticleMarket(market=made, places=range(3), units=dice.choice([1, 1, 3]))


def assortment(dice):
    pairs = [(a, b) for a in range(3) for b in range(3) if a != b and dice.random() < 0.6]
    terms = {pair: Terms(price=dice.choice([0, 10, 100, 500]), least=dice.choice([1, 1, 2, 4])) for pair in pairs}
    return Assortment(articles=[article(dice), article(dice)], terms=terms)


def possible_moves(item):
    """Every way to move an article."""
    made = item.market
    lanes = [(a, b) for a in range(3) for b in range(3) if made.cost[a, b] < FAR]
    counts = [range(0, int(made.movable[a]) + 1, item.steps((a, b))) for a, b in lanes]
    for packs in itertools.product(*counts):
        moves = {pair: count for pair, count in zip(lanes, packs, strict=True) if count}
        if item.allows(moves):
            yield moves


def best_worth(made):
    choices = itertools.product(*[list(possible_moves(item)) for item in made.articles])
    return max(made.worth(moves) for moves in choices if made.allows(moves))


@examples(150)
@given(seed=SEEDS)
def test_no_other_choice_gains_more(seed):
    made = assortment(random.Random(seed))
    choice = choose(made)
    assert made.allows(choice.moves)
    assert choice.worth == made.worth(choice.moves) == choice.bound == best_worth(made)


@given(seed=SEEDS)
def test_leaving_out_keeps_to_all_terms_and_bounds_what_could_be_better(seed):
    made = assortment(random.Random(seed))
    choice = leave_out_what_does_not_pay(made, each_best)
    assert made.allows(choice.moves)
    assert 0 <= choice.worth == made.worth(choice.moves) <= best_worth(made) <= choice.bound


def test_beyond_so_many_lanes_a_choice_says_what_it_could_lack(monkeypatch):
    monkeypatch.setattr(module, "MOST_PAIRS", 0)
    gaps = []
    for seed in range(60):
        made = assortment(random.Random(seed))
        choice = choose(made)
        best = best_worth(made)
        assert choice.worth <= best <= choice.worth + choice.gap
        gaps.append(choice.gap)
    assert any(gaps)


@given(seed=SEEDS)
def test_no_shipment_is_left_out_on_trial_unless_that_gains(seed):
    made = assortment(random.Random(seed))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leaving_out, "MOST_TRIES", 0)
        without = leave_out_what_does_not_pay(made, each_best)
    assert leave_out_what_does_not_pay(made, each_best).worth >= without.worth


def large_assortment(dice):
    """More places and articles than can be tried, whose shipments hardly pay."""
    articles = [ArticleMarket(market=market(dice, 6), places=range(6), units=1) for _ in range(8)]
    terms = {(a, b): Terms(price=dice.randrange(1, 60), least=3) for a in range(6) for b in range(6) if a != b}
    return Assortment(articles=articles, terms=terms)


@pytest.mark.parametrize("option", [("mip_max_nodes", 0), ("mip_max_improving_sols", 1)], ids=lambda pair: pair[0])
def test_a_program_that_stops_early_says_by_how_much_others_could_be_better(monkeypatch, option):
    gaps = []
    for seed in range(8):
        made = large_assortment(random.Random(seed))
        start = leave_out_what_does_not_pay(made, each_best)
        best = program.best_choice(made, start)
        assert best.gap == 0
        with monkeypatch.context() as patch:
            patch.setitem(program._OPTIONS, *option)
            early = program.best_choice(made, start)
        assert start.worth <= early.worth <= best.worth <= early.worth + early.gap
        gaps.append(early.gap)
    assert any(gaps)


def test_moves_that_break_a_pack_or_a_bound_are_no_choice():
    one, _ = two_places(falling(6), movable=2)
    pairs = ArticleMarket(market=one.market, places=range(2), units=1, step=np.full((2, 2), 2))
    assert pairs.allows({(0, 1): 2})
    assert not pairs.allows({(0, 1): 1})
    assert not one.allows({(0, 1): 3})
    assert not one.allows({(1, 0): 1})
    filled, terms = two_places(falling(6), least=3)
    assert Assortment(articles=[filled], terms=terms).allows([{(0, 1): 3}])
    assert not Assortment(articles=[filled], terms=terms).allows([{(0, 1): 2}])


def two_places(value, *, price=0, least=1, movable=9):
    cost = np.array([[FAR, 1], [FAR, FAR]])
    made = Market(cost=cost, movable=np.array([movable, 0]), room=np.array([0, 9]), value=value)
    return ArticleMarket(market=made, places=range(2), units=1), {(0, 1): Terms(price=price, least=least)}


def falling(*values):
    """What packs gain at place 1; at place 0 they are worth nothing."""
    return lambda place, k: values[k] if place == 1 and 0 <= k < len(values) else 0


def test_articles_share_the_price_of_a_shipment():
    one, terms = two_places(falling(6), price=9)
    assert choose(Assortment(articles=[one], terms=terms)).worth == 0
    both = choose(Assortment(articles=[one, one], terms=terms))
    assert (both.worth, both.gap, both.moves) == (2 * 5 - 9, 0, [{(0, 1): 1}, {(0, 1): 1}])


def test_a_shipment_is_filled_up_to_its_least_size_if_that_still_gains():
    one, terms = two_places(falling(6), least=3)
    assert choose(Assortment(articles=[one], terms=terms)).moves == [{(0, 1): 3}]
    one, terms = two_places(falling(3), least=4)
    assert choose(Assortment(articles=[one], terms=terms)).moves == [{}]


def test_nothing_to_choose_from_is_nothing_moved():
    assert choose(Assortment(articles=[], terms={(0, 1): Terms(price=1)})).moves == []
