"""Calls of the HTTP API within the process, for somebody who is signed in."""

import contextvars
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal, TypeAlias
from urllib.parse import quote, unquote_to_bytes, urlencode

import msgspec
from flask import Request, Response
from werkzeug.datastructures import Headers

from api.console.field_labels import translated_detail
from api.language.current import say, say_message, text

Wsgi: TypeAlias = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Query: TypeAlias = Mapping[str, str | Sequence[str] | None]
Method: TypeAlias = Literal["GET", "POST", "PUT", "DELETE"]
JSON = "application/json"
PROBLEM_JSON = "application/problem+json"
_OF_THE_CONNECTION = ("REMOTE_ADDR", "SERVER_NAME", "SERVER_PORT", "wsgi.url_scheme", "pointsman.ending")
"""With what tells an answer that is passed on part by part that it has to end."""
_SAID_TO_PEOPLE = {
    "order-changed": text("The order has changed meanwhile: nothing was amended. Look at what is ordered now."),
    "draft-changed": text("Somebody changed the draft since you opened this page, so that nothing was saved."),
}
"""By the kind of a problem, what people are told where HTTP tells a program what to send."""
_PASSED_ON = (
    *("HTTP_HOST", "HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_VIA", "HTTP_USER_AGENT"),
    *("HTTP_TRACEPARENT", "HTTP_TRACESTATE"),
)
"""What a call has from the request that it is made for: where it comes from, and which trace it belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a call was refused, in the reader's language as far as its catalogue has the sentence."""

    status: int
    kind: str
    """The last part of its type."""
    detail: str
    fields: Mapping[str, str]
    """By the path of a field, what is wrong with it."""
    findings: Sequence[Mapping[str, Any]]
    """Of policies that are not valid: as `POST /v1/policies/check` has them."""
    retry_after: str = ""
    """The header Retry-After: in how many seconds it may be asked again."""

    @property
    def title(self) -> str:
        """A heading for a page that can't be shown."""
        if self.status == HTTPStatus.NOT_FOUND:
            return say("There is no such thing here")
        if self.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return say("You may not do this")
        if self.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return say("This can't be shown now")
        return say("This was refused")

    @property
    def elsewhere(self) -> str:
        """What is to be told beside the fields."""
        return "" if self.fields else self.detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    headers: Headers
    body: bytes
    _parsed: list[Any] = field(default_factory=list, repr=False)

    @property
    def ok(self) -> bool:
        return self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def json(self) -> Any:
        if not self._parsed:
            self._parsed.append(msgspec.json.decode(self.body) if self.body else None)
        return self._parsed[0]

    @property
    def lines(self) -> list[Any]:
        """Of NDJSON."""
        return [msgspec.json.decode(line) for line in self.body.splitlines() if line.strip()]

    @property
    def problem(self) -> Problem | None:
        """None if it was carried out."""
        if self.ok:
            return None
        if self.headers.get("Content-Type", "") != PROBLEM_JSON:
            return Problem(status=self.status, kind="", detail=HTTPStatus(self.status).phrase, fields={}, findings=())
        told = self.json
        kind = told["type"].rpartition(":")[2]
        mistakes = [(item["field"], item["message"]) for item in told.get("errors", ())]
        return Problem(
            status=self.status,
            kind=kind,
            detail=say(_SAID_TO_PEOPLE[kind])
            if kind in _SAID_TO_PEOPLE
            else translated_detail(told["detail"], mistakes),
            fields={field: say_message(message) for field, message in mistakes},
            findings=told.get("findings", ()),
            retry_after=self.headers.get("Retry-After", ""),
        )


def answered(page: str, problem: Problem | None) -> Response:
    """The page, which tells of the problem if there is one."""
    response = Response(page, status=HTTPStatus.OK if problem is None else problem.status, mimetype="text/html")
    if problem is not None and problem.retry_after:
        response.headers["Retry-After"] = problem.retry_after
    return response


class CallRefused(Exception):  # named for the fault
    """A page can't be shown, since a call that it needs was refused."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


class StreamedAnswer:
    """The answer to a call of `api` whose body is made as it is read, by an iterator that has to be closed."""

    def __init__(self, api: Wsgi, environ: dict[str, Any]) -> None:
        # in a context of its own: who calls, and on which network, is kept in one
        self._context = contextvars.Context()
        begun: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            begun[:] = [status, headers]

        parts = self._context.run(api, environ, start_response)
        self._close = getattr(parts, "close", None)
        self._parts = iter(parts)
        status, headers = begun
        self.status, self.headers = int(status.partition(" ")[0]), Headers(headers)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return self._context.run(next, self._parts)

    def close(self) -> None:
        if self._close is not None:
            self._context.run(self._close)

    @property
    def problem(self) -> Problem | None:
        """None if it was carried out; else it is read to the end."""
        return None if self.status < HTTPStatus.MULTIPLE_CHOICES else self.whole().problem

    def whole(self) -> Answer:
        """With all of its body, which is read to the end."""
        try:
            return Answer(status=self.status, headers=self.headers, body=b"".join(self))
        finally:
            self.close()


class Calls:
    """Makes calls of `api` as part of `within`, the request that is being answered. `signed` is what the environment of
    a call has to say who makes it; `headers` are those of every call.
    """

    def __init__(
        self,
        api: Wsgi,
        within: Request,
        *,
        signed: Mapping[str, Any],
        headers: Mapping[str, str],
    ) -> None:
        self._api = api
        self._within = within
        self._signed = signed
        self._headers = headers

    def send(
        self,
        method: Method,
        path: str,
        *,
        query: Query | None = None,
        body: Any = None,
        kind: str = JSON,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """`path` is written as in an address: see `path_of`. `body` is sent as JSON, or bytes as they are, of `kind`.
        A value of the query that is None or empty is left out.
        """
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        environ = self._environ(method, path, query or {}, data, headers or {})
        if body is not None:
            environ["CONTENT_TYPE"] = kind
        return StreamedAnswer(self._api, environ).whole()

    def stream(self, path: str, *, query: Query | None = None) -> StreamedAnswer:
        """A GET whose answer may be of any size."""
        return StreamedAnswer(self._api, self._environ("GET", path, query or {}, b"", {}))

    def _environ(self, method: str, path: str, query: Query, data: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        outer = self._within.environ
        sent = {**self._headers, **headers}
        return {
            **{name: outer[name] for name in (*_OF_THE_CONNECTION, *_PASSED_ON) if name in outer},
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": _decoded(path),
            "RAW_URI": path,
            "QUERY_STRING": urlencode(
                [
                    (name, one)
                    for name, value in query.items()
                    for one in ((value,) if isinstance(value, str) else value or ())
                    if one
                ]
            ),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "CONTENT_LENGTH": str(len(data)),
            "wsgi.version": (1, 0),
            "wsgi.input": io.BytesIO(data),
            "wsgi.errors": outer["wsgi.errors"],
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            **self._signed,
            **{
                f"HTTP_{name.upper().replace('-', '_')}": value.encode().decode("latin-1")
                for name, value in sent.items()
            },
        }


def path_of(*parts: str) -> str:
    """Of an address, with these parts, in which ids may have any sign: of v1, orders and a/b, /v1/orders/a%2Fb."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def _decoded(path: str) -> str:
    """As PEP 3333 has it."""
    return unquote_to_bytes(path).decode("latin-1")
