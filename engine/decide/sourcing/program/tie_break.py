"""What the tie-break asks of a program where several choices cost as much: fewer shipments, or earlier ones."""

from collections.abc import Iterator

import numpy as np

from engine.decide.shipping.columns import Integers
from engine.decide.sourcing.program.linear_program import Program
from engine.decide.sourcing.program.model import Model, Part

PREFERRED = 16
"""So many candidates can be preferred at once."""


def fewest(model: Model, preferred: Integers) -> Part:
    """Counts shipments, but of as many, those of the preferred candidates cost less, the first ones least."""
    opening = np.full_like(model.opening, 1 << PREFERRED)
    opening[preferred] -= 1 << np.arange(PREFERRED)[::-1][: len(preferred)]
    return Part(np.zeros_like(model.placements.lot), opening)


def earlier_shipments(
    model: Model, program: Program, chosen: Integers, used: Integers
) -> Iterator[tuple[Integers, Integers, int]]:
    """Constraints (columns, values and the most of their sum) that hold exactly for the sets of shipments that the
    tie-break prefers to those used: fewer, or as many, and of the shipments that only one of the two sets has, the
    first is theirs. A candidate is opened only if it ships something.
    """
    is_used = np.isin(program.candidates, used)
    opened = len(chosen) + np.arange(len(is_used))
    yield opened, np.ones_like(opened), len(used)
    yield opened[is_used], np.ones_like(used), len(used) - 1
    for place in np.flatnonzero(is_used):
        # if it is not among them, an earlier one is, or they are fewer
        others = np.concatenate((opened[:place][is_used[:place]], opened[place + 1 :]))
        yield others, np.ones_like(others), len(used) - 1
    for at, number in enumerate(program.candidates.tolist()):
        if not model.opening[number]:
            carried = np.flatnonzero(model.placements.candidate[chosen] == number)
            yield np.append(opened[at], carried), np.append(1, np.full(len(carried), -1)), 0
