"""What choices cost at given duals, and which placements are tried first at these."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.sourcing.problem import Candidate, Demand, Price, Problem
from engine.decide.sourcing.program.model import Model
from engine.decide.sourcing.program.pricing import Duals, Priced, price
from engine.decide.sourcing.program.shortlist import promising
from engine.model.facts import OptionKey


@pytest.mark.parametrize(("skus", "shipped"), [(("a", "a"), 5), (("a", "b"), 9)], ids=["of one SKU", "of two"])
def test_lines_of_one_sku_count_on_its_stock_once(skus, shipped):
    each = Price(unless_needed=0, tier=5, money=7)
    problem = Problem(
        demands=[Demand(sku=sku, quantity=quantity) for sku, quantity in zip(skus, (4, 5), strict=True)],
        candidates=[Candidate(key=OptionKey("lyon", "parcel"), fixed=0, prices={0: each, 1: each})],
        supply={("lyon", "a"): 5, ("lyon", "b"): 6},
    )
    model = Model(problem)
    nothing = Duals(
        scale=1,
        line=np.zeros(2, dtype=np.int64),
        shipment=0,
        stock=np.zeros_like(model.supply),
        node=np.zeros_like(model.room),
        held=[],
    )
    units_below_zero = model.parts()[0]
    priced = price(model, np.ones(2, dtype=bool), units_below_zero, [], nothing)
    assert priced.lower_bound == -shipped


@given(
    st.lists(st.tuples(st.integers(-2, 3), st.booleans(), st.booleans()), min_size=1, max_size=30), st.integers(1, 35)
)
def test_the_most_promising_placements_are_those_of_the_least_cost_the_first_of_equal_ones(rows, most):
    costs, kept, used = (np.array(column) for column in zip(*rows, strict=True))
    model = Model(
        Problem(
            demands=[Demand(sku=str(line), quantity=1) for line in range(len(rows))],
            candidates=[
                Candidate(
                    key=OptionKey("lyon", "parcel"),
                    fixed=0,
                    prices={line: Price(unless_needed=0, tier=5, money=0) for line in range(len(rows))},
                )
            ],
            supply={("lyon", str(line)): 1 for line in range(len(rows))},
        )
    )
    priced = Priced(scale=1, lower_bound=0, opening=np.array([-5]), cost=costs)
    chosen = promising(model, kept, used.astype(np.int64), priced, most)
    ranked = sorted(np.flatnonzero(kept).tolist(), key=lambda row: -1 if used[row] else max(0, costs[row]))
    assert chosen.tolist() == sorted(ranked[:most])
