"""What one unit less at a node would cost: the duals of a transportation problem, exact, in integers.

Units at nodes (supply) are sent to demands, each unit at the cost of its arc; what is asked for and not sent costs a
penalty. Acimovic and Graves ("Making better fulfillment decisions on the fly in an online retail environment",
Manufacturing & Service Operations Management 17(1), 2015) take the dual of a node's supply for what a unit there is
worth. Where the optimum is degenerate there are many duals; of these the largest is taken, at all nodes at once: it is
by how much the optimum rises for one unit less (the derivative to the left), and a unit that a decision takes is one
unit less. The largest duals are one vector, because duals of a flow form a lattice, and they are the same for each
optimal flow, so it makes no difference which one HiGHS finds.
"""

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from engine.decide.shipping.columns import Integers

if TYPE_CHECKING:
    from engine.lookahead.transport_program import Flow

_FAR: Final = 1 << 60


class SupplyValues(NamedTuple):
    """By node, what one unit less there costs, in micros; by demand, what one unit more of it costs."""

    node: Integers
    demand: Integers


def supply_values(supply: Integers, demand: Integers, cost: Integers, penalty: int) -> SupplyValues:
    """The largest duals. `supply` and `demand` are above 0 and in one measure; `cost` has a row for each node, in
    micros a unit, NOT_REACHED where there is no arc; a unit that is not sent costs the `penalty`.
    """
    nothing = SupplyValues(np.zeros_like(supply), np.minimum(cost.min(axis=0, initial=penalty), penalty))
    if _is_ample(supply, demand, cost, penalty):
        return nothing
    # imported where it is needed: HiGHS takes 5 MB, and most workers never learn prices
    from engine.lookahead.transport_program import Flow  # noqa: PLC0415

    flow = Flow.optimal(supply, demand, cost, penalty)
    return nothing if flow is None else _largest_duals(flow, cost, penalty)


def _is_ample(supply: Integers, demand: Integers, cost: Integers, penalty: int) -> bool:
    """Whether every demand gets its cheapest node, and each node has something left: then no unit is worth anything."""
    cheapest = cost.argmin(axis=0)
    served = cost[cheapest, np.arange(len(demand))] < penalty
    sent = np.bincount(cheapest[served], weights=demand[served], minlength=len(supply))
    return bool((sent < supply).all())


def _largest_duals(flow: "Flow", cost: Integers, penalty: int) -> SupplyValues:
    """Shortest paths from a ground of value 0, by Bellman and Ford's rounds. Of an arc, demand minus node
    is at most its cost, and just that where something is sent; a node that keeps something is worth 0; a demand is
    worth the penalty at most: the largest numbers that satisfy this.
    """
    node = np.where(flow.ample, 0, _FAR)
    demand = np.full(cost.shape[1], penalty)
    back = np.where(flow.used, -cost, _FAR)
    for _ in range(sum(cost.shape) + 1):
        further = np.minimum(demand, (node[:, None] + cost).min(axis=0))
        nearer = np.minimum(node, (further[None, :] + back).min(axis=1))
        if (further == demand).all() and (nearer == node).all():
            break
        demand, node = further, nearer
    return SupplyValues(np.maximum(node, 0), demand)
