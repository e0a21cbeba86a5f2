"""Random cases: all facts of an order, a line, a place, a way and a shipment of the example's network at one moment."""

import functools
import random
from collections.abc import Sequence
from dataclasses import dataclass

from engine.decide import rule_facts
from engine.model.facts import Inventory, Product
from engine.model.wall_clock import wall_clock
from rules.vocabulary import (
    DELIVERIES,
    REJECTION_REASONS,
    VOCABULARY,
    Fact,
    Facts,
    Stage,
    Value,
    attribute,
    group_of,
    stage_knows,
)
from tests.support.hexagone import hexagone

ZONES = ("Europe/Paris", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "UTC")
_WORDS = {
    "order.customer": ("c-1", "c-2", "pas de nom"),
    "order.segment": ("pro", "vip", "pas cher", "non food", "Not Sure"),
    "order.postcode": ("75003", "75011", "69002", "KW17 2AA", "PA6 7XX", "1012 AB"),
    "order.outward_code": ("KW17", "PA6", "PA67"),
    "order.id": ("o-1", "o-2", "web-7"),
}
_TAGS = ("gift", "vip", "fragile", "no", "not now")
_FIRST, _LAST = 1_790_000_000, 1_830_000_000
"""Instants of 2026 and 2027."""
_OFTEN = (0, 1, 2, 3, 5, 10)


def inventory() -> Inventory:
    return hexagone()


@functools.cache
def products() -> Sequence[Product]:
    return tuple(inventory().products.values())


@dataclass(frozen=True, slots=True)
class Case:
    """Facts of all stages, by path."""

    facts: Facts

    def at(self, stage: Stage) -> Facts:
        """Those that are known at a stage."""
        return {path: value for path, value in self.facts.items() if stage_knows(stage, fact_of(path))}


def fact_of(path: str) -> Fact:
    """The fact at a path, of the kind that the network declares for an extra attribute."""
    if path in VOCABULARY:
        return VOCABULARY[path]
    return attribute(path, inventory().network.attributes.get(path, VOCABULARY["order.id"].kind))


class RandomCases:
    """Makes cases; a fact may be unknown in any of them."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._network = inventory().network

    def case(self) -> Case:
        chance, network = self._chance, self._network
        node, service = (chance.choice(list(of.values())) for of in (network.nodes, network.services))
        facts: dict[str, Value | None] = {
            **self._order(),
            **rule_facts.product_facts(chance.choice(products())),
            **rule_facts.node_facts(node, self._number()),
            **rule_facts.service_facts(service),
            **self._clocks(),
            **{path: self._number() for path, fact in VOCABULARY.items() if self._is_amount(fact)},
            "route.late": chance.choice((True, False, None)),
            "rejection.reason": chance.choice(REJECTION_REASONS),
            "return.reason": chance.choice(tuple(inventory().network.returns.reasons)),
            "return.grade": chance.choice(tuple(inventory().network.returns.grades)),
            "return.node": node.id,
            "need.chance_of_sale": chance.choice((0, 1, 5_000, 10_000)),
        }
        facts["line.sku"] = facts["product.sku"]
        unknown = {path for path in facts if chance.random() < 0.05 and group_of(path) not in ("now", "clock")}
        return Case({path: value for path, value in facts.items() if value is not None and path not in unknown})

    def like(self, case: Case) -> Case:
        """The case with a few facts of another; a clock changes as a whole."""
        chance, other = self._chance, self.case().facts
        changed = set(chance.sample(sorted(other), chance.randint(1, 4)))
        for group in ("now", "clock"):
            if any(group_of(path) == group for path in changed):
                changed |= {path for path in other if group_of(path) == group}
        return Case({**case.facts, **{path: other[path] for path in changed}})

    @staticmethod
    def _is_amount(fact: Fact) -> bool:
        return not fact.choices and fact.kind.name in {"COUNT", "MONEY", "WEIGHT", "DISTANCE", "DURATION", "CARBON"}

    def _number(self) -> int:
        """An amount in the integers of its kind; ranks begin with 1."""
        return 1 + self._chance.choice((*_OFTEN, self._chance.randint(0, 100) * 1_000, self._chance.randint(0, 10**7)))

    def _order(self) -> dict[str, Value | None]:
        chance, nodes = self._chance, list(self._network.nodes.values())
        goal = chance.choice(nodes)
        placed_at = wall_clock("Europe/Paris").local(60 * chance.randint(_FIRST // 60, _LAST // 60))
        return {
            **{path: chance.choice(words) for path, words in _WORDS.items()},
            "order.channel": chance.choice(sorted(self._network.channels)),
            "order.delivery": chance.choice(DELIVERIES),
            "order.country": goal.country,
            "order.region": goal.region,
            "order.tags": frozenset(chance.sample(_TAGS, chance.randint(0, 3))),
            "order.placed_at": placed_at,
            "order.promise_by": placed_at + 60 * chance.randint(0, 10_000),
        }

    def _clocks(self) -> Facts:
        """What the clocks of the installation and of a place show, not in a night in which one of them changes."""
        while True:
            instant = 60 * self._chance.randint(_FIRST // 60, _LAST // 60)
            node_clock = wall_clock(self._chance.choice(ZONES))
            readings = self._network.clock.reading(instant), node_clock.reading(instant)
            if all(reading.latest == reading.earliest for reading in readings):
                return {
                    **rule_facts.now_facts(self._network, instant),
                    **rule_facts.node_clock_facts(node_clock, instant),
                }
