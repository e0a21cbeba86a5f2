"""Adds up, by SKU at the end of its line, what rules pushed, and what was sold of it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from engine.audit.evidence.record import EndOfLineRecord, PushingRuleRecord
from engine.decide.order_record import timestamp
from engine.decide.record import DecisionRecord
from engine.decide.record_parts import ShipmentRecord
from engine.store.hold_changes.shipment_units import ShipmentUnits
from engine.store.outcomes import UnitState
from rules.diff.canonical_form import canonical_form, paths
from rules.policy import Rule

PUSHING = frozenset({"prefer", "tier"})
"""Effects by which one way to ship is better than others."""
_PRODUCT = ("product.", "stock.", "line.")
"""What the paths of facts begin with that tell one product from another."""
_COUNTED: tuple[UnitState, ...] = ("held", "confirmed")
"""States of units that are sold."""


@dataclass(slots=True)
class _Pushed:
    first: int
    units: int = 0


@dataclass(slots=True)
class _Sold:
    sold: int = 0
    shipped: int = 0
    rules: dict[str, _Pushed] = field(default_factory=dict)


class EndOfLineSums:
    """The sums of a period's decisions. `rules` are those of a version, and `is_at_end` tells whether a SKU is one."""

    def __init__(self, *, rules: Callable[[str], Mapping[str, Rule]], is_at_end: Callable[[str], bool]) -> None:
        self._rules = rules
        self._is_at_end = is_at_end
        self._sold: dict[str, _Sold] = {}

    def add(
        self, record: DecisionRecord, shipments: Sequence[tuple[ShipmentRecord, ShipmentUnits]], *, logged_at: int
    ) -> None:
        """`shipments` are those of the decision, each with where its units are; `logged_at` is when it was logged (UTC
        seconds, the server's clock).
        """
        for made, where in shipments:
            units = Counter[str]()
            for state in _COUNTED:
                units.update(dict(where.by_sku(state)))
            for sku, count in units.items():
                if self._is_at_end(sku):
                    sold = self._sold.setdefault(sku, _Sold())
                    sold.sold += count
                    sold.shipped += dict(where.by_sku("confirmed")).get(sku, 0)
                    self._push(sold, record.policy_version, made, units=count, logged_at=logged_at)

    def _push(self, sold: _Sold, version: str, shipment: ShipmentRecord, *, units: int, logged_at: int) -> None:
        rules = self._rules(version)
        for name in shipment.rules:
            if name in rules and _pushes(rules[name]):
                pushed = sold.rules.setdefault(name, _Pushed(first=logged_at))
                pushed.first = min(pushed.first, logged_at)
                pushed.units += units

    def records(
        self,
        *,
        category: Callable[[str], str],
        on_hand: Mapping[str, int],
        blocked: Mapping[str, int],
        active_since: Mapping[str, int],
    ) -> list[EndOfLineRecord]:
        """Of each SKU of which some was sold or is left. `active_since` says when a rule first became active."""
        left = {sku for units in (on_hand, blocked) for sku, count in units.items() if count}
        return [
            EndOfLineRecord(
                sku=sku,
                category=category(sku),
                sold=its.sold,
                shipped=its.shipped,
                on_hand=on_hand.get(sku, 0),
                blocked=blocked.get(sku, 0),
                rules=[
                    PushingRuleRecord(
                        rule=rule,
                        active_since=timestamp(active_since[rule]) if rule in active_since else None,
                        first_decision_at=timestamp(pushed.first),
                        units=pushed.units,
                    )
                    for rule, pushed in sorted(its.rules.items())
                ],
            )
            for sku, its in sorted({**{sku: _Sold() for sku in left}, **self._sold}.items())
        ]


def _pushes(rule: Rule) -> bool:
    """Whether it prefers a way to ship because of what is shipped, or how much there is of it."""
    return any(effect.name in PUSHING for effect in rule.effects) and any(
        path.startswith(_PRODUCT) for path in paths(canonical_form(rule.condition))
    )
