"""How sure a difference is: the bootstrap interval of a sum of differences that are paired by order.

B. Efron and R. Tibshirani, An Introduction to the Bootstrap (1993), chapter 13: the orders are drawn again with
replacement, as many as there are, 2,000 times; of the sums that come out, in their order, the 50th and the 1,950th
bound 95 % (the percentile interval). All is drawn from a seed, so it comes out the same each time.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

DRAWS: Final = 2_000
_SEED: Final = 19_930_515
_LOW, _HIGH = DRAWS * 25 // 1_000 - 1, DRAWS * 975 // 1_000 - 1
"""Places of the sums that bound 95 % of them, from 0."""


def intervals(differences: Sequence[Sequence[int]], orders: int) -> list[tuple[int, int]]:
    """Of each figure, between which sums 95 % lie. `differences` has a row for each order in which some figure differs,
    with a column for each figure; of the other `orders` every figure is the same.
    """
    if not differences:
        return []
    rows = np.array(differences, dtype=np.int64)
    random, sums = np.random.default_rng(_SEED), np.empty((DRAWS, rows.shape[1]), dtype=np.int64)
    # of all orders drawn, only those that differ add something: how many these are is binomial, and each is as likely
    for draw, differing in enumerate(random.binomial(orders, len(rows) / orders, size=DRAWS)):
        drawn = random.integers(0, len(rows), size=differing)
        sums[draw] = np.bincount(drawn, minlength=len(rows)) @ rows
    sums.sort(axis=0)
    return list(zip(sums[_LOW].tolist(), sums[_HIGH].tolist(), strict=True))
