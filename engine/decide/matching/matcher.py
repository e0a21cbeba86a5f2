"""A policy set ready to judge: which rules fire at each stage, and what they amount to.

What durable-rules answers is a function of the signature, so it is remembered. On a first sight `conditions.holds` is
asked as well: should the two differ, the reference wins, and the incident is logged and counted.
"""

import graphlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence

from engine.decide.matching.judge import SHARED, GroupCodes, Judgement, judge_facts
from engine.decide.matching.partial_evaluation import Residual, ResidualFormulas, columns, partially_evaluate
from engine.decide.matching.rete import Rete
from engine.decide.matching.signatures import Coding, group_coder
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
        return self._judgement({*judgement.fired, *judgement.silenced} - {rule})

    @property
    def remembered(self) -> int:
        """How many judgements of options are remembered."""
        return sum(len(residual.remembered) for residual in list(self._by_formulas.values()))

    def close(self) -> None:
        self._rete.close()

    def _judge_new(self, codes: GroupCodes, facts: Facts) -> Judgement:
        """The judgement of a signature met for the first time, remembered from now on."""
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


class Matcher:
    """A policy set ready to judge at every stage. Make it in the process that uses it."""

    def __init__(self, policies: PolicySet) -> None:
        self.policies = policies
        self.stages: Mapping[Stage, StageMatcher] = {stage: StageMatcher(stage, policies) for stage in Stage}
        self.volatile = volatile_facts(policies)

    @property
    def incidents(self) -> int:
        """How often durable-rules and the reference differed; 0 unless something is broken."""
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
    fired: set[str], overriders: Mapping[str, Sequence[str]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The rules that act and those silenced, sorted. A silenced rule silences nothing."""
    acting = set(fired)
    for rule, others in overriders.items():
        if not acting.isdisjoint(others):
            acting.discard(rule)
    return tuple(sorted(acting)), tuple(sorted(fired - acting))


def _outcome(stage: Stage, acting: Iterable[str], rules: Mapping[str, Rule]) -> Outcome:
    return combine(stage, (effect for rule in acting for effect in rules[rule].effects))
