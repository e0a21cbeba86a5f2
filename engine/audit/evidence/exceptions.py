"""What is out of the ordinary in a period: decisions that overrode a safety stock, were made again or by hand, and
repairs.
"""

from collections.abc import Callable, Mapping

from engine.audit.evidence.record import FollowUpDecisionRecord, ManualActRecord, OverriddenReserveRecord
from engine.audit.sealing.leaf import id_text
from engine.decide.order_record import timestamp
from engine.decide.record import DecisionRecord
from engine.store.log.done_by import BY_HAND, WAYS_OF_PEOPLE
from engine.store.log.entry import Entry
from rules.policy import Rule

_RESERVES = frozenset({"keep", "protect", "allocate", "cap"})
"""Effects that keep stock from an order."""
_MILLISECONDS = 1_000


class Exceptions:
    """Those of a period, in the order of the log. `rules` are those of a version."""

    def __init__(self, *, rules: Callable[[str], Mapping[str, Rule]]) -> None:
        self._rules = rules
        self.overridden_reserves: list[OverriddenReserveRecord] = []
        self.follow_ups: list[FollowUpDecisionRecord] = []
        self.manual: list[ManualActRecord] = []

    def add(self, entry: Entry) -> None:
        if entry.by and (entry.through in WAYS_OF_PEOPLE or entry.kind in BY_HAND):
            self.manual.append(
                ManualActRecord(
                    entry=id_text(entry.id), at=_instant(entry), kind=entry.kind, id=entry.decision, by=entry.by
                )
            )

    def add_decision(self, entry: Entry, record: DecisionRecord) -> None:
        """Besides `add`."""
        if record.because is not None:
            self.follow_ups.append(
                FollowUpDecisionRecord(
                    decision=entry.decision,
                    order=record.order.id,
                    at=_instant(entry),
                    because=record.because,
                    by=entry.by or None,
                )
            )
        if not record.rules.silenced:
            return
        rules = self._rules(record.policy_version)
        silenced = [
            name
            for name in record.rules.silenced
            if name in rules and any(effect.name in _RESERVES for effect in rules[name].effects)
        ]
        by_rules = sorted(
            name for name in record.rules.fired if name in rules and set(rules[name].overrides) & set(silenced)
        )
        if silenced:
            self.overridden_reserves.append(
                OverriddenReserveRecord(
                    decision=entry.decision,
                    order=record.order.id,
                    at=_instant(entry),
                    silenced=silenced,
                    by_rules=by_rules,
                )
            )


def _instant(entry: Entry) -> str:
    """When it was logged, by the server's clock."""
    return timestamp(entry.id[0] // _MILLISECONDS)
