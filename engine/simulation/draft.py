"""A draft: policies that are not active, by the name that whoever tries them gave."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.simulation.network_change import NO_CHANGE, NetworkChange
from engine.simulation.tried_decision import NotKept
from rules.loader import load_policies
from rules.policy import PolicySet
from rules.vocabulary import OUTSIDE_DECISIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """`texts` are the files of its policies, which have no mistakes. They are tried with this `change` of the network.
    `stands`: of a sweep, whether its number is the one in the file.
    """

    name: str
    texts: Mapping[str, str]
    change: NetworkChange = NO_CHANGE
    stands: bool = False

    @classmethod
    def of(cls, name: str, policies: PolicySet) -> "Draft":
        return cls(name=name, texts=dict(policies.all_texts))

    def policies(self) -> PolicySet:
        return load_policies({name: text.encode() for name, text in self.texts.items()})


def deciding_rules(policies: PolicySet) -> list[str]:
    """The rules that may act on a decision; others act once a node rejects an order."""
    return [rule.id for rule in policies.rules.values() if any(e.stage not in OUTSIDE_DECISIONS for e in rule.effects)]


def facts_not_kept(draft: PolicySet, then: PolicySet) -> Iterator[NotKept]:
    """What the draft asks for, and was not read and kept when the policies of `then` decided."""
    if draft.counts_hours and not then.counts_hours:
        yield "hourly_loads"
    if draft.limits_output and not then.limits_output:
        yield "daily_output"
    if {item.tally for item in draft.allotments} - {item.tally for item in then.allotments}:
        yield "allotments"
    if draft.uses_receipts and not then.uses_receipts:
        yield "receipts"
