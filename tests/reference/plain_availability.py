"""What is free of a position, by the meaning of the rules alone: the plain reference of availability."""

from engine.decide import rule_facts
from engine.model.facts import Snapshot
from rules.conditions import holds
from rules.effects import combine
from rules.policy import PolicySet, Rule
from rules.vocabulary import Stage
from tests.reference.plain_levels import expected_units


def free_at(snapshot: Snapshot, policies: PolicySet, *, sku: str, node: str, channel: str, now: int) -> int:
    """Units of one SKU at one node that an order on the channel may take, of which nothing else is known."""
    position, network = snapshot.positions[sku][node], snapshot.network
    facts = {
        "order.channel": channel,
        "line.sku": sku,
        **rule_facts.now_facts(network, now),
        **rule_facts.product_facts(snapshot.products[sku]),
        **rule_facts.node_facts(network.nodes[node], snapshot.loads.get(node, 0)),
        **rule_facts.node_clock_facts(network.clock_of(network.nodes[node]), now),
        **rule_facts.stock_facts(position),
    }
    rules = policies.relevant_at(Stage.POSITION)

    def acts(rule: Rule) -> bool:
        overriders = (other for other in rules.values() if rule.id in other.overrides)
        return holds(rule.condition, facts) and not any(map(acts, overriders))

    effects = [effect for rule in rules.values() if acts(rule) for effect in rule.effects]
    outcome = combine(Stage.POSITION, effects)
    floor = outcome.floor(channel).in_units(expected_units(snapshot, policies, sku=sku, node=node, now=now))
    free = max(0, position.available - floor.of(position.on_hand))
    return free - free % outcome.multiple_of
