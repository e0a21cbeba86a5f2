"""What is solved in pieces, elsewhere, is what one process solves."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.lookahead import solving
from engine.lookahead.price_rounds import NodePrice, SkuPrices, merged, solve_here, solve_in_rounds
from engine.lookahead.solving import SolvingWork, solve_on
from engine.parallel.processes import Alone
from tests.support.examples import examples
from tests.support.expected_orders import basket, expected

NAMES = [f"S{number:02}" for number in range(20)]


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch):
    monkeypatch.setattr(solving, "_AT_ONCE", 2)


class TwoThatAreSentEverything:
    """Two solvers that are given tasks in turns, some of them twice, as on a cluster whose workers die: what they are
    given and what they answer is pickled.
    """

    def __init__(self, work):
        self._ones = [Alone(pickle.loads(pickle.dumps(work)), None) for _ in range(2)]

    def each(self, tasks):
        for number, task in enumerate(tasks):
            sent = pickle.dumps(task)
            done = [next(iter(one.each([pickle.loads(sent)]))) for one in self._ones[: 1 + number % 2]]
            assert all(answer == done[0] for answer in done)
            yield pickle.loads(pickle.dumps(done[-1]))


@examples(30)
@given(st.data())
def test_whoever_solves_which_skus_and_however_often_the_prices_are_the_same(data):
    """Also where prices of other SKUs were known before, as when some are learnt anew."""
    pairs = st.tuples(st.sampled_from(["north", "south"]), st.sampled_from(NAMES), st.sampled_from(NAMES))
    drawn = data.draw(st.lists(pairs, min_size=10, max_size=40))
    baskets = merged(basket(region, *sorted({one, other}), orders=2) for region, one, other in drawn)
    orders = expected(baskets, dict.fromkeys(NAMES, (2, 1)), unit={"north": (1, 5), "south": (9, 2)}, fixed=(6, 8))
    known = {name: {1: NodePrice(data.draw(st.integers(0, 9)), "north", 0)} for name in NAMES[:5]}
    due = [sku for sku in SkuPrices(orders).skus if sku not in known]
    here, elsewhere = SkuPrices(orders), SkuPrices(orders)
    for prices in (here, elsewhere):
        prices.note(known)
    pool = TwoThatAreSentEverything(SolvingWork(expected=orders))
    assert solve_in_rounds(elsewhere, solve_on(pool, elsewhere), only=due) == solve_in_rounds(
        here, solve_here(here), only=due
    )
