"""What every program for HiGHS needs: an instance that stops by counted events, its rows, its costs, a start.

It runs in one thread from a fixed seed, so that the same program gives the same answer.
"""

from collections.abc import Callable, Mapping
from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from engine.decide.shipping.columns import Integers

Floats = npt.NDArray[np.float64]
_OPTIONS = {"output_flag": False, "threads": 1, "random_seed": 0}


def make_highs(options: Mapping[str, Any], interrupt: Callable[[], bool] | None = None) -> highspy.Highs:
    """An instance that asks `interrupt`, if there is one, at each event that it reports: a round of cuts, a node."""
    highs: highspy.Highs = highspy.Highs()  # type: ignore[no-untyped-call]
    set_options(highs, {**_OPTIONS, **options})
    if interrupt is not None:

        def on_event(event: highspy.highs.HighsCallbackEvent) -> None:
            if interrupt():
                event.interrupt()

        highs.cbMipInterrupt.subscribe(on_event)
    return highs


def set_options(highs: highspy.Highs, options: Mapping[str, Any]) -> None:
    for name, value in options.items():
        highs.setOptionValue(name, value)


def program_of(
    most: Integers | Floats, upper: Integers | Floats, row: Integers, column: Integers, value: Integers | Floats
) -> highspy.HighsLp:
    """A program without costs: columns of 0 to `most`, rows whose sums are at most `upper`, entries sorted by row."""
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(most), len(upper)
    lp.col_cost_ = lp.col_lower_ = np.zeros(len(most))
    lp.col_upper_ = most.astype(np.float64)
    lp.row_lower_ = np.full(len(upper), -highspy.kHighsInf)
    lp.row_upper_ = upper.astype(np.float64)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = row.searchsorted(np.arange(len(upper) + 1)).astype(np.int32)
    lp.a_matrix_.index_ = column.astype(np.int32)
    lp.a_matrix_.value_ = value.astype(np.float64)
    return lp


def set_costs(highs: highspy.Highs, costs: Floats) -> None:
    """What each column costs: the objective, to be least."""
    highs.changeColsCost(len(costs), np.arange(len(costs), dtype=np.int32), costs)


def start_from(highs: highspy.Highs, values: Integers) -> None:
    """Begin with these values of the columns."""
    solution = highspy.HighsSolution()
    solution.col_value = values.astype(np.float64).tolist()
    highs.setSolution(solution)
