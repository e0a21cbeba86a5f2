"""Random rules, as authors write them, each made so that it applies to a given case."""

import datetime
import functools
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from rules.conditions import Condition, comparisons, holds
from rules.syntax.condition_parser import ConditionParser, Notes, are_comparable
from rules.syntax.yaml_document import read
from rules.vocabulary import NODE_CLOCK, Fact, Facts, Kind, Stage, Value, group_of, stage_knows
from rules.windows import DAY
from tests.fuzz.random_cases import Case, RandomCases, fact_of
from tests.properties.rules.condition_trees import literal

CHANNELS = ("web", "marketplace", "store")
EFFECTS: dict[Stage, Sequence[str]] = {
    Stage.ORDER: (
        *(f"priority: {number}" for number in (10, 60, 80, 95)),
        *(f"max_shipments: {number}" for number in (1, 2, 3)),
        "max_shipments: {at_most: 1, unless_needed: true}",
        "max_shipments: {at_most: 2, unless_needed: true}",
        "fewest_shipments: true",
        *(f"split_penalty: {number}.50" for number in (1, 3, 9)),
        "ship_complete: true",
        "carbon_price: 120 EUR/t",
        "carbon_price: 0.25 EUR/kg",
        *(f"hold: {hours} h" for hours in (2, 24, 36)),
        "hold: until_shipped",
        "hold: until_shipped + 4 h",
        "approve: true",
    ),
    Stage.LINE: ("keep_together: true",),
    Stage.POSITION: (
        *(f"keep: {units}" for units in (1, 3, 10, "10%", "35%")),
        *(f"protect: {{channel: {channel}, units: {units}}}" for channel in CHANNELS for units in (2, 5)),
        "protect: {channel: web, share: 20%}",
        "protect: [{channel: web, units: 9}, {channel: store, share: 30%}]",
        "allocate: {channel: web, units: 5, per: day}",
        "allocate: {channel: web, share: 20%, min: 2, max: 20, per: week}",
        "allocate: {channel: store, units: 8, per: window}",
        "keep: {cover: 2 days}",
        "protect: {channel: web, cover: 3 days}",
        "allocate: {channel: store, cover: 5 days, min: 1, max: 9, per: week}",
        "cap: {channel: marketplace, units: 10}",
        "cap: {channel: marketplace, units: 3}",
        *(f"multiple_of: {number}" for number in (2, 6, 12)),
        *(f"oversell: {units}" for units in (5, 10)),
    ),
    Stage.OPTION: (
        "exclude: true",
        "exclude: unless_needed",
        *(f"prefer: {amount}" for amount in ("1.25", "4.00 EUR")),
        *(f"avoid: {amount}" for amount in ("0.50", "2.50")),
        *(f"tier: {tier}" for tier in (1, 2, 4, 7)),
    ),
    Stage.NODE: (
        *(f"daily_orders: {number}" for number in (10, 40)),
        *(f"hourly_orders: {number}" for number in (2, 6)),
        *(f"daily_units: {number}" for number in (100, 200)),
        *(f"daily_weight: {number} kg" for number in (300, 800)),
    ),
    Stage.SHIPMENT: ("exclude: true", "avoid: 3.00", "avoid: 1.50"),
    Stage.LEVEL: (
        "alert_below: 10",
        "alert_below: {cover: 5 days}",
        "min: 4",
        "max: 40",
        "target_cover: 14 days",
        *(f"uplift: {share}" for share in ("150%", "250%", "80%")),
        "transfer: false",
    ),
    Stage.RETURN: (
        *(f"disposition: {word}" for word in ("restock", "refurbish", "destroy", "keep")),
        "as_sku: C-1-OUTLET",
    ),
    Stage.PROMISE: ("reroute_if_late: true",),
    Stage.REJECTION: ("rest_after_rejection: 2h", "rest_after_rejection: 30 m"),
}


@dataclass(frozen=True, slots=True)
class Written:
    """A rule without its id: the stage it acts at, its conditions (by fact if `is_row`, else as one list), its effects
    and the keys of its window.
    """

    stage: Stage
    conditions: Sequence[str]
    effects: Sequence[str]
    window: Sequence[str]
    is_row: bool

    def text(self, number: int, overrides: Sequence[str] = ()) -> str:
        bare = [condition[1:-1] for condition in self.conditions]
        when = ", ".join(bare) if self.is_row else f"all: [{', '.join(self.conditions)}]"
        parts = [f"id: r{number}, because: {{en: x, fr: y}}", *([f"when: {{{when}}}"] if self.conditions else [])]
        parts += [f"then: {{{', '.join(self.effects)}}}", *self.window]
        parts += [f"overrides: [{', '.join(overrides)}]"] if overrides else []
        return f"  - {{{', '.join(parts)}}}\n"


@dataclass(slots=True)
class RuleWriter:
    """Writes rules, with `rows_alone` those that can be rows of a table; `terms` are conditions by name, of which later
    rules may make use.
    """

    chance: random.Random
    cases: RandomCases
    rows_alone: bool
    terms: dict[str, str] = field(default_factory=dict)

    def rule(self, case: Case, stage: Stage) -> Written:
        """A rule that applies to the case."""
        facts = case.at(stage)
        is_row = self.rows_alone or self.chance.random() < 0.5
        if is_row:
            paths = self.chance.sample(sorted(facts), self.chance.randint(0, 4))
            conditions = [self.leaf(path, facts) for path in paths if not path.endswith(".clock")]
        else:
            conditions = [self.condition(facts, depth=2) for _ in range(self.chance.randint(1, 3))]
        if stage is Stage.SHIPMENT and not any("shipment." in condition for condition in conditions):
            path = self.chance.choice([path for path in ("shipment.weight", "shipment.units") if path in facts] or [""])
            conditions.append(self.leaf(path, facts) if path else "{shipment.units: {known: false}}")
        effects = self._effects(stage)
        window = list(self._window(facts, stage, always="window" in "".join(effects)))
        return Written(stage, conditions, effects, window, is_row)

    def _effects(self, stage: Stage) -> list[str]:
        effects: dict[str, str] = {}
        for _ in range(self.chance.choice((1, 1, 2))):
            drawn = self.chance.choice(EFFECTS[stage])
            effects.setdefault(drawn.partition(":")[0], drawn)
        return list(effects.values())

    def condition(self, facts: Facts, depth: int) -> str:
        """A condition that holds."""
        kind = self.chance.choice(("leaf", "leaf", "leaf", "all", "any", "none", "is")) if depth else "leaf"
        if kind == "all":
            return f"{{all: [{', '.join(self.condition(facts, depth - 1) for _ in range(2))}]}}"
        if kind == "any":
            parts = [self.condition(facts, depth - 1), self._any_leaf(facts)]
            self.chance.shuffle(parts)
            return f"{{any: [{', '.join(parts)}]}}"
        if kind == "none" and (false := self._false(facts)):
            return f"{{none: [{', '.join(false)}]}}"
        if kind == "is":
            return f"{{is: {self._term(facts)}}}"
        return self.leaf(self.chance.choice([path for path in facts if not path.endswith(".clock")]), facts)

    def _any_leaf(self, facts: Facts) -> str:
        """A comparison of facts known here that may hold or not."""
        others = {path: value for path, value in self.cases.case().facts.items() if path in facts}
        return self.leaf(self.chance.choice([path for path in others if not path.endswith(".clock")]), others)

    def _false(self, facts: Facts) -> list[str]:
        drawn = [self._any_leaf(facts) for _ in range(3)]
        return [condition for condition in drawn if not _holds(condition, facts)][:2]

    def _term(self, facts: Facts) -> str:
        """The name of a term that holds: one that there is, or a new one."""
        fitting = [name for name, condition in self.terms.items() if _mentions_only(condition, facts)]
        fitting = [name for name in fitting if _holds(self.terms[name], facts)]
        if fitting and self.chance.random() < 0.7:
            return self.chance.choice(fitting)
        name = f"t{len(self.terms)}"
        self.terms[name] = self.condition(facts, depth=0)
        return name

    def leaf(self, path: str, facts: Facts) -> str:
        """One comparison of a fact that holds; of an extra attribute, one that tells its kind."""
        fact, value = fact_of(path), facts[path]
        assert value is not None
        ways: list[Callable[[], str]] = [lambda: self._plain(fact, value)]
        if fact.group != "shipment":
            ways += [lambda: self._pair(fact, value, facts)] * 2
        if "attributes" not in path:
            ways += [lambda: "{known: true}", lambda: self._unlike(fact, value)]
        return f"{{{path}: {self.chance.choice(ways)()}}}"

    def _plain(self, fact: Fact, value: Value) -> str:
        if isinstance(value, frozenset):
            return self._tags(fact, value)
        written = literal(fact.kind, value)
        if isinstance(value, bool):
            return written
        if isinstance(value, str):
            return self.chance.choice((written, f"[{written}, {self._other(fact)}]", *self._globs(fact, value)))
        near = [max(0, value - self.chance.choice((0, 1, 60, 1_000))), value + self.chance.choice((0, 1, 60, 1_000))]
        if fact.kind is Kind.TIME:
            near[1] = min(near[1], DAY - 1)
        low, high = (literal(fact.kind, number) for number in near)
        ways = [f"{{between: [{low}, {high}]}}", f"{{at_least: {low}, at_most: {high}}}", f"{{at_least: {low}}}"]
        ways += [f"{{at_most: {high}}}", *([f"{{more_than: {low}}}"] if near[0] < value else [])]
        return self.chance.choice([*ways, *([] if fact.kind is Kind.INSTANT else [written])])

    def _globs(self, fact: Fact, value: str) -> Iterator[str]:
        if fact.kind is Kind.WORD and value and not set(value) & set("*?"):
            at = self.chance.randint(0, len(value))
            yield f"{{matches: {json.dumps(value[:at] + '*')}}}"
            yield f"{{matches: [{json.dumps('*' + value[at:])}, {json.dumps('?' * len(value))}]}}"

    def _tags(self, fact: Fact, tags: frozenset[str]) -> str:
        more = self.cases.case().facts.get(fact.path)
        lacking = sorted((more if isinstance(more, frozenset) else frozenset()) - tags)
        if not tags:
            return f"{{not: {{has: {json.dumps(lacking[0])}}}}}" if lacking else "{known: true}"
        tag = json.dumps(self.chance.choice(sorted(tags)))
        either = ", ".join([tag, *map(json.dumps, lacking)])
        every = ", ".join(json.dumps(each) for each in sorted(tags))
        return self.chance.choice((f"{{has: {tag}}}", f"{{has_any: [{either}]}}", f"{{has_all: [{every}]}}"))

    def _other(self, fact: Fact) -> str:
        """A value of the fact in another case, so one that the network has."""
        while True:
            value = self.cases.case().facts.get(fact.path)
            if isinstance(value, str):
                return literal(fact.kind, value)

    def _unlike(self, fact: Fact, value: Value) -> str:
        if isinstance(value, bool):
            return f"{{not: {literal(fact.kind, not value)}}}"
        if isinstance(value, str):
            other = self._other(fact)
            return f"{{not: {other}}}" if other != literal(fact.kind, value) else other
        if isinstance(value, int) and fact.kind not in (Kind.DATE, Kind.TIME):
            return f"{{not: {{more_than: {literal(fact.kind, value)}}}}}"
        return "{known: true}"

    def _pair(self, fact: Fact, value: Value, facts: Facts) -> str:
        others = [
            path
            for path, other in facts.items()
            if path != fact.path
            and other is not None
            and group_of(path) != "shipment"
            and not path.endswith(".clock")
            and are_comparable(fact, fact_of(path))
            and "attributes" not in path + fact.path
        ]
        if not others:
            return self._plain(fact, value)
        other = self.chance.choice(others)
        is_same = facts[other] == value
        ways = (
            ("{{same_as: {}}}", "{{not: {{not_same_as: {}}}}}")
            if is_same
            else ("{{not_same_as: {}}}", "{{not: {{same_as: {}}}}}")
        )
        return self.chance.choice(ways).format(other)

    def _window(self, facts: Facts, stage: Stage, *, always: bool) -> Iterator[str]:
        """The keys of a window that is open."""
        today, time = facts["now.date"], facts["now.time"]
        assert isinstance(today, int)
        if always or self.chance.random() < 0.2:
            yield f"from: {_date(today - self.chance.choice((0, 1, 30)))}"
        if self.chance.random() < 0.2:
            yield f"until: {_date(today + self.chance.choice((0, 1, 30)))}"
        clock = "node" if stage_knows(stage, NODE_CLOCK) else "now"
        weekday, time = facts[f"{clock}.weekday"], facts[f"{clock}.time"]
        assert isinstance(time, int)
        if self.chance.random() < 0.15:
            yield f"weekdays: [{', '.join({weekday, self.chance.choice(('saturday', 'monday'))})}]"
        elif self.chance.random() < 0.15:
            opens, closes = max(0, time - self.chance.choice((0, 60, 600))), min(DAY - 1, time + 90)
            if opens < closes and opens <= time < closes:
                yield f'hours: ["{opens // 60:02}:{opens % 60:02}", "{closes // 60:02}:{closes % 60:02}"]'


def _date(day: int) -> str:
    return datetime.date.fromordinal(day).isoformat()


@functools.lru_cache(maxsize=10_000)
def condition_of(condition: str) -> Condition:
    """The condition as it is read."""
    document = read("condition.yaml", condition.encode())
    return ConditionParser(notes=Notes(document=document), terms={}).condition(document.root, ())


def _holds(condition: str, facts: Facts) -> bool:
    return holds(condition_of(condition), facts)


def _mentions_only(condition: str, facts: Facts) -> bool:
    return all(fact.path in facts for item in comparisons(condition_of(condition)) for fact in item.facts)
