"""The decisions that a search found, as JSON."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from api.shapes.cursors import decisions_cursor
from engine.audit.search.decision_summary import DecisionSummary
from engine.decide.decision import Status
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.store.audit.decision_search import DecisionPage

_MILLISECONDS = 1_000


class FoundDecisionRecord(Record, frozen=True):
    """A decision that was found: what it is searched by, and what it cost."""

    id: str
    logged_at: Annotated[Timestamp, Meta(description="by the server's clock")]
    decided_at: Annotated[Timestamp, Meta(description="the instant as of which it was decided")]
    order: str
    channel: str
    status: Status
    because: Annotated[
        str | None, Meta(description="why it follows another decision of its order; null: it is the first")
    ]
    policy_version: str
    by: Annotated[str | None, Meta(description="who asked for it; null: Pointsman did by itself")]
    caller: Annotated[str | None, Meta(description="whose open holds its hold counts among")]
    nodes: Annotated[list[str], Meta(description="that ship something by it, now or later")]
    skus: Annotated[list[str], Meta(description="that it decided")]
    shipments: int
    cost_micros: int
    co2_mg: int
    fired: Annotated[list[str], Meta(description="the rules that fired")]

    @classmethod
    def of(cls, summary: DecisionSummary) -> "FoundDecisionRecord":
        return cls(
            id=summary.decision,
            logged_at=timestamp(summary.logged_at // _MILLISECONDS),
            decided_at=summary.decided_at,
            order=summary.order,
            channel=summary.channel,
            status=summary.status,
            because=summary.because or None,
            policy_version=summary.policy_version,
            by=summary.by or None,
            caller=summary.caller or None,
            nodes=list(summary.nodes),
            skus=list(summary.skus),
            shipments=summary.shipments,
            cost_micros=summary.cost_micros,
            co2_mg=summary.co2_mg,
            fired=list(summary.fired),
        )


class DecisionsPageRecord(Record, frozen=True):
    """Those logged last first. A page with a `next` may have fewer decisions than asked for, or none."""

    decisions: list[FoundDecisionRecord]
    next: str | None
    unreadable: Annotated[
        list[str] | UnsetType, Meta(description="entries of the log that can't be read; left out if there are none")
    ] = UNSET

    not_replayable: Annotated[
        list[str] | UnsetType,
        Meta(description="decisions that can't be made again, so that nobody can tell whether the rule decided them"),
    ] = UNSET

    @classmethod
    def of(cls, page: DecisionPage) -> "DecisionsPageRecord":
        return cls(
            decisions=[FoundDecisionRecord.of(summary) for summary in page.decisions],
            next=decisions_cursor(page.after),
            unreadable=["{}-{}".format(*entry) for entry in page.unreadable] or UNSET,
            not_replayable=list(page.not_replayable) or UNSET,
        )
