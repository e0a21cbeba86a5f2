"""A policy set ready to judge: which rules fire at each stage, and what they amount to.

durable-rules says which rules fire. Its answer is a function of the signature, so it is remembered. If the matcher is
guarded, the reference (`conditions.holds`) is asked as well the first time a signature is met: should the two differ,
the reference's answer is taken, and the incident is logged and counted. Rules too large for durable-rules are judged
by the reference alone.
"""

import graphlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, TypeAlias

from engine.decide.matching.judge import SHARED, GroupCodes, Judgement, judge_facts
from engine.decide.matching.partial_evaluation import Residual, ResidualFormulas, columns, partially_evaluate
from engine.decide.matching.rete import Rete
from engine.decide.matching.signatures import Coding, Formula, group_coder
from engine.decide.matching.volatile_facts import volatile_facts
from rules.conditions import holds
from rules.effects import Outcome, combine
from rules.policy import PolicySet, Rule
from rules.vocabulary import Facts, Stage

MOST_REMEMBERED = 200_000
"""Signatures a stage remembers before it starts afresh: some tens of megabytes at most."""
MOST_RESIDUALS = 20_000
"""Residual programs a stage remembers before it starts afresh."""

logger = logging.getLogger("pointsman.matching")


class RuleEngine(Protocol):
    """Says which formulas hold of a signature: `Rete`, which is durable-rules, or what a test puts in its place."""

    @property
    def too_large(self) -> frozenset[str]:
        """The ids of rules too large for the engine, on which it says nothing."""
        ...

    def fired(self, signature: Sequence[int]) -> frozenset[str]:
        """The ids of the rules whose formulas hold of the signature's codes."""
        ...

    def close(self) -> None: ...


MakeEngine: TypeAlias = Callable[[str, Mapping[str, Formula]], RuleEngine]
"""Makes the engine of some formulas, by rule id, under a name."""


class StageMatcher:
    """The rules that act at one stage, and those that override them."""

    def __init__(
        self, stage: Stage, policies: PolicySet, *, guarded: bool = True, make_engine: MakeEngine = Rete
    ) -> None:
        self.stage = stage
        self._guarded = guarded
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
        self._engine = make_engine(f"{policies.version[:16]}/{stage.name.lower()}", self._formulas)
        self._remembered: dict[GroupCodes, Judgement] = {}
        self._residuals: dict[GroupCodes, Residual[Judgement]] = {}
        self._by_formulas: dict[ResidualFormulas, Residual[Judgement]] = {}

    def residual(self, shared_codes: GroupCodes, shared: Mapping[str, Facts]) -> Residual[Judgement]:
        """See `Judge`. Shared facts that leave the same formulas have one residual program."""
        residual = self._residuals.get(shared_codes)
        if residual is None:
            formulas = partially_evaluate(self._formulas, self._shared_property_codes(shared))
            if len(self._residuals) >= MOST_RESIDUALS:
                self._residuals.clear()
                self._by_formulas.clear()
            residual = self._by_formulas.get(formulas) or Residual(
                columns=columns(formulas, self._properties), remembered={}
            )
            self._residuals[shared_codes] = self._by_formulas[formulas] = residual
        return residual

    def _shared_property_codes(self, shared: Mapping[str, Facts]) -> dict[int, int]:
        """The codes of the properties of the shared facts, by the property's index."""
        return {
            index: item.of(shared[item.fact.group])
            for index, item in enumerate(self._properties)
            if item.fact.group in SHARED
        }

    def judge(self, codes: GroupCodes, facts: Callable[[], Facts]) -> Judgement:
        """See `Judge`."""
        judgement = self._remembered.get(codes)
        return judgement if judgement is not None else self._judge_new(codes, facts())

    def without(self, judgement: Judgement, rule: str) -> Judgement:
        """The judgement as it would be without `rule`."""
        return self._judgement(frozenset({*judgement.fired, *judgement.silenced}) - {rule})

    @property
    def remembered(self) -> int:
        """How many judgements of options are remembered."""
        return sum(len(residual.remembered) for residual in list(self._by_formulas.values()))

    def close(self) -> None:
        self._engine.close()

    def _judge_new(self, codes: GroupCodes, facts: Facts) -> Judgement:
        """The judgement of a signature met for the first time, remembered from now on."""
        judgement = self._judgement(self._firing(facts))
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[codes] = judgement
        return judgement

    def _judgement(self, fired: frozenset[str]) -> Judgement:
        acting, silenced = _after_overrides(fired, self._overriders)
        return Judgement(fired=acting, silenced=silenced, outcome=_outcome(self.stage, acting, self._rules))

    def _firing(self, facts: Facts) -> frozenset[str]:
        """The rules whose conditions hold: as durable-rules says, unless it fails or the guard overrules it."""
        signature = [item.of(facts) for item in self._properties]
        try:
            fired = self._engine.fired(signature)
        except Exception:
            # a decision must not fail because the library does
            self.incidents += 1
            logger.exception("durable-rules failed at %s", self.stage.name)
            return self._holding(self._rules, facts)
        answer = fired | self._holding(self._engine.too_large, facts)
        if not self._guarded:
            return answer
        reference = self._holding(self._rules, facts)
        if answer != reference:
            self.incidents += 1
            differing = sorted(answer ^ reference)
            logger.error("durable-rules differs from the reference at %s on %s", self.stage.name, differing)
        return reference

    def _holding(self, rules: Iterable[str], facts: Facts) -> frozenset[str]:
        """Those of the rules whose conditions hold, by the reference."""
        return frozenset(rule for rule in rules if holds(self._rules[rule].condition, facts))


class Matcher:
    """A policy set ready to judge at every stage. Make it in the process that uses it.

    `guarded`: the reference is asked as well the first time a signature is met.
    """

    def __init__(self, policies: PolicySet, *, guarded: bool = True, make_engine: MakeEngine = Rete) -> None:
        self.policies = policies
        self.stages: Mapping[Stage, StageMatcher] = {
            stage: StageMatcher(stage, policies, guarded=guarded, make_engine=make_engine) for stage in Stage
        }
        self.volatile = volatile_facts(policies)

    @property
    def incidents(self) -> int:
        """How often durable-rules failed or differed from the reference; 0 unless something is broken."""
        return sum(stage.incidents for stage in self.stages.values())

    def judge(self, stage: Stage, facts: Facts) -> Judgement:
        """See `PolicyJudge`."""
        return judge_facts(self.stages[stage], stage, facts)

    def with_effect(self, judgement: Judgement, *effects: str) -> tuple[str, ...]:
        """See `PolicyJudge`."""
        rules = self.policies.rules
        return tuple([rule for rule in judgement.fired if any(item.name in effects for item in rules[rule].effects)])

    def close(self) -> None:
        for stage in self.stages.values():
            stage.close()


def _overriders(rules: Mapping[str, Rule]) -> dict[str, list[str]]:
    """By rule, the rules that override it; a rule comes after its overriders, which have no circles."""
    by_rule: dict[str, list[str]] = {rule: [] for rule in rules}
    for rule in rules.values():
        for other in rule.overrides:
            if other in by_rule:
                by_rule[other].append(rule.id)
    return {rule: by_rule[rule] for rule in graphlib.TopologicalSorter(by_rule).static_order() if by_rule[rule]}


def _after_overrides(
    fired: frozenset[str], overriders: Mapping[str, Sequence[str]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The rules that act and those silenced, sorted. A silenced rule silences nothing."""
    acting = set(fired)
    for rule, others in overriders.items():
        if not acting.isdisjoint(others):
            acting.discard(rule)
    return tuple(sorted(acting)), tuple(sorted(fired - acting))


def _outcome(stage: Stage, acting: Iterable[str], rules: Mapping[str, Rule]) -> Outcome:
    return combine(stage, (effect for rule in acting for effect in rules[rule].effects))
