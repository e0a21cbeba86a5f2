"""Reads what stands under `expect` of a policy test."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from api.files.policy_tests.policy_test_file import PolicyTestFile
from api.files.policy_tests.scenario import Scenario
from api.files.policy_tests.shape_findings import load_shape
from api.files.policy_tests.shapes import ExpectShape
from engine.decide.policy_tests.expectation import (
    HOLD_AFTER_SHIPPING,
    LEVEL_FACTS,
    ORDER_FACTS,
    SHIPMENT_FACTS,
    TOTAL_FACTS,
    UNITS,
    Bound,
    Expectation,
    ExpectedExclusion,
    ExpectedShipment,
    ExpectedUnfilled,
)
from engine.decide.policy_tests.yaml_text import flow_style
from engine.decide.reasons import REASON_CODES
from engine.model.facts import Order
from rules.conditions import Operator, comparisons
from rules.policy import PolicySet
from rules.syntax.condition_parser import ConditionParser
from rules.syntax.effect_parser import UNTIL_SHIPPED
from rules.syntax.yaml_document import Node as Raw
from rules.syntax.yaml_document import Path
from rules.vocabulary import Fact

_OF_RETURNS = ("disposition", "as_sku", "place")
_RULE_LISTS = ("fired", "not_fired", "silenced", "not_silenced")


def read_expectation(
    test_file: PolicyTestFile,
    raw: Raw,
    path: Path,
    *,
    scenario: Scenario,
    order: Order | None,
    policies: PolicySet | None,
    of_return: bool = False,
) -> Expectation:
    """The expectation in `raw`, of an order or, if `of_return`, of a returned unit; mistakes are noted. SKUs are
    checked if `order` is given, rules if `policies` are.
    """
    if raw is None:
        return Expectation()
    data = load_shape(ExpectShape(), raw, path, test_file.notes)
    if not isinstance(raw, dict) or not data:
        return Expectation()
    reader = _Reader(
        test_file=test_file,
        scenario=scenario,
        skus=frozenset(order.skus) if order else frozenset(),
        rules=None if policies is None else frozenset(policies.written_rules),
    )
    reader.note_misplaced(raw, path, of_return=of_return)
    lists = {name: reader.rules_of(data[name], (*path, name)) for name in _RULE_LISTS if name in data}
    return Expectation(
        status=data.get("status"),
        shipments=reader.shipments(data, path) if "shipments" in data else None,
        unfilled=reader.unfilled(data["unfilled"], (*path, "unfilled")) if "unfilled" in data else None,
        excluded=reader.exclusions(data, "excluded", path),
        not_excluded=reader.exclusions(data, "not_excluded", path),
        kept=reader.kept(data.get("kept", {}), (*path, "kept")),
        levels=reader.levels(data.get("levels", {}), (*path, "levels")),
        order=reader.order({name: raw[name] for name in ORDER_FACTS if name in raw}, path),
        totals=reader.bounds(TOTAL_FACTS, data.get("totals", {}), (*path, "totals")),
        disposition=data.get("disposition"),
        as_sku=data.get("as_sku"),
        place=reader.place(data, path),
        **lists,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """`skus` are those of the order, `rules` the ids that exist; neither is checked if empty or None."""

    test_file: PolicyTestFile
    scenario: Scenario
    skus: frozenset[str]
    rules: frozenset[str] | None

    def note_misplaced(self, raw: Mapping[str, Raw], path: Path, *, of_return: bool) -> None:
        """Note what is expected of an order in a case about a returned unit, and the other way round."""
        about = "a returned unit" if of_return else "an order"
        for name in raw:
            if name not in _RULE_LISTS and (name in _OF_RETURNS) is not of_return:
                self.test_file.notes.add((*path, name), "unknown-key", f"'{name}' is not expected of {about}")

    def place(self, data: Mapping[str, Any], path: Path) -> str | None:
        if "place" in data:
            self._note_unknown([data["place"]], self.scenario.network.nodes, "node", (*path, "place"))
        return data.get("place")

    def bound(self, fact: Fact, raw: Raw, path: Path) -> Bound:
        condition = ConditionParser(notes=self.test_file.notes, terms={}).comparison(fact, raw, path)
        return Bound(fact=fact, condition=condition, written=flow_style(raw))

    def bounds(self, facts: Mapping[str, Fact], raw: Mapping[str, Raw], path: Path) -> dict[str, Bound]:
        bounds = {}
        for name, item in raw.items():
            if name in facts:
                bounds[name] = self.bound(facts[name], item, (*path, name))
            else:
                self.test_file.notes.add((*path, name), "unknown-key", f"unknown key '{name}'", facts, name)
        return bounds

    def order(self, raw: Mapping[str, Raw], path: Path) -> dict[str, Bound]:
        hold = raw.get("hold")
        word, plus, extra = hold.partition("+") if isinstance(hold, str) else ("", "", "")
        if word.strip() != UNTIL_SHIPPED:
            return self.bounds(ORDER_FACTS, raw, path)
        others = {name: item for name, item in raw.items() if name != "hold"}
        after = self.bound(HOLD_AFTER_SHIPPING, extra.strip() if plus else "0 m", (*path, "hold"))
        return {"hold": replace(after, written=flow_style(hold)), **self.bounds(ORDER_FACTS, others, path)}

    def shipments(self, data: Mapping[str, Any], path: Path) -> tuple[ExpectedShipment, ...]:
        return tuple(self._shipment(item, (*path, "shipments", index)) for index, item in enumerate(data["shipments"]))

    def _shipment(self, raw: Mapping[str, Any], path: Path) -> ExpectedShipment:
        stated = {name: item for name, item in raw.items() if name in SHIPMENT_FACTS}
        bounds = self.bounds(SHIPMENT_FACTS, stated, path)
        network = self.scenario.network
        for name, existing in (("node", network.nodes), ("service", network.services)):
            if name in bounds:
                self._note_unknown(_words(bounds[name]), existing, name, (*path, name))
        lines = raw.get("lines")
        where = (*path, "lines")
        return ExpectedShipment(
            bounds=bounds,
            lines=None if lines is None else {sku: self._units(sku, item, where) for sku, item in lines.items()},
            rules=self.rules_of(raw.get("rules", ()), (*path, "rules")),
            written=flow_style(raw),
        )

    def _units(self, sku: str, raw: Raw, path: Path) -> Bound:
        self._note_sku(sku, (*path, sku))
        return self.bound(UNITS, raw, (*path, sku))

    def unfilled(self, raw: Mapping[str, Raw], path: Path) -> dict[str, ExpectedUnfilled]:
        expected = {}
        for sku, item in raw.items():
            where = (*path, sku)
            self._note_sku(sku, where)
            data: dict[str, Raw] = {"units": item}
            if isinstance(item, dict) and item.keys() & {"units", "reason", "by"}:
                data = item
                self._note_keys(item, ("units", "reason", "by"), where)
            reasons = self._words_of(data.get("reason"), (*where, "reason"))
            self._note_unknown(reasons, REASON_CODES, "reason", (*where, "reason"))
            expected[sku] = ExpectedUnfilled(
                units=self.bound(UNITS, data["units"], (*where, "units") if data is item else where)
                if "units" in data
                else None,
                reasons=reasons,
                by=self.rules_of(self._words_of(data.get("by"), (*where, "by")), (*where, "by")),
                written=flow_style(item),
            )
        return expected

    def exclusions(self, data: Mapping[str, Any], key: str, path: Path) -> tuple[ExpectedExclusion, ...]:
        return tuple(self._exclusion(item, (*path, key, index)) for index, item in enumerate(data.get(key, ())))

    def _exclusion(self, raw: Mapping[str, Any], path: Path) -> ExpectedExclusion:
        network = self.scenario.network
        for name, existing in (("node", network.nodes), ("service", network.services)):
            if name in raw:
                self._note_unknown([raw[name]], existing, name, (*path, name))
        if "sku" in raw:
            self._note_sku(raw["sku"], (*path, "sku"))
        by = self.rules_of(self._words_of(raw.get("by"), (*path, "by")), (*path, "by"))
        flag = {"unless_needed": "true" if raw["unless_needed"] else "false"} if "unless_needed" in raw else {}
        return ExpectedExclusion(**{**raw, "by": by}, written=flow_style({**raw, **flag}))

    def kept(self, raw: Mapping[str, Mapping[str, Raw]], path: Path) -> dict[str, dict[str, Bound]]:
        bounds: dict[str, dict[str, Bound]] = {}
        for sku, nodes in raw.items():
            self._note_sku(sku, (*path, sku))
            for node, item in nodes.items():
                where = (*path, sku, node)
                self._note_unknown([node], self.scenario.network.nodes, "node", where)
                bounds.setdefault(sku, {})[node] = self.bound(UNITS, item, where)
        return bounds

    def levels(
        self, raw: Mapping[str, Mapping[str, Mapping[str, Raw]]], path: Path
    ) -> dict[str, dict[str, dict[str, Bound]]]:
        levels: dict[str, dict[str, dict[str, Bound]]] = {}
        for sku, nodes in raw.items():
            self._note_sku(sku, (*path, sku))
            for node, item in nodes.items():
                where = (*path, sku, node)
                self._note_unknown([node], self.scenario.network.nodes, "node", where)
                levels.setdefault(sku, {})[node] = self.bounds(LEVEL_FACTS, item, where)
        return levels

    def rules_of(self, names: Iterable[str], path: Path) -> tuple[str, ...]:
        rules = tuple(str(name) for name in names)
        if self.rules is not None:
            self._note_unknown(rules, self.rules, "rule", path)
        return rules

    def _words_of(self, raw: Raw, path: Path) -> tuple[str, ...]:
        """The words in `raw`, which is one word, a list of them, or None for none."""
        items = raw if isinstance(raw, list) else [] if raw is None else [raw]
        if not all(isinstance(item, str) for item in items):
            self.test_file.notes.add(path, "wrong-type", "a word or a list of words is expected here")
            return ()
        return tuple(str(item) for item in items)

    def _note_sku(self, sku: str, path: Path) -> None:
        if self.skus and sku not in self.skus:
            self.test_file.notes.add(path, "unknown-sku", f"the order has no SKU '{sku}'", self.skus, sku)

    def _note_keys(self, raw: Iterable[str], allowed: Iterable[str], path: Path) -> None:
        for key in raw:
            if key not in allowed:
                self.test_file.notes.add((*path, key), "unknown-key", f"unknown key '{key}'", allowed, key)

    def _note_unknown(self, words: Iterable[str], existing: Iterable[str], what: str, path: Path) -> None:
        for index, word in enumerate(words):
            if word not in existing:
                self.test_file.notes.add((*path, index), f"unknown-{what}", f"unknown {what} '{word}'", existing, word)


def _words(bound: Bound) -> Iterator[str]:
    """The ids that are written in full; a glob can't be checked."""
    for comparison in comparisons(bound.condition):
        if comparison.operator is Operator.EQUALS:
            yield from (str(word) for word in comparison.operands)
