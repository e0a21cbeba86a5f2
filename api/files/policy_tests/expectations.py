"""What stands under `expect` of a test case, read."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from api.files.policy_tests.scenario import Scene, Sheet
from api.files.policy_tests.shapes import ExpectShape, shaped
from engine.decide.policy_tests.expectation import (
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
from engine.decide.policy_tests.yaml_text import flow
from engine.decide.reasons import REASONS
from engine.model.facts import Order
from rules.conditions import Operator, comparisons
from rules.policy import PolicySet
from rules.syntax.condition_parser import ConditionParser
from rules.syntax.yaml_document import Node as Raw
from rules.syntax.yaml_document import Path
from rules.vocabulary import Fact

_RULE_LISTS = ("fired", "not_fired", "silenced", "not_silenced")


def read_expectation(
    sheet: Sheet, raw: Raw, path: Path, *, scene: Scene, order: Order | None, policies: PolicySet | None
) -> Expectation:
    """What `raw` expects; mistakes are noted. SKUs are checked if there is an order, rules if there are policies."""
    if raw is None:
        return Expectation()
    data = shaped(ExpectShape(), raw, path, sheet.notes)
    if not isinstance(raw, dict) or not data:
        return Expectation()
    reader = _Reader(
        sheet=sheet,
        scene=scene,
        skus=frozenset(order.skus) if order else frozenset(),
        rules=None if policies is None else frozenset(policies.rules),
    )
    lists = {name: reader.rules_of(data[name], (*path, name)) for name in _RULE_LISTS if name in data}
    return Expectation(
        status=data.get("status"),
        shipments=reader.shipments(data, path) if "shipments" in data else None,
        unfilled=reader.unfilled(data["unfilled"], (*path, "unfilled")) if "unfilled" in data else None,
        excluded=reader.exclusions(data, "excluded", path),
        not_excluded=reader.exclusions(data, "not_excluded", path),
        kept=reader.kept(data.get("kept", {}), (*path, "kept")),
        order=reader.bounds(ORDER_FACTS, {name: raw[name] for name in ORDER_FACTS if name in raw}, path),
        totals=reader.bounds(TOTAL_FACTS, data.get("totals", {}), (*path, "totals")),
        **lists,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """`skus` are those of the order, `rules` those there are; no check against what is not known."""

    sheet: Sheet
    scene: Scene
    skus: frozenset[str]
    rules: frozenset[str] | None

    def bound(self, fact: Fact, raw: Raw, path: Path) -> Bound:
        condition = ConditionParser(notes=self.sheet.notes, terms={}).comparison(fact, raw, path)
        return Bound(fact=fact, condition=condition, written=flow(raw))

    def bounds(self, facts: Mapping[str, Fact], raw: Mapping[str, Raw], path: Path) -> dict[str, Bound]:
        found = {}
        for name, item in raw.items():
            if name in facts:
                found[name] = self.bound(facts[name], item, (*path, name))
            else:
                self.sheet.notes.add((*path, name), "unknown-key", f"unknown key '{name}'", facts, name)
        return found

    def shipments(self, data: Mapping[str, Any], path: Path) -> tuple[ExpectedShipment, ...]:
        return tuple(self._shipment(item, (*path, "shipments", index)) for index, item in enumerate(data["shipments"]))

    def _shipment(self, raw: Mapping[str, Any], path: Path) -> ExpectedShipment:
        stated = {name: item for name, item in raw.items() if name in SHIPMENT_FACTS}
        bounds = self.bounds(SHIPMENT_FACTS, stated, path)
        network = self.scene.network
        for name, known in (("node", network.nodes), ("service", network.services)):
            if name in bounds:
                self._note_unknown(_words(bounds[name]), known, name, (*path, name))
        lines = raw.get("lines")
        where = (*path, "lines")
        return ExpectedShipment(
            bounds=bounds,
            lines=None if lines is None else {sku: self._units(sku, item, where) for sku, item in lines.items()},
            rules=self.rules_of(raw.get("rules", ()), (*path, "rules")),
            written=flow(raw),
        )

    def _units(self, sku: str, raw: Raw, path: Path) -> Bound:
        self._note_sku(sku, (*path, sku))
        return self.bound(UNITS, raw, (*path, sku))

    def unfilled(self, raw: Mapping[str, Raw], path: Path) -> dict[str, ExpectedUnfilled]:
        found = {}
        for sku, item in raw.items():
            where = (*path, sku)
            self._note_sku(sku, where)
            data: dict[str, Raw] = {"units": item}
            if isinstance(item, dict) and item.keys() & {"units", "reason", "by"}:
                data = item
                self._note_keys(item, ("units", "reason", "by"), where)
            reasons = self._words_of(data.get("reason"), (*where, "reason"))
            self._note_unknown(reasons, REASONS, "reason", (*where, "reason"))
            found[sku] = ExpectedUnfilled(
                units=self.bound(UNITS, data["units"], (*where, "units") if data is item else where)
                if "units" in data
                else None,
                reasons=reasons,
                by=self.rules_of(self._words_of(data.get("by"), (*where, "by")), (*where, "by")),
                written=flow(item),
            )
        return found

    def exclusions(self, data: Mapping[str, Any], key: str, path: Path) -> tuple[ExpectedExclusion, ...]:
        return tuple(self._exclusion(item, (*path, key, index)) for index, item in enumerate(data.get(key, ())))

    def _exclusion(self, raw: Mapping[str, Any], path: Path) -> ExpectedExclusion:
        network = self.scene.network
        for name, known in (("node", network.nodes), ("service", network.services)):
            if name in raw:
                self._note_unknown([raw[name]], known, name, (*path, name))
        if "sku" in raw:
            self._note_sku(raw["sku"], (*path, "sku"))
        by = self.rules_of(self._words_of(raw.get("by"), (*path, "by")), (*path, "by"))
        flag = {"unless_needed": "true" if raw["unless_needed"] else "false"} if "unless_needed" in raw else {}
        return ExpectedExclusion(**{**raw, "by": by}, written=flow({**raw, **flag}))

    def kept(self, raw: Mapping[str, Mapping[str, Raw]], path: Path) -> dict[str, dict[str, Bound]]:
        found: dict[str, dict[str, Bound]] = {}
        for sku, nodes in raw.items():
            self._note_sku(sku, (*path, sku))
            for node, item in nodes.items():
                where = (*path, sku, node)
                self._note_unknown([node], self.scene.network.nodes, "node", where)
                found.setdefault(sku, {})[node] = self.bound(UNITS, item, where)
        return found

    def rules_of(self, names: Iterable[str], path: Path) -> tuple[str, ...]:
        rules = tuple(str(name) for name in names)
        if self.rules is not None:
            self._note_unknown(rules, self.rules, "rule", path)
        return rules

    def _words_of(self, raw: Raw, path: Path) -> tuple[str, ...]:
        """One word or a list of them; nothing if it isn't there."""
        items = raw if isinstance(raw, list) else [] if raw is None else [raw]
        if not all(isinstance(item, str) for item in items):
            self.sheet.notes.add(path, "wrong-type", "a word or a list of words is expected here")
            return ()
        return tuple(str(item) for item in items)

    def _note_sku(self, sku: str, path: Path) -> None:
        if self.skus and sku not in self.skus:
            self.sheet.notes.add(path, "unknown-sku", f"the order has no SKU '{sku}'", self.skus, sku)

    def _note_keys(self, raw: Iterable[str], known: Iterable[str], path: Path) -> None:
        for key in raw:
            if key not in known:
                self.sheet.notes.add((*path, key), "unknown-key", f"unknown key '{key}'", known, key)

    def _note_unknown(self, words: Iterable[str], known: Iterable[str], what: str, path: Path) -> None:
        for index, word in enumerate(words):
            if word not in known:
                self.sheet.notes.add((*path, index), f"unknown-{what}", f"unknown {what} '{word}'", known, word)


def _words(bound: Bound) -> Iterator[str]:
    """The ids that are named whole; a glob may stand for any."""
    for comparison in comparisons(bound.condition):
        if comparison.operator is Operator.EQUALS:
            yield from (str(word) for word in comparison.operands)
