"""What is expected to sell of a position, and the stock it should have, by the meaning of the rules alone."""

import datetime
import math
from collections.abc import Callable
from fractions import Fraction

from engine.decide import rule_facts
from engine.model.facts import Snapshot
from rules.conditions import holds
from rules.effects import LevelOutcome, combine
from rules.policy import PolicySet, Rule
from rules.vocabulary import Stage


def level_outcome(snapshot: Snapshot, policies: PolicySet, *, sku: str, node: str, now: int) -> LevelOutcome:
    """What the rules say at an instant of the stock as the snapshot has it."""
    network, position = snapshot.network, snapshot.positions[sku][node]
    facts = {
        **rule_facts.now_facts(network, now),
        **rule_facts.product_facts(snapshot.products[sku]),
        **rule_facts.node_facts(network.nodes[node], snapshot.loads.get(node, 0)),
        **rule_facts.node_clock_facts(network.clock_of(network.nodes[node]), now),
        **rule_facts.stock_facts(position, snapshot.products[sku].scale),
    }
    rules = policies.relevant_at(Stage.LEVEL)

    def acts(rule: Rule) -> bool:
        overriders = (other for other in rules.values() if rule.id in other.overrides)
        return holds(rule.condition, facts) and not any(map(acts, overriders))

    return combine(Stage.LEVEL, [effect for rule in rules.values() if acts(rule) for effect in rule.effects])


def expected_units(snapshot: Snapshot, policies: PolicySet, *, sku: str, node: str, now: int) -> Callable[[int], int]:
    """The units that are expected to sell in so many days, the date of `now` the first, rounded up."""
    clock, pace = snapshot.network.clock, snapshot.positions[sku][node].pace
    today = snapshot.network.local(now).date()

    def uplift(date: datetime.date) -> Fraction:
        noon = clock.first(date.toordinal() * 86_400 + 43_200)
        return Fraction(level_outcome(snapshot, policies, sku=sku, node=node, now=noon).uplift, 10_000)

    def units(days: int) -> int:
        if not pace:
            return 0
        dates = (today + datetime.timedelta(days=day) for day in range(days))
        return math.ceil(Fraction(pace, 1_000) * sum(map(uplift, dates), Fraction(0)))

    return units
