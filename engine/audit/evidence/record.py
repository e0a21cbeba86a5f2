"""The evidence report as JSON: what was found in the log of a period, section by section."""

from typing import Annotated

from msgspec import Meta

from engine.decide.order_record import Record, Timestamp


class EmissionSumRecord(Record, frozen=True):
    """What the shipments by one service emitted, by ISO 14083: those that were decided, and of these what has left.
    Grams, 1e-9 tonne-km (gram-metres), milligrams of CO2e.
    """

    mode: str
    service: str
    factors_mg_per_tonne_km: Annotated[list[int], Meta(description="the emission intensities that were used")]
    sources: Annotated[list[str], Meta(description="where these are from, as the network says")]
    shipments: int
    weight_g: int
    activity: Annotated[int, Meta(description="transport activity: mass times transport distance, in gram-metres")]
    transport_mg: int
    last_mile_mg: int
    shipments_left: int
    activity_left: int
    co2_left_mg: int

    @property
    def co2(self) -> int:
        return self.transport_mg + self.last_mile_mg

    @property
    def intensity(self) -> int | None:
        """Milligrams a tonne-km, last mile included; None without transport activity."""
        return self.co2 * 1_000_000_000 // self.activity if self.activity else None


class EmissionsRecord(Record, frozen=True):
    """Greenhouse gas emissions of the transport that was decided."""

    services: list[EmissionSumRecord]
    decisions: int
    not_calculated: Annotated[int, Meta(description="decisions whose network or products are not kept any more")]
    contradictory: Annotated[
        int, Meta(description="decisions whose record contradicts itself, in no sum here or of end-of-line products")
    ]
    differing: Annotated[int, Meta(description="decisions whose calculation does not add up to what was recorded")]


class PushingRuleRecord(Record, frozen=True):
    """A rule that preferred the way by which units of a SKU were shipped."""

    rule: str
    active_since: Annotated[Timestamp | None, Meta(description="when a version with it first became active")]
    first_decision_at: Annotated[Timestamp, Meta(description="when the period's first was logged")]
    units: Annotated[int, Meta(description="of the SKU, in the shipments that it preferred")]


class EndOfLineRecord(Record, frozen=True):
    """A SKU at the end of its line: what pushed it, what was sold of it in the period, and what is left now."""

    sku: str
    category: str
    sold: Annotated[int, Meta(description="units that were decided to ship in the period, and not taken back since")]
    shipped: Annotated[int, Meta(description="of these, units that have left")]
    on_hand: Annotated[int, Meta(description="units on hand when the report was made")]
    blocked: Annotated[int, Meta(description="units there that may not be sold")]
    rules: list[PushingRuleRecord]


class RuleChangeRecord(Record, frozen=True):
    """A rule that another one replaced, or that came or went, when a policy version became active."""

    at: Timestamp
    version: str
    before: str | None
    rule: str
    kind: Annotated[str, Meta(description="added, gone, changed or moved")]
    gone: Annotated[list[str], Meta(description="what it said and does not say any more, as its author wrote it")]
    added: list[str]
    by: str
    note: str
    approved_by: list[str]
    without_approval: bool
    decisions: Annotated[
        int, Meta(description="of the period under this version, from then until another one became active")
    ]
    fired: Annotated[int, Meta(description="in how many of these the rule fired")]


class OverriddenReserveRecord(Record, frozen=True):
    """A decision in which a rule silenced another one that keeps or protects stock."""

    decision: str
    order: str
    at: Timestamp
    silenced: list[str]
    by_rules: list[str]


class FollowUpDecisionRecord(Record, frozen=True):
    """A decision that decided again what was left of an order."""

    decision: str
    order: str
    at: Timestamp
    because: str
    by: str | None


class ManualActRecord(Record, frozen=True):
    """Something that a person did on the command line, or a repair."""

    entry: str
    at: Timestamp
    kind: str
    id: str
    by: str | None


class PersonalReadsRecord(Record, frozen=True):
    """How often somebody read personal data by one operation or command, and how many records that were."""

    by: str | None
    what: str
    reads: int
    records: int


class EvidenceReportRecord(Record, frozen=True):
    """What the log says of a period, by the server's clock: from its first instant on, before its last."""

    network: str
    start: Timestamp
    end: Timestamp
    made_at: Timestamp
    release: str
    decisions: int
    entries: int
    unreadable: Annotated[list[str], Meta(description="entries that can't be read and are in no sum")]
    not_as_sealed: Annotated[
        list[str],
        Meta(description="entries that are missing or not what was sealed; what is there of them is in the figures"),
    ]
    sealed_size: Annotated[int, Meta(description="entries of the sealed log when the report was made")]
    checkpoint: Annotated[str | None, Meta(description="its signed checkpoint")]
    emissions: EmissionsRecord
    end_of_line: list[EndOfLineRecord]
    rule_changes: list[RuleChangeRecord]
    overridden_reserves: list[OverriddenReserveRecord]
    follow_ups: list[FollowUpDecisionRecord]
    manual: list[ManualActRecord]
    personal_reads: Annotated[
        list[PersonalReadsRecord], Meta(description="of which some of the period may be forgotten by now")
    ]
