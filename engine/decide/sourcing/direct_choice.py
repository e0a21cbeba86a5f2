"""The choice without a search, where comparing columns proves it: one or two shipments take all that can ship.

Every choice costs at least what its units cost at their cheapest, plus its shipments. The best single shipment is the
choice if no two shipments, and no three, can cost less; so is the best pair, if nothing else costs as little. The parts
of the comparison are folded into one integer, by `Weights`, if 61 bits hold it.
"""

from typing import NamedTuple

import numpy as np

from engine.decide.shipping.ways import Flags, Integers
from engine.decide.sourcing.objective import Weights

_WIDEST = 1 << 61
_MOST_IN_PAIRS = 300
"""Candidates of which all pairs are compared; of more, the search prunes some first."""
_PAIR, _THREE = 2, 3
"""Shipments."""


class Columns(NamedTuple):
    """What there is to choose from. `fixed` is micros by candidate, in the order of keys. The other tables have a row
    for each line and a column for each candidate: whether it can ship units of the line; whether it can ship all of the
    line, whatever else it ships; what a unit costs in each part of the comparison. `quantity` is units by line; of each
    line something can ship.
    """

    fixed: Integers
    quantity: Integers
    something: Flags
    everything: Flags
    unless_needed: Integers
    tier: Integers
    money: Integers
    split_penalty: int


def choose_directly(columns: Columns, most_shipments: int) -> Integers | None:
    """By line, the candidate that ships all of it in the best choice; None if it takes a search to tell."""
    costs = _costs(columns)
    if costs is None:
        return None
    cost, far = costs
    whole = np.where(columns.everything.all(axis=0), cost.sum(axis=0) + columns.fixed, far)
    best = int(whole.argmin())
    single = int(whole[best])
    alone = np.full(len(cost), best) if single < far else None
    some = np.flatnonzero(columns.something.any(axis=0))
    if most_shipments < _PAIR or len(some) < _PAIR:
        return alone
    cheapest = int(cost.min(axis=1).sum())
    opening = np.sort(columns.fixed[some])
    if single <= cheapest + int(opening[:_PAIR].sum()) + columns.split_penalty:
        return alone
    if len(some) > _MOST_IN_PAIRS:
        return None
    three = far
    if min(most_shipments, len(some)) >= _THREE:
        three = cheapest + int(opening[:_THREE].sum()) + (_THREE - 1) * columns.split_penalty
    least, pair = _best_pair(columns, cost, some)
    if single <= min(least, three):
        return alone
    return pair if least <= three else None


def _best_pair(columns: Columns, cost: Integers, some: Integers) -> tuple[int, Integers | None]:
    """What any two shipments cost at least, whatever stock they have; and the pair that costs so little, by line, if
    there is only one, and it can ship each line from where that is cheaper.
    """
    table, fixed = cost[:, some], columns.fixed[some]
    pairs = np.minimum(table[:, :, None], table[:, None, :]).sum(axis=0) + fixed[:, None] + fixed[None, :]
    first, second = np.triu_indices(len(some), 1)
    values = pairs[first, second] + columns.split_penalty
    at = int(values.argmin())
    least = int(values[at])
    one, other = int(some[first[at]]), int(some[second[at]])
    chosen = np.where(cost[:, one] < cost[:, other], one, other)
    tied = (values == least).sum() > 1 or (cost[:, one] == cost[:, other]).any()
    ships = columns.everything[np.arange(len(cost)), chosen].all() and len(np.unique(chosen)) == _PAIR
    return least, chosen if ships and not tied else None


def _costs(columns: Columns) -> tuple[Integers, int] | None:
    """The comparison as one integer, of all units of each line on each candidate; and what stands for the cost where
    nothing can ship, more than any choice costs. None if 61 bits don't hold it.
    """
    total = int(columns.quantity.sum())
    dearest = int(np.abs(np.where(columns.something, columns.money, 0)).max(initial=0))
    fixed = int(columns.fixed.max(initial=0)) + columns.split_penalty
    weights = Weights.over(total, dearest=dearest, fixed=fixed)
    far = weights.unfilled + weights.unless_needed
    if 4 * far * (len(columns.quantity) + 1) > _WIDEST:
        return None
    price = weights.unless_needed * columns.unless_needed + weights.tier * columns.tier + columns.money
    cost = columns.quantity[:, None] * price
    return np.where(columns.something, cost, far), far
