"""Every field of a request that takes a string, found in the OpenAPI page: a field that is added is found as well."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from api.shapes.movement import MovementRequest

JSON, NDJSON, CSV, MULTIPART = "application/json", "application/x-ndjson", "text/csv", "multipart/form-data"
ITEM, KEY, ANY_KEY = "[]", "{key}", "{}"
"""Steps of a path: an item of a list, a key that may be any, and the value of such a key."""
ROWS = {
    "decisions_decide_batch": "OrderRequest",
    "master_data_post_products": "ProductRequest",
    "master_data_post_nodes": "NodeRequest",
}
"""What each line of a body of lines is; the page says only that the body is a text."""
NAMED_BY = {"master_data_post_products": "sku", "master_data_post_nodes": "id"}
"""What a line has besides: the name that is part of the address where there is one thing."""
_CONSTRAINTS = ("enum", "pattern", "format", "minimum", "maximum")


@dataclass(frozen=True, slots=True, kw_only=True)
class StringField:
    """Where a string is sent. `path` leads to it in a body of the type `kind`, or is the name of the parameter; without
    a path it is the whole body. `free`: the page sets no bounds to it but its length.
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
    name = operation["operationId"]
    for kind, content in _resolved(page, operation.get("requestBody", {})).get("content", {}).items():
        paths = dict(_strings(page, content["schema"], ()))
        if kind in (NDJSON, CSV):
            paths |= dict(_row_strings(page, name))
        if kind == CSV:  # a cell has no list
            paths = {path: free for path, free in paths.items() if len(path) < 2}
        for path, free in paths.items():
            yield StringField(operation=name, place="body", kind=kind, path=path, free=free and bool(path))


def _row_strings(page: Mapping[str, Any], operation: str) -> Iterator[tuple[tuple[str, ...], bool]]:
    if operation == "movements_move":
        yield from (((name,), name in ("op", "reason", "lot")) for name in MovementRequest().fields)
    elif operation in ROWS:
        yield from _strings(page, page["components"]["schemas"][ROWS[operation]], ())
        if operation in NAMED_BY:
            yield (NAMED_BY[operation],), True


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
        yield path, "number" not in kinds and not any(name in schema for name in _CONSTRAINTS)
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
