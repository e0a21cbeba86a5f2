"""Whether orders and policies fit the facts, before anything is decided."""

import difflib
from collections.abc import Iterator, Mapping

from engine.errors import Mistake, OrderInvalid
from engine.model.facts import Order, Snapshot
from rules.conditions import comparisons
from rules.policy import PolicySet
from rules.vocabulary import Fact, Kind, is_attribute


def check_order(order: Order, snapshot: Snapshot) -> None:
    """Raise OrderInvalid with every mistake: unknown SKUs, an unknown node to collect at."""
    mistakes = list(_mistakes(order, snapshot))
    if mistakes:
        raise OrderInvalid(mistakes)


def attribute_mistakes(policies: PolicySet, attributes: Mapping[str, Kind]) -> list[Mistake]:
    """Rules that compare an extra attribute the network does not declare, or declares as another kind."""
    return [
        Mistake(where=f"rule {rule.id}", field=fact.path, message=message)
        for rule in policies.rules.values()
        for fact in dict.fromkeys(comparison.fact for comparison in comparisons(rule.condition))
        if is_attribute(fact.path) and (message := _attribute_mistake(fact, attributes))
    ]


def _attribute_mistake(fact: Fact, attributes: Mapping[str, Kind]) -> str:
    declared = attributes.get(fact.path)
    if declared is None:
        near = difflib.get_close_matches(fact.path, list(attributes), n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        return f"the network declares no such attribute{hint}"
    if fact.kind not in (declared, Kind.ANY):
        return f"the network declares it as {declared.value}, the rule compares it as {fact.kind.value}"
    return ""


def _mistakes(order: Order, snapshot: Snapshot) -> Iterator[Mistake]:
    for index, line in enumerate(order.lines):
        if line.sku not in snapshot.products:
            yield Mistake(field=f"lines.{index}.sku", message=f"no product goes by the SKU '{line.sku}'")
    nodes = snapshot.network.nodes
    if order.collect_at is not None and order.collect_at not in nodes:
        near = difflib.get_close_matches(order.collect_at, list(nodes), n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        yield Mistake(field="collect_at", message=f"no node goes by the id '{order.collect_at}'{hint}")
