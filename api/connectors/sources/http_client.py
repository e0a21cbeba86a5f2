"""Sends one HTTP request and reads its answer, within bounds of time and size, following no redirect."""

import base64
import email.utils
import http.client
import math
import shutil
import ssl
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message as Headers
from typing import Any, BinaryIO

from api.connectors.sources.message import SourceUnavailable
from engine.version import VERSION

SECONDS = 60
MOST_BYTES = 256 << 20
"""Of an answer."""
_IN_MEMORY = 1 << 20
_MOST_TOLD = 200
_MOST_WAITED = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """`headers` may have secrets in them: nothing of them is ever in a message."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """`body` is read from its beginning; whoever reads it closes it."""

    status: int
    headers: Headers
    body: BinaryIO


class NotAnswered(SourceUnavailable):
    """The other side could not be reached, or says that it can't be asked now; after `retry_after` seconds it may."""

    def __init__(self, message: str, *, retry_after: int | None = None, status: int | None = None) -> None:
        self.retry_after, self.status = retry_after, status
        super().__init__(message)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect may lead to another host, which must not get what the first was to be told alone."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def send(request: HttpRequest, *, seconds: float = SECONDS) -> HttpAnswer:
    """The answer of status 200 to 299, or 304; raises NotAnswered for any other."""
    place, until = shown(request.url), time.monotonic() + seconds
    if urllib.parse.urlsplit(request.url).scheme not in ("http", "https"):
        raise NotAnswered(f"{place} is no address of HTTP; write https://...")
    headers = {"User-Agent": f"pointsman/{VERSION}", **request.headers}
    asked = urllib.request.Request(request.url, data=request.body, headers=headers, method=request.method)  # noqa: S310
    opener = urllib.request.build_opener(_NoRedirect, urllib.request.HTTPSHandler(context=ssl.create_default_context()))
    try:
        with opener.open(asked, timeout=seconds) as answer:
            return HttpAnswer(status=answer.status, headers=answer.headers, body=_spooled(answer, place, until))
    except urllib.error.HTTPError as error:
        with error:
            if error.code == http.client.NOT_MODIFIED:
                return HttpAnswer(status=error.code, headers=error.headers, body=tempfile.SpooledTemporaryFile())
            told = error.read(_MOST_TOLD).decode(errors="replace").strip()
            message = f"{place} answered {error.code} {error.reason}{f': {told}' if told else ''}"
            raise NotAnswered(message, retry_after=_retry_after(error.headers), status=error.code) from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise NotAnswered(f"{place} was not reached: {reason or type(error).__name__}") from None


def basic(user: str, password: str) -> str:
    """The value of the header Authorization."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def shown(url: str) -> str:
    """The address without what may be secret in it: user, password and query."""
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}{parts.path}"


def _spooled(answer: Any, place: str, until: float) -> BinaryIO:
    spooled: Any = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  # whoever reads it closes it
    try:
        _copy(answer, spooled, place, until)
    except BaseException:
        spooled.close()
        raise
    spooled.seek(0)
    return spooled  # type: ignore[no-any-return]


def _copy(answer: Any, to: BinaryIO, place: str, until: float) -> None:
    """Raises NotAnswered if there is more than may be, or not all of it has come by that instant of this machine."""
    copied, length = 0, answer.length
    while copied != length and (
        part := answer.read1(shutil.COPY_BUFSIZE)
    ):  # what is there: whoever sends a byte now and then holds nobody up
        copied += len(part)
        if time.monotonic() > until:
            raise NotAnswered(f"{place} had not answered in full in time; ask for less at once, by pages")
        if copied > MOST_BYTES:
            raise NotAnswered(f"{place} answered more than {MOST_BYTES >> 20} MiB; ask for less at once, by pages")
        to.write(part)
    if length is not None and copied < length:
        raise NotAnswered(f"{place} broke off after {copied:,} of {length:,} bytes")


def _retry_after(headers: Headers) -> int | None:
    """In seconds, an hour at most; of a date, from that of the answer. None if it says neither (RFC 9110, 10.2.3)."""
    text = (headers.get("Retry-After") or "").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), _MOST_WAITED)
    until, sent = _instant(text), _instant(headers.get("Date") or "")
    if until is None:
        return None
    return min(max(0, math.ceil(until - (time.time() if sent is None else sent))), _MOST_WAITED)


def _instant(text: str) -> float | None:
    """UTC seconds of a date as HTTP writes it."""
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError):
        return None
