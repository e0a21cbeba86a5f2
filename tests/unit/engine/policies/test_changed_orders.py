"""The pages of the orders that a trial changes have each of them once, the worst first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.records.trials import TrialOrdersRecord
from api.shapes.cursors import ChangedOrdersCursor
from engine.policies.changed_orders import changed_orders
from engine.policies.trial_figures import FIRST_FIGURE
from rules.gate import GATE_FIGURES
from tests.support.examples import examples

figures = st.lists(st.integers(-3, 3), min_size=len(GATE_FIGURES), max_size=len(GATE_FIGURES))
rows = st.dictionaries(st.text(min_size=1, max_size=4), figures, max_size=9).map(
    lambda by_order: [[order, f"last of {order}", 1, *its] for order, its in by_order.items()]
)


@given(rows, st.integers(1, 4))
@examples(50)
def test_the_pages_put_together_are_all_orders_the_worst_first(made, limit):
    after, listed = None, []
    for _ in range(len(made) + 1):
        page = TrialOrdersRecord.of(changed_orders(made, limit=limit, after=after))
        assert len(page.orders) <= limit
        listed += page.orders
        if page.next is None:
            break
        after = ChangedOrdersCursor().deserialize(page.next)
    else:
        pytest.fail("the pages have no end")
    assert sorted(row.order for row in listed) == sorted(row[0] for row in made)
    badness = [(-row.units_unfilled, -row.cost_micros) for row in listed]
    assert badness == sorted(badness)


@given(rows, st.integers(-3, 3), st.integers(-3, 3))
@examples(30)
def test_an_order_that_comes_to_stand_before_the_page_is_not_in_the_next_one(made, units, cost):
    place = (units, cost, "m")
    page = changed_orders(made, limit=9, after=place)
    unfilled, money = FIRST_FIGURE + GATE_FIGURES.index("unfilled"), FIRST_FIGURE + GATE_FIGURES.index("cost")
    after = [row for row in made if (-row[unfilled], -row[money], row[0]) > (-units, -cost, "m")]
    assert sorted(map(str, page.rows)) == sorted(map(str, after))
