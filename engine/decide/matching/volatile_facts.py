"""Which facts that others change all the time the floors and limits of a policy set hang on.

A floor is worked out on a snapshot and enforced in the commit. Where a rule gives it only under a condition on stock
or load, the commit must find these unchanged: else two orders that race could each be judged by the other's stock.
"""

from dataclasses import dataclass

from rules.conditions import comparisons
from rules.policy import PolicySet
from rules.vocabulary import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What the commit has to find as the snapshot was, for each position and node it takes from."""

    on_hand: bool
    held: bool
    load: bool


def watched(policies: PolicySet) -> Watched:
    """Of the rules that give floors or limits of a day, and of those that may silence them."""
    bearing = policies.relevant_at(Stage.POSITION, Stage.NODE).values()
    paths = {item.fact.path for rule in bearing for item in comparisons(rule.condition)}
    both = bool(paths & {"stock.available", "stock.days_of_cover"})
    return Watched(
        on_hand=both or "stock.on_hand" in paths, held=both or "stock.held" in paths, load="node.load" in paths
    )
