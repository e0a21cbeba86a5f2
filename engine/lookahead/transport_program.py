"""The transportation problem of one SKU (`transport`) as a linear program, solved by HiGHS."""

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
_OPTIONS: Final = {"simplex_iteration_limit": 1_000_000}


class Flow(NamedTuple):
    """Of an optimal flow: on which arcs something is sent, which nodes keep something, which demands lack something."""

    used: Flags
    ample: Flags
    lacking: Flags

    @classmethod
    def optimal(cls, supply: Integers, demand: Integers, cost: Integers, penalty: int) -> "Flow | None":
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
