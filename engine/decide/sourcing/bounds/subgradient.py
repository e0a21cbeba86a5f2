"""Values that raising one after another does not find: steps along the subgradient (Held, Wolfe & Crowder 1974,
Mathematical Programming 6:62), by units too many or too few, as long as what is missing to the target asks for.
"""

from collections.abc import Sequence

from engine.decide.sourcing.bounds.pricing_problem import Valuing
from engine.decide.sourcing.bounds.relaxation import Relaxation

ROUNDS = 40
PATIENT = 3
"""After so many rounds that find no higher floor the steps are halved, from the best values."""


def refined(relaxation: Relaxation, values: Sequence[int], target: int) -> list[int]:
    """Values at which any choice costs more than at those given, if some are found. `target` is what the best choice
    costs that is known.
    """
    every = range(len(relaxation.fixed))
    valuing = Valuing(relaxation, frozenset(), every, len(every))
    best, highest = list(values), None
    now, halvings, since = best, 0, 0
    for _ in range(ROUNDS):
        found = valuing.at(now, 0)
        floor, lacking = found.floor, found.plan.lacking
        if highest is None or floor > highest:
            best, highest, since = now, floor, 0
        else:
            since += 1
            if since == PATIENT:
                halvings, since, now = halvings + 1, 0, best
                continue
        norm = sum([units * units for units in lacking])
        if not norm or floor >= target:
            break
        step = (target - floor >> halvings) // norm
        now = [
            min(want.unfilled, max(first, value + step * units))
            for value, units, want, first in zip(now, lacking, relaxation.wants, relaxation.start, strict=True)
        ]
    return best
