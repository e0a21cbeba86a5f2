"""The ranks of a line's options: 1 is the best, and equal ones share a rank; after two of rank 1 comes rank 3."""

import numpy as np

from engine.decide.matching.signature_table import UNKNOWN_NUMBER
from engine.decide.shipping.columns import NO_LIMIT, Integers


def rank_of_places(value: Integers, node: Integers) -> Integers:
    """By option, one more than the places that have less of `value` on some option."""
    nodes, place = np.unique(node, return_inverse=True)
    least = np.full(len(nodes), np.iinfo(np.int64).max)
    np.minimum.at(least, place, value)
    return 1 + np.sort(least).searchsorted(value)


def rank_of_options(value: Integers) -> Integers:
    """By option, one more than the options that have less of `value`."""
    return 1 + np.sort(value).searchsorted(value)


def rank_of_costs(cost: Integers) -> Integers:
    """By option, one more than the options that cost less; what is not known is the most."""
    return rank_of_options(np.where(cost == UNKNOWN_NUMBER, NO_LIMIT << 20, cost))
