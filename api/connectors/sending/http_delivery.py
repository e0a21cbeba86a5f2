"""Sends a message by one HTTP request, with the keys that the connector's file says."""

import base64
import hashlib
import hmac
import re
import time
import urllib.parse
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import jmespath
import orjson

from api.connectors.language.places import HttpCall, OAuth, Signature, Text
from api.connectors.sending.outgoing import NotDelivered, OutgoingMessage, Refused
from api.connectors.sources.http_client import HttpAnswer, HttpRequest, NotAnswered, basic, send, shown

_REFUSALS = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
"""Statuses that are about the message itself: it would get the same answer for ever. Others may be about the keys or
the address, and keep it, and all behind it, back until somebody has mended that; 404 is about the message if a field of
it stands in the address.
"""
_IN_BRACES = re.compile(r"\{([A-Za-z_][\w.]*)\}")
_MOST_TOLD = 300
_MOST_READ = 1 << 20
_EARLIER = 60
"""Seconds before a token is over from which on another one is asked for."""


class HttpDelivery:
    """`resolve` answers what a text of the connector's file is, secrets too."""

    def __init__(self, call: HttpCall, resolve: Callable[[Text], str]) -> None:
        self._call = call
        self._resolve = resolve
        self._token: str | None = None
        self._token_until = 0.0

    def deliver(self, message: OutgoingMessage) -> None:
        """Raises NotDelivered, Refused."""
        answer, url = self._sent(message)
        if not self._call.errors and not self._call.busy:
            answer.body.close()
            return
        self._verify(_json(answer), url)

    def close(self) -> None:
        pass

    def ask(self, message: OutgoingMessage) -> Any:
        """The JSON that is answered. Raises NotDelivered, Refused."""
        answer, url = self._sent(message)
        value = _json(answer)
        if value is None:
            raise NotDelivered(f"{shown(url)} answered no JSON")
        self._verify(value, url)
        return value

    def _sent(self, message: OutgoingMessage) -> tuple[HttpAnswer, str]:
        """What is answered, and the address that was asked."""
        url = _filled(self._resolve(self._call.url), message.url)
        headers = {"Content-Type": message.content_type, self._call.idempotency: message.key, **self._headers()}
        if self._call.signature is not None:
            headers |= self._signed(self._call.signature, message.body)
        body = None if self._call.method == "GET" else message.body
        request = HttpRequest(method=self._call.method, url=url, headers=headers, body=body)
        try:
            return send(request), url
        except NotAnswered as error:
            if error.status == HTTPStatus.UNAUTHORIZED:
                self._token_until = 0.0
            if error.status in _REFUSALS or (message.url and error.status == HTTPStatus.NOT_FOUND):
                raise Refused(str(error)) from None
            raise NotDelivered(str(error), retry_after=error.retry_after) from None

    def _headers(self) -> dict[str, str]:
        call, resolve = self._call, self._resolve
        headers = {name: resolve(value) for name, value in call.headers.items()}
        if call.user is not None:
            headers["Authorization"] = basic(resolve(call.user), resolve(call.password or ""))
        elif call.bearer is not None:
            headers["Authorization"] = f"Bearer {resolve(call.bearer)}"
        elif call.oauth is not None:
            headers["Authorization"] = f"Bearer {self._access_token(call.oauth)}"
        return headers

    def _signed(self, signature: Signature, body: bytes) -> Mapping[str, str]:
        digest = hmac.digest(self._resolve(signature.secret).encode(), body, hashlib.sha256)
        text = base64.b64encode(digest).decode() if signature.encoding == "base64" else digest.hex()
        return {signature.header: f"{signature.prefix}{text}"}

    def _access_token(self, oauth: OAuth) -> str:
        """Client credentials, with the client's keys in the header Authorization (RFC 6749, section 2.3.1)."""
        if self._token is not None and time.monotonic() < self._token_until:
            return self._token
        url, resolve = self._resolve(oauth.token), self._resolve
        form = {"grant_type": "client_credentials", **({"scope": oauth.scope} if oauth.scope else {})}
        keys = [urllib.parse.quote(resolve(text), safe="") for text in (oauth.client, oauth.secret)]
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": basic(*keys)}
        body = urllib.parse.urlencode(form).encode()
        try:
            answer = _json(send(HttpRequest(method="POST", url=url, headers=headers, body=body)))
        except NotAnswered as error:
            raise NotDelivered(f"no token: {error}", retry_after=error.retry_after) from None
        if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str):
            raise NotDelivered(f"no token: {shown(url)} answered none")
        lasts = answer.get("expires_in")
        self._token = answer["access_token"]
        self._token_until = time.monotonic() + (int(lasts) if isinstance(lasts, int) else 0) - _EARLIER
        return self._token

    def _verify(self, value: Any, url: str) -> None:
        """What an answer of status 200 says: some systems tell their errors so."""
        if self._call.busy and jmespath.search(self._call.busy, value):
            raise NotDelivered(f"{shown(url)} says that it is busy")
        found = jmespath.search(self._call.errors, value) if self._call.errors else None
        if found:
            raise Refused(f"{shown(url)} answered {orjson.dumps(found).decode()[:_MOST_TOLD]}")


def fields_in(url: Text) -> tuple[str, ...]:
    """The names of the fields that stand in an address, in braces."""
    return tuple(dict.fromkeys(_IN_BRACES.findall(url))) if isinstance(url, str) else ()


def _filled(url: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        url = url.replace(f"{{{name}}}", urllib.parse.quote(value, safe=""))
    return url


def _json(answer: HttpAnswer) -> Any:
    """None if it is no JSON."""
    with answer.body as body:
        try:
            return orjson.loads(body.read(_MOST_READ))
        except orjson.JSONDecodeError:
            return None
