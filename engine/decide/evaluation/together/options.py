"""The ways to ship the lines of several orders as one table, with what the rules say of each."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from engine.decide import rule_facts
from engine.decide.evaluation.options import Options, known_number, on_time_rates
from engine.decide.evaluation.positions import Positions, node_facts_at
from engine.decide.evaluation.ranks import rank_of_costs, rank_of_places
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.evaluation.together.lines import LinesTogether, parts_of
from engine.decide.matching.matcher import Matcher
from engine.decide.matching.signature_table import COST, LATE, LOAD, UNKNOWN_NUMBER, Rows
from engine.decide.shipping.columns import NOWHERE, Flags, Integers, Once, integers, product_rounded, split
from engine.decide.shipping.pricing import MILLIGRAM, NOT_CARRIED
from engine.decide.shipping.reach import LATE as LATE_CODES
from engine.decide.shipping.reach import Reach, joined, minutes_until
from rules.vocabulary import ON_TIME_RATE, Facts, Stage


def judge_options_together(
    matcher: Matcher,
    lines: LinesTogether,
    positions: Sequence[Positions],
    reaches: Sequence[Reach],
    columns: SnapshotColumns,
) -> list[Options]:
    """By line, as `judge_options` does. `positions` and the order's `reaches` are by line; each goes to one place."""
    table = _Table.of(lines, positions, reaches, columns)
    judge = matcher.stages[Stage.OPTION]
    judgement = judge.judge_lines(lines.facts, table.line, table.rows())
    excluded: Flags = judge.table.excluded()[judgement]
    resting = [columns.ways.node_index[node] for node in columns.snapshot.resting if node in columns.ways.node_index]
    if resting:
        excluded |= np.isin(table.node, resting)
    every = Options(table.row, table.position, table.unit_cost, table.unit_carbon, judgement, excluded)
    return [Options._make(column[part] for column in every) for part in parts_of(table.ends)]


class _Table(NamedTuple):
    """A row an option, those of a line after those of the line before. `row` is one of the order's `reach`, of which
    `out` has what is there; `ends` says where the options of each line end.
    """

    lines: LinesTogether
    positions: Sequence[Positions]
    columns: SnapshotColumns
    line: Integers
    ends: Integers
    row: Integers
    position: Integers
    node: Integers
    service: Integers
    out: Reach
    unit_cost: Integers
    unit_carbon: Integers

    @classmethod
    def of(
        cls,
        lines: LinesTogether,
        positions: Sequence[Positions],
        reaches: Sequence[Reach],
        columns: SnapshotColumns,
    ) -> "_Table":
        ways = columns.ways
        counts = integers(len(out.way) for out in reaches)
        line, starts = np.arange(len(reaches)).repeat(counts), counts.cumsum() - counts
        node, service = (np.concatenate([out[column] for out in reaches]) for column in (_NODE, _SERVICE))
        position_of = np.full((len(positions), len(ways.nodes)), NOWHERE, dtype=np.int64)
        for row, its in zip(position_of, positions, strict=True):
            free = its.free.nonzero()[0]
            row[its.stock.node[free]] = free
        position = position_of[line, node]
        carriage = np.array([ways.unit_costs(product.weight) for product in lines.products])[line, service]
        rows = ((position != NOWHERE) & (carriage != NOT_CARRIED)).nonzero()[0]
        out = Reach._make(None if column is None else column[rows] for column in joined(reaches))
        line, scale = line[rows], integers(product.scale for product in lines.products)
        weight = integers(product.weight for product in lines.products)
        emission = out.distance * ways.emission[out.service]
        return cls(
            lines=lines,
            positions=positions,
            columns=columns,
            line=line,
            ends=np.bincount(line, minlength=len(reaches)).cumsum(),
            row=rows - starts[line],
            position=position[rows],
            node=out.node,
            service=out.service,
            out=out,
            unit_cost=split(ways.unit_handling[out.node] + carriage[rows], scale[line]),
            unit_carbon=product_rounded(emission, weight[line], MILLIGRAM * scale[line]),
        )

    def rows(self) -> Rows:
        """As a matcher judges them."""
        ways, loads, clocks, out = self.columns.ways, self.columns.loads, self.columns.clocks, self.out
        quantity = integers(line.quantity for line in self.lines.lines)[self.line]
        costs, rates = Once(self._costs), Once(self._on_time)
        ranks = self._ranks(costs)
        compared: dict[str, Callable[[], Integers]] = {
            LOAD: lambda: loads[self.node],
            **{path: Once(partial(self._of_stock, path)) for path in self.positions[0].stock.columns},
            "route.distance": lambda: out.distance,
            "route.arrives": lambda: minutes_until(out.arrives_by, self.columns.now),
            LATE: lambda: out.late,
            COST: costs,
            "route.co2": lambda: out.drop + quantity * self.unit_carbon,
            ON_TIME_RATE: rates,
            **ranks,
        }

        def facts(row: int) -> Facts:
            return {
                **node_facts_at(ways, int(self.node[row]), loads, clocks),
                **self.positions[int(self.line[row])].stock.facts(int(self.position[row])),
                **ways.service_facts[int(self.service[row])],
                **rule_facts.route_facts(
                    distance=int(out.distance[row]),
                    arrives=int(minutes_until(out.arrives_by[row], self.columns.now)),
                    late=LATE_CODES[int(out.late[row])],
                    cost=known_number(costs()[row]),
                    co2=int(out.drop[row] + quantity[row] * self.unit_carbon[row]),
                    on_time=known_number(rates()[row]) if ways.knows_on_time else None,
                ),
                **{path: int(rank()[row]) for path, rank in ranks.items()},
            }

        return Rows(ways, self.node, self.service, compared, facts, clocks.apart)

    def _by_line(self, make: Callable[[int, slice], Integers]) -> Integers:
        """A column that is made line by line."""
        return np.concatenate([make(number, part) for number, part in enumerate(parts_of(self.ends))])

    def _of_stock(self, path: str) -> Integers:
        return self._by_line(lambda number, part: self.positions[number].stock.columns[path]()[self.position[part]])

    def _on_time(self) -> Integers:
        def rates(number: int, part: slice) -> Integers:
            country = self.lines.facts[number]["order"].get("order.country")
            return on_time_rates(self.columns.ways, country, self.node[part], self.service[part])

        return self._by_line(rates)

    def _costs(self) -> Integers:
        """What a line costs shipped whole; UNKNOWN_NUMBER where the service takes no such shipment."""
        ways, lines, products = self.columns.ways, self.lines.lines, self.lines.products
        quantity = integers(line.quantity for line in lines)
        cost: Integers = self.out.fixed + quantity[self.line] * self.unit_cost
        if ways.is_banded:
            weights = [
                line.quantity * product.weight // product.scale for line, product in zip(lines, products, strict=True)
            ]
            parcel = np.array([ways.parcel_costs(weight) for weight in weights])[self.line, self.service]
            cost = np.where(parcel == NOT_CARRIED, UNKNOWN_NUMBER, cost + parcel)
        return cost

    def _ranks(self, costs: Once) -> dict[str, Once]:
        node, distance = self.node, self.out.distance

        def of_stock(number: int, part: slice) -> Integers:
            return rank_of_places(-self.positions[number].stock.available[self.position[part]], node[part])

        return {
            "stock.rank": Once(lambda: self._by_line(of_stock)),
            "route.rank_distance": Once(
                lambda: self._by_line(lambda _, part: rank_of_places(distance[part], node[part]))
            ),
            "route.rank_cost": Once(lambda: self._by_line(lambda _, part: rank_of_costs(costs()[part]))),
        }


_NODE, _SERVICE = Reach._fields.index("node"), Reach._fields.index("service")
