"""How many units of a SKU a channel may still be promised: the number a product page shows."""

from dataclasses import dataclass

from engine.decide import rule_facts
from engine.decide.evaluation.positions import Stock, judge_positions, loads_by_node
from engine.decide.matching.judge import PolicyJudge
from engine.decide.shipping.ways import Ways
from engine.model.facts import Snapshot, StockPosition
from rules.conditions import Operator, comparisons
from rules.effects import Protection
from rules.policy import PolicySet


def channels(policies: PolicySet) -> list[str]:
    """Every channel that a rule names, sorted. The rules treat all other channels alike."""
    named = {
        str(word)
        for rule in policies.rules.values()
        for item in comparisons(rule.condition)
        if item.fact.path == "order.channel" and item.operator is Operator.EQUALS
        for word in item.operands
    }
    effects = (effect.value for rule in policies.rules.values() for effect in rule.effects)
    # as plain texts: a word read from a policy file carries its position in the file
    return sorted(named | {str(value.channel) for value in effects if isinstance(value, Protection)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Available:
    """A position as a channel sees it; `free` is available less the floor of the active policies, never below 0."""

    node: str
    position: StockPosition
    free: int


def available(snapshot: Snapshot, matcher: PolicyJudge, sku: str, channel: str, now: int) -> list[Available]:
    """By node, the units free for an order of which only the channel is known: rules on its other facts don't fire."""
    ways = snapshot.caches.get(Ways)
    stock = Stock.of(snapshot.positions[sku], ways)
    shared = {
        "order": {"order.channel": channel},
        "now": rule_facts.now_facts(snapshot.network, now),
        "line": {"line.sku": sku},
        "product": rule_facts.product_facts(snapshot.products[sku]),
    }
    positions = judge_positions(matcher, shared, stock, ways=ways, loads=loads_by_node(snapshot, ways), channel=channel)
    rows = zip(stock.node.tolist(), stock.positions, positions.free.tolist(), strict=True)
    return [Available(node=ways.node_ids[node], position=position, free=free) for node, position, free in rows]
