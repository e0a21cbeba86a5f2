"""Problem details (RFC 9457) as JSON, the body of every failure over HTTP; and one table from errors to statuses."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Self

from msgspec import UNSET, UnsetType

from api.records.findings import FindingRecord
from api.records.orders.order_state import OrderActionRecord
from engine.decide.order_record import Record
from engine.errors import (
    AlreadyShipped,
    ApprovalNotNeeded,
    ApprovalRequestConflict,
    ArchiveUnavailable,
    AwaitingApproval,
    CarrierHasNoSuch,
    CarrierRefused,
    CarrierUnavailable,
    Contended,
    CursorExpired,
    DispositionRefused,
    DraftChanged,
    FactsForgotten,
    GateNotPassed,
    HoldEnded,
    IdentityProviderUnavailable,
    InputInvalid,
    Interrupted,
    KeyReused,
    NotActivated,
    NotApproved,
    NotFound,
    NotLearnt,
    NotPackable,
    NotPermitted,
    NotReady,
    NotReturnable,
    NumbersExhausted,
    OrderChanged,
    OrderErased,
    OrderExists,
    OrderNotOver,
    PointsmanError,
    QuotaExceeded,
    QuoteExpired,
    QuoteNotKept,
    QuoteTaken,
    RecordContradictory,
    RequestInProgress,
    ReturnExists,
    ReturnOver,
    SealBroken,
    SerialsExhausted,
    SerialsTaken,
    StockConflict,
    StoreUnavailable,
    TestsFailed,
    TooManyFailedKeys,
    TooManyWhatIfs,
    Unauthenticated,
    Undecided,
    public_message,
)

STATUSES: Mapping[type[PointsmanError], HTTPStatus] = {
    InputInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    TooManyFailedKeys: HTTPStatus.TOO_MANY_REQUESTS,
    NotPermitted: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    RequestInProgress: HTTPStatus.CONFLICT,
    OrderExists: HTTPStatus.CONFLICT,
    AwaitingApproval: HTTPStatus.CONFLICT,
    NotReturnable: HTTPStatus.CONFLICT,
    ReturnExists: HTTPStatus.CONFLICT,
    ReturnOver: HTTPStatus.CONFLICT,
    DispositionRefused: HTTPStatus.CONFLICT,
    NotActivated: HTTPStatus.CONFLICT,
    NotApproved: HTTPStatus.CONFLICT,
    ApprovalNotNeeded: HTTPStatus.CONFLICT,
    ApprovalRequestConflict: HTTPStatus.CONFLICT,
    GateNotPassed: HTTPStatus.CONFLICT,
    DraftChanged: HTTPStatus.PRECONDITION_FAILED,
    TestsFailed: HTTPStatus.UNPROCESSABLE_ENTITY,
    AlreadyShipped: HTTPStatus.CONFLICT,
    OrderChanged: HTTPStatus.CONFLICT,
    OrderErased: HTTPStatus.CONFLICT,
    OrderNotOver: HTTPStatus.CONFLICT,
    HoldEnded: HTTPStatus.CONFLICT,
    StockConflict: HTTPStatus.CONFLICT,
    QuoteExpired: HTTPStatus.NOT_FOUND,
    QuoteTaken: HTTPStatus.CONFLICT,
    NotLearnt: HTTPStatus.CONFLICT,
    CarrierRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    CarrierHasNoSuch: HTTPStatus.CONFLICT,
    NumbersExhausted: HTTPStatus.CONFLICT,
    SerialsExhausted: HTTPStatus.CONFLICT,
    SerialsTaken: HTTPStatus.CONFLICT,
    NotPackable: HTTPStatus.CONFLICT,
    QuoteNotKept: HTTPStatus.CONFLICT,
    CursorExpired: HTTPStatus.GONE,
    FactsForgotten: HTTPStatus.GONE,
    RecordContradictory: HTTPStatus.CONFLICT,
    QuotaExceeded: HTTPStatus.TOO_MANY_REQUESTS,
    TooManyWhatIfs: HTTPStatus.TOO_MANY_REQUESTS,
    ArchiveUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    IdentityProviderUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    CarrierUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    NotReady: HTTPStatus.SERVICE_UNAVAILABLE,
    Contended: HTTPStatus.SERVICE_UNAVAILABLE,
    StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    Interrupted: HTTPStatus.SERVICE_UNAVAILABLE,
    Undecided: HTTPStatus.SERVICE_UNAVAILABLE,
    SealBroken: HTTPStatus.INTERNAL_SERVER_ERROR,
    PointsmanError: HTTPStatus.INTERNAL_SERVER_ERROR,
}


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

    @classmethod
    def of(cls, error: PointsmanError) -> Self:
        """The problem that an error of the engine is; what anybody may see of it."""
        status = next(status for kind, status in STATUSES.items() if isinstance(error, kind))
        mistakes = error.mistakes if isinstance(error, InputInvalid | CarrierRefused) else ()
        return cls(
            type=problem_type(type(error).__name__),
            title=status.phrase,
            status=int(status),
            detail=_detail(error),
            errors=[MistakeRecord(field=mistake.field, message=mistake.message) for mistake in mistakes] or UNSET,
        )


def _detail(error: PointsmanError) -> str:
    if isinstance(error, OrderExists):
        path = OrderActionRecord.of("amend", error.order).path
        return f"{error}. To amend it: POST {path}, or: pointsman order amend ORDER.json"
    return public_message(error)


def problem_type(name: str) -> str:
    """The type of the problem of that name: of `OrderInvalid` or `Not Found` it ends in order-invalid or not-found."""
    spaced = "".join(f" {letter}" if letter.isupper() else letter for letter in name)
    return "urn:pointsman:problem:" + "-".join(spaced.lower().split())
