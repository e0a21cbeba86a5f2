"""How an operation that is going to be taken away says so: in its answers, and in the OpenAPI document."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any

from flask import Flask, Response, request

LEAST_DAYS = 365
"""From the announcement to the end, at least (docs/versions.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deprecation:
    """Since when an operation is deprecated, until when it works (`sunset`), and what to use `instead` of it."""

    since: datetime.date
    sunset: datetime.date
    instead: str

    def __post_init__(self) -> None:
        if (self.sunset - self.since).days < LEAST_DAYS:
            raise ValueError(f"{self.sunset} is less than {LEAST_DAYS} days after {self.since}")

    @property
    def headers(self) -> dict[str, str]:
        """Of every answer: `Deprecation` (RFC 9745), `Sunset` (RFC 8594), and a link to the page that says more."""
        return {
            "Deprecation": f"@{int(_midnight(self.since).timestamp())}",
            "Sunset": format_datetime(_midnight(self.sunset), usegmt=True),
            "Link": '</docs>; rel="deprecation"; type="text/html"',
        }

    @property
    def sentence(self) -> str:
        return f"Deprecated since {self.since}, and gone after {self.sunset}: use {self.instead}."


_HEADERS: Mapping[str, Any] = {
    "Deprecation": {"description": "Since when it is deprecated (RFC 9745)", "schema": {"type": "string"}},
    "Sunset": {"description": "Until when it works (RFC 8594)", "schema": {"type": "string"}},
    "Link": {"description": "Where that is described", "schema": {"type": "string"}},
}


def announce(app: Flask, deprecations: Mapping[str, Deprecation]) -> None:
    """From here on, answers of these endpoints have the headers."""

    def add_headers(response: Response) -> Response:
        deprecation = deprecations.get(request.endpoint or "")
        if deprecation is not None:
            response.headers.extend(deprecation.headers)
        return response

    if deprecations:
        app.after_request(add_headers)


def describe(operation: dict[str, Any], deprecation: Deprecation) -> None:
    """Mark an operation of the OpenAPI document."""
    operation["deprecated"] = True
    operation["description"] = f"{deprecation.sentence}\n\n{operation['description']}"
    for status, response in operation["responses"].items():
        if status.startswith(("2", "3")):
            response.setdefault("headers", {}).update(_HEADERS)


def _midnight(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(), datetime.UTC)
