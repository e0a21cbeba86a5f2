"""What columns come to, rounded, is what Python's integers do, a value at a time."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.decide.shipping.columns import integers, product_rounded, split
from engine.model.facts import rounded

PARTS = st.sampled_from([1, 10, 100, 1_000])
ROWS = st.lists(
    st.tuples(st.integers(0, 10**12) | st.integers(0, 60), st.integers(0, 10**9) | st.integers(0, 9), PARTS)
)


@given(ROWS, PARTS)
def test_a_part_of_each_value_is_rounded_half_to_even(rows, all_in):
    column, parts = integers(value for value, _, _ in rows), integers(its for _, _, its in rows)
    for some in (column, -column):
        assert split(some, parts).tolist() == [
            rounded(*each) for each in zip(some.tolist(), parts.tolist(), strict=True)
        ]
        assert split(some, all_in).tolist() == [rounded(value, all_in) for value in some.tolist()]


@given(ROWS, st.integers(0, 10**9), st.sampled_from([10**9, 10**3]), PARTS)
def test_a_product_is_rounded_once_also_where_64_bits_do_not_hold_it(rows, one_factor, denominator, parts):
    column, factors = integers(value for value, _, _ in rows), integers(factor for _, factor, _ in rows)
    denominators = denominator * integers(its for _, _, its in rows)
    most = 2**62 * denominator
    if any(value * max(factor, one_factor) >= most for value, factor, _ in rows):
        column = column // 10**6
    of_each = product_rounded(column, factors, denominators)
    assert of_each.dtype == np.int64
    each = zip(column.tolist(), factors.tolist(), denominators.tolist(), strict=True)
    assert of_each.tolist() == [rounded(value * factor, by) for value, factor, by in each]
    of_all = product_rounded(column, one_factor, denominator * parts)
    assert of_all.tolist() == [rounded(value * one_factor, denominator * parts) for value in column.tolist()]
