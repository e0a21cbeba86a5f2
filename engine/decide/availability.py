"""How many units of a SKU a channel may still be promised: the number a product page shows."""

from dataclasses import dataclass
from typing import cast

from engine.decide import rule_facts
from engine.decide.matching.judge import PolicyJudge
from engine.model.facts import Snapshot, StockPosition
from rules.conditions import Operator, comparisons
from rules.effects import PositionOutcome, Protection
from rules.policy import PolicySet
from rules.vocabulary import Stage


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
    network = snapshot.network
    shared = {
        "order.channel": channel,
        **rule_facts.now_facts(network, now),
        **rule_facts.product_facts(snapshot.products[sku]),
        "line.sku": sku,
    }
    positions = []
    for node, position in sorted(snapshot.positions[sku].items()):
        at_node = rule_facts.node_facts(network.nodes[node], snapshot.loads.get(node, 0))
        facts = {**shared, **at_node, **rule_facts.stock_facts(position)}
        outcome = matcher.judge(Stage.POSITION, facts).outcome
        floor = cast("PositionOutcome", outcome).floor(channel, position.on_hand)
        positions.append(Available(node=node, position=position, free=max(0, position.available - floor)))
    return positions
