"""The ways to ship one line, as columns, with what the rules say of each."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from engine.decide import rule_facts
from engine.decide.evaluation.positions import Positions, Shared, node_facts_at
from engine.decide.evaluation.ranks import rank_of_costs, rank_of_places
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.matching.judge import PolicyJudge
from engine.decide.matching.signature_table import COST, LATE, LOAD, UNKNOWN_NUMBER, Rows
from engine.decide.shipping.columns import (
    NONE,
    NOWHERE,
    Flags,
    Integers,
    Once,
    filled,
    least,
    product_rounded,
    split,
)
from engine.decide.shipping.pricing import MILLIGRAM, NOT_CARRIED
from engine.decide.shipping.reach import LATE as LATE_CODES
from engine.decide.shipping.reach import Reach, minutes_until
from engine.decide.shipping.ways import Ways
from engine.model.facts import Line, Product
from rules.vocabulary import ON_TIME_RATE, Facts, Stage


class Options(NamedTuple):
    """The ways that can carry a line from nodes with free units, by key. `reach` and `position` are rows of the order's
    `Reach` and of the line's `Positions`; micros and milligrams of CO2e a unit.
    """

    reach: Integers
    position: Integers
    unit_cost: Integers
    unit_carbon: Integers
    judgement: Integers
    excluded: Flags

    @classmethod
    def of_lines(cls, lines: Sequence["Options"]) -> "Options":
        """Those of all lines, one line after another."""
        return cls(*map(np.concatenate, zip(_NO_OPTIONS, *lines, strict=True)))


_NO_OPTIONS = Options(NONE, NONE, NONE, NONE, NONE, np.zeros(0, dtype=bool))


def judge_options(
    matcher: PolicyJudge,
    shared: Shared,
    line: Line,
    product: Product,
    *,
    out: Reach,
    positions: Positions,
    columns: SnapshotColumns,
    destination: int | None,
    resting: Sequence[int],
    units: Integers | None = None,
) -> Options:
    """The options of a line with these positions, whose facts they share. `destination` is the number of where the line
    goes; None: all lines go to one. Options from `resting` nodes are excluded. `units` are those that each row of `out`
    may ship of the line; None: as many as are free there.
    """
    ways, weight, scale = columns.ways, product.weight, product.scale
    free = positions.free.nonzero()[0] if units is None else np.arange(len(positions.free))
    position_of = filled(len(ways.nodes), NOWHERE)
    position_of[positions.stock.node[free]] = free
    rows = (position_of[out.node] != NOWHERE).nonzero()[0]
    carriage = ways.unit_costs(weight)
    if len(carriage) and least(carriage) == NOT_CARRIED:
        rows = rows[carriage[out.service[rows]] != NOT_CARRIED]
    if destination is not None:
        rows = rows[out.destination[rows] == destination]
    if units is not None:
        rows = rows[units[rows] > 0]
    node, service, distance = out.node[rows], out.service[rows], out.distance[rows]
    position, unit_cost = position_of[node], ways.unit_handling[node] + carriage[service]
    unit_cost = split(unit_cost, scale)  # what the smallest unit costs is rounded once
    unit_carbon = product_rounded(distance * ways.emission[service], weight, MILLIGRAM * scale)
    stock, loads, clocks, quantity = positions.stock, columns.loads, columns.clocks, line.quantity
    country = shared["order"].get("order.country")
    on_time = Once(lambda: on_time_rates(ways, country, node, service))
    cost = Once(lambda: _costs_of_line(line, product, rows, unit_cost, out=out, ways=ways))
    ranks: dict[str, Callable[[], Integers]] = {
        "stock.rank": Once(lambda: rank_of_places(-stock.available[position], node)),
        "route.rank_distance": Once(lambda: rank_of_places(distance, node)),
        "route.rank_cost": Once(lambda: rank_of_costs(cost())),
    }
    compared: dict[str, Callable[[], Integers]] = {
        LOAD: lambda: loads[node],
        **{path: partial(_at, column, position) for path, column in stock.columns.items()},
        "route.distance": lambda: distance,
        "route.arrives": lambda: minutes_until(out.arrives_by[rows], columns.now),
        LATE: lambda: out.late[rows],
        COST: cost,
        "route.co2": lambda: out.drop[rows] + quantity * unit_carbon,
        ON_TIME_RATE: on_time,
        **ranks,
    }

    def facts(row: int) -> Facts:
        way = int(rows[row])
        return {
            **node_facts_at(ways, int(node[row]), loads, clocks),
            **stock.facts(int(position[row])),
            **ways.service_facts[int(service[row])],
            **rule_facts.route_facts(
                distance=int(distance[row]),
                arrives=int(minutes_until(out.arrives_by[way], columns.now)),
                late=LATE_CODES[int(out.late[way])],
                cost=known_number(cost()[row]),
                co2=int(out.drop[way] + quantity * unit_carbon[row]),
                on_time=known_number(on_time()[row]) if ways.knows_on_time else None,
            ),
            **{path: int(rank()[row]) for path, rank in ranks.items()},
        }

    judge = matcher.stages[Stage.OPTION]
    judgement = judge.judge_rows(shared, Rows(ways, node, service, compared, facts, clocks.apart))
    excluded = judge.table.excluded()[judgement]
    if resting:
        excluded |= np.isin(node, resting)
    return Options(rows, position, unit_cost, unit_carbon, judgement, excluded)


def on_time_rates(ways: Ways, country: object, node: Integers, service: Integers) -> Integers:
    """Of options to a country, if that is known; UNKNOWN_NUMBER where it is not known how many come on time."""
    rates = ways.on_time(country if isinstance(country, str) else None)[node, service]
    return np.where(rates == NOWHERE, UNKNOWN_NUMBER, rates)


def known_number(number: np.int64) -> int | None:
    return None if number == UNKNOWN_NUMBER else int(number)


def _costs_of_line(
    line: Line, product: Product, rows: Integers, unit_cost: Integers, *, out: Reach, ways: Ways
) -> Integers:
    """What the line costs shipped whole by these rows of `out`; UNKNOWN_NUMBER where the service takes no such
    shipment.
    """
    cost: Integers = out.fixed[rows] + line.quantity * unit_cost
    if ways.is_banded:
        parcel = ways.parcel_costs(line.quantity * product.weight // product.scale)[out.service[rows]]
        cost = np.where(parcel == NOT_CARRIED, UNKNOWN_NUMBER, cost + parcel)
    return cost


def _at(column: Callable[[], Integers], rows: Integers) -> Integers:
    return column()[rows]
