"""What protecting some units more costs, beside what rules say, as JSON."""

from typing import Annotated

from msgspec import Meta

from api.records.policies import ExplainedRuleRecord, ExplanationRecord
from engine.decide.order_record import Record
from engine.lookahead.lookahead import CostsOfProtecting
from engine.lookahead.protection_costs import ProtectionCost


class RuleProtectionRecord(Record, frozen=True):
    """What a rule that keeps or protects units would cost more."""

    rule: str
    positions: Annotated[int, Meta(description="at which it acts, and that have units and a price above 0")]
    month_micros: Annotated[int, Meta(description="at least, in 28 days, of so many units more at each of them")]
    dearest_sku: str | None
    dearest_node: str | None

    @classmethod
    def of(cls, cost: ProtectionCost) -> "RuleProtectionRecord":
        return cls(
            rule=cost.rule,
            positions=cost.positions,
            month_micros=cost.month,
            dearest_sku=None if cost.dearest is None else cost.dearest.sku,
            dearest_node=None if cost.dearest is None else cost.dearest.node,
        )


class ProtectionCostsRecord(Record, frozen=True):
    """What protecting some units more costs, by the look-ahead prices in force."""

    table: str
    too_old: bool
    currency: str
    units: int
    rules: list[RuleProtectionRecord]

    @classmethod
    def of(cls, costs: CostsOfProtecting) -> "ProtectionCostsRecord":
        return cls(
            table=costs.digest,
            too_old=costs.too_old,
            currency=costs.head.currency,
            units=costs.units,
            rules=[RuleProtectionRecord.of(item) for item in costs.rules],
        )


class CostedExplanationRecord(Record, frozen=True):
    """What `policy explain --costs` says, in one language."""

    language: str
    rules: list[ExplainedRuleRecord]
    costs: ProtectionCostsRecord

    @classmethod
    def of(cls, explanation: ExplanationRecord, costs: ProtectionCostsRecord) -> "CostedExplanationRecord":
        return cls(language=explanation.language, rules=explanation.rules, costs=costs)
