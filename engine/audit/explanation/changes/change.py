"""Single changes to what an order was decided on. Each can be applied, which gives another case to decide."""

from dataclasses import dataclass, replace
from typing import TypeAlias

from engine.audit.explanation.case import DecidedCase
from engine.audit.explanation.statement import (
    Count,
    Duration,
    EffectClause,
    Instant,
    Names,
    Rules,
    Statement,
    Units,
    Values,
)
from engine.decide.impact.rule_impact import ChangedEffectMatcher, CounterfactualMatcher, without_rests_of
from engine.model.facts import Snapshot, StockPosition
from rules.effects import EffectValue, Exclusion, ShipmentLimit
from rules.reserves import Cap, Protection, Reserve

_MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOff:
    """Without the rule, and without the rests of nodes that it alone gave."""

    rule: str

    def applied(self, case: DecidedCase) -> DecidedCase:
        matcher = CounterfactualMatcher(case.matcher, self.rule)
        return replace(case, judge=matcher, snapshot=without_rests_of(case.snapshot, matcher))

    def statement(self, case: DecidedCase) -> Statement:
        del case
        return Statement(kind="change.rule_off", rules=Rules((self.rule,)))


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountMoved:
    """With another value of an effect of the rule, by its place there; in the integers of effects."""

    rule: str
    place: int
    effect: str
    before: int
    after: int

    def applied(self, case: DecidedCase) -> DecidedCase:
        value = case.matcher.policies.rules[self.rule].effects[self.place].value
        other = with_number(value, self.after)
        return replace(case, judge=ChangedEffectMatcher(case.matcher, self.rule, self.place, other))

    def statement(self, case: DecidedCase) -> Statement:
        effect = case.matcher.policies.rules[self.rule].effects[self.place]
        other = replace(effect, value=with_number(effect.value, self.after))
        values: Values = {"before": EffectClause(effect, self.before), "after": EffectClause(other, self.after)}
        return Statement(kind="change.amount", values=values, rules=Rules((self.rule,)))


@dataclass(frozen=True, slots=True, kw_only=True)
class MoreUnits:
    """With so many units more on hand at a place."""

    sku: str
    node: str
    units: int

    def applied(self, case: DecidedCase) -> DecidedCase:
        return replace(case, snapshot=with_units(case.snapshot, self.sku, {self.node: self.units}))

    def statement(self, case: DecidedCase) -> Statement:
        del case
        return Statement(
            kind="change.units", values={"units": Units.of(self.sku, self.units), "node": Names.of(self.node)}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedInTime:
    """Placed and decided so many minutes later; earlier, if they are below 0."""

    minutes: int

    def applied(self, case: DecidedCase) -> DecidedCase:
        seconds = self.minutes * _MINUTE
        order = case.remainder.whole_order
        moved = replace(order, placed_at=order.placed_at + seconds)
        return replace(case, remainder=replace(case.remainder, whole_order=moved), now=case.now + seconds)

    def statement(self, case: DecidedCase) -> Statement:
        values: Values = {"by": Duration(abs(self.minutes)), "at": Instant(case.now + self.minutes * _MINUTE)}
        return Statement(kind="change.earlier" if self.minutes < 0 else "change.later", values=values)


@dataclass(frozen=True, slots=True, kw_only=True)
class FewerParcels:
    """With so many parcels fewer given to a place in the period that its limit is of."""

    node: str
    parcels: int

    def applied(self, case: DecidedCase) -> DecidedCase:
        snapshot = case.snapshot
        loads, hourly = (
            {**counted, self.node: max(0, counted.get(self.node, 0) - self.parcels)}
            for counted in (snapshot.loads, snapshot.hourly_loads)
        )
        return replace(case, snapshot=replace(snapshot, loads=loads, hourly_loads=hourly))

    def statement(self, case: DecidedCase) -> Statement:
        del case
        return Statement(
            kind="change.parcels",
            values={"parcels": Count(self.parcels), "node": Names.of(self.node)},
            count=self.parcels,
        )


Change: TypeAlias = RuleOff | AmountMoved | MoreUnits | MovedInTime | FewerParcels


def number_in(value: EffectValue) -> int | None:
    """The number of an effect's value that can be moved; None: it has none, or is a share."""
    match value:
        case bool() | Exclusion():
            return None
        case int():
            return value
        case ShipmentLimit():
            return value.at_most
        case Cap():
            return value.units
        case Reserve():
            return None if value.share or value.cover else value.units
        case Protection():
            return None if value.reserve.share or value.reserve.cover else value.reserve.units
    return None


def with_number(value: EffectValue, number: int) -> EffectValue:
    """The value with another number."""
    match value:
        case ShipmentLimit():
            return replace(value, at_most=number)
        case Cap():
            return replace(value, units=number)
        case Reserve():
            return replace(value, units=number)
        case Protection():
            return replace(value, reserve=replace(value.reserve, units=number))
    return number


def with_units(snapshot: Snapshot, sku: str, units: "dict[str, int]") -> Snapshot:
    """The snapshot with more units on hand of a SKU, by node."""
    positions = dict(snapshot.positions.get(sku, {}))
    for node, more in units.items():
        position = positions.get(node, StockPosition(on_hand=0))
        positions[node] = position._replace(on_hand=position.on_hand + more)
    return replace(snapshot, positions={**snapshot.positions, sku: positions})
