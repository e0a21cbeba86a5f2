"""What becomes of a returned unit: by a person, by the rules, or by its grade."""

from collections.abc import Sequence
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
UNDECIDED: frozenset[Why] = frozenset({"no_rule", "no_grade", "not_as_it_is", "unknown_article"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposal:
    """`disposition` is None while a person has to say it. `sku` is the article that the unit is in stock as. `rules`
    are those that say so.
    """

    disposition: Disposition | None
    sku: str
    why: Why
    rules: tuple[str, ...] = ()


def dispose(
    judgement: Judgement,
    policies: PolicySet,
    *,
    sku: str,
    grade: Grade | None,
    known_skus: Sequence[str] | frozenset[str],
    decided: Disposition | None,
) -> Disposal:
    """What becomes of a unit of `sku`, by the judgement for the place where it lies. `decided` is what a person said;
    `known_skus` are articles of the network, at least those that rules put it in stock as.
    """
    outcome = cast("ReturnOutcome", judgement.outcome)
    becomes = outcome.as_sku or sku
    rules = _rules_behind(judgement, policies, outcome)
    if becomes not in known_skus:
        return Disposal(disposition=None, sku=becomes, why="unknown_article", rules=rules)
    if decided is not None:
        return Disposal(disposition=decided, sku=becomes, why="by_person")
    given = outcome.disposition
    if given is None and outcome.as_sku is not None:
        given = Disposition.RESTOCK
    may_be_sold = becomes != sku or grade is None or grade.restock
    if given is Disposition.RESTOCK and not may_be_sold:
        return Disposal(disposition=None, sku=sku, why="not_as_it_is", rules=rules)
    if given is not None:
        return Disposal(disposition=given, sku=becomes, why="by_rules", rules=rules)
    if grade is None:
        return Disposal(disposition=None, sku=sku, why="no_grade")
    if grade.restock:
        return Disposal(disposition=Disposition.RESTOCK, sku=sku, why="by_grade")
    return Disposal(disposition=None, sku=sku, why="no_rule")


def _rules_behind(judgement: Judgement, policies: PolicySet, outcome: ReturnOutcome) -> tuple[str, ...]:
    """The rules that give the disposition that counts, or the other article."""
    counting = {outcome.disposition, None if outcome.as_sku is None else OtherSku(sku=outcome.as_sku)} - {None}
    return tuple(
        rule
        for rule in judgement.fired
        if any(
            effect.name in ("disposition", "as_sku") and effect.value in counting
            for effect in policies.rules[rule].effects
        )
    )
