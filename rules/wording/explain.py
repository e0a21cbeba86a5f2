"""Rules said back in plain English or French: from what they mean, not from what their author says of them.

Conditions are brought into one form first (negation only before a comparison or a term), which changes nothing of when
they hold; then every clause is said in full, and "and" within "or" (or the other way round) stands in brackets.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from rules.conditions import All, Compare, Condition, Not, Term
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
    """A comparison or a term, or that it does not hold."""

    condition: Compare | Term
    denied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """All of its parts, or any of them; no part is a group of the same sort, or a group of one."""

    every: bool
    parts: tuple["_Leaf | _Group", ...]


def explain(rule: Rule, language: str = "en") -> str:
    """The whole rule in sentences: where it applies, what it does, when it counts, what it switches off."""
    conditions, moments = window(rule.condition, language)
    effects = _SEMICOLON.to(language).join(consequence(effect, language) for effect in rule.effects)
    return " ".join(_sentences(conditions, effects, moments, rule, language))


def condition_text(condition: Condition, language: str = "en") -> str:
    """When the condition holds, in one clause or several."""
    return _text(_normal(condition, denied=False), language)


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


def _normal(condition: Condition, *, denied: bool) -> _Leaf | _Group:
    match condition:
        case Compare() | Term():
            return _Leaf(condition=condition, denied=denied)
        case Not(part=part):
            return _normal(part, denied=not denied)
    # not all of them is any of them not, and not any is all of them not
    every = isinstance(condition, All) is not denied
    parts: list[_Leaf | _Group] = []
    for part in condition.parts:
        found = _normal(part, denied=denied)
        parts += found.parts if isinstance(found, _Group) and found.every is every else (found,)
    return parts[0] if len(parts) == 1 else _Group(every=every, parts=tuple(parts))


def _text(node: _Leaf | _Group, language: str) -> str:
    if isinstance(node, _Leaf):
        return _leaf(node, language)
    if not node.parts:
        return (_ALWAYS if node.every else _NEVER).to(language)
    return listed(list(_clauses(node, language)), (_AND if node.every else _OR).to(language))


def _clauses(group: _Group, language: str) -> Iterator[str]:
    subject = ""
    for part in group.parts:
        text = _text(part, language)
        if isinstance(part, _Group) and part.parts:
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
