"""Before a search: leaves out candidates that another one dominates, by column. No best choice uses such a candidate,
nor does one that is preferred of equal ones: all that it ships could ship by the other, which costs less; or as much,
and has the smaller key.
"""

import numpy as np

from engine.decide.shipping.columns import Flags, Integers
from engine.decide.sourcing.direct_choice import Columns, weighed_costs

_MOST_COMPARED = 1_000_000
"""Pairs of candidates, for each line; of more, the search compares some."""


def undominated(columns: Columns, *, node: Integers, free: Flags, roomy: Flags) -> Flags | None:
    """The candidates that no other dominates; None: they are not compared. Of each, its `node`, whether it is `free` to
    ship whatever its node has, and whether its node is `roomy` enough for all its candidates. Candidates of one node
    ship of the same stock.
    """
    lines, count = len(columns.quantity), len(columns.fixed)
    costs = weighed_costs(columns) if lines * count * count <= _MOST_COMPARED else None
    if costs is None:
        return None
    cost, whole, far = costs
    by, candidate = np.nonzero((free & (cost < far).any(axis=0))[:, None] & ~np.eye(count, dtype=bool))
    cheaper = columns.fixed[by] < columns.fixed[candidate]
    cheaper |= (columns.fixed[by] == columns.fixed[candidate]) & (by < candidate)
    same = node[by] == node[candidate]
    at = np.flatnonzero(cheaper & (same | roomy[by]))
    by, candidate, same = by[at], candidate[at], same[at]
    dearer = np.where(same, cost[:, by], whole[:, by]) > cost[:, candidate]
    kept = np.ones(count, dtype=bool)
    kept[candidate[~dearer.any(axis=0)]] = False
    return kept
