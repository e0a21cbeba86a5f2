"""Addresses: how ids with slashes stand in them, and which methods each address has."""

import functools
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Flask, Response, request
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.routing import Map, PathConverter, RequestRedirect, Rule, UnicodeConverter
from werkzeug.routing.exceptions import NoMatch

_SLASH = "\x1f"
"""Stands for a percent-encoded slash in the path that is matched: a control character, since no id has any."""
_KEPT = {"%2f": _SLASH, "%1f": "\x1e"}
"""What stands for what was sent; a caller's own control character is another one, which no id has either."""
_ENCODED = re.compile("%2f|%1f", re.IGNORECASE)
_PLACE = re.compile(r"<[^>]+>")
_METHODS = "pointsman.methods"
_REQUEST = {
    "REQUEST_METHOD": "GET",
    "PATH_INFO": "/",
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "80",
    "wsgi.url_scheme": "http",
}
"""An arbitrary request. Flask's `test_request_context` would import its test client and the debugger."""


class SlashesInIds:
    """A WSGI application whose paths keep slashes that were sent as %2F apart from those between their parts, where the
    server says how the path was written.
    """

    def __init__(self, application: Any) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        written = environ.get("RAW_URI", "").partition("?")[0]
        kept = _ENCODED.sub(lambda found: _KEPT[found[0].lower()], written)
        if kept != written and _decoded(written) == environ["SCRIPT_NAME"] + environ["PATH_INFO"]:
            environ["PATH_INFO"] = _decoded(kept)[len(environ["SCRIPT_NAME"]) :]
        return self._application(environ, start_response)


def _decoded(path: str) -> str:
    """As PEP 3333 has it."""
    return unquote_to_bytes(path.encode("latin-1")).decode("latin-1")


class _Part(UnicodeConverter):
    """A part of a path, which may have encoded slashes."""

    def to_python(self, value: str) -> str:
        return value.replace(_SLASH, "/")


class _Parts(PathConverter):
    """An id that may have slashes, encoded or not; it may also begin with one."""

    part_isolating = False
    regex = ".+?"
    to_python = _Part.to_python


def read_ids_from_addresses(app: Flask) -> None:
    """From here on, rules read ids with slashes: "/b" is another one than "b"."""
    app.url_map.merge_slashes = False
    app.url_map.converters |= {"default": _Part, "string": _Part, "path": _Parts}
    app.wsgi_app = SlashesInIds(app.wsgi_app)  # type: ignore[method-assign]  # as Flask says to


class Methods:
    """Which methods the address of a request has: those of the most specific rule that it fits.

    `/v1/orders/a/cancel` is where order `a` is cancelled, and not the order `a/cancel`, whose address is
    `/v1/orders/a%2Fcancel`; so a GET of it is answered with 405.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app

    def prepare(self) -> None:
        """Work out now which rules are ambiguous, and not at the first request."""
        self._vague  # noqa: B018  # it is remembered

    def verify(self) -> None:
        """Raise MethodNotAllowed if the running request's address has another method than the request."""
        refused = isinstance(request.routing_exception, MethodNotAllowed)
        if refused or (request.url_rule is not None and request.url_rule.rule in self._vague):
            allowed = self.allowed()
            if refused or request.method not in allowed:
                raise MethodNotAllowed(valid_methods=allowed)

    def allowed(self) -> list[str]:
        """The methods of the running request's address."""
        return self._allowed_at(request.path)

    def answer_options(self) -> Response:
        """The answer to OPTIONS."""
        response = Response()
        response.allow.update(self.allowed())
        return response

    def _allowed_at(self, path: str) -> list[str]:
        rule, _ = self._rules.bind("").match(path, return_rule=True)
        return self._by_rule[rule.rule]

    @functools.cached_property
    def _by_rule(self) -> Mapping[str, list[str]]:
        methods: dict[str, set[str]] = defaultdict(set)
        for rule in self._app.url_map.iter_rules():
            methods[rule.rule] |= rule.methods or set()
        return {rule: sorted(names) for rule, names in methods.items()}

    @functools.cached_property
    def _rules(self) -> Map:
        """One rule for all methods of an address, so that the most specific one is found whatever the method."""
        return Map(
            [Rule(rule, endpoint=rule) for rule in self._by_rule],
            converters=self._app.url_map.converters,
            merge_slashes=self._app.url_map.merge_slashes,
        )

    @functools.cached_property
    def _vague(self) -> frozenset[str]:
        """The rules that an address of a more specific rule fits, too, for methods that that one has not."""
        return frozenset(self._others_that_fit(self._by_rule))

    def _others_that_fit(self, rules: Iterable[str]) -> Iterable[str]:
        every_method = {name for names in self._by_rule.values() for name in names}
        for rule in rules:
            for method in every_method.difference(self._by_rule[rule]):
                try:
                    found, _ = self._app.url_map.bind("").match(_PLACE.sub("x", rule), method, return_rule=True)
                except (MethodNotAllowed, NoMatch, RequestRedirect):
                    continue
                yield found.rule


def answer_by_address(app: Flask) -> None:
    """From here on, requests with a method that their address has not are answered with 405 and those that it has."""
    methods = app.extensions[_METHODS] = Methods(app)
    app.before_request(methods.verify)
    app.make_default_options_response = methods.answer_options  # type: ignore[method-assign]


def prepare_addresses(app: Flask) -> None:
    """Do beforehand what the first request would have to wait for; the application has all its rules by now."""
    app.extensions[_METHODS].prepare()
    with app.request_context(_REQUEST):  # imports what reads the names of hosts
        pass
