"""Problem details (RFC 9457) of the server itself, as ready responses: those that never reach the application."""

from http import HTTPStatus

import msgspec

from api.http.access.browsers import SECURITY_HEADERS
from api.records.problems import ProblemRecord, problem_type

PROBLEM_JSON = b"application/problem+json"
SECONDS_UNTIL_RETRY = 1
"""What a caller who is refused for want of room is asked to wait before it comes again."""


class CallerGone(OSError):
    """The caller closed the connection, or takes nothing of its answer."""


_SECURITY_HEADERS = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]


class Refusal(Exception):
    """A request that is answered with a problem instead of being carried out."""

    def __init__(self, status: HTTPStatus, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.kind, self.detail = status, kind, detail

    @property
    def body(self) -> bytes:
        return problem_body(self.status, self.kind, self.detail)

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """Those of the answer."""
        headers = [(b"content-type", PROBLEM_JSON), (b"content-length", str(len(self.body)).encode())]
        if self.status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers.append((b"retry-after", str(SECONDS_UNTIL_RETRY).encode()))
        if self.status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
            headers.append((b"accept-encoding", b"identity"))
        return [*headers, *_SECURITY_HEADERS]


def problem_body(status: HTTPStatus, kind: str, detail: str) -> bytes:
    record = ProblemRecord(type=problem_type(kind), title=status.phrase, status=int(status), detail=detail)
    return msgspec.json.encode(record)
