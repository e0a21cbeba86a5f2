"""Reads the returned unit of a policy test."""

from collections.abc import Collection, Mapping

from api.files.policy_tests.policy_test_file import PolicyTestFile
from api.files.policy_tests.scenario import Scenario
from api.files.policy_tests.shape_findings import load_shape
from api.files.policy_tests.shapes import ReturnShape
from engine.decide.rule_facts import order_facts
from engine.model.facts import Order
from engine.returns.placement.returned_unit import ReturnedUnit
from rules.effects import OtherSku
from rules.policy import PolicySet
from rules.syntax.yaml_document import Node as Raw
from rules.syntax.yaml_document import Path
from rules.vocabulary import Facts

RETURN = "return"


def read_returned_unit(
    test_file: PolicyTestFile, raw: Raw, path: Path, *, scenario: Scenario, order: Order | None
) -> ReturnedUnit | None:
    """The unit in `raw`, sold on `order` if there is one; None if there is a mistake in it, which is noted."""
    if not isinstance(raw, dict):
        test_file.notes.add(path, "wrong-type", "write {sku: COAT, node: store, grade: as_new}")
        return None
    data = load_shape(ReturnShape(), raw, path, test_file.notes)
    if not data:
        return None
    returns = scenario.network.returns
    known: Mapping[str, tuple[str, Collection[str]]] = {
        "sku": ("unknown-sku", scenario.skus),
        "node": ("unknown-node", scenario.network.nodes),
        "grade": ("bad-value", returns.grades),
        "reason": ("bad-value", returns.reasons),
    }
    mistaken = False
    for name, (code, words) in known.items():
        word = data[name]
        if word is not None and word not in words:
            mistaken = True
            test_file.notes.add((*path, name), code, f"unknown {name} '{word}'", words, word)
    if mistaken:
        return None
    words = {name: None if data[name] is None else str(data[name]) for name in known}
    return ReturnedUnit(
        sku=str(data["sku"]),
        node=str(data["node"]),
        grade=words["grade"],
        reason=words["reason"],
        days_since_delivery=data["days_since_delivery"],
        order={} if order is None else _facts_of(order, scenario),
    )


def skus_of_return(unit: ReturnedUnit, policies: PolicySet | None) -> list[str]:
    """The article, and those that rules may make of it."""
    rules = policies.rules.values() if policies else ()
    others = {item.value.sku for rule in rules for item in rule.effects if isinstance(item.value, OtherSku)}
    return [unit.sku, *sorted(others)]


def _facts_of(order: Order, scenario: Scenario) -> Facts:
    return order_facts(order, {sku: scenario.product(sku) for sku in order.skus}, scenario.network)
