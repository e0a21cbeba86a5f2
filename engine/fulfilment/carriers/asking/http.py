"""Asks one carrier over HTTP: within a bounded time, following no redirect, and giving its key to nobody else.

Whoever runs Pointsman names the carrier's address, which may be inside. What carriers name in answers, as where a label
lies, has to be public or at the carrier's own address.
"""

import contextlib
import email.utils
import http.client
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import ip_network
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from engine.errors import CarrierUnavailable, InputInvalid
from engine.events.settings import IpNetwork
from engine.events.webhooks.endpoint_url import AddressRefused, EndpointUrl, IpAddress, Resolve, addresses_of, parse_url
from engine.fulfilment.carriers.asking.timed_socket import TimedSocket, left
from engine.version import VERSION

SECONDS = 25.0
"""For the whole of one request but for resolving the name: carriers ask other carriers before they answer."""
MOST_BYTES = 20 << 20
"""Of an answer; a label has some 100 kB."""
_ANYWHERE: Sequence[IpNetwork] = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_LONGEST_WAIT = 3_600
_IPV6 = 6
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the carrier answered, with a status below 500 that is no redirect and not 429."""

    carrier: str
    status: int
    body: bytes

    def read(self, kind: type[_T]) -> _T:
        """The body as that kind of value. Raises CarrierUnavailable if it is none: it is not known what it means."""
        try:
            return msgspec.json.decode(self.body, type=kind, strict=False)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise CarrierUnavailable(
                f"its answer ({self.status}) makes no sense: {error}", carrier=self.carrier
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierHttp:
    """Paths are put behind the URL `base`; `authorization` is that header's value. `clock` answers UTC seconds. What an
    answer names may also lie in the networks `elsewhere`, which need not be public.
    """

    carrier: str
    base: str
    authorization: str = field(repr=False)
    clock: Callable[[], int]
    elsewhere: Sequence[IpNetwork] = ()
    seconds: float = SECONDS
    context: Callable[[], ssl.SSLContext] = ssl.create_default_context
    resolve: Resolve = socket.getaddrinfo

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        accept: str = "application/json",
    ) -> Reply:
        """Raises CarrierUnavailable. `body` is sent as JSON."""
        url = parse_url(f"{self.base.rstrip('/')}{path}{f'?{urlencode(query)}' if query else ''}", allowed=_ANYWHERE)
        headers = {"Authorization": self.authorization, "Accept": accept}
        return self._send(method, url, headers, body, allowed=_ANYWHERE)

    def download(self, address: str) -> bytes:
        """What lies at a URL that the carrier gave; it is not shown the key unless it is the carrier's own."""
        own = parse_url(self.base, allowed=_ANYWHERE)
        try:
            url = parse_url(address, allowed=_ANYWHERE)
            is_own = (url.scheme, url.host, url.port) == (own.scheme, own.host, own.port)
            if not is_own:
                url = parse_url(address, allowed=self.elsewhere)
        except InputInvalid as error:
            raise self._unavailable(f"it names an address for the label that is not asked: {error}") from error
        headers = {"Accept": "*/*", **({"Authorization": self.authorization} if is_own else {})}
        reply = self._send("GET", url, headers, None, allowed=_ANYWHERE if is_own else self.elsewhere)
        if reply.status != HTTPStatus.OK:
            raise self._unavailable(f"the label can't be fetched: {reply.status}")
        return reply.body

    def _send(
        self, method: str, url: EndpointUrl, headers: Mapping[str, str], body: Any, *, allowed: Sequence[IpNetwork]
    ) -> Reply:
        content = None if body is None else msgspec.json.encode(body)
        if content is not None:
            headers = {**headers, "Content-Type": "application/json"}
        try:
            addresses = addresses_of(url, allowed=allowed, resolve=self.resolve)
            response, answer = self._exchange(method, url, headers, content, addresses)
        except AddressRefused as error:
            raise self._unavailable(f"'{url.host}' leads to an address that is not public") from error
        except TimeoutError as error:
            raise self._unavailable(f"no answer within {self.seconds:g} s") from error
        except (OSError, http.client.HTTPException, UnicodeError, ValueError) as error:
            raise self._unavailable(f"not reached, or its answer was lost: {type(error).__name__}") from error
        return self._reply(response, answer)

    def _exchange(
        self,
        method: str,
        url: EndpointUrl,
        headers: Mapping[str, str],
        content: bytes | None,
        addresses: Sequence[IpAddress],
    ) -> tuple[http.client.HTTPResponse, bytes]:
        deadline = time.monotonic() + self.seconds
        every = {"Host": url.authority, "User-Agent": f"pointsman/{VERSION}", "Connection": "close", **headers}
        with contextlib.closing(self._connect(url, addresses, deadline)) as opened:
            connection = http.client.HTTPConnection(url.host, url.port)
            connection.sock = TimedSocket(opened, deadline)  # it does what http.client asks of a socket
            connection.request(method, url.target, body=content, headers=every)
            response = connection.getresponse()
            answer = response.read(MOST_BYTES + 1)
            if response.length and len(answer) <= MOST_BYTES:  # read with a limit, http.client does not say so itself
                raise http.client.IncompleteRead(answer, response.length)
        if len(answer) > MOST_BYTES:
            raise self._unavailable(f"its answer is longer than {MOST_BYTES:,} bytes")
        return response, answer

    def _connect(self, url: EndpointUrl, addresses: Sequence[IpAddress], deadline: float) -> socket.socket:
        failure: OSError = OSError("the name has no address")
        for address in addresses:
            connection = socket.socket(socket.AF_INET6 if address.version == _IPV6 else socket.AF_INET)
            try:
                connection.settimeout(left(deadline))
                connection.connect((str(address), url.port))
                if url.is_encrypted:
                    connection.settimeout(left(deadline))
                    return self.context().wrap_socket(connection, server_hostname=url.host)
            except OSError as error:
                connection.close()
                failure = error
            else:
                return connection
        raise failure

    def _reply(self, response: http.client.HTTPResponse, answer: bytes) -> Reply:
        status = response.status
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            seconds = self._seconds(response.headers.get("Retry-After"))
            raise self._unavailable("it was asked too often", retry_after=seconds)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            seconds = self._seconds(response.headers.get("Retry-After"))
            raise self._unavailable(f"it answers {status}", retry_after=seconds)
        is_redirect = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
        if status < HTTPStatus.OK or (is_redirect and status != HTTPStatus.NOT_MODIFIED):
            raise self._unavailable(f"it answers {status}, and redirects are not followed")
        return Reply(carrier=self.carrier, status=status, body=answer)

    def _unavailable(self, message: str, *, retry_after: int | None = None) -> CarrierUnavailable:
        return CarrierUnavailable(message, carrier=self.carrier, retry_after=retry_after)

    def _seconds(self, text: str | None) -> int | None:
        """Of Retry-After, which has seconds or a date."""
        if text is None:
            return None
        text = text.strip()
        if text.isascii() and text.isdigit():
            return min(int(text[:9]), _LONGEST_WAIT)
        try:
            wait = int(email.utils.parsedate_to_datetime(text).timestamp()) - self.clock()
        except (ValueError, OverflowError):
            return None
        return min(max(0, wait), _LONGEST_WAIT)
