"""Sends requests, and sends them again where that is safe and of use."""

import http.client
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar
from urllib.parse import urlsplit

from pointsman_client.errors import Problem, Unanswered

_T = TypeVar("_T")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 10.0
"""Seconds."""
_IN_PROGRESS = "request-in-progress"
_TRIED_AGAIN = frozenset({429, 503})


class Connection:
    """Makes a connection for each request, so threads do not share any."""

    def __init__(self, url: str, *, headers: Mapping[str, str], tries: int, timeout: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError(f"'{url}' is no address; write for example http://localhost:8000")
        self._make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._host, self._path = parts.netloc, parts.path.rstrip("/")
        self._headers = dict(headers)
        self._tries, self._timeout = tries, timeout

    def ask(self, method: str, path: str, body: bytes | None, kind: str, *, key: str | None) -> bytes:
        """The body of the answer. Raises Problem, Unanswered."""

        def once() -> bytes:
            connection, response = self._send(method, path, body, kind, key)
            try:
                return response.read()
            finally:
                connection.close()

        return self._with_patience(once)

    def ask_for_lines(
        self, method: str, path: str, body: bytes | None, kind: str, *, key: str | None
    ) -> Iterator[bytes]:
        """The lines of the answer as they come. Once it has begun, it is not asked for again."""
        connection, response = self._with_patience(lambda: self._send(method, path, body, kind, key))
        try:
            yield from response
        except (OSError, http.client.HTTPException) as error:
            raise Unanswered(f"the answer broke off: {error}") from error
        finally:
            connection.close()

    def _send(
        self, method: str, path: str, body: bytes | None, kind: str, key: str | None
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        headers = self._headers | ({"Content-Type": kind} if body is not None else {})
        headers |= {"Idempotency-Key": key} if key else {}
        connection = self._make(self._host, timeout=self._timeout)
        try:
            connection.request(method, self._path + path, body, headers)
            response = connection.getresponse()
            _verify(response)
        except BaseException:
            connection.close()
            raise
        return connection, response

    def _with_patience(self, once: Callable[[], _T]) -> _T:
        pause = _FIRST_PAUSE
        for left in range(self._tries - 1, -1, -1):
            try:
                return once()
            except _Refused as refused:
                problem = refused.problem
                if not left or (problem.status not in _TRIED_AGAIN and problem.kind != _IN_PROGRESS):
                    raise problem from None
                seconds = refused.retry_after
            except (OSError, http.client.HTTPException) as error:
                if not left:
                    raise Unanswered(f"no answer to {self._tries} requests; the last: {error!r}") from error
                seconds = None
            time.sleep(min(seconds if seconds is not None else random.uniform(0, pause), _LONGEST_PAUSE))
            pause = min(2 * pause, _LONGEST_PAUSE)
        raise ValueError("tries is less than 1")


class _Refused(Exception):
    def __init__(self, problem: Problem, retry_after: float | None) -> None:
        super().__init__(problem)
        self.problem, self.retry_after = problem, retry_after


def _verify(response: http.client.HTTPResponse) -> None:
    if response.status >= http.HTTPStatus.BAD_REQUEST:
        raise _Refused(_problem(response), _seconds(response.getheader("Retry-After")))


def _problem(response: http.client.HTTPResponse) -> Problem:
    body = response.read()
    try:
        described = dict(json.loads(body))
    except ValueError:  # whoever answers, it is not the service
        described = {"type": "urn:pointsman:problem:not-from-here", "detail": body[:200].decode(errors="replace")}
    return Problem(described, status=response.status)


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after and retry_after.isdecimal() else None
