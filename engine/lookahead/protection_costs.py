"""What it costs a month to protect some units more, rule by rule, read from look-ahead prices.

A unit that a rule keeps back is a unit less for everybody else, and what that costs is its price, once in the time for
which the units there last. So protecting n units more at a place costs

    price x n x turns      a month of 28 days,

where n is at most what is free there, and turns says how often these units would have been used up in a month: 28 days
over the days from the end of the demand that was learnt from until they are needed. (A table that was learnt again of
some SKUs has the others' prices from before: all of its prices were learnt at that end or later, so no price counts for
more than it should.) The price is what the first unit less costs, and every further one
costs as much or more, so it is the least, if the place is filled up again whenever its units are used up, and too much
if it is not. It is beside the place where the SKU is needed least, so it says what
protecting here costs more than protecting there.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from engine.decide.availability.free_units import StockFacts
from engine.decide.availability.offer import facts_of_lines
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.matching.matcher import Matcher
from engine.model.facts import rounded
from engine.model.lookahead import LookaheadPrice
from rules.policy import PolicySet
from rules.vocabulary import Stage

MONTH: Final = 28 * 86_400
"""Seconds: four weeks, as demand is learnt from."""
UNITS_MORE: Final = 5
"""How many units more are asked about."""
PROTECTING: Final = frozenset({"keep", "protect"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionCost:
    """Of a rule that keeps or protects units: at how many positions that have a price it acts, what protecting some
    more units at each of them costs a month, in micros, and where that is dearest.
    """

    rule: str
    positions: int
    month: int
    dearest: LookaheadPrice | None


def protecting_rules(policies: PolicySet) -> list[str]:
    """The rules that keep units or protect them."""
    return [rule.id for rule in policies.rules.values() if any(item.name in PROTECTING for item in rule.effects)]


def month_cost(price: LookaheadPrice, *, units: int, demand_until: int) -> int:
    """Micros a month that so many whole units less cost at least; as the module says."""
    lasts = MONTH if price.needed_by is None else max(1, min(MONTH, price.needed_by - demand_until))
    return rounded(price.price * units * MONTH, lasts)


@dataclass(slots=True, kw_only=True)
class ProtectionCosts:
    """Adds up what `units` more cost, of prices that were learnt from the demand before `demand_until`."""

    matcher: Matcher
    channel: str
    units: int
    demand_until: int
    _months: defaultdict[str, dict[tuple[str, str], int]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, facts: StockFacts, prices: Mapping[str, Mapping[str, LookaheadPrice]], now: int) -> None:
        """The positions of some SKUs."""
        columns, stage = SnapshotColumns(facts.snapshot, self.matcher, now), self.matcher.stages[Stage.POSITION]
        lines = facts_of_lines(facts, self.channel, columns)
        judged: Sequence[int] = stage.judge_lines(lines, facts.stock.sku, facts.to_judge(columns.clocks)).tolist()
        protecting = set(protecting_rules(self.matcher.policies))
        for row, judgement in enumerate(judged):
            product, node = facts.products[int(facts.stock.sku[row])], facts.nodes[row]
            price = prices.get(product.sku, {}).get(node)
            there = int(facts.stock.available[row]) // product.scale
            if price is None or not there:
                continue
            cost = month_cost(price, units=min(self.units, there), demand_until=self.demand_until)
            for rule in protecting.intersection(stage.table.judgements[judgement].fired):
                self._months[rule][product.sku, node] = cost

    def of_rules(self, prices: Mapping[str, Mapping[str, LookaheadPrice]]) -> list[ProtectionCost]:
        """Of each rule that keeps or protects, in the order of the policies; those that act nowhere, too."""
        costs = []
        for rule in protecting_rules(self.matcher.policies):
            positions = self._months.get(rule, {})
            dearest = min(positions, key=lambda place: (-positions[place], place), default=None)
            costs.append(
                ProtectionCost(
                    rule=rule,
                    positions=len(positions),
                    month=sum(positions.values()),
                    dearest=None if dearest is None else prices[dearest[0]][dearest[1]],
                )
            )
        return costs
