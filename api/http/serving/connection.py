"""One connection of a worker: gunicorn's, with a time limit for headers, a bound on their number, and problem details
in place of its plain texts.
"""

import asyncio
from http import HTTPStatus
from typing import Any

from gunicorn.asgi.protocol import HIGH_WATER_LIMIT, ASGIProtocol

from api.http.access.browsers import SECURITY_HEADERS
from api.http.serving.parser import RequestParser
from api.http.serving.problems import PROBLEM_JSON, SECONDS_UNTIL_RETRY, problem_body

CONNECTION = "pointsman.connection"
"""In the ASGI scope of a request, its connection."""
FROM_PROBES = "pointsman.from_probes"
"""In the ASGI scope and the WSGI environment of a request: whether the process for probes asks (see probes.py)."""
_KINDS = {HTTPStatus.INTERNAL_SERVER_ERROR: "internal", HTTPStatus.REQUEST_URI_TOO_LONG: "uri-too-long"}
"""Of problems that are not called by the phrase of their status."""


class Connection(ASGIProtocol):
    """`worker` has `settings`, and `idle`, its connections that wait for a request, those idle for longest first."""

    def __init__(self, worker: Any) -> None:
        super().__init__(worker)
        self._header_timer: asyncio.TimerHandle | None = None
        self._began_header = False
        self._closes = False
        self.is_gone = False
        """Whether its caller has closed it."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._start_header_timer()
        if self.worker.nr_conns > self.worker.settings.connections and not self.worker.close_idle():
            self._send_error_response(503, "there are too many connections", [("Retry-After", SECONDS_UNTIL_RETRY)])
            self._close_transport()

    def data_received(self, data: bytes) -> None:
        self.worker.idle.pop(self, None)
        if self._current_request is None:
            self._began_header = True
        super().data_received(data)
        if self._began_header:  # the header has not come whole
            self._start_header_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self.worker.idle.pop(self, None)
        self._stop_header_timer()
        self.is_gone = True
        super().connection_lost(exc)

    def close_if_idle(self) -> None:
        """Close it if no request is under way: the worker is stopping."""
        if self._current_request is None and not self._began_header:
            self._close_transport()
            self._request_ready.set()

    @property
    def has_whole_body(self) -> bool:
        """Whether the body of its request has come to its end."""
        return bool(self._body_receiver._complete)  # noqa: SLF001  # gunicorn's

    def takes_at_once(self, size: int) -> bool:
        """Whether an answer with a body of so many bytes need not wait for its caller to take some of it."""
        return bool(self.transport.get_write_buffer_size() == 0 and size <= HIGH_WATER_LIMIT // 2)

    def _setup_callback_parser(self) -> None:
        self._callback_parser = RequestParser(
            on_headers_complete=self._on_headers_complete,
            on_body=self._on_body,
            on_message_complete=self._on_message_complete,
            limit_request_line=self.cfg.limit_request_line,
            limit_request_fields=self.cfg.limit_request_fields,
            limit_request_field_size=self.cfg.limit_request_field_size,
        )

    def _http1_buffered(self) -> int:
        """Bytes of the running request's body, and of requests after it, that are in memory and not yet read."""
        held = 0 if self._body_receiver is None else self._body_receiver.buffered
        return int(held + len(self._callback_parser.remaining()))

    async def _serve_http_request(self, request: Any, sockname: Any, peername: Any) -> bool:
        """Carry a request out in the task of its connection: our application does nothing after its answer, so the next
        request need not overtake it.
        """
        return bool(await self._handle_http_request(request, sockname, peername))

    def _on_headers_complete(self) -> Any:
        self._stop_header_timer()
        self._began_header = False
        return super()._on_headers_complete()

    def _start_header_timer(self) -> None:
        if self._header_timer is None:
            seconds = self.worker.settings.header_seconds
            self._header_timer = self.worker.loop.call_later(seconds, self._header_too_slow)

    def _stop_header_timer(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _header_too_slow(self) -> None:
        self._header_timer = None
        if self._began_header:
            detail = f"the header did not come within {self.worker.settings.header_seconds} seconds"
            self._send_error_response(408, detail)
        self._close_transport()
        self._request_ready.set()

    def _arm_keepalive_timer(self) -> None:
        super()._arm_keepalive_timer()
        if not self._began_header:
            self.worker.idle[self] = None

    def _keepalive_timeout(self) -> None:
        if self.transport.get_write_buffer_size():  # who has not taken its last answer by now won't
            self.transport.abort()
        super()._keepalive_timeout()

    def _is_websocket_upgrade(self, _: Any) -> bool:
        """An upgrade that is not offered is ignored (RFC 9110, section 7.8)."""
        return False

    def _build_http_scope(self, request: Any, sockname: Any, peername: Any) -> dict[str, Any]:
        scope: dict[str, Any] = super()._build_http_scope(request, sockname, peername)
        scope[CONNECTION] = self
        scope[FROM_PROBES] = sockname == str(self.worker.app.probes_socket)
        return scope

    def abort(self) -> None:
        """End it at once, whatever has not been sent."""
        self.transport.abort()

    def close_after_answer(self) -> None:
        self._closes = True

    def _will_close(self, request: Any, response_requires_close: bool) -> bool:  # noqa: FBT001  # gunicorn's
        return bool(self._closes or super()._will_close(request, response_requires_close))

    def _send_error_response(self, status: int, message: str, extra_headers: Any = ()) -> None:
        code = HTTPStatus(status)
        kind = _KINDS.get(code, code.phrase.lower())
        body = problem_body(code, kind, message)
        headers = [
            ("Content-Type", PROBLEM_JSON.decode()),
            ("Content-Length", len(body)),
            *SECURITY_HEADERS.items(),
            *extra_headers,
            ("Connection", "close"),
        ]
        lines = [f"HTTP/1.1 {status} {code.phrase}", *(f"{name}: {value}" for name, value in headers), "", ""]
        self._safe_write("\r\n".join(lines).encode("latin-1") + body)
