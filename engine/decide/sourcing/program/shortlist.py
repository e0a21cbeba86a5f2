"""Which candidates and placements are looked at first, where there are too many to look at all."""

import numpy as np

from engine.decide.shipping.columns import Flags, Integers
from engine.decide.sourcing.program.model import Model
from engine.decide.sourcing.program.pricing import Priced


def promise(model: Model) -> Integers:
    """By candidate, what it would cost to ship all that it can, if a unit left unfilled cost more than any tier."""
    placements = model.placements
    tier = int(np.abs(placements.money // placements.lot).max(initial=0)) + int(model.opening.max(initial=0))
    cost = placements.money + tier * (placements.tiers + 10 * placements.unless_needed - 100 * placements.lot)
    total = model.opening.copy()
    np.add.at(total, placements.candidate, placements.most * cost)
    return total


def cheapest(model: Model, kept: Flags, cost: Integers, lines: int) -> Flags:
    """The candidates that cost least, as many as carry so many lines together. Only lines in `kept` count."""
    carried = np.bincount(model.placements.candidate[kept], minlength=len(cost))
    order = np.argsort(cost, kind="stable")
    few = np.zeros(len(cost), dtype=bool)
    few[order[: carried[order].cumsum().searchsorted(lines, side="right")]] = True
    return few


def promising(model: Model, kept: Flags, lots: Integers, priced: Priced, most: int) -> Integers:
    """At most `most` of the kept placements, by row. Those with lots are taken first, then those that cost least at
    these duals.
    """
    rows = np.flatnonzero(kept)
    cost = np.maximum(priced.opening, 0)[model.placements.candidate[rows]] + np.maximum(priced.cost[rows], 0)
    cost[lots[rows] > 0] = -1
    if len(rows) > most:
        near = np.flatnonzero(cost <= np.partition(cost, most - 1)[most - 1])
        rows = np.sort(rows[near[np.argsort(cost[near], kind="stable")[:most]]])
    return rows
