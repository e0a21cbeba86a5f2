"""Whether the service works, as JSON."""

from typing import Annotated, Literal

from msgspec import Meta

from engine.decide.order_record import Record


class HealthRecord(Record, frozen=True):
    """Given by any process that answers, whatever the server does."""

    status: Literal["ok"]


class ReadyRecord(Record, frozen=True):
    """Decisions can be made."""

    status: Literal["ready"]
    network_version: str
    policy_version: str
    incidents: Annotated[
        int, Meta(description="times the matcher and the reference differed in this worker; it should be 0")
    ]
