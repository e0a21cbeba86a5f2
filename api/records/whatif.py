"""What came of a what-if as JSON: each draft beside the baseline."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, json, structs, to_builtins

from api.records.audit.replays import DecidedAmountsRecord
from api.records.findings import FindingRecord
from api.records.policies import ChangesRecord
from api.records.protection_costs import ProtectionCostsRecord
from api.records.whatif_amounts import WhatIfNodeAmountsRecord, WhatIfNodeRecord, WhatIfSidesRecord
from api.records.whatif_breakdown import (
    WhatIfCauseRecord,
    WhatIfDayRecord,
    WhatIfFlowRecord,
    WhatIfPlacesRecord,
    WhatIfProductsRecord,
)
from api.records.whatif_rolled import WhatIfChangeRecord, WhatIfRolledRecord
from engine.audit.explanation.record import StatementRecord
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.simulation.bootstrap import DRAWS
from engine.simulation.cause import Cause
from engine.simulation.changed_decision import DecidedSide, ExplainedChange
from engine.simulation.comparison import ChangedDecision, Comparison, Figure, Interval
from engine.simulation.rolled.stretches import BeginsAgain
from engine.simulation.tried_decision import NotKept, Untriable, UntriedDecision
from engine.simulation.whatif import DraftResult, UntriedCounts, Way, WhatIf
from rules.errors import Finding

_NAMES: Mapping[Figure, str] = {
    "cost": "cost_micros",
    "co2": "co2_mg",
    "shipments": "shipments",
    "late_orders": "orders_late",
    "units_unfilled": "units_unfilled",
}


class WhatIfRuleRecord(Record, frozen=True):
    """In how many decisions a rule acted by the baseline and by the draft, and of those by the draft, how many come out
    otherwise and how much more they cost.
    """

    baseline: int
    draft: int
    changed: int
    cost_micros: int
    weighed: Annotated[
        int | UnsetType,
        Meta(description="how many of them were made again without it, the last first, until it decided one"),
    ] = UNSET
    decided: Annotated[bool | UnsetType, Meta(description="whether it decided one of these")] = UNSET


class WhatIfIntervalRecord(Record, frozen=True):
    """How much more the draft comes to, and between which 95 % of the sums lie if the orders are drawn again."""

    difference: int
    low: int
    high: int

    @classmethod
    def of(cls, interval: Interval) -> "WhatIfIntervalRecord":
        return cls(*interval)


class WhatIfOrdersRecord(Record, frozen=True):
    """How many orders the decisions are of."""

    orders: int
    changed: Annotated[int, Meta(description="orders of which some decision comes out otherwise")]
    late_baseline: Annotated[int, Meta(description="orders of which something comes later than was promised")]
    late_draft: int

    @classmethod
    def of(cls, comparison: Comparison) -> "WhatIfOrdersRecord":
        before, after = comparison.orders_late
        return cls(
            orders=comparison.orders, changed=len(comparison.orders_changed), late_baseline=before, late_draft=after
        )


class DecidedSideRecord(Record, frozen=True):
    """What one side decides of an order, and why not as the other does."""

    decided: DecidedAmountsRecord
    rules: Annotated[
        list[str],
        Meta(description="that decided, and that the other side has not or has otherwise"),
    ]
    why: Annotated[list[StatementRecord], Meta(description="why not as the other side")]

    @classmethod
    def of(cls, side: DecidedSide) -> "DecidedSideRecord":
        made = side.decided
        decided = DecidedAmountsRecord.of_parts(made.status, made.shipments, sum(made.unfilled.values()))
        return cls(decided=decided, rules=list(side.rules), why=list(side.why))


class ChangedDecisionRecord(Record, frozen=True):
    """A decision that a draft changes: how much more it comes to, and why."""

    decision: str
    order: str
    decided_at: Timestamp
    units_unfilled: int
    cost_micros: int
    co2_mg: int
    shipments_late: int
    baseline: DecidedSideRecord
    draft: DecidedSideRecord

    @classmethod
    def of(cls, changed: ChangedDecision, explained: ExplainedChange) -> "ChangedDecisionRecord":
        return cls(
            decision=changed.decision,
            order=changed.order,
            decided_at=explained.record.decided_at,
            units_unfilled=changed.units_unfilled,
            cost_micros=changed.cost,
            co2_mg=changed.co2,
            shipments_late=changed.late,
            baseline=DecidedSideRecord.of(explained.baseline),
            draft=DecidedSideRecord.of(explained.draft),
        )


class WhatIfDraftRecord(Record, frozen=True):
    """What came of one draft."""

    name: str
    policy_version: str
    changes: Annotated[ChangesRecord, Meta(description="what differs from the policies compared with")]
    orders: WhatIfOrdersRecord
    changed_orders: Annotated[list[str], Meta(description="in the order of the log")]
    decisions_changed: int
    same_bytes: Annotated[
        int, Meta(description="decisions that these very policies made, and that come out as logged, byte for byte")
    ]
    total: WhatIfSidesRecord
    sure: Annotated[
        dict[str, WhatIfIntervalRecord], Meta(description="by figure; paired by order, a bootstrap of 95 %")
    ]
    channels: dict[str, WhatIfSidesRecord]
    nodes: dict[str, WhatIfNodeRecord]
    rules: dict[str, WhatIfRuleRecord]
    never_fired: Annotated[list[str], Meta(description="rules of the draft that acted on no decision")]
    never_decided: Annotated[list[str], Meta(description="that acted, and decided none of those that were weighed")]
    facts_not_kept: Annotated[
        dict[NotKept, int], Meta(description="decisions of which facts that the draft asks for were not kept")
    ]
    decisions_incomplete: Annotated[int, Meta(description="decisions of which any were not")]
    worst: Annotated[
        list[ChangedDecisionRecord],
        Meta(description="that come out worst: those that lose units, then the dearest"),
    ]
    best: list[ChangedDecisionRecord]
    causes: Annotated[
        dict[Cause, WhatIfCauseRecord], Meta(description="by what decisions differ, and how much more they come to")
    ]
    flows: Annotated[list[WhatIfFlowRecord], Meta(description="the 500 that change most, or that are the greatest")]
    days: Annotated[list[WhatIfDayRecord], Meta(description="of the 100 nodes whose load changes most, or is greatest")]
    lifecycles: dict[str, WhatIfProductsRecord]
    categories: dict[str, WhatIfProductsRecord]
    stands: Annotated[
        bool | UnsetType, Meta(description="of a sweep: there, and true, if this number is the one in the draft's file")
    ] = UNSET
    segments: Annotated[
        dict[str, WhatIfSidesRecord] | UnsetType,
        Meta(description="left out if no order has one; those without have an empty name"),
    ] = UNSET

    change: Annotated[
        WhatIfChangeRecord | UnsetType, Meta(description="of the network; left out if it is as it was")
    ] = UNSET
    rolled: Annotated[WhatIfRolledRecord | UnsetType, Meta(description="only if it was rolled forward")] = UNSET
    protecting: Annotated[
        list[str] | UnsetType,
        Meta(description="rules that the draft adds or changes and that keep or protect units; left out if none"),
    ] = UNSET
    protection: Annotated[
        ProtectionCostsRecord | UnsetType,
        Meta(
            description="what keeping back or protecting more units by these rules would cost a month; left out if no"
            " look-ahead prices are in force"
        ),
    ] = UNSET

    @property
    def changes_volume(self) -> bool:
        return self.change is not UNSET and self.change.volume_percent is not UNSET

    def interval(self, figure: str) -> WhatIfIntervalRecord | None:
        """How sure the difference in a figure is. None: it is not known, or another number of orders was asked for, so
        that how much they come to is no chance.
        """
        return None if self.changes_volume else self.sure.get(figure)

    @classmethod
    def of(cls, result: DraftResult) -> "WhatIfDraftRecord":
        comparison, breakdown = result.comparison, result.comparison.breakdown
        segments = {name or "": WhatIfSidesRecord.of(its) for name, its in comparison.segments.items()}
        return cls(
            name=result.draft.name,
            stands=result.draft.stands or UNSET,
            policy_version=result.version,
            changes=ChangesRecord.of(result.changes),
            orders=WhatIfOrdersRecord.of(comparison),
            changed_orders=comparison.orders_changed,
            decisions_changed=comparison.changed,
            same_bytes=comparison.same_bytes,
            total=WhatIfSidesRecord.of(comparison.sides),
            sure={_NAMES[name]: WhatIfIntervalRecord.of(its) for name, its in comparison.intervals().items()},
            channels={name: WhatIfSidesRecord.of(its) for name, its in sorted(comparison.channels.items())},
            nodes={
                name: WhatIfNodeRecord(
                    baseline=WhatIfNodeAmountsRecord.of(its.baseline), draft=WhatIfNodeAmountsRecord.of(its.draft)
                )
                for name, its in sorted(comparison.nodes.items())
            },
            rules=_rules(result),
            never_fired=result.never_fired,
            never_decided=[item.rule for item in result.never_decided],
            facts_not_kept=dict(sorted(comparison.not_kept.items())),
            decisions_incomplete=comparison.incomplete,
            worst=[ChangedDecisionRecord.of(*item) for item in result.worst],
            best=[ChangedDecisionRecord.of(*item) for item in result.best],
            causes=WhatIfCauseRecord.each(breakdown),
            flows=WhatIfFlowRecord.each(breakdown),
            days=WhatIfDayRecord.each(breakdown),
            lifecycles=WhatIfProductsRecord.each(breakdown.baseline.lifecycles, breakdown.draft.lifecycles),
            categories=WhatIfProductsRecord.each(breakdown.baseline.categories, breakdown.draft.categories),
            segments=dict(sorted(segments.items())) if set(segments) - {""} else UNSET,
            change=WhatIfChangeRecord.of(result.draft.change),
            rolled=WhatIfRolledRecord.of(result.rolled) if result.rolled else UNSET,
            protecting=list(result.protection.rules) if result.protection else UNSET,
            protection=ProtectionCostsRecord.of(result.protection.costs)
            if result.protection and result.protection.costs
            else UNSET,
        )


class UntriedDecisionRecord(Record, frozen=True):
    """A decision that could not be tried; of one whose entry can't be read, the entry's id."""

    decision: str
    reason: Untriable
    why: str

    @classmethod
    def of(cls, untried: UntriedDecision) -> "UntriedDecisionRecord":
        return cls(*untried)


class UntriedRecord(Record, frozen=True):
    """The decisions that could not be tried."""

    erased: int
    not_replayable: int
    damaged: int
    named: Annotated[list[UntriedDecisionRecord], Meta(description="the first hundred of them")]
    archive: Annotated[str | UnsetType, Meta(description="why archived decisions could not be read")] = UNSET

    @classmethod
    def of(cls, untried: UntriedCounts) -> "UntriedRecord":
        return cls(
            erased=untried.counts["erased"],
            not_replayable=untried.counts["not_replayable"],
            damaged=untried.counts["damaged"],
            named=[UntriedDecisionRecord.of(item) for item in untried.named],
            archive=untried.archive or UNSET,
        )


class RefusedDraftRecord(Record, frozen=True):
    """A draft that was not tried, because it has mistakes."""

    name: str
    findings: list[FindingRecord]

    @classmethod
    def of(cls, name: str, findings: Sequence[Finding]) -> "RefusedDraftRecord":
        return cls(name=name, findings=[FindingRecord.of(finding) for finding in findings])


class WhatIfRecord(Record, frozen=True):
    """What drafts would have decided in place of the policies that they are compared with. one_step: each logged
    decision again, alone, on the facts that were kept with it. rolled_forward: one after another, on the stock as the
    draft left it; an order is then one decision, with what came of it in the end. orders: the orders of a file instead
    of logged ones, likewise, from the stock of now on, or of a folder; `since` and `until` are when they were placed.
    """

    way: Way
    against: Annotated[str, Meta(description="the policy version that is the baseline")]
    since: Timestamp | None
    until: Annotated[Timestamp | None, Meta(description="before this instant")]
    currency: str
    time_zone: Annotated[str, Meta(description="of the installation")]
    decisions: Annotated[int, Meta(description="that were tried")]
    made_again: Annotated[
        int,
        Meta(description="whose baseline was decided again, too: other policies or another release had decided"),
    ]
    draws: Annotated[int, Meta(description="how often the orders are drawn again for the intervals")]
    untried: UntriedRecord
    drafts: list[WhatIfDraftRecord]
    refused: list[RefusedDraftRecord]
    places: WhatIfPlacesRecord
    hash: Annotated[
        str,
        Meta(
            description="SHA-256 of all else as JSON with sorted names and no spaces, but for `protection`, which is of"
            " the prices and the stock of now"
        ),
    ]

    orders_file: Annotated[str | UnsetType, Meta(description="where the orders are from, if they are not logged")] = (
        UNSET
    )
    stock_folder: Annotated[
        str | UnsetType, Meta(description="whose network and stock they were tried on, if not on those of now")
    ] = UNSET
    begins_again: Annotated[
        BeginsAgain | UnsetType,
        Meta(description="rolled forward: each of these began again from the stock of the log, by itself"),
    ] = UNSET

    @classmethod
    def of(cls, made: WhatIf, refused: Mapping[str, Sequence[Finding]]) -> "WhatIfRecord":
        request = made.request
        record = cls(
            way=request.way,
            against=request.against,
            since=None if request.since is None else timestamp(request.since),
            until=None if request.until is None else timestamp(request.until),
            currency=made.currency,
            time_zone=made.time_zone,
            decisions=made.decisions,
            made_again=made.made_again,
            draws=DRAWS,
            untried=UntriedRecord.of(made.untried),
            drafts=[WhatIfDraftRecord.of(result) for result in made.drafts],
            refused=[RefusedDraftRecord.of(name, findings) for name, findings in refused.items()],
            places=WhatIfPlacesRecord.of(made),
            hash="",
            orders_file=request.orders.file if request.orders else UNSET,
            stock_folder=(request.orders.folder or UNSET) if request.orders else UNSET,
            begins_again=request.begins_again or UNSET,
        )
        return structs.replace(record, hash=_hash_of(record))


def _hash_of(record: WhatIfRecord) -> str:
    content = to_builtins(record)
    del content["hash"]
    for draft in content["drafts"]:
        draft.pop("protection", None)
    return hashlib.sha256(json.encode(content, order="sorted")).hexdigest()


def _rules(result: DraftResult) -> dict[str, WhatIfRuleRecord]:
    """All rules that acted by the baseline or by the draft."""
    weighed = {item.rule: item for item in result.weighed}
    return {
        rule: WhatIfRuleRecord(
            baseline=use.baseline,
            draft=use.draft,
            changed=use.changed,
            cost_micros=use.cost,
            weighed=weighed[rule].weighed if rule in weighed else UNSET,
            decided=weighed[rule].decided if rule in weighed else UNSET,
        )
        for rule, use in sorted(result.comparison.rules.items())
    }
