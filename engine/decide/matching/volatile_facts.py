"""Stock and load facts that a policy set's floors and daily limits depend on; the commit checks them again.

A floor is computed on a snapshot and enforced in the commit. Where a rule gives it only under a condition on stock
or load, the commit must find these unchanged: otherwise two orders that race could each be judged by the stock that
the other one takes.
"""

from dataclasses import dataclass

from rules.conditions import comparisons
from rules.policy import PolicySet
from rules.vocabulary import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class VolatileFacts:
    """Which values the commit must find as they were in the snapshot, for each position and node it takes from."""

    on_hand: bool
    held: bool
    load: bool


def volatile_facts(policies: PolicySet) -> VolatileFacts:
    """Those mentioned by rules that give floors or daily limits, and by rules that may silence such rules."""
    rules = policies.relevant_at(Stage.POSITION, Stage.NODE).values()
    paths = {item.fact.path for rule in rules for item in comparisons(rule.condition)}
    both = bool(paths & {"stock.available", "stock.days_of_cover"})
    return VolatileFacts(
        on_hand=both or "stock.on_hand" in paths, held=both or "stock.held" in paths, load="node.load" in paths
    )
