"""What transfers of one SKU gain at most, as a linear program of HiGHS: each pack of each place is a column of its own.

Written without the product's flow: no paths, no bounds of lanes, no packs alike, no integers.
"""

import highspy
import numpy as np

from engine.transfers.flow.market import FAR


def most_worth(market):
    """Micros: the optimum of the program, which has one in whole packs, because it is a flow."""
    places = range(len(market.movable))
    movable, room = market.movable.tolist(), market.room.tolist()
    columns = []
    lanes = [
        (origin, goal, int(market.cost[origin, goal]))
        for origin in places
        for goal in places
        if market.cost[origin, goal] < FAR and movable[origin] and room[goal]
    ]
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)  # noqa: FBT003 - as HiGHS has it
    inf = highspy.kHighsInf
    count = len(lanes)
    for _ in range(count):
        highs.addVar(0, inf)
    gains = [-cost for _, _, cost in lanes]
    for place in places:
        for k in range(-movable[place], room[place]):
            # a pack that is sent, or that comes, and is there in the end
            highs.addVar(0, 1)
            columns.append((place, k))
            gains.append(market.value(place, k))
    highs.changeColsCost(len(gains), np.arange(len(gains), dtype=np.int32), -np.array(gains, dtype=np.float64) / 1e6)
    for place in places:
        out = [n for n, (origin, _, _) in enumerate(lanes) if origin == place]
        into = [n for n, (_, goal, _) in enumerate(lanes) if goal == place]
        there = [count + n for n, (where, _) in enumerate(columns) if where == place]
        # packs in the end = packs that could be sent + those that come - those that leave
        index = np.array(there + into + out, dtype=np.int32)
        value = np.array([1.0] * len(there) + [-1.0] * len(into) + [1.0] * len(out))
        highs.addRow(movable[place], movable[place], len(index), index, value)
        if out:
            highs.addRow(-inf, movable[place], len(out), np.array(out, dtype=np.int32), np.ones(len(out)))
        if into:
            highs.addRow(-inf, room[place], len(into), np.array(into, dtype=np.int32), np.ones(len(into)))
    highs.run()
    assert not gains or highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
    before = sum(market.value(place, k) for place in places for k in range(-movable[place], 0))
    return -highs.getInfo().objective_function_value * 1e6 - before
