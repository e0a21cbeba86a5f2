"""Every field of a request that takes a string, found in the OpenAPI page: a field that is added is found as well."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from api.shapes.text_patterns import ONE_LINE

JSON, NDJSON, CSV, MULTIPART = "application/json", "application/x-ndjson", "text/csv", "multipart/form-data"
ITEM, KEY, ANY_KEY = "[]", "{key}", "{}"
"""Steps of a path: an item of a list, a key that may be any, and the value of such a key."""
_CONSTRAINTS = ("enum", "format", "minimum", "maximum")


@dataclass(frozen=True, slots=True, kw_only=True)
class StringField:
    """Where a string is sent. `path` leads to it in a body of the type `kind`, or is the name of the parameter; without
    a path it is the whole body. `free`: the page bounds its
    length and control characters alone.
    """

    operation: str
    place: Literal["path", "query", "header", "body"]
    kind: str
    path: tuple[str, ...]
    free: bool

    def __str__(self) -> str:
        return f"{self.operation} {self.kind or self.place} {'.'.join(self.path)}".rstrip()


def string_fields(page: Mapping[str, Any]) -> Iterator[StringField]:
    """In the order of the page."""
    for item in page["paths"].values():
        for verb, operation in item.items():
            if verb != "parameters":
                parameters = [*operation.get("parameters", ()), *item.get("parameters", ())]
                yield from _parameters(page, operation["operationId"], parameters)
                yield from _bodies(page, operation)


def _parameters(page: Mapping[str, Any], operation: str, parameters: list[Any]) -> Iterator[StringField]:
    for parameter in (_resolved(page, item) for item in parameters):
        for _, free in _strings(page, parameter["schema"], ()):
            path = (parameter["name"],)
            yield StringField(operation=operation, place=parameter["in"], kind="", path=path, free=free)


def _bodies(page: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[StringField]:
    """A body of lines is sent whole, too, and a row of a table has the columns that a line of JSON has."""
    contents = _resolved(page, operation.get("requestBody", {})).get("content", {})
    for kind, content in contents.items():
        schema = contents[NDJSON]["schema"] if kind == CSV else content["schema"]
        paths = dict(_strings(page, schema, ()))
        if kind in (NDJSON, CSV):
            paths[()] = False
        for path, free in paths.items():
            if kind != CSV or len(path) < 2:  # a cell has no list
                name = operation["operationId"]
                yield StringField(operation=name, place="body", kind=kind, path=path, free=free)


def _strings(
    page: Mapping[str, Any], schema: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], bool]]:
    """The path to each string, and whether it is free."""
    schema = _resolved(page, schema)
    for choice in ("anyOf", "oneOf", "allOf"):
        for alternative in schema.get(choice, ()):
            yield from _strings(page, alternative, path)
    kinds = schema.get("type", ())
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if "string" in kinds:
        bound = "number" in kinds or any(name in schema for name in _CONSTRAINTS)
        yield path, not bound and schema.get("pattern", ONE_LINE) == ONE_LINE
    if "items" in schema:
        yield from _strings(page, schema["items"], (*path, ITEM))
    for name, field in schema.get("properties", {}).items():
        yield from _strings(page, field, (*path, name))
    if isinstance(more := schema.get("additionalProperties"), dict):
        yield (*path, KEY), False
        yield from _strings(page, more, (*path, ANY_KEY))


def _resolved(page: Mapping[str, Any], item: Any) -> Any:
    """What a reference refers to."""
    while "$ref" in item:
        target: Any = page
        for step in item["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        item = target
    return item
