"""The choice without a search, where comparing columns proves it: one or two shipments take all that can ship.

Every choice costs at least what its units cost at their cheapest, plus its shipments. The best single shipment is the
choice if no two shipments, and no three, can cost less; so is the best pair, if nothing else costs as little. The parts
of the comparison are folded into one integer, by `Weights`, if 61 bits hold it.
"""

import functools
from typing import NamedTuple, Protocol

import numpy as np

from engine.decide.shipping.columns import WIDEST, Flags, Integers, all_of, any_of, filled, greatest, least
from engine.decide.sourcing.objective import Weights

_MOST_PAIRS = 1_000_000
"""Pairs of candidates, for each line, that are all compared; of more, the search prunes some first."""
_PAIR, _THREE = 2, 3
"""Shipments."""


class Columns(NamedTuple):
    """What there is to choose from. `quantity` is units by line, of each of which something can ship; `fixed` is micros
    by candidate, in the order of keys. The other columns have an entry for each line and candidate that can ship units
    of it: whether it can ship all of the line, whatever else it ships; what a unit costs in each part of the
    comparison.
    """

    quantity: Integers
    fixed: Integers
    split_penalty: int
    line: Integers
    candidate: Integers
    everything: Flags
    unless_needed: Flags
    tier: Integers
    money: Integers


class Bands(Protocol):
    """What shipments may weigh, by candidate."""

    def allow(self, weight: Integers | int, units: Integers | int) -> Flags:
        """The candidates whose shipment may weigh so many grams and have so many units."""
        ...


class DirectLimits(NamedTuple):
    """The option of each candidate, in the order of keys, of which only one can be opened; grams of a unit by line; and
    what each candidate may carry.
    """

    option: Integers
    weight: Integers
    bands: Bands

    def of_options(self, opening: Integers, candidates: Integers) -> Integers:
        """The least of each option."""
        option = self.option[candidates]
        others = option[1:] != option[:-1]
        if all_of(others):  # each candidate is of an option of its own
            return opening
        return np.minimum.reduceat(opening, [0, *(np.flatnonzero(others) + 1).tolist()])


def choose_directly(columns: Columns, most_shipments: int, limits: DirectLimits | None = None) -> Integers | None:
    """By line, the candidate that ships all of it in the best choice; None if it takes a search to tell."""
    costs = weighed_costs(columns)
    if costs is None:
        return None
    cost, whole, far = costs
    totals = _over_lines(np.add, whole) + columns.fixed
    if limits is not None:
        totals[~_allowed(columns, limits, np.arange(len(columns.quantity)))] = far
    best = int(totals.argmin())
    single = min(totals.item(best), far)
    alone = filled(len(cost), best) if single < far else None
    # there are no more shipments than units
    most_shipments = min(most_shipments, sum(columns.quantity.tolist()))
    cheapest = [least(of_line) for of_line in cost]
    at_least = sum(cheapest) + columns.split_penalty
    if most_shipments < _PAIR or single <= at_least + _PAIR * least(columns.fixed):
        return alone
    some = (_over_lines(np.minimum, cost) < far).nonzero()[0]
    if len(some) < _PAIR:
        return alone
    # what a shipment of each adds at least to its opening: it carries some unit
    lines = zip(cost, cheapest, columns.quantity.tolist(), strict=True)
    more = [(of_line[some] - low) // units for of_line, low, units in lines]
    opening = columns.fixed[some] + functools.reduce(np.minimum, more)
    by_option = opening if limits is None else limits.of_options(opening, some)
    if len(by_option) < _PAIR:
        return alone
    lowest = np.sort(by_option)[:_THREE].tolist()
    if single <= at_least + lowest[0] + lowest[1]:
        return alone
    three = far if min(most_shipments, len(by_option)) < _THREE else at_least + sum(lowest) + columns.split_penalty
    # a pair with any other candidate costs more than the single shipment
    some = some[opening <= single - at_least - lowest[0]]
    if len(some) ** 2 * len(cost) > _MOST_PAIRS:
        return None
    of_pair, pair = _best_pair(columns, cost, whole < far, some, limits) if len(some) >= _PAIR else (far, None)
    if single <= min(of_pair, three):
        return alone
    return pair if of_pair <= three else None


def _over_lines(combine: np.ufunc, table: Integers) -> Integers:
    """The rows of a table of lines as one; of one line, of which most orders are, without a reduction."""
    return functools.reduce(combine, table)


def _allowed(columns: Columns, limits: DirectLimits, lines: Integers) -> Flags:
    """The candidates that may ship all of some lines in one shipment."""
    units = columns.quantity[lines]
    return limits.bands.allow(int((limits.weight[lines] * units).sum()), int(units.sum()))


def _best_pair(
    columns: Columns, cost: Integers, ships_whole: Flags, some: Integers, limits: DirectLimits | None
) -> tuple[int, Integers | None]:
    """What any two shipments cost at least, whatever stock they have; and the pair that costs so little, by line, if
    there is only one, and it can ship each line from where that is cheaper.
    """
    table, fixed = cost[:, some], columns.fixed[some]
    # each pair is there twice
    pairs = np.minimum(table[:, :, None], table[:, None, :]).sum(axis=0) + (fixed[:, None] + fixed)
    pairs.flat[:: len(some) + 1] = WIDEST
    if limits is not None:
        option = limits.option[some]
        pairs[option[:, None] == option] = WIDEST
    place = int(pairs.argmin())
    lowest = int(pairs.flat[place])
    first, second = divmod(place, len(some))
    one, other = int(some[first]), int(some[second])
    chosen = np.where(cost[:, one] < cost[:, other], one, other)
    tied = (pairs == lowest).sum() > _PAIR or (cost[:, one] == cost[:, other]).any()
    ships = ships_whole[np.arange(len(cost)), chosen].all() and len(set(chosen.tolist())) == _PAIR
    if ships and limits is not None:
        parts = ((number, np.flatnonzero(chosen == number)) for number in (one, other))
        ships = all(_allowed(columns, limits, lines)[number] for number, lines in parts)
    return lowest + columns.split_penalty, chosen if ships and not tied else None


def weighed_costs(columns: Columns) -> tuple[Integers, Integers, int] | None:
    """The comparison as one integer, of all units of each line (row) on each candidate (column): where some of them can
    ship, and where all of them can; and what stands for the cost elsewhere, more than any choice costs. None if 61 bits
    don't hold it.
    """
    lines, count = len(columns.quantity), len(columns.fixed)
    dearest = max(greatest(columns.money), -least(columns.money))
    fixed = greatest(columns.fixed) + columns.split_penalty
    weights = Weights.over(sum(columns.quantity.tolist()), dearest=dearest, fixed=fixed)
    far = weights.unfilled + weights.unless_needed
    if 4 * far * (lines + 1) > WIDEST:
        return None
    price = weights.tier * columns.tier + columns.money
    if any_of(columns.unless_needed):
        price += weights.unless_needed * columns.unless_needed
    of_entries, place = columns.quantity[columns.line] * price, columns.line * count + columns.candidate
    cost = filled(lines * count, far)
    cost[place] = of_entries
    whole = cost.copy()
    if not all_of(columns.everything):
        whole[place[~columns.everything]] = far
    return cost.reshape(lines, count), whole.reshape(lines, count), far
