"""Which rules fire where, and what they amount to.

A stage's facts are coded group by group (order, line, node ...) into a signature; what durable-rules answers is
a function of the signature, so it is remembered. On a first sight `conditions.holds` is asked as well: should
the two differ, the reference wins, and the incident is logged and counted.
"""

import graphlib
import logging
import operator
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from engine.decide.classes import Property
from engine.decide.coding import ALWAYS_KNOWN, Coding, GroupCoder, group_coder
from engine.decide.rete import Rete
from rules.conditions import holds
from rules.effects import Outcome, combine
from rules.policy import PolicySet, Rule
from rules.vocabulary import Facts, Stage

MOST_REMEMBERED = 200_000
"""Signatures a stage remembers before it starts afresh: some tens of megabytes at most."""

logger = logging.getLogger("pointsman.matching")

SHARED = ("order", "now", "line", "product")
VARYING = ("node", "stock", "service", "route")
"""The groups of facts that all options of a line share, and those in which they differ."""

Codes: TypeAlias = tuple[int, ...]
"""A group code for each of the stage's groups, in the order of `Stage.value`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a stage's rules make of one signature: those that act, those silenced by an override, the outcome."""

    fired: tuple[str, ...]
    silenced: tuple[str, ...]
    outcome: Outcome


_Seen: TypeAlias = dict[tuple[object, ...], Judgement]
OptionJudge: TypeAlias = Callable[[Facts, Facts, Facts, Facts], Judgement]
"""From the facts of a node, its stock, a service and the route to the judgement of that option."""


class StageMatcher:
    """The rules that act at one stage, and those that override them."""

    def __init__(self, stage: Stage, policies: PolicySet) -> None:
        self.stage = stage
        self.incidents = 0
        self._rules = _relevant(stage, policies.rules)
        self._overriders = _overriders(self._rules)
        coding = Coding(rule.condition for rule in self._rules.values())
        formulas = {rule.id: coding.formula(rule.condition) for rule in self._rules.values()}
        self._properties = coding.properties
        self.coders = {
            group: group_coder([item for item in coding.properties if item.fact.group == group])
            for group in stage.value
        }
        self._rete = Rete(f"{policies.version[:16]}/{stage.name.lower()}", formulas)
        self._remembered: dict[Codes, Judgement] = {}
        self.fast = FastCoding(coding.properties, self.coders)
        self._seen: dict[Codes, _Seen] = {}

    def seen_of(self, shared: Codes) -> _Seen:
        """What was judged before of options that share these codes, by the codes in which they differ."""
        known = self._seen.get(shared)
        if known is None:
            if sum(map(len, self._seen.values())) >= MOST_REMEMBERED:
                self._seen.clear()
            known = self._seen.setdefault(shared, {})
        return known

    def mentions(self, group: str) -> frozenset[str]:
        """The paths of the group's facts that the rules of this stage look at."""
        return frozenset(item.fact.path for item in self._properties if item.fact.group == group)

    def codes(self, facts: Mapping[str, Facts], *groups: str) -> Codes:
        """The codes of some groups, in the order given."""
        return tuple([self.coders[group](facts[group]) for group in groups])

    def judge(self, codes: Codes, facts: Callable[[], Facts]) -> Judgement:
        """The judgement of a signature given as group codes; `facts` is called only at its first sight."""
        known = self._remembered.get(codes)
        return known if known is not None else self._first_sight(codes, facts())

    def without(self, judgement: Judgement, rule: str) -> Judgement:
        """The judgement as it would be without `rule`."""
        return self._judgement({*judgement.fired, *judgement.silenced} - {rule})

    def close(self) -> None:
        self._rete.close()

    def _first_sight(self, codes: Codes, facts: Facts) -> Judgement:
        meant = {rule.id for rule in self._rules.values() if holds(rule.condition, facts)}
        self._compare(meant, [item.of(facts) for item in self._properties])
        judgement = self._judgement(meant)
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[codes] = judgement
        return judgement

    def _judgement(self, fired: set[str]) -> Judgement:
        acting, silenced = _after_overrides(fired, self._overriders)
        return Judgement(fired=acting, silenced=silenced, outcome=_outcome(self.stage, acting, self._rules))

    def _compare(self, meant: set[str], signature: list[int]) -> None:
        try:
            matched = self._rete.fired(signature) | (meant & self._rete.beyond)
        except Exception:
            # a decision must not fail because the second opinion does
            self.incidents += 1
            logger.exception("durable-rules failed at %s", self.stage.name)
            return
        if matched != meant:
            self.incidents += 1
            differing = sorted(matched ^ meant)
            logger.error("durable-rules differs from the reference at %s on %s", self.stage.name, differing)


def option_judge(matcher: StageMatcher, shared: Mapping[str, Facts]) -> OptionJudge:
    """What judges the options of one line, given what they share by group; stock and route must have every fact.

    The hot spot of a decision, so what differs is coded with few steps of Python: nodes and services are known by
    their very mappings, numbers go through one `map` of bisections.
    """
    fast = matcher.fast
    kept, keep, steps, cover_steps = fast.kept.get, fast.keep, fast.steps, fast.cover_steps
    stock_numbers, route_numbers = fast.stock_numbers, fast.route_numbers
    fixed = matcher.codes(shared, *SHARED)
    seen = matcher.seen_of(fixed)

    def judge(node: Facts, stock: Facts, service: Facts, route: Facts) -> Judgement:
        cover = stock[COVER]
        codes = (
            kept(id(node)) or keep("node", node),
            kept(id(service)) or keep("service", service),
            bisect_right(cover_steps, -1 if cover is None else cover),
            route[LATE],
            *map(bisect_right, steps, stock_numbers(stock) + route_numbers(route)),
        )
        known = seen.get(codes)
        if known is None:
            groups = (node, stock, service, route)
            known = seen[codes] = matcher.judge((*fixed, *_coded(matcher, groups)), _merging(shared, groups))
        return known

    return judge


def _coded(matcher: StageMatcher, groups: tuple[Facts, ...]) -> Codes:
    return tuple([matcher.coders[name](facts) for name, facts in zip(VARYING, groups, strict=True)])


def _merging(shared: Mapping[str, Facts], groups: tuple[Facts, ...]) -> Callable[[], Facts]:
    return lambda: {path: value for group in (*shared.values(), *groups) for path, value in group.items()}


COVER, LATE = "stock.days_of_cover", "route.late"
"""What of a stock and a route may be unknown: a number, and a flag, which is its own code."""


class FastCoding:
    """How the groups in which options differ are coded by `option_judge`: nodes and services as wholes, numbers by
    the steps at which their class changes.
    """

    def __init__(self, properties: Sequence[Property], coders: Mapping[str, GroupCoder]) -> None:
        self._coders = coders
        self._facts: list[Facts] = []
        self.kept: dict[int, int] = {}
        """Codes of nodes and services by the identity of their mappings, which are kept alive here."""
        cuts = {item.fact.path: item.steps for item in properties}
        stock, route = ([path for path in cuts if path in ALWAYS_KNOWN and path.startswith(group)] for group in _GROUPS)
        self.steps = [cuts[path] for path in (*_twice(stock), *_twice(route))]
        self.stock_numbers, self.route_numbers = _reader(stock), _reader(route)
        # the unknown counts as -1 here, below all that are known
        self.cover_steps = [-0.5, *cuts[COVER]] if COVER in cuts else []

    def keep(self, group: str, facts: Facts) -> int:
        """The code of a node or a service, and kept from now on."""
        if len(self._facts) >= MOST_REMEMBERED:
            self.kept.clear()
            self._facts.clear()
        self._facts.append(facts)
        # one above what it is, for 0 says that none is kept
        code = self.kept[id(facts)] = self._coders[group](facts) + 1
        return code


_GROUPS = ("stock.", "route.")


def _twice(paths: list[str]) -> list[str]:
    """One that is alone stands twice, for an itemgetter of one gives no tuple."""
    return paths * 2 if len(paths) == 1 else paths


def _reader(paths: list[str]) -> Callable[[Facts], tuple[Any, ...]]:
    return operator.itemgetter(*_twice(paths)) if paths else lambda _: ()


class Matcher:
    """A policy set ready to judge at every stage. Make it in the process that uses it."""

    def __init__(self, policies: PolicySet) -> None:
        self.policies = policies
        self.stages = {stage: StageMatcher(stage, policies) for stage in Stage}

    @property
    def incidents(self) -> int:
        """How often durable-rules and the reference differed; 0 unless something is broken."""
        return sum(stage.incidents for stage in self.stages.values())

    def judge(self, stage: Stage, facts: Facts) -> Judgement:
        """The judgement at `stage` of facts given whole."""
        matcher = self.stages[stage]
        return matcher.judge(matcher.codes(dict.fromkeys(stage.value, facts), *stage.value), lambda: facts)

    def with_effect(self, judgement: Judgement, *effects: str) -> tuple[str, ...]:
        """The rules that fired and have one of `effects`, sorted."""
        rules = self.policies.rules
        return tuple([rule for rule in judgement.fired if any(item.name in effects for item in rules[rule].effects)])

    def close(self) -> None:
        for stage in self.stages.values():
            stage.close()


def _relevant(stage: Stage, rules: Mapping[str, Rule]) -> dict[str, Rule]:
    """Rules with an effect at `stage`, and whatever overrides them, overrides those, and so on."""
    relevant = {rule.id for rule in rules.values() if rule.acts_at(stage)}
    size = 0
    while size != len(relevant):
        size = len(relevant)
        relevant |= {rule.id for rule in rules.values() if not relevant.isdisjoint(rule.overrides)}
    return {rule.id: rule for rule in rules.values() if rule.id in relevant}


def _overriders(rules: Mapping[str, Rule]) -> dict[str, list[str]]:
    """Who overrides each rule; a rule stands after its overriders, which have no circles."""
    by_rule: dict[str, list[str]] = {rule: [] for rule in rules}
    for rule in rules.values():
        for other in rule.overrides:
            if other in by_rule:
                by_rule[other].append(rule.id)
    return {rule: by_rule[rule] for rule in graphlib.TopologicalSorter(by_rule).static_order() if by_rule[rule]}


def _after_overrides(
    fired: set[str], overriders: Mapping[str, Sequence[str]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Those that act and those silenced, sorted. A silenced rule silences nothing."""
    acting = set(fired)
    for rule, others in overriders.items():
        if not acting.isdisjoint(others):
            acting.discard(rule)
    return tuple(sorted(acting)), tuple(sorted(fired - acting))


def _outcome(stage: Stage, acting: Iterable[str], rules: Mapping[str, Rule]) -> Outcome:
    return combine(stage, (effect for rule in acting for effect in rules[rule].effects))
