"""What the rules of a draft that keep or protect units would cost a month if they did so with some more, by the
look-ahead prices in force.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.errors import FactsForgotten, NotFound, NotReady
from engine.lookahead.lookahead import CostsOfProtecting
from engine.lookahead.protection_costs import protecting_rules
from engine.service import Pointsman
from rules.diff.compare import Changes
from rules.policy import PolicySet


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftProtection:
    """Of the `rules` that a draft adds or changes and that keep or protect units. `costs` is None if no look-ahead
    prices are in force.
    """

    rules: tuple[str, ...]
    costs: CostsOfProtecting | None


def protection_of(service: Pointsman, drafts: Sequence[tuple[PolicySet, Changes]]) -> list[DraftProtection | None]:
    """Of each draft, by the stock of now; None: it changes no such rule."""
    changed = [_changed_rules(policies, changes) for policies, changes in drafts]
    asking = [policies for (policies, _), rules in zip(drafts, changed, strict=True) if rules]
    costs = iter(_costs(service, asking))
    return [_protection(rules, next(costs)) if rules else None for rules in changed]


def _changed_rules(policies: PolicySet, changes: Changes) -> tuple[str, ...]:
    differing = {change.rule for change in changes.changes if change.kind != "gone"}
    return tuple(rule for rule in protecting_rules(policies) if rule in differing)


def _costs(service: Pointsman, policies: Sequence[PolicySet]) -> Sequence[CostsOfProtecting | None]:
    """None of each if no prices are in force, as of a network that is not loaded."""
    try:
        return service.flows.lookahead.protection_costs_of(policies) if policies else []
    except (NotFound, NotReady, FactsForgotten):
        return [None] * len(policies)


def _protection(rules: tuple[str, ...], costs: CostsOfProtecting | None) -> DraftProtection:
    of_rules = None if costs is None else replace(costs, rules=[item for item in costs.rules if item.rule in rules])
    return DraftProtection(rules=rules, costs=of_rules)
