"""Explains rules in plain sentences, from what their conditions and effects mean and not from what their author says.

Conditions are first brought into a form with negation only before a comparison or a term, which does not change when
they hold. Every clause is then written in full, and "and" within "or" (or the other way round) stands in brackets.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rules.conditions import All, Compare, Condition, Term
from rules.normal_form import AllOf, NormalForm, OneOf, normal_form
from rules.policy import Rule
from rules.wording.catalogue import Catalogue
from rules.wording.comparison_phrases import clause, quoted
from rules.wording.effect_phrases import effect_clause
from rules.wording.window_phrases import split_window


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leaf:
    """A comparison or a term as written or, if `negated`, its negation."""

    condition: Compare | Term
    negated: bool


def explain(rule: Rule, catalogue: Catalogue) -> str:
    """The whole rule in sentences: where it applies, what it does, when it counts, which rules it switches off."""
    return catalogue.contract(catalogue.join("sentences", list(_sentences(rule, catalogue))))


def condition_text(condition: Condition, catalogue: Catalogue) -> str:
    """When the condition holds, in one clause or several."""
    return _text(_flattened(normal_form(condition, _as_written, _as_written)), catalogue)


def _sentences(rule: Rule, catalogue: Catalogue) -> Iterator[str]:
    condition, window = split_window(rule.condition, catalogue)
    effects = catalogue.join("effects", [effect_clause(effect, catalogue) for effect in rule.effects])
    if condition == All(parts=()):
        yield catalogue.text("sentences.everywhere", effects=effects)
    else:
        yield catalogue.text("sentences.if", condition=condition_text(condition, catalogue), effects=effects)
    if window:
        yield catalogue.text("sentences.window", window=f"{window[0].upper()}{window[1:]}")
    if rule.off:
        yield catalogue.text("sentences.off")
    if rule.overrides:
        overridden = catalogue.join("and", rule.written_overrides or rule.overrides)
        yield catalogue.counted("sentences.overrides", len(rule.overrides), rules=overridden)


def _as_written(condition: Compare | Term, *, true: bool) -> _Leaf:
    return _Leaf(condition=condition, negated=not true)


def _flattened(form: NormalForm[_Leaf]) -> NormalForm[_Leaf]:
    """The same form, with "all of" directly within "all of" merged into it, and "one of" within "one of"."""
    if isinstance(form, _Leaf):
        return form
    parts: list[NormalForm[_Leaf]] = []
    for part in map(_flattened, form.parts):
        if isinstance(part, (AllOf, OneOf)) and type(part) is type(form):
            parts += part.parts
        else:
            parts.append(part)
    return parts[0] if len(parts) == 1 else type(form)(parts=tuple(parts))


def _text(form: NormalForm[_Leaf], catalogue: Catalogue) -> str:
    if isinstance(form, _Leaf):
        return _leaf_text(form, catalogue)
    every = isinstance(form, AllOf)
    if not form.parts:
        return catalogue.text("conditions.always" if every else "conditions.never")
    return catalogue.join("and" if every else "or", list(_clauses(form, catalogue)))


def _clauses(group: AllOf[_Leaf] | OneOf[_Leaf], catalogue: Catalogue) -> Iterator[str]:
    """The group's clauses, without a subject that the clause before has as well."""
    subject = ""
    for part in group.parts:
        text = _text(part, catalogue)
        if isinstance(part, (AllOf, OneOf)) and part.parts:
            yield catalogue.text("conditions.group", condition=text)
            subject = ""
        else:
            yield text.removeprefix(subject)
            subject = next((start for start in catalogue.grammar.subjects if text.startswith(start)), "")


def _leaf_text(leaf: _Leaf, catalogue: Catalogue) -> str:
    condition = leaf.condition
    if isinstance(condition, Compare):
        return clause(condition, catalogue, negated=leaf.negated)
    key = "conditions.not_term" if leaf.negated else "conditions.term"
    meaning = condition_text(condition.condition, catalogue)
    return catalogue.text(key, name=quoted(condition.name, catalogue), condition=meaning)
