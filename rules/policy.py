"""Rules, the policies that contain them, and the policy set that decides.

The version of a set is a hash of its files, which anyone can recompute without this project:

    ls *.yaml *.csv | grep -v _test.yaml | LC_ALL=C sort | xargs sha256sum | sha256sum
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from rules.conditions import Condition, comparisons
from rules.effects import Effect, EffectValue, PromiseFrom
from rules.gate import GATE, Gate
from rules.reserves import Allotment, Cap, Protection, Reserve
from rules.vocabulary import INCOMING, ON_TIME_RATE, Fact, Stage

ALL_RULES = "/*"
"""After a policy's id among overrides: all rules of the policy, but for the one that overrides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule; its `condition` includes its window (`from`, `until`, `weekdays`, `hours`)."""

    id: str
    """`policy/rule`, unique in a set."""
    because: Mapping[str, str]
    condition: Condition
    effects: tuple[Effect, ...]
    overrides: tuple[str, ...] = ()
    written_overrides: tuple[str, ...] = ()
    """The overrides as the author wrote them, if some name all rules of a policy: `safety-stock/*`."""
    off: bool = False
    """Whether its author switched it off: it is read and checked, and does nothing."""

    @property
    def facts(self) -> Iterator[Fact]:
        """Those that its condition mentions."""
        return (fact for item in comparisons(self.condition) for fact in item.facts)

    def acts_at(self, stage: Stage) -> bool:
        return any(effect.stage is stage for effect in self.effects)


def split_rule_id(rule_id: str) -> tuple[str, str]:
    """The id of the policy, and what follows the slash: `policy`, `rule`."""
    policy, _, rule = rule_id.partition("/")
    return policy, rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The content of one policy file."""

    id: str
    owner: str
    description: str
    rules: tuple[Rule, ...]
    language: str = ""
    """Of reasons without a language; empty if the file does not say."""


@dataclass(frozen=True, kw_only=True)
class PolicySet:
    """Policies that decide together; `texts` are their files by name, in the order of the policies. The `gate` says
    what they may come to before they decide.
    """

    policies: tuple[Policy, ...]
    texts: Mapping[str, str]
    gate: Gate | None = None

    @property
    def all_texts(self) -> Mapping[str, str]:
        """Every file by its name: those of the policies and, if there is one, that of the gate."""
        return {**self.texts, GATE: self.gate.text} if self.gate else self.texts

    @cached_property
    def version(self) -> str:
        """64 hexadecimal digits: the SHA-256 of what `sha256sum` prints for the files, sorted by name."""
        lines = (
            f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n"
            for name, text in sorted(self.all_texts.items(), key=lambda item: item[0].encode())
        )
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @cached_property
    def written_rules(self) -> Mapping[str, Rule]:
        """Every rule by its id, also those switched off; sorted, so that no result depends on the order of files."""
        return {
            rule.id: rule
            for rule in sorted((rule for policy in self.policies for rule in policy.rules), key=lambda rule: rule.id)
        }

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """The rules that decide, by their ids, sorted: all that are written but those switched off."""
        return {name: rule for name, rule in self.written_rules.items() if not rule.off}

    @cached_property
    def files(self) -> Mapping[str, str]:
        """The name of each policy's file, by the policy's id; empty for a set that was made without texts."""
        if not self.texts:
            return {}
        return dict(zip((policy.id for policy in self.policies), self.texts, strict=True))

    @cached_property
    def effect_names(self) -> frozenset[str]:
        """The names of all effects that rules have."""
        return frozenset(effect.name for effect in self._effects)

    @cached_property
    def allotments(self) -> tuple[Allotment, ...]:
        """Those of all rules."""
        return tuple(dict.fromkeys(value for value in self._values if isinstance(value, Allotment)))

    @cached_property
    def longest_cover(self) -> int:
        """The most days of cover for which some rule keeps units back; 0: none does, so no floor follows the demand."""
        return max((_cover(effect.value) for effect in self._effects if effect.stage is Stage.POSITION), default=0)

    @property
    def has_alerts(self) -> bool:
        """Whether some rule says when stock is low."""
        return "alert_below" in self.effect_names

    @cached_property
    def longest_alert(self) -> int:
        """The most days of cover below which some rule says that stock is low; 0: none does in days."""
        return max((_cover(effect.value) for effect in self._effects if effect.name == "alert_below"), default=0)

    @property
    def has_uplifts(self) -> bool:
        """Whether some rule says that more or less than usual is expected to sell."""
        return "uplift" in self.effect_names

    @cached_property
    def capped_channels(self) -> frozenset[str]:
        """The channels of which some rule limits what they are offered."""
        return frozenset(str(value.channel) for value in self._values if isinstance(value, Cap))

    @property
    def _effects(self) -> Iterator[Effect]:
        return (effect for rule in self.rules.values() for effect in rule.effects)

    @property
    def _values(self) -> Iterator[EffectValue]:
        return (effect.value for effect in self._effects)

    @cached_property
    def most_oversold(self) -> int:
        """The most units beyond those on hand that any rule lets a place sell."""
        return max(
            (int(item.value) for item in self._effects if item.name == "oversell" and isinstance(item.value, int)),
            default=0,
        )

    @property
    def uses_receipts(self) -> bool:
        """Whether a rule lets receipts be promised, or mentions what is to come."""
        return self.promises_receipts or self.mentions_incoming

    @cached_property
    def promises_receipts(self) -> bool:
        """Whether a rule lets receipts be promised."""
        return any(isinstance(value, PromiseFrom) and value > PromiseFrom.ON_HAND for value in self._values)

    @cached_property
    def mentions_incoming(self) -> bool:
        """Whether a rule mentions what is to come."""
        return any(fact.path in INCOMING for rule in self.rules.values() for fact in rule.facts)

    @cached_property
    def mentions_on_time_rate(self) -> bool:
        """Whether a rule mentions how often a service is on time."""
        return any(fact.path == ON_TIME_RATE for rule in self.rules.values() for fact in rule.facts)

    @cached_property
    def preorders(self) -> bool:
        """Whether a rule says from when on something ships."""
        return "preorder_from" in self.effect_names

    @property
    def reroutes_late(self) -> bool:
        """Whether a rule ships from elsewhere what would come too late."""
        return "reroute_if_late" in self.effect_names

    @property
    def looks_ahead(self) -> bool:
        """Whether a rule lets look-ahead prices count."""
        return "lookahead" in self.effect_names

    @property
    def counts_hours(self) -> bool:
        """Whether a rule limits the shipments of an hour."""
        return "hourly_orders" in self.effect_names

    @property
    def limits_output(self) -> bool:
        """Whether any rule limits the units or kilograms that nodes ship a day, so that these are counted."""
        return not self.effect_names.isdisjoint({"daily_units", "daily_weight"})

    def relevant_at(self, *stages: Stage) -> Mapping[str, Rule]:
        """Rules with an effect at any of `stages`, the rules that override them, those that override these, etc."""
        ids = {rule.id for rule in self.rules.values() if any(rule.acts_at(stage) for stage in stages)}
        size = 0
        while size != len(ids):
            size = len(ids)
            ids |= {rule.id for rule in self.rules.values() if not ids.isdisjoint(rule.overrides)}
        return {name: rule for name, rule in self.rules.items() if name in ids}


def _cover(value: EffectValue) -> int:
    """The days of cover that are kept back."""
    match value:
        case Reserve(cover=days) | Allotment(cover=days) | Protection(reserve=Reserve(cover=days)):
            return days
    return 0
