"""Which rules fire where, and what they amount to.

A stage's facts are coded group by group (order, line, node ...) into a signature; what durable-rules answers is
a function of the signature, so it is remembered. On a first sight `conditions.holds` is asked as well: should
the two differ, the reference wins, and the incident is logged and counted.
"""

import graphlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from engine.decide.matching.option_columns import VARYING, OptionFacts
from engine.decide.matching.partial_evaluation import Opening, Rest, columns, rest
from engine.decide.matching.rete import Rete
from engine.decide.matching.signatures import Coding, group_coder
from engine.decide.matching.volatile_facts import watched
from rules.conditions import holds
from rules.effects import Outcome, combine
from rules.policy import PolicySet, Rule
from rules.vocabulary import Facts, Stage

MOST_REMEMBERED = 200_000
"""Signatures a stage remembers before it starts afresh: some tens of megabytes at most."""
MOST_OPENINGS = 20_000
MOST_OF_OPENING = 20_000
"""Openings a stage remembers, and judgements of each, before it starts afresh."""

logger = logging.getLogger("pointsman.matching")

SHARED = ("order", "now", "line", "product")
"""The groups of facts that all options of a line share."""

Codes: TypeAlias = tuple[int, ...]
"""A group code for each of the stage's groups, in the order of `Stage.value`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a stage's rules make of one signature: those that act, those silenced by an override, the outcome."""

    fired: tuple[str, ...]
    silenced: tuple[str, ...]
    outcome: Outcome


class StageMatcher:
    """The rules that act at one stage, and those that override them."""

    def __init__(self, stage: Stage, policies: PolicySet) -> None:
        self.stage = stage
        self.incidents = 0
        self._rules = policies.relevant_at(stage)
        self._overriders = _overriders(self._rules)
        coding = Coding(rule.condition for rule in self._rules.values())
        self._formulas = {rule.id: coding.formula(rule.condition) for rule in self._rules.values()}
        self._properties = coding.properties
        self.coders = {
            group: group_coder([item for item in coding.properties if item.fact.group == group])
            for group in stage.value
        }
        self._rete = Rete(f"{policies.version[:16]}/{stage.name.lower()}", self._formulas)
        self._remembered: dict[Codes, Judgement] = {}
        self._openings: dict[Codes, Opening[Judgement]] = {}
        self._by_rest: dict[Rest, Opening[Judgement]] = {}

    def opening(self, fixed: Codes, shared: Mapping[str, Facts]) -> Opening[Judgement]:
        """What is still open of options that share these facts, of which `fixed` are the codes."""
        known = self._openings.get(fixed)
        if known is None:
            left = rest(self._formulas, self._shared_codes(shared))
            if len(self._openings) >= MOST_OPENINGS:
                self._openings.clear()
                self._by_rest.clear()
            known = self._by_rest.get(left) or Opening(columns=columns(left, self._properties), seen={})
            self._openings[fixed] = self._by_rest[left] = known
        return known

    def _shared_codes(self, shared: Mapping[str, Facts]) -> dict[int, int]:
        """The codes of the properties that the shared facts settle, by index."""
        return {
            index: item.of(shared[item.fact.group])
            for index, item in enumerate(self._properties)
            if item.fact.group in SHARED
        }

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

    @property
    def remembered(self) -> int:
        """How many judgements are remembered of options."""
        return sum(len(opening.seen) for opening in list(self._by_rest.values()))

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


def judge_options(
    matcher: StageMatcher, shared: Mapping[str, Facts], options: Sequence[OptionFacts]
) -> Sequence[Judgement]:
    """The judgements of one line's options, given the facts that they share, by group, and those of each."""
    fixed = matcher.codes(shared, *SHARED)
    opening = matcher.opening(fixed, shared)
    found = list(map(opening.seen.get, opening.columns.codes(options)))
    if all(found):
        return cast("list[Judgement]", found)
    return [
        known or _first_seen(matcher, opening, fixed, shared, option)
        for known, option in zip(found, options, strict=True)
    ]


def _first_seen(
    matcher: StageMatcher, opening: Opening[Judgement], fixed: Codes, shared: Mapping[str, Facts], option: OptionFacts
) -> Judgement:
    codes = opening.columns.keep(option)
    if codes not in opening.seen:
        varying = [matcher.coders[name](facts) for name, facts in zip(VARYING, option, strict=True)]
        groups = (*shared.values(), *option)
        if len(opening.seen) >= MOST_OF_OPENING:
            opening.seen.clear()
        opening.seen[codes] = matcher.judge(
            (*fixed, *varying), lambda: {path: value for group in groups for path, value in group.items()}
        )
    return opening.seen[codes]


class Matcher:
    """A policy set ready to judge at every stage. Make it in the process that uses it."""

    def __init__(self, policies: PolicySet) -> None:
        self.policies = policies
        self.stages = {stage: StageMatcher(stage, policies) for stage in Stage}
        self.watched = watched(policies)

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
