"""Sends one request to an endpoint: to the address that was checked, within a bounded time, following no redirect.

A client library would resolve the name again, keep to a timeout only between two bytes, and read as much as it is sent.
"""

import contextlib
import email.parser
import email.utils
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.events.settings import IpNetwork
from engine.events.webhooks.endpoint_url import AddressRefused, EndpointUrl, IpAddress, Resolve, addresses_of
from engine.version import VERSION

SECONDS = 15
"""For the whole of it but for resolving the name: Standard Webhooks recommends 15 to 30."""
MOST_BYTES = 16_384
"""That are read of an answer."""
_DRAIN_SECONDS = 1.0
_IPV6 = 6
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5]\d\d)(?: .*)?\r?")
_HEAD_END = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the endpoint answered. `retry_after` is for how many seconds it asks to be left alone."""

    status: int
    retry_after: int | None = None


class NotSent(Exception):
    """There was no answer; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Sends requests. `allowed` are the networks whose addresses may be private; `clock` answers UTC seconds; `resolve`
    is as socket.getaddrinfo.
    """

    allowed: Sequence[IpNetwork] = ()
    clock: Callable[[], int]
    seconds: float = SECONDS
    context: Callable[[], ssl.SSLContext] = ssl.create_default_context
    resolve: Resolve = socket.getaddrinfo

    def post(self, url: EndpointUrl, headers: Mapping[str, str], body: bytes) -> Answer:
        """Raises NotSent."""
        try:
            addresses = addresses_of(url, allowed=self.allowed, resolve=self.resolve)
            deadline = time.monotonic() + self.seconds
            with contextlib.closing(self._connect(url, addresses, deadline)) as connection:
                connection.settimeout(_left(deadline))
                connection.sendall(_request(url, headers, body))
                head = _read_head(connection, deadline)
        except AddressRefused as error:
            raise NotSent(str(error)) from error
        except TimeoutError as error:
            raise NotSent(f"no answer within {self.seconds:g} s") from error
        except (OSError, UnicodeError) as error:
            raise NotSent(f"not reached: {error}") from error
        return self._answer(head)

    def _connect(self, url: EndpointUrl, addresses: Sequence[IpAddress], deadline: float) -> socket.socket:
        """To the first of the addresses that takes the connection."""
        failure: OSError = OSError("the name has no address")
        for address in addresses:
            # not socket.create_connection, which would ask for what it takes for a name again
            connection = socket.socket(socket.AF_INET6 if address.version == _IPV6 else socket.AF_INET)
            try:
                connection.settimeout(_left(deadline))
                connection.connect((str(address), url.port))
                return self._encrypted(connection, url, deadline) if url.is_encrypted else connection
            except OSError as error:
                connection.close()
                failure = error
        raise failure

    def _encrypted(self, connection: socket.socket, url: EndpointUrl, deadline: float) -> socket.socket:
        """The certificate has to be of the name in the URL, not of the address."""
        connection.settimeout(_left(deadline))
        return self.context().wrap_socket(connection, server_hostname=url.host)

    def _answer(self, head: bytes) -> Answer:
        line, _, fields = head.partition(b"\n")
        match = _STATUS_LINE.fullmatch(line)
        if match is None:
            raise NotSent("the answer is no HTTP")
        parsed = email.parser.BytesParser().parsebytes(fields, headersonly=True)
        return Answer(status=int(match[1]), retry_after=self._seconds(parsed.get("Retry-After")))

    def _seconds(self, text: str | None) -> int | None:
        """Retry-After has seconds, or a date."""
        if text is None:
            return None
        text = text.strip()
        if text.isascii() and text.isdigit():
            return int(text[:9])
        try:
            return max(0, int(email.utils.parsedate_to_datetime(text).timestamp()) - self.clock())
        except (ValueError, OverflowError):
            return None


def _request(url: EndpointUrl, headers: Mapping[str, str], body: bytes) -> bytes:
    every = {
        "Host": url.authority,
        "User-Agent": f"pointsman/{VERSION}",
        "Accept": "*/*",
        "Connection": "close",
        "Content-Length": str(len(body)),
        **headers,
    }
    lines = [f"POST {url.target} HTTP/1.1", *(f"{name}: {value}" for name, value in every.items()), "", ""]
    return "\r\n".join(lines).encode("ascii") + body


def _read_head(connection: socket.socket, deadline: float) -> bytes:
    """Status and headers; what comes after them is read as far as that is quick, so that the other side can end."""
    read = b""
    while True:
        end = _HEAD_END.search(read)
        if end is not None and not read.startswith(b"HTTP/1.1 1"):
            _drain(connection, len(read), deadline)
            return read[: end.start()]
        if end is not None:  # 100 or 103: the answer proper comes after it
            read = read[end.end() :]
            continue
        if len(read) >= MOST_BYTES:
            raise NotSent(f"the head of the answer is longer than {MOST_BYTES} bytes")
        connection.settimeout(_left(deadline))
        more = connection.recv(MOST_BYTES - len(read))
        if not more:
            raise NotSent("the connection was closed without an answer")
        read += more


def _drain(connection: socket.socket, read: int, deadline: float) -> None:
    until = min(deadline, time.monotonic() + _DRAIN_SECONDS)
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        while read < MOST_BYTES:
            connection.settimeout(_left(until))
            more = connection.recv(MOST_BYTES - read)
            if not more:
                return
            read += len(more)


def _left(deadline: float) -> float:
    """Seconds until then; raises TimeoutError if it is over."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
