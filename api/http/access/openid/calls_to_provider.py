"""What is asked of the OpenID provider over HTTP: by a way on which nobody can read or change it, in bounded time and
of bounded size.
"""

import json
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any, TypeAlias
from urllib.error import HTTPError
from urllib.parse import urlencode

from engine.access.openid_settings import is_private_way

_ANSWER_SECONDS = 5.0
_MOST_BYTES = 1 << 20
_DISCOVERY = "/.well-known/openid-configuration"

Fetch: TypeAlias = Callable[[str], Any]
"""Answers the JSON at a URL; raises OSError or ValueError."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect could lead to a way that is not private."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def fetch_json(url: str) -> Any:
    """Raises OSError, ValueError."""
    return _answer_to(urllib.request.Request(_verified(url)))  # noqa: S310  # the scheme is verified


def post_form(url: str, form: Mapping[str, str], *, headers: Mapping[str, str]) -> tuple[int, Any]:
    """The status and the JSON of what a form is answered, be it an error. Raises OSError, ValueError."""
    request = urllib.request.Request(  # noqa: S310  # the scheme is verified
        _verified(url), data=urlencode(form).encode(), headers={"Accept": "application/json", **headers}, method="POST"
    )
    try:
        return 200, _answer_to(request)
    except HTTPError as error:
        with error:
            return error.code, _read(error)


def discovered(issuer: str, *, fetch: Fetch = fetch_json) -> Mapping[str, Any]:
    """What the provider says of itself (OpenID Connect Discovery 1.0, section 4). Raises OSError, ValueError, KeyError,
    TypeError.
    """
    document: Mapping[str, Any] = fetch(issuer.rstrip("/") + _DISCOVERY)
    if document["issuer"] != issuer:
        raise ValueError(f"its discovery document is of the issuer {document['issuer']!r}")
    return document


def _verified(url: str) -> str:
    if not is_private_way(url):
        raise ValueError(f"{url} does not start with https://")
    return url


def _answer_to(request: urllib.request.Request) -> Any:
    with urllib.request.build_opener(_NoRedirects).open(request, timeout=_ANSWER_SECONDS) as response:
        return _read(response)


def _read(response: Any) -> Any:
    try:
        body = response.read(_MOST_BYTES + 1)
    except HTTPException as error:  # it ended too early
        raise ValueError(str(error)) from error
    if len(body) > _MOST_BYTES:
        raise ValueError(f"the answer of {response.url} is larger than {_MOST_BYTES} bytes")
    return json.loads(body)
