"""Holds answers against the OpenAPI page that is served, and against the record they are read back into."""

import datetime
import functools
from collections.abc import Iterator
from typing import Any

import jsonschema
import msgspec
from flask import Flask
from flask.testing import FlaskClient

from api.http.blueprint import component_name
from engine.decide.order_record import Record

FORMATS = jsonschema.FormatChecker(formats=())


@FORMATS.checks("date-time", raises=ValueError)
def _is_instant(value: object) -> bool:
    return not isinstance(value, str) or datetime.datetime.fromisoformat(value).tzinfo is not None


def schemas_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in a part of the page, schemas among them."""
    if isinstance(value, list):
        for item in value:
            yield from schemas_in(item)
    elif isinstance(value, dict):
        yield value
        for item in value.values():
            yield from schemas_in(item)


def mistakes_in(http: FlaskClient, record: type[Record], answer: Any) -> list[str]:
    """How the JSON of an answer differs from the component of its record, and from what is read back; empty: it
    doesn't.
    """
    return _mistakes(served_page(http.application), record, answer)


def mistakes_in_json(record: type[Record], answer: Any, schemas: dict[str, Any]) -> list[str]:
    """The same, by component schemas that are at hand."""
    return _mistakes({"components": {"schemas": schemas}}, record, answer)


@functools.lru_cache(maxsize=2)
def served_page(application: Flask) -> dict[str, Any]:
    return dict(application.test_client().get("/openapi.json").get_json())


def _mistakes(page: dict[str, Any], record: type[Record], answer: Any) -> list[str]:
    root = {"$ref": f"#/components/schemas/{component_name(record)}", **page}
    validator = jsonschema.Draft202012Validator(root, format_checker=FORMATS)
    mistakes = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(answer)]
    read_back = msgspec.to_builtins(msgspec.convert(answer, record))
    return mistakes if read_back == answer else [*mistakes, f"it is read back as {read_back}"]
