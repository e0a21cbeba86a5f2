"""Finds rules that do nothing: those that never fire, those that are always silenced, and effects that never count.

A rule that fires acts, unless a rule that acts overrides it. So a warning that rests on another rule's acting requires
that nothing can silence that rule there.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from rules.conditions import Operator
from rules.effects import DEFAULT_TIER, SUMMED, Effect, Exclusion, combine
from rules.errors import Finding
from rules.lint.rule_solver import RuleSolver
from rules.policy import Policy, Rule
from rules.reserves import Allotment, Cap, Protection, Reserve
from rules.syntax.yaml_document import Document
from rules.vocabulary import Facts, Stage, Value

IndexKey = tuple[str, Value] | tuple[str] | tuple[()]
"""What the facts must be for a rule to fire: one fact of this value, one fact that is known, or anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedRule:
    """A rule and its place: its index in a document, and its rank (`order`) among all rules by file name and line."""

    rule: Rule
    document: Document
    index: int
    order: int

    def finding(self, code: str, message: str, *path: str) -> Finding:
        return self.document.finding(("rules", self.index, *(path or ("id",))), code, message)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEffect:
    """One effect of a rule, the `number`th."""

    placed: PlacedRule
    effect: Effect
    number: int

    @property
    def rule(self) -> Rule:
        return self.placed.rule

    @property
    def order(self) -> tuple[int, int]:
        return self.placed.order, self.number

    def finding(self, code: str, message: str) -> Finding:
        return self.placed.finding(code, message, "then", self.effect.name)


def find_dead_rules(files: Sequence[tuple[Document, Policy]], *, complete: bool) -> Iterator[Finding]:
    """The warnings about rules that do nothing. Unless the files are the `complete` set without mistakes, only those
    that hold whatever the other rules are.
    """
    places = [(document, index, rule) for document, policy in files for index, rule in enumerate(policy.rules)]
    placed_rules = [
        PlacedRule(rule=rule, document=document, index=index, order=order)
        for order, (document, index, rule) in enumerate(places)
    ]
    solver = RuleSolver()
    live = [placed for placed in placed_rules if not placed.rule.off and not solver.analysis(placed.rule).never]
    for placed in placed_rules:
        analysis = solver.analysis(placed.rule)
        if analysis.never:
            why = (
                f"nothing meets all that is asked of {analysis.conflict}"
                if analysis.conflict
                else "its conditions contradict each other"
            )
            yield placed.finding("never-fires", f"'{placed.rule.id}' can never fire: {why}")
    if complete:
        yield from _Interactions(live=live, solver=solver).findings()


@dataclass(kw_only=True)
class _Interactions:
    """The effects that rules have on each other; `live` are all rules that can fire."""

    live: Sequence[PlacedRule]
    solver: RuleSolver

    @cached_property
    def silencers(self) -> Mapping[str, Sequence[Rule]]:
        """For each overridden rule, the rules that override it."""
        silencers: dict[str, list[Rule]] = {}
        for placed in self.live:
            for overridden in dict.fromkeys(placed.rule.overrides):
                silencers.setdefault(overridden, []).append(placed.rule)
        return silencers

    @cached_property
    def overridden(self) -> Mapping[str, frozenset[str]]:
        """The rules that each rule overrides."""
        return {placed.rule.id: frozenset(placed.rule.overrides) for placed in self.live}

    def findings(self) -> Iterator[Finding]:
        acting = []
        for placed in self.live:
            silencer = self._always_silenced_by(placed.rule)
            if silencer:
                yield placed.finding("always-silenced", f"'{placed.rule.id}' is always silenced by {silencer}")
            else:
                acting.append(placed)
        groups: dict[tuple[str, str, bool], list[RuleEffect]] = {}
        for placed in acting:
            for number, effect in enumerate(placed.rule.effects):
                rule_effect = RuleEffect(placed=placed, effect=effect, number=number)
                groups.setdefault(_competition(effect), []).append(rule_effect)
        for (name, *_), effects in groups.items():
            if name not in SUMMED:
                yield from self._shadowed(effects)
        for of_return in (False, True):
            exclusions = _EffectIndex(groups.get(("exclude", "", of_return), []), self.solver)
            for name in ("prefer", "tier"):
                for preference in groups.get((name, "", of_return), ()):
                    yield from self._excluded(preference, exclusions)

    def _always_silenced_by(self, rule: Rule) -> str:
        """The rules that silence it wherever it fires, in words; empty if it can act."""
        silencers = [other for other in self.silencers.get(rule.id, ()) if self._acts_beside(other, rule)]
        if not silencers or not self.solver.implies(rule, *silencers):
            return ""
        alone = next((other for other in silencers if self.solver.implies(rule, other)), None)
        return f"'{alone.id}'" if alone else "one or another of " + ", ".join(f"'{other.id}'" for other in silencers)

    def _acts_beside(self, rule: Rule, other: Rule) -> bool:
        """Whether the rule acts wherever it fires and the other acts: each rule that overrides it overrides the other
        too, or never fires together with the other.
        """
        return all(
            other.id in self.overridden[silencer.id] or self.solver.can_fire_together(silencer, other) is False
            for silencer in self.silencers.get(rule.id, ())
        )

    def _shadowed(self, effects: Sequence[RuleEffect]) -> Iterator[Finding]:
        index = _EffectIndex(effects, self.solver)
        outranks = _Ranking()
        for weak in effects:
            strong = self._strongest_shadow(weak, index, outranks)
            if strong:
                decider = "another of its own" if strong.rule is weak.rule else f"that of '{strong.rule.id}'"
                message = f"'{weak.effect.name}' of '{weak.rule.id}' never counts: wherever it acts, {decider} decides"
                yield weak.finding("shadowed", message)

    def _strongest_shadow(self, weak: RuleEffect, index: "_EffectIndex", outranks: "_Ranking") -> RuleEffect | None:
        """Of the effects that decide wherever the weak one acts, the first that no other of them outranks."""
        strongest: RuleEffect | None = None
        for other in index.candidates(weak):
            is_stronger = strongest is None or not outranks(strongest.effect, other.effect)
            if is_stronger and self._shadows(other, weak, outranks):
                strongest = other
        return strongest

    def _shadows(self, strong: RuleEffect, weak: RuleEffect, outranks: "_Ranking") -> bool:
        if strong.order == weak.order or not outranks(strong.effect, weak.effect):
            return False
        if strong.rule is not weak.rule and not self._acts_wherever(strong.rule, weak.rule):
            return False
        if strong.order < weak.order or not outranks(weak.effect, strong.effect):
            return True
        # both have the same effect: of two rules that fire in the same cases, the later is the superfluous one
        return strong.rule is not weak.rule and self.solver.implies(strong.rule, weak.rule) is False

    def _acts_wherever(self, strong: Rule, weak: Rule) -> bool:
        """Whether the strong rule acts wherever the weak one does."""
        facts = self.solver.analysis(weak).facts
        if strong.id in self.overridden[weak.id]:
            return False
        if facts is None or not self.solver.fires_on(strong, facts):
            return False
        return bool(self.solver.implies(weak, strong)) and self._acts_beside(strong, weak)

    def _excluded(self, preference: RuleEffect, exclusions: "_EffectIndex") -> Iterator[Finding]:
        if not _prefers(preference.effect):
            return
        exclusion = next((item for item in exclusions.candidates(preference) if self._excludes(item, preference)), None)
        if exclusion:
            excluder = "the rule itself" if exclusion.rule is preference.rule else f"'{exclusion.rule.id}'"
            message = (
                f"'{preference.effect.name}' of '{preference.rule.id}' is for what {excluder} excludes "
                "in the very same cases"
            )
            yield preference.finding("excluded-and-preferred", message)

    def _excludes(self, exclusion: RuleEffect, preference: RuleEffect) -> bool:
        """Whether the exclusion makes the preference pointless. Options excluded with `unless_needed` can still be
        ranked among themselves, so there it does only if both rules fire in the same cases.
        """
        if exclusion.rule is preference.rule:
            return True
        if not self._acts_wherever(exclusion.rule, preference.rule):
            return False
        return exclusion.effect.value is Exclusion.YES or bool(self.solver.implies(exclusion.rule, preference.rule))


def _competition(effect: Effect) -> tuple[str, str, bool]:
    """The same for effects of which one can decide in place of another: the name, the channel if it names one, and
    whether it acts on returned units.
    """
    channel = effect.value.channel if isinstance(effect.value, Protection | Allotment | Cap) else ""
    return effect.name, channel, effect.stage is Stage.RETURN


def _prefers(effect: Effect) -> bool:
    return effect.name == "prefer" or (isinstance(effect.value, int) and effect.value < DEFAULT_TIER)


@dataclass(slots=True)
class _Ranking:
    """Whether an effect with a weaker one beside it has the same outcome as alone, as `combine` says. For effects that
    are numbers, `combine` is asked once per name, since either the smallest or the largest decides.
    """

    smallest_decides: dict[str, bool] = field(default_factory=dict)

    def __call__(self, strong: Effect, weak: Effect) -> bool:
        strong_reserve, weak_reserve = _reserve(strong), _reserve(weak)
        if strong_reserve and weak_reserve:
            return strong_reserve.larger(weak_reserve) == strong_reserve
        if not (isinstance(strong.value, int) and isinstance(weak.value, int)):
            return _decides(strong, weak)
        name = strong.name
        if name not in self.smallest_decides:
            self.smallest_decides[name] = _decides(Effect(name=name, value=1), Effect(name=name, value=2))
        return strong.value <= weak.value if self.smallest_decides[name] else strong.value >= weak.value


def _reserve(effect: Effect) -> Reserve | None:
    value = effect.value.reserve if isinstance(effect.value, Protection) else effect.value
    return value if isinstance(value, Reserve) else None


def _decides(strong: Effect, weak: Effect) -> bool:
    return combine(strong.stage, (strong, weak)) == combine(strong.stage, (strong,))


class _EffectIndex:
    """Finds the effects whose rules may fire on the facts of one rule, without looking at all of them. Each effect is
    filed under the rarest comparison that its rule requires.
    """

    def __init__(self, effects: Sequence[RuleEffect], solver: RuleSolver) -> None:
        self._solver = solver
        keyed = [(effect, list(_required_keys(effect.rule, solver))) for effect in effects]
        counts = Counter(key for _, groups in keyed for group in groups for key in group)
        self._effects: dict[IndexKey, list[RuleEffect]] = {}
        for effect, groups in keyed:
            for key in min(groups, key=lambda group: sum(counts[key] for key in group), default=[()]):
                self._effects.setdefault(key, []).append(effect)

    def candidates(self, effect: RuleEffect) -> Iterator[RuleEffect]:
        """Every effect whose rule may fire wherever the rule of this one does, itself included."""
        yield from self._filed_under([()])
        facts = self._solver.analysis(effect.rule).facts
        if facts is not None:
            yield from self._filed_under(_keys_of(facts))

    def _filed_under(self, keys: Iterable[IndexKey]) -> Iterator[RuleEffect]:
        for key in keys:
            for effect in self._effects.get(key, ()):
                if not self._solver.take_step():
                    return
                yield effect


def _required_keys(rule: Rule, solver: RuleSolver) -> Iterator[list[IndexKey]]:
    """For each comparison that the rule requires, the keys of which the facts must have one."""
    for comparison in solver.analysis(rule).required_comparisons():
        path = comparison.fact.path
        if comparison.operator is Operator.EQUALS:
            yield [(path, value) for value in dict.fromkeys(comparison.operands)]
        else:
            yield [(path,)]


def _keys_of(facts: Facts) -> Iterator[IndexKey]:
    for path, value in facts.items():
        yield (path,)
        if value is not None:
            yield path, value
