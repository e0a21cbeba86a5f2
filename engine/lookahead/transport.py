"""What one unit less at a node would cost: the duals of a transportation problem, exact, in integers.

Units at nodes (supply) are sent to demands, each unit at the cost of its arc; what is asked for and not sent costs a
penalty. Acimovic and Graves ("Making better fulfillment decisions on the fly in an online retail environment",
Manufacturing & Service Operations Management 17(1), 2015) take the dual of a node's supply for what a unit there is
worth. Where the optimum is degenerate there are many duals; of these the largest is taken, at all nodes at once: it is
by how much the optimum rises for one unit less (the derivative to the left), and a unit that a decision takes is one
unit less. The largest duals are one vector, because duals of a flow form a lattice, and they are the same for each
optimal flow, so it makes no difference which one HiGHS finds.
"""

from typing import Final, NamedTuple

import highspy
import numpy as np

from engine.decide.shipping.columns import Flags, Integers
from engine.decide.sourcing.program.highs import make_highs
from engine.lookahead.expected_orders import NOT_REACHED

_MICROS: Final = 1e6
"""HiGHS counts in whole units of the currency."""
_HALF: Final = 0.5
"""The data are integers, so the flows of a corner are: what is below a half is none."""
_FAR: Final = 1 << 60
_OPTIONS: Final = {"simplex_iteration_limit": 1_000_000}


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
    flow = _Flow.optimal(supply, demand, cost, penalty)
    return nothing if flow is None else _largest_duals(flow, cost, penalty)


def _is_ample(supply: Integers, demand: Integers, cost: Integers, penalty: int) -> bool:
    """Whether every demand gets its cheapest node, and each node has something left: then no unit is worth anything."""
    cheapest = cost.argmin(axis=0)
    served = cost[cheapest, np.arange(len(demand))] < penalty
    sent = np.bincount(cheapest[served], weights=demand[served], minlength=len(supply))
    return bool((sent < supply).all())


class _Flow(NamedTuple):
    """Of an optimal flow: on which arcs something is sent, which nodes keep something, which demands lack something."""

    used: Flags
    ample: Flags
    lacking: Flags

    @classmethod
    def optimal(cls, supply: Integers, demand: Integers, cost: Integers, penalty: int) -> "_Flow | None":
        """None: HiGHS stopped early."""
        node, place = (cost < min(NOT_REACHED, penalty)).nonzero()
        highs = make_highs(_OPTIONS)
        highs.passModel(_program(supply, demand, (node, place), cost[node, place], penalty))
        highs.run()
        if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        values = np.array(highs.getSolution().col_value)
        sent = np.zeros(cost.shape)
        sent[node, place] = values[: len(node)]
        return cls(used=sent > _HALF, ample=sent.sum(axis=1) < supply - _HALF, lacking=values[len(node) :] > _HALF)


def _program(
    supply: Integers, demand: Integers, arcs: tuple[Integers, Integers], cost: Integers, penalty: int
) -> highspy.HighsLp:
    """A column for each arc, then one for what each demand lacks; a row for each node, then one for each demand."""
    (node, place), nodes, places = arcs, len(supply), len(demand)
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(node) + places, nodes + places
    program.col_cost_ = np.concatenate([cost, np.full(places, penalty)]) / _MICROS
    program.col_lower_ = np.zeros(program.num_col_)
    program.col_upper_ = np.full(program.num_col_, highspy.kHighsInf)
    program.row_lower_ = np.concatenate([np.full(nodes, -highspy.kHighsInf), demand.astype(np.float64)])
    program.row_upper_ = np.concatenate([supply, demand]).astype(np.float64)
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    ends = np.stack([node, nodes + place], axis=1).ravel()
    program.a_matrix_.start_ = np.concatenate(
        [np.arange(0, 2 * len(node), 2), 2 * len(node) + np.arange(places + 1)]
    ).astype(np.int32)
    program.a_matrix_.index_ = np.concatenate([ends, nodes + np.arange(places)]).astype(np.int32)
    program.a_matrix_.value_ = np.ones(len(program.a_matrix_.index_))
    return program


def _largest_duals(flow: _Flow, cost: Integers, penalty: int) -> SupplyValues:
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
