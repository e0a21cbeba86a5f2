"""What does not depend on the order that is evaluated: stock and loads as columns, and what the rules say of nodes."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from engine.decide import rule_facts
from engine.decide.evaluation.node_limits import KnownNodeLimits, NodeLimits
from engine.decide.evaluation.positions import Stock, loads_by_node, node_facts_at, position_rows
from engine.decide.levels.expected_sales import ExpectedSales, Moment
from engine.decide.matching.judge import PolicyJudge
from engine.decide.matching.signature_table import LOAD, Rows
from engine.decide.shipping.columns import NO_LIMIT, Integers
from engine.decide.shipping.node_clocks import ClockFacts
from engine.decide.shipping.ways import Ways
from engine.made_once import made_once
from engine.model.facts import NO_UNITS_TAKEN, Snapshot, StockPosition, TakenUnits
from engine.model.load_periods import CurrentPeriods
from engine.model.receipts import Receipt
from rules.syntax.literals import SECONDS_A_DAY
from rules.vocabulary import Facts, Stage

NO_RECEIPTS_BY_NODE: Mapping[str, Sequence[Receipt]] = MappingProxyType({})


class SnapshotColumns:
    """Of a snapshot at an instant, each column made when it is first asked for; orders of a batch share them."""

    def __init__(self, snapshot: Snapshot, matcher: PolicyJudge, now: int, *, all_receipts: bool = False) -> None:
        """`all_receipts`: those of SKUs are looked at, even if the policies don't."""
        self.snapshot = snapshot
        self.ways = snapshot.caches.get(Ways)
        self._matcher = matcher
        self.now = now
        self._stock: dict[str, Stock] = {}
        self._uses_receipts = all_receipts or matcher.policies.uses_receipts
        self._expected: dict[str, ExpectedSales] = {}
        self._noons: dict[int, Moment] = {}

    def stock_of(self, sku: str) -> Stock:
        stock = self._stock.get(sku)
        if stock is None:
            positions, taken = self.snapshot.positions.get(sku, {}), self.snapshot.taken.get(sku, NO_UNITS_TAKEN)
            stock = self._stock[sku] = self.stock_if(sku, positions, taken)
        return stock

    def stock_if(self, sku: str, positions: Mapping[str, StockPosition], taken: TakenUnits) -> Stock:
        """The stock of a SKU if these were its positions, with what is to come of it."""
        scale, receipts = self.snapshot.products[sku].scale, self._receipts_of(sku)
        return Stock.of(positions, self.ways, taken, scale=scale, receipts=receipts, now=self.now)

    def _receipts_of(self, sku: str) -> Mapping[str, Sequence[Receipt]]:
        """By node of the network, the open receipts of a SKU, if the policies look at these."""
        receipts = self.snapshot.receipts
        if not receipts or not self._uses_receipts:
            return NO_RECEIPTS_BY_NODE
        nodes = self.ways.node_index
        return {node: its for node, its in receipts.get(sku, NO_RECEIPTS_BY_NODE).items() if node in nodes}

    def rows_of(self, sku: str) -> Rows:
        """The positions of the SKU as a matcher judges them."""
        return position_rows(self.stock_of(sku), ways=self.ways, loads=self.loads, clocks=self.clocks)

    def expected_sales_of(self, sku: str) -> ExpectedSales:
        """Of the positions of the SKU, in the order of their nodes."""
        expected = self._expected.get(sku)
        if expected is None:
            stock = self.stock_of(sku)

            def judged_at(moment: Moment) -> Integers:
                rows = position_rows(stock, ways=self.ways, loads=self.loads, clocks=moment.clocks)
                return level.judge_rows(self._level_facts(sku, moment.shared), rows)

            level = self._matcher.stages[Stage.LEVEL]
            judge = level if self._matcher.policies.has_uplifts else None
            expected = ExpectedSales(lambda: stock.pace, judge, noon=self.noon, judged_at=judged_at)
            self._expected[sku] = expected
        return expected

    def expected_units(self, sku: str, days: Integers) -> Integers:
        """Of each of those positions, the units that are expected to sell in its number of days."""
        return self.expected_sales_of(sku).units(days)

    def level_facts(self, sku: str) -> Mapping[str, Facts]:
        """The facts that all positions of the SKU share where levels are judged now, by group."""
        return self._level_facts(sku, self.moment_facts)

    def _level_facts(self, sku: str, moment: Mapping[str, Facts]) -> Mapping[str, Facts]:
        return {**moment, "product": rule_facts.product_facts(self.snapshot.products[sku])}

    def noon(self, day: int) -> Moment:
        """What the clocks show at the installation's noon, so many days from today."""
        moment = self._noons.get(day)
        if moment is None:
            network = self.snapshot.network
            instant = network.clock.first((self.today + day) * SECONDS_A_DAY + SECONDS_A_DAY // 2)
            moment = Moment(rule_facts.now_facts(network, instant), self.ways.clocks.shown_at(instant))
            self._noons[day] = moment
        return moment

    @made_once
    def today(self) -> int:
        """The installation's date, as an ordinal."""
        return self.snapshot.network.local(self.now).date().toordinal()

    @made_once
    def clocks(self) -> ClockFacts:
        """What the nodes' clocks show."""
        return self.ways.clocks.at(self.now)

    @made_once
    def moment_facts(self) -> Mapping[str, Facts]:
        """What the installation's clock shows, and the nodes' clocks if all show the same; by group."""
        return self.moment.shared

    @made_once
    def moment(self) -> Moment:
        """What the clocks show."""
        return Moment(rule_facts.now_facts(self.snapshot.network, self.now), self.clocks)

    @made_once
    def loads(self) -> Integers:
        """By node, the shipments it was given today."""
        return loads_by_node(self.snapshot.loads, self.ways)

    @made_once
    def node_numbers(self) -> Integers:
        """By node, the number of the judgement that says how many shipments it may have today."""
        loads, nodes = self.loads, np.arange(len(self.ways.nodes))
        rows = Rows(
            self.ways,
            nodes,
            None,
            {LOAD: lambda: loads},
            lambda node: node_facts_at(self.ways, node, loads, self.clocks),
            self.clocks.apart,
        )
        return self._matcher.stages[Stage.NODE].judge_rows(self.moment_facts, rows)

    @made_once
    def hourly_loads(self) -> Integers:
        """By node, the shipments it was given in its hour."""
        return loads_by_node(self.snapshot.hourly_loads, self.ways)

    @made_once
    def periods(self) -> CurrentPeriods:
        """The periods in which shipments count that nodes are given at that instant."""
        return self.ways.clocks.periods(self.now, counts_hours=self._matcher.policies.counts_hours)

    @made_once
    def node_limits(self) -> NodeLimits:
        """How much the nodes may ship, before it is taken off what they were given."""
        # the judging comes first: it may add judgements to the table
        numbers, table = self.node_numbers, self._matcher.stages[Stage.NODE].table
        return self.snapshot.caches.get(KnownNodeLimits).of(table, self.ways, numbers)

    @property
    def limits(self) -> Integers:
        """By node, the most shipments on its date, and in its hour, a row each; NO_LIMIT: any number."""
        return self.node_limits.shipments

    @made_once
    def rooms(self) -> Integers:
        """By node, how many more shipments it may take; NO_LIMIT: any number."""
        return self.node_limits.rooms(self.loads, self.hourly_loads if self.periods.counts_hours else None)

    @made_once
    def capacities(self) -> Integers | None:
        """By node, a row each: how many more units and grams it may ship today; NO_LIMIT: any number. None: no node has
        such a limit.
        """
        return self.node_limits.capacities_left(self.output_left)

    @made_once
    def output_left(self) -> list[int]:
        """By field of the node limits, how much more its node may ship today; NO_LIMIT: any number."""
        return self.node_limits.left(self.snapshot.loads)

    @property
    def least_output(self) -> tuple[int, int]:
        """The fewest units, and the fewest grams, that some node may still ship today; NO_LIMIT: any number."""
        left, nodes = self.output_left, len(self.node_limits.names)
        return min(left[:nodes], default=NO_LIMIT), min(left[nodes:], default=NO_LIMIT)

    def later(
        self,
        snapshot: Snapshot,
        *,
        stock: Mapping[str, Stock],
        loads: Integers,
        hourly_loads: Integers,
        capacities: Integers | None,
        judged_alike: bool,
    ) -> "SnapshotColumns":
        """Those of a later snapshot, of which some are known. `judged_alike`: rules say the same of all nodes there;
        only then are the capacities these.
        """
        columns = SnapshotColumns(snapshot, self._matcher, self.now)
        columns._stock.update(stock)
        columns.loads, columns.hourly_loads, columns.periods = loads, hourly_loads, self.periods
        if judged_alike:
            columns.node_numbers, columns.node_limits = self.node_numbers, self.node_limits
            columns.capacities = capacities
        return columns
