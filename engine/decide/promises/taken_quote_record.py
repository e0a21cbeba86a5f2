"""What a decision says of the quote that it takes up."""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from engine.decide.order_record import DestinationRecord, Record, Timestamp

ChosenFor: TypeAlias = Literal["policies", "least_co2"]
"""What a promise was chosen for, among the choices that arrive as early."""


ChangedField: TypeAlias = Literal[
    "arrives_by",
    "cost_micros",
    "co2_mg",
    "shipments",
    "unfilled_units",
    "destination",
    "policy_version",
    "network_version",
]
QuotedValue: TypeAlias = int | str | list[str] | DestinationRecord


class ChangeRecord(Record, frozen=True):
    """What is not as it was quoted."""

    field: ChangedField
    quoted: QuotedValue
    now: QuotedValue


class TakenQuoteRecord(Record, frozen=True):
    """The promise that an order took up, and what has changed since it was quoted."""

    id: str
    promise: Annotated[int, Meta(description="its number in the quote")]
    arrives_by: Timestamp
    chosen_for: ChosenFor
    kept: Annotated[bool, Meta(description="every unit arrives by then")]
    changed: list[ChangeRecord]
