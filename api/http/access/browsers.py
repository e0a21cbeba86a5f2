"""What browsers are told: headers that keep an answer from being used in another way than meant, and the origins whose
pages may call (CORS, by setting).

Callers say who they are in the header Authorization, which no browser sends by itself, and never by a cookie. So a page
of another site can't act in somebody's name, and credentials are never allowed across origins.
"""

from collections.abc import Mapping
from http import HTTPStatus

from flask import Flask, Response, request

from engine.access.settings import AccessSettings

SECURITY_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
"""Of every answer that does not set its own (OWASP REST Security Cheat Sheet)."""
_YEAR = 365 * 24 * 60 * 60
_SENT = (
    *("Authorization", "Cache-Control", "Content-Type", "Idempotency-Key", "If-None-Match"),
    *("X-Pointsman-Network", "X-Request-Id"),
)
"""Headers that pages may send."""
_READ = (
    *("Age", "Deprecation", "ETag", "Link", "Location", "RateLimit", "RateLimit-Policy", "Retry-After", "Sunset"),
    *("WWW-Authenticate", "X-Request-Id"),
)
"""Headers of answers that pages may read, beside those that they always may."""
_MOST_SECONDS = 600
"""For so long a browser remembers what it may send."""


def tell_browsers(app: Flask, settings: AccessSettings) -> None:
    """From here on answers have these headers."""

    def answer_preflight() -> Response | None:
        asks = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        return Response(status=HTTPStatus.NO_CONTENT) if asks and _allowed_origin(settings) else None

    def add_headers(response: Response) -> Response:
        own = {name.lower() for name, _ in response.headers}
        added = dict(SECURITY_HEADERS)
        # what has an ETag is asked for again with it; all else changes, or is for one caller alone
        added["Cache-Control"] = "private, no-cache" if "etag" in own else "no-store"
        if request.is_secure or settings.proxied:
            added["Strict-Transport-Security"] = f"max-age={_YEAR}"
        for name, value in added.items():
            if name.lower() not in own:  # asked of all headers at once: `setdefault` goes through them for each
                response.headers.add(name, value)
        if settings.cors_origins:
            _allow_origin(response, _allowed_origin(settings))
        return response

    app.before_request(answer_preflight)
    app.after_request(add_headers)


def _allowed_origin(settings: AccessSettings) -> str | None:
    """The origin of the page that calls, if it may."""
    origin = request.headers.get("Origin")
    return origin if origin in settings.cors_origins else None


def _allow_origin(response: Response, origin: str | None) -> None:
    response.vary.add("Origin")
    if origin is None:
        return
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = ", ".join(_READ)
    # the page is of another origin, and may read what it is answered
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Headers"] = ", ".join(_SENT)
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT, DELETE"
        response.headers["Access-Control-Max-Age"] = str(_MOST_SECONDS)
