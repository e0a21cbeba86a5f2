"""Rules said back in plain English or French: from what they mean, not from what their author says of them.

Conditions are brought into one form first (negation only before a comparison or a term), which changes nothing of when
they hold; then every clause is said in full, and "and" within "or" (or the other way round) stands in brackets.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rules.conditions import All, Compare, Condition, Term
from rules.normal_form import AllOf, NormalForm, OneOf, normal_form
from rules.policy import Rule
from rules.wording.bilingual import Said
from rules.wording.comparison_phrases import clause, listed, word
from rules.wording.effect_phrases import consequence
from rules.wording.window_phrases import window

_AND, _OR = Said("and", "et"), Said("or", "ou")
_ALWAYS = Said("it is always so", "c'est toujours le cas")
_NEVER = Said("it is never so", "ce n'est jamais le cas")
_TERM = Said("it is {} ({})", "la condition {} est remplie ({})")
_NO_TERM = Said("it is not {} ({})", "la condition {} n'est pas remplie ({})")
_SEMICOLON = Said("; ", "\u00a0; ")
_SUBJECTS = {
    "en": ("the order ", "the line ", "the article ", "the place ", "the goods ", "a unit "),
    "fr": ("la commande ", "la ligne ", "l'article ", "le lieu ", "l'envoi ", "une unité "),
}
"""Not said again by the clause that follows another on the same."""
_IF = Said("If {}: {}.", "Si {}\u00a0: {}.")
_EVERYWHERE = Said("In every case: {}.", "Dans tous les cas\u00a0: {}.")
_OVERRIDES = Said("Where this applies, {} does not count.", "Là où cela s'applique, {} ne compte pas.")
_OVERRIDES_MANY = Said("Where this applies, {} do not count.", "Là où cela s'applique, {} ne comptent pas.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leaf:
    """A comparison or a term as written or, if `denied`, its negation."""

    condition: Compare | Term
    denied: bool


def explain(rule: Rule, language: str = "en") -> str:
    """The whole rule in sentences: where it applies, what it does, when it counts, what it switches off."""
    conditions, moments = window(rule.condition, language)
    effects = _SEMICOLON.to(language).join(consequence(effect, language) for effect in rule.effects)
    return " ".join(_sentences(conditions, effects, moments, rule, language))


def condition_text(condition: Condition, language: str = "en") -> str:
    """When the condition holds, in one clause or several."""
    return _text(_flattened(normal_form(condition, _as_written, _as_written)), language)


def _sentences(conditions: Condition, effects: str, moments: str, rule: Rule, language: str) -> Iterator[str]:
    if conditions == All(parts=()):
        yield _EVERYWHERE.to(language).format(effects)
    else:
        yield _IF.to(language).format(condition_text(conditions, language), effects).replace("Si il ", "S'il ", 1)
    if moments:
        yield f"{moments[0].upper()}{moments[1:]}."
    if rule.overrides:
        template = _OVERRIDES_MANY if len(rule.overrides) > 1 else _OVERRIDES
        yield template.to(language).format(listed(list(rule.overrides), _AND.to(language)))


def _as_written(condition: Compare | Term, *, true: bool) -> _Leaf:
    return _Leaf(condition=condition, denied=not true)


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


def _text(form: NormalForm[_Leaf], language: str) -> str:
    if isinstance(form, _Leaf):
        return _leaf(form, language)
    every = isinstance(form, AllOf)
    if not form.parts:
        return (_ALWAYS if every else _NEVER).to(language)
    return listed(list(_clauses(form, language)), (_AND if every else _OR).to(language))


def _clauses(group: AllOf[_Leaf] | OneOf[_Leaf], language: str) -> Iterator[str]:
    subject = ""
    for part in group.parts:
        text = _text(part, language)
        if isinstance(part, (AllOf, OneOf)) and part.parts:
            yield f"({text})"
            subject = ""
        else:
            yield text.removeprefix(subject)
            subject = next((start for start in _SUBJECTS[language] if text.startswith(start)), "")


def _leaf(leaf: _Leaf, language: str) -> str:
    if isinstance(leaf.condition, Compare):
        return clause(leaf.condition, language, denied=leaf.denied)
    template = (_NO_TERM if leaf.denied else _TERM).to(language)
    return template.format(word(leaf.condition.name), condition_text(leaf.condition.condition, language))
