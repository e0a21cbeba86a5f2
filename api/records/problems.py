"""Problem details (RFC 9457) as JSON: the body of every failure over HTTP."""

from msgspec import UNSET, UnsetType

from api.records.findings import FindingRecord
from engine.decide.order_record import Record


class MistakeRecord(Record, frozen=True):
    """One mistake in a request, by the path of its field."""

    field: str
    message: str


class ProblemRecord(Record, frozen=True):
    """RFC 9457. `errors` are the mistakes by field, `findings` those in policy files."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[MistakeRecord] | UnsetType = UNSET
    findings: list[FindingRecord] | UnsetType = UNSET
