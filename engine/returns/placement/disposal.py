"""What becomes of a returned unit: by a person, by the rules, or by its grade."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from engine.decide.matching.judgement_table import Judgement
from engine.model.returns import Grade
from rules.effects import Disposition, OtherSku, ReturnOutcome
from rules.policy import PolicySet

Why: TypeAlias = Literal["by_person", "by_rules", "by_grade", "no_rule", "no_grade", "not_as_it_is", "unknown_article"]
"""Why a unit has its disposition, or none: a person said so, rules say so, its grade lets it be sold as it is; no rule
says what becomes of one of its grade; it has no grade; its grade does not let it be sold as it is, as a rule wants; a
rule puts it in stock as an article that the network does not have.
"""
_BY_RULES: frozenset[Why] = frozenset({"by_rules", "not_as_it_is", "unknown_article"})
_EFFECTS = frozenset({"disposition", "as_sku"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposal:
    """`disposition` is None while a person has to say it. `sku` is the article that the unit is in stock as. `rules`
    are those that say so.
    """

    disposition: Disposition | None
    sku: str
    why: Why
    rules: tuple[str, ...] = ()
    fired: tuple[str, ...] = ()
    """All rules that say what becomes of it, whether what they say counts or not."""
    silenced: tuple[str, ...] = ()


def dispose(
    judgement: Judgement,
    policies: PolicySet,
    *,
    sku: str,
    grade: Grade | None,
    known_skus: Collection[str],
    decided: Disposition | None,
) -> Disposal:
    """What becomes of a unit of `sku`, by the judgement for the place where it lies. `decided` is what a person said;
    `known_skus` are articles of the network, at least those that rules put it in stock as.
    """
    outcome = cast("ReturnOutcome", judgement.outcome)
    disposition, becomes, why = _disposition(outcome, sku=sku, grade=grade, known_skus=known_skus, decided=decided)
    return Disposal(
        disposition=disposition,
        sku=becomes,
        why=why,
        rules=_rules_behind(judgement, policies, outcome) if why in _BY_RULES else (),
        fired=tuple(rule for rule in judgement.fired if _says_what(rule, policies)),
        silenced=tuple(rule for rule in judgement.silenced if _says_what(rule, policies)),
    )


def _disposition(
    outcome: ReturnOutcome,
    *,
    sku: str,
    grade: Grade | None,
    known_skus: Collection[str],
    decided: Disposition | None,
) -> tuple[Disposition | None, str, Why]:
    """The disposition, the article that the unit is in stock as, and why."""
    becomes = outcome.as_sku or sku
    is_put_in_stock = decided is not None or outcome.disposition in (None, Disposition.RESTOCK)
    if becomes not in known_skus and is_put_in_stock:  # a rule that is more cautious counts all the same
        return None, becomes, "unknown_article"
    if decided is not None:
        return decided, becomes, "by_person"
    given = outcome.disposition
    if given is None and outcome.as_sku is not None:
        given = Disposition.RESTOCK
    may_be_sold = becomes != sku or grade is None or grade.restock
    if given is Disposition.RESTOCK and not may_be_sold:
        return None, sku, "not_as_it_is"
    if given is not None:
        return given, becomes, "by_rules"
    if grade is None:
        return None, sku, "no_grade"
    return (Disposition.RESTOCK, sku, "by_grade") if grade.restock else (None, sku, "no_rule")


def _says_what(rule: str, policies: PolicySet) -> bool:
    return any(effect.name in _EFFECTS for effect in policies.rules[rule].effects)


def _rules_behind(judgement: Judgement, policies: PolicySet, outcome: ReturnOutcome) -> tuple[str, ...]:
    """The rules that give the disposition that counts, or the other article."""
    counting = {outcome.disposition, None if outcome.as_sku is None else OtherSku(sku=outcome.as_sku)} - {None}
    return tuple(
        rule
        for rule in judgement.fired
        if any(effect.name in _EFFECTS and effect.value in counting for effect in policies.rules[rule].effects)
    )
