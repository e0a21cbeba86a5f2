"""What came of the gate of a policy version: each bound, what the version came to, and whether it passes."""

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, UnsetType

from engine.decide.order_record import Record, Timestamp
from rules.gate import GateFigure

Verdict: TypeAlias = Literal["passed", "failed", "not_judged"]


class GateFigureRecord(Record, frozen=True):
    """One bound of a gate, in micros, milligrams of CO2e, orders, units or shipments."""

    figure: GateFigure
    at_most: Annotated[str, Meta(description="as its author wrote it")]
    before: Annotated[int, Meta(description="what the version compared with comes to")]
    difference: Annotated[int, Meta(description="how much more the version comes to")]
    low: Annotated[
        int, Meta(description="between here and `high` 95 % of the differences lie if orders are drawn again")
    ]
    high: int
    passed: bool


class GateResultRecord(Record, frozen=True):
    """What came of the gate of a version."""

    version: str
    verdict: Verdict
    why: Annotated[str, Meta(description="why it is not judged, or passes without being compared; empty otherwise")]
    against: Annotated[str | None, Meta(description="the version that was active then; null: none was")]
    gate_of: Annotated[str, Meta(description="whose gate it is: the version's own, or that of the active version")]
    since: Annotated[Timestamp, Meta(description="decisions from here on")]
    until: Timestamp
    run_at: Timestamp
    run_by: str
    valid_until: Annotated[Timestamp, Meta(description="from then on it is too old, and is run again")]
    decisions: int
    orders: int
    orders_changed: int
    untried: Annotated[int, Meta(description="decisions that could not be tried")]
    incomplete: Annotated[int, Meta(description="decisions of which facts that the version asks for were not kept")]
    bounds: list[GateFigureRecord]
    untried_reasons: Annotated[dict[str, int] | UnsetType, Meta(description="how many, by why")] = UNSET

    @property
    def passed(self) -> bool:
        return self.verdict == "passed"
