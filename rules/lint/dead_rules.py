"""Rules that do nothing: those that never fire, are always silenced, or whose effect never counts.

A rule that fires acts unless one that acts overrides it. So what is said of another rule's acting asks that nobody can
silence that one where this one acts.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from rules.effects import DEFAULT_TIER, SUMMED, Effect, Exclusion, Protection, Reserve, combine
from rules.errors import Finding
from rules.lint.rule_solver import Minds
from rules.policy import Policy, Rule
from rules.syntax.yaml_document import Document
from rules.vocabulary import Facts, Value

Anchor = tuple[str, Value] | tuple[str] | tuple[()]
"""What facts must have for a rule to fire: a fact of this value, a fact that is known, or nothing in particular."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A rule where it stands: `order` is that of files by name, and of lines."""

    rule: Rule
    document: Document
    index: int
    order: int

    def finding(self, code: str, message: str, *path: str) -> Finding:
        return self.document.finding(("rules", self.index, *(path or ("id",))), code, message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One effect of a rule, the `number`th."""

    standing: Standing
    effect: Effect
    number: int

    @property
    def rule(self) -> Rule:
        return self.standing.rule

    @property
    def order(self) -> tuple[int, int]:
        return self.standing.order, self.number

    def finding(self, code: str, message: str) -> Finding:
        return self.standing.finding(code, message, "then", self.effect.name)


def idle(read: Sequence[tuple[Document, Policy]], *, whole: bool) -> Iterator[Finding]:
    """The warnings about rules that do nothing. Unless the files are the `whole` set, without mistakes, only those
    that no other rule could make false.
    """
    places = [(document, index, rule) for document, policy in read for index, rule in enumerate(policy.rules)]
    standings = [
        Standing(rule=rule, document=document, index=index, order=order)
        for order, (document, index, rule) in enumerate(places)
    ]
    minds = Minds()
    live = [standing for standing in standings if not minds.of(standing.rule).never]
    for standing in standings:
        mind = minds.of(standing.rule)
        if mind.never:
            why = (
                f"nothing meets all that is asked of {mind.clash}"
                if mind.clash
                else "its conditions contradict each other"
            )
            yield standing.finding("never-fires", f"'{standing.rule.id}' can never fire: {why}")
    if whole:
        yield from _Silencing(live=live, minds=minds).findings()


@dataclass(kw_only=True)
class _Silencing:
    """Rules that can fire, and what they do to each other."""

    live: Sequence[Standing]
    minds: Minds

    @cached_property
    def silencers(self) -> Mapping[str, Sequence[Rule]]:
        """By rule, those that override it."""
        found: dict[str, list[Rule]] = {}
        for standing in self.live:
            for name in dict.fromkeys(standing.rule.overrides):
                found.setdefault(name, []).append(standing.rule)
        return found

    def findings(self) -> Iterator[Finding]:
        acting = []
        for standing in self.live:
            silencer = self._always_silenced(standing.rule)
            if silencer:
                yield standing.finding("always-silenced", f"'{standing.rule.id}' is always silenced by {silencer}")
            else:
                acting.append(standing)
        groups: dict[tuple[str, str], list[Act]] = {}
        for standing in acting:
            for number, effect in enumerate(standing.rule.effects):
                act = Act(standing=standing, effect=effect, number=number)
                groups.setdefault(_rivalry(effect), []).append(act)
        for (name, _), acts in groups.items():
            if name not in SUMMED:
                yield from self._shadowed(acts)
        excluding = _Index(groups.get(("exclude", ""), []), self.minds)
        for act in (*groups.get(("prefer", ""), ()), *groups.get(("tier", ""), ())):
            yield from self._excluded(act, excluding)

    def _always_silenced(self, rule: Rule) -> str:
        """By whom, in words; nothing if not."""
        silencers = [other for other in self.silencers.get(rule.id, ()) if self._acts_beside(other, rule)]
        if not silencers or not self.minds.implies(rule, *silencers):
            return ""
        alone = next((other for other in silencers if self.minds.implies(rule, other)), None)
        return f"'{alone.id}'" if alone else "one or another of " + ", ".join(f"'{other.id}'" for other in silencers)

    def _acts_beside(self, rule: Rule, other: Rule) -> bool:
        """Whether the rule acts wherever it fires and the other acts: whoever could silence it never fires there, or
        silences both.
        """
        return all(
            other.id in silencer.overrides or self.minds.meet(silencer, other) is False
            for silencer in self.silencers.get(rule.id, ())
        )

    def _shadowed(self, acts: Sequence[Act]) -> Iterator[Finding]:
        index = _Index(acts, self.minds)
        outranks = _Ranking()
        for act in acts:
            strong = next((other for other in index.beside(act) if self._shadows(other, act, outranks)), None)
            if strong:
                who = "another of its own" if strong.rule is act.rule else f"that of '{strong.rule.id}'"
                message = f"'{act.effect.name}' of '{act.rule.id}' never counts: wherever it acts, {who} decides"
                yield act.finding("shadowed", message)

    def _shadows(self, strong: Act, weak: Act, outranks: "_Ranking") -> bool:
        if strong.order == weak.order or not outranks(strong.effect, weak.effect):
            return False
        if strong.rule is not weak.rule and not self._decides(strong.rule, weak.rule):
            return False
        if strong.order < weak.order or not outranks(weak.effect, strong.effect):
            return True
        # both say the same: of two that fire in the same cases, the later is the one too many
        return strong.rule is not weak.rule and self.minds.implies(strong.rule, weak.rule) is False

    def _decides(self, strong: Rule, weak: Rule) -> bool:
        """Whether the strong one acts wherever the weak one does."""
        facts = self.minds.of(weak).facts
        if facts is None or not self.minds.may_hold(strong, facts):
            return False
        return bool(self.minds.implies(weak, strong)) and self._acts_beside(strong, weak)

    def _excluded(self, act: Act, excluding: "_Index") -> Iterator[Finding]:
        if not _prefers(act.effect):
            return
        other = next((other for other in excluding.beside(act) if self._excludes(other, act)), None)
        if other:
            who = "the rule itself" if other.rule is act.rule else f"'{other.rule.id}'"
            message = f"'{act.effect.name}' of '{act.rule.id}' is for what {who} excludes in the very same cases"
            yield act.finding("excluded-and-preferred", message)

    def _excludes(self, other: Act, act: Act) -> bool:
        """What is left for want of better may well be ranked; but not if that is all that is preferred."""
        if other.rule is act.rule:
            return True
        if not self._decides(other.rule, act.rule):
            return False
        return other.effect.value is Exclusion.YES or bool(self.minds.implies(other.rule, act.rule))


def _rivalry(effect: Effect) -> tuple[str, str]:
    """Effects of which one can decide in place of another."""
    return effect.name, effect.value.channel if isinstance(effect.value, Protection) else ""


def _prefers(effect: Effect) -> bool:
    return effect.name == "prefer" or (isinstance(effect.value, int) and effect.value < DEFAULT_TIER)


@dataclass(slots=True)
class _Ranking:
    """Whether one effect decides all by itself, with the other beside it: asked of how effects combine. Of numbers that
    is asked once, since either the smallest or the largest counts.
    """

    smallest: dict[str, bool] = field(default_factory=dict)

    def __call__(self, strong: Effect, weak: Effect) -> bool:
        kept, other = _reserve(strong), _reserve(weak)
        if kept and other:
            return kept.larger(other) == kept
        if not (isinstance(strong.value, int) and isinstance(weak.value, int)):
            return _decides(strong, weak)
        name = strong.name
        if name not in self.smallest:
            self.smallest[name] = _decides(Effect(name=name, value=1), Effect(name=name, value=2))
        return strong.value <= weak.value if self.smallest[name] else strong.value >= weak.value


def _reserve(effect: Effect) -> Reserve | None:
    value = effect.value.reserve if isinstance(effect.value, Protection) else effect.value
    return value if isinstance(value, Reserve) else None


def _decides(strong: Effect, weak: Effect) -> bool:
    return combine(strong.stage, (strong, weak)) == combine(strong.stage, (strong,))


class _Index:
    """Effects by what must be so for their rules to fire, so that few are looked at for the facts of one rule. Each
    stands under the rarest thing that its rule asks for.
    """

    def __init__(self, acts: Sequence[Act], minds: Minds) -> None:
        self._minds = minds
        asked = [(act, list(_anchors(act.rule, minds))) for act in acts]
        counts = Counter(anchor for _, groups in asked for group in groups for anchor in group)
        self._acts: dict[Anchor, list[Act]] = {}
        for act, groups in asked:
            for anchor in min(groups, key=lambda group: sum(counts[anchor] for anchor in group), default=[()]):
                self._acts.setdefault(anchor, []).append(act)

    def beside(self, act: Act) -> Iterator[Act]:
        """The effects whose rules may fire wherever this one's does, its own included."""
        yield from self._among([()])
        facts = self._minds.of(act.rule).facts
        if facts is not None:
            yield from self._among(_seen(facts))

    def _among(self, anchors: Iterable[Anchor]) -> Iterator[Act]:
        for anchor in anchors:
            for act in self._acts.get(anchor, ()):
                if not self._minds.goes_on():
                    return
                yield act


def _anchors(rule: Rule, minds: Minds) -> Iterator[list[Anchor]]:
    """For each thing that must be so for the rule to fire, the ways to be so."""
    for compared in minds.of(rule).musts():
        path = compared.fact.path
        if compared.operator.value == "equals":
            yield [(path, value) for value in dict.fromkeys(compared.operands)]
        else:
            yield [(path,)]


def _seen(facts: Facts) -> Iterator[Anchor]:
    for path, value in facts.items():
        yield (path,)
        if value is not None:
            yield path, value
