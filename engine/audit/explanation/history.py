"""What came before a decision and bears on it, as statements: what it follows, what it lacked, what was promised."""

from collections.abc import Iterator

from engine.audit.explanation.statement import Coded, Instant, Names, Statement, Units, Value
from engine.decide.order_record import seconds
from engine.decide.record import DecisionRecord
from engine.decide.record_parts import FollowsRecord, LateRecord


def history(record: DecisionRecord) -> Iterator[Statement]:
    """As the decision's record has it."""
    if record.follows:
        yield _follows(record.follows)
    if record.quote:
        kind = "history.promise_kept" if record.quote.kept else "history.promise_not_kept"
        yield Statement(kind=kind, values={"arrives_by": Instant(seconds(record.quote.arrives_by))})
    for item in record.lacked or ():
        yield Statement(
            kind=f"history.lacked_{item.took}",
            values={
                "node": Names.of(item.node),
                "units": Units.of(item.sku, item.units),
                "other": Names.of(item.order),
            },
            count=item.units,
        )


def _follows(follows: FollowsRecord) -> Statement:
    before = {"decision": Names.of(follows.decision)}
    if follows.late and follows.node:
        return _late(follows.late, {**before, "node": Names.of(follows.node)})
    if follows.because != "rejected" or not follows.node or not follows.reason:
        return Statement(kind=f"history.{follows.because}", values=before)
    reason = Coded(follows.reason, f"choices.{follows.reason}")
    return Statement(kind="history.rejected", values={**before, "node": Names.of(follows.node), "reason": reason})


def _late(late: LateRecord, values: dict[str, Value]) -> Statement:
    values |= {
        "reason": Coded(late.cause, f"choices.{late.cause}"),
        "promised": Instant(seconds(late.promised_by)),
    }
    if late.sought is None:
        return Statement(kind="history.late_whenever", values=values)
    return Statement(kind="history.late", values={**values, "sought": Instant(seconds(late.sought))})
