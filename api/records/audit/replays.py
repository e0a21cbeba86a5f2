"""What came of replays as JSON: whether decisions come out as recorded, and what other policies would decide."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from engine.audit.comparison.differences import Difference
from engine.audit.replays import OUTCOMES, Outcome, ReplayedEntry
from engine.decide.order_record import Record, Timestamp
from engine.decide.record import DecisionRecord, Status
from engine.decide.record_parts import ShipmentRecord


class ReplayDifferenceRecord(Record, frozen=True):
    """Where a replay differs from the record."""

    path: str
    recorded: Annotated[Any, Meta(description="null: nothing")]
    replayed: Annotated[Any, Meta(description="null: nothing")]

    @classmethod
    def of(cls, difference: Difference) -> "ReplayDifferenceRecord":
        return cls(path=difference.path, recorded=difference.recorded, replayed=difference.replayed)


class DecidedAmountsRecord(Record, frozen=True):
    """What a decision comes to; the shipments of a scheduled one are those that are planned."""

    status: Status
    shipments: Annotated[list[str], Meta(description="node by service: units x SKU, ...")]
    cost_micros: int
    co2_mg: int
    late_shipments: int
    unfilled_units: int

    @classmethod
    def of(cls, record: DecisionRecord) -> "DecidedAmountsRecord":
        shipments = record.scheduled.shipments if record.scheduled else record.shipments
        return cls.of_parts(record.status, shipments, sum(item.quantity for item in record.unfilled))

    @classmethod
    def of_parts(cls, status: Status, shipments: Sequence[ShipmentRecord], unfilled: int) -> "DecidedAmountsRecord":
        return cls(
            status=status,
            shipments=[
                f"{item.node} by {item.service}: " + ", ".join(f"{line.quantity} x {line.sku}" for line in item.lines)
                for item in shipments
            ],
            cost_micros=sum(item.cost_micros for item in shipments),
            co2_mg=sum(item.co2_mg for item in shipments),
            late_shipments=sum(bool(item.late) for item in shipments),
            unfilled_units=unfilled,
        )


class PolicyReplayRecord(Record, frozen=True):
    """What other policies would have decided on the same facts."""

    policy_version: str
    changed: Annotated[bool, Meta(description="whether anything of it is not as it was recorded")]
    recorded: DecidedAmountsRecord
    replayed: DecidedAmountsRecord

    @classmethod
    def of(cls, recorded: DecisionRecord, replayed: DecisionRecord) -> "PolicyReplayRecord":
        before, after = DecidedAmountsRecord.of(recorded), DecidedAmountsRecord.of(replayed)
        return cls(policy_version=replayed.policy_version, changed=before != after, recorded=before, replayed=after)


class ReplayRecord(Record, frozen=True):
    """What came of a decision's replay. identical: byte for byte; facts_incomplete: it came out otherwise, and an
    earlier release did not keep all that it was made on; erased: so were the order's personal values.
    """

    decision: str
    order: str
    decided_at: Timestamp
    outcome: Outcome
    differences: list[ReplayDifferenceRecord]
    why: Annotated[list[str] | UnsetType, Meta(description="what may be the reasons, as far as the entry tells")] = (
        UNSET
    )
    altered: Annotated[bool | UnsetType, Meta(description="true: the entry is not what was sealed of it")] = UNSET
    policies: Annotated[PolicyReplayRecord | UnsetType, Meta(description="if others were asked for")] = UNSET

    @classmethod
    def of(cls, replayed: ReplayedEntry) -> "ReplayRecord":
        record, other = replayed.record, replayed.by_other_policies
        return cls(
            decision=record.id or "",
            order=record.order.id,
            decided_at=record.decided_at,
            outcome=replayed.outcome,
            differences=[ReplayDifferenceRecord.of(item) for item in replayed.differences],
            why=list(replayed.why) or UNSET,
            altered=replayed.altered or UNSET,
            policies=UNSET if other is None else PolicyReplayRecord.of(record, other.record),
        )


class AmountsRecord(Record, frozen=True):
    """Sums over decisions."""

    cost_micros: int
    co2_mg: int
    shipments: int
    late_shipments: int
    unfilled_units: int


class PolicySummaryRecord(Record, frozen=True):
    """Sums over all decisions that other policies were tried on."""

    policy_version: str
    decisions: int
    changed: int
    recorded: AmountsRecord
    replayed: AmountsRecord


class ReplaysRecord(Record, frozen=True):
    """What came of the replays of many decisions. Those that came out as they were recorded are only counted."""

    decisions: int
    identical: int
    different: int
    facts_incomplete: int
    erased: int
    not_replayable: int
    replays: Annotated[
        list[ReplayRecord],
        Meta(
            description="those that are not identical, or altered; with other policies, those that they would decide"
            " otherwise"
        ),
    ]
    policies: Annotated[PolicySummaryRecord | UnsetType, Meta(description="if others were asked for")] = UNSET


@dataclass(slots=True, kw_only=True)
class ReplaySums:
    """Adds up replays, one after another."""

    outcomes: Counter[str] = field(default_factory=Counter)
    listed: list[ReplayRecord] = field(default_factory=list)
    changed: int = 0
    altered: int = 0
    policy_version: str = ""
    recorded: Counter[str] = field(default_factory=Counter)
    replayed: Counter[str] = field(default_factory=Counter)

    def add(self, replayed: ReplayedEntry) -> None:
        record = ReplayRecord.of(replayed)
        self.outcomes[record.outcome] += 1
        self.altered += replayed.altered
        if record.policies:
            self.policy_version = record.policies.policy_version
            self.changed += record.policies.changed
            self.recorded.update(_sums(record.policies.recorded))
            self.replayed.update(_sums(record.policies.replayed))
        if record.outcome != "identical" or replayed.altered or (record.policies and record.policies.changed):
            self.listed.append(record)

    @property
    def record(self) -> ReplaysRecord:
        counts = {outcome: self.outcomes[outcome] for outcome in OUTCOMES}
        tried = self.outcomes.total() - self.outcomes["erased"] - self.outcomes["not_replayable"]
        policies = PolicySummaryRecord(
            policy_version=self.policy_version,
            decisions=tried,
            changed=self.changed,
            recorded=msgspec.convert(_all_named(self.recorded), AmountsRecord),
            replayed=msgspec.convert(_all_named(self.replayed), AmountsRecord),
        )
        return ReplaysRecord(
            decisions=self.outcomes.total(),
            **counts,
            replays=self.listed,
            policies=policies if self.policy_version else UNSET,
        )


def _sums(amounts: DecidedAmountsRecord) -> dict[str, int]:
    return {
        "cost_micros": amounts.cost_micros,
        "co2_mg": amounts.co2_mg,
        "shipments": len(amounts.shipments),
        "late_shipments": amounts.late_shipments,
        "unfilled_units": amounts.unfilled_units,
    }


def _all_named(sums: Counter[str]) -> dict[str, int]:
    return {name: sums[name] for name in AmountsRecord.__struct_fields__}
