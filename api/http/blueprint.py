"""Blueprints whose arguments are read strictly and whose answers are records: sent as their JSON, documented by their
component.
"""

import functools
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

import flask_smorest
import msgspec
from flask import Response, g, request

from api.http.deprecation import Deprecation
from api.http.each_request.key_header import TAKES_KEY, document_key, takes_key
from api.http.strict_parsing import StrictParser, may_be_empty
from api.shapes.base import NoQuery
from api.shapes.quantities import encode
from engine.decide.order_record import Record
from engine.model.scopes import Scope
from rules.wording.catalogue import ENGLISH, available_languages

JSON = "application/json"
NDJSON = "application/x-ndjson"
ITEMS = "answered_items"
"""Of Flask's `g`: how many items the answer has in its first list; 1 if it has none."""
OPEN: tuple[Scope, ...] = ()
"""The scope of an operation that anybody may call, without a key."""
_T = TypeVar("_T")
_REFERENCES = "#/components/schemas/"


class Blueprint(flask_smorest.Blueprint):
    """flask-smorest's, with `response` and `alt_response` taking a class of records as the shape of an answer; the view
    returns a Response. Each operation has an id, made of its blueprint's name and its function's, which generated
    clients use as the name of the call. A call that is given no shape of a query takes none: `?dry_run=true`, where
    there is no dry run, must not act for real.

    Each operation states the `scope` that its callers need, one of several if it is a tuple, or OPEN: it can't be left
    out.
    """

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._prepare_doc_cbks.append(document_key)
        self.records: set[type[Record]] = set()
        """What it answers with."""
        self.scopes: dict[str, tuple[Scope, ...]] = {}
        """By endpoint, the scopes of which its callers need one; none for what is open to all."""
        self.signed: dict[str, Callable[[], bool]] = {}
        """By endpoint, whether the running request needs no scope, as the endpoint verifies a signature of its body."""
        self.deprecations: dict[str, Deprecation] = {}
        """By endpoint, those that are going to be taken away."""
        self.describe: Callable[[], None]
        """Adds its operations to the OpenAPI document of the Api it is registered with."""

    def arguments(self, schema: Any, *, location: str = "json", **options: Any) -> Any:
        # made once, not at every request
        shape = schema() if isinstance(schema, type) else schema
        if location == "json":
            options.setdefault("required", not may_be_empty(shape))
        return super().arguments(shape, location=location, **options)

    def response(self, status_code: int, schema: type[Record] | None = None, **options: Any) -> Any:
        return super().response(status_code, self._reference(schema), **{"content_type": JSON, **options})

    def alt_response(
        self, status_code: int, response: str | None = None, *, schema: type[Record] | None = None, **options: Any
    ) -> Any:
        options = {"content_type": JSON, **options}
        return super().alt_response(status_code, response, schema=self._reference(schema), **options)

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Any = None,
        *args: Any,
        scope: Scope | tuple[Scope, ...],
        deprecated: Deprecation | None = None,
        signed: Callable[[], bool] | None = None,
        **options: Any,
    ) -> None:
        if signed is not None:
            self.signed[f"{self.name}.{endpoint or view_func.__name__}"] = signed
        if deprecated is not None:
            self.deprecations[f"{self.name}.{endpoint or view_func.__name__}"] = deprecated
        self.scopes[f"{self.name}.{endpoint or view_func.__name__}"] = scope if isinstance(scope, tuple) else (scope,)
        view = self.doc(operationId=f"{self.name}_{view_func.__name__}")(view_func)
        if not _takes_query(view):
            view = self.arguments(NoQuery, location="query", as_kwargs=True)(view)
        path = f"{self.url_prefix or ''}{rule}"
        view._apidoc = {**view._apidoc, TAKES_KEY: [method for method in options["methods"] if takes_key(method, path)]}  # noqa: SLF001  # where flask-smorest keeps it
        super().add_url_rule(rule, endpoint, view, *args, **options)

    def register_views_in_doc(self, *arguments: Any, **options: Any) -> None:
        """What flask-smorest calls where it registers a blueprint; here `describe` does so later, as most workers are
        never asked for the description.
        """
        self.describe = functools.partial(super().register_views_in_doc, *arguments, **options)

    def _reference(self, record: type[Record] | None) -> dict[str, str] | None:
        if record is None:
            return None
        self.records.add(record)
        return reference(record)


def by_operation(endpoints: Mapping[str, _T]) -> dict[str, _T]:
    """What is known of endpoints, such as their scopes, by the ids of their operations."""
    return {endpoint.replace(".", "_"): value for endpoint, value in endpoints.items()}


def _takes_query(view: Any) -> bool:
    arguments = view._apidoc.get("arguments", {}).get("parameters", ())  # noqa: SLF001  # where flask-smorest keeps them
    return any(argument["in"] == "query" for argument in arguments)


def answer_made(record: Record, place: str, *, new: bool) -> Response:
    """The answer to a request that makes something: 201 with its `place`, a path below the root of the application, if
    it is `new`; 200 if the same request made it before.
    """
    response = answer(record, HTTPStatus.CREATED if new else HTTPStatus.OK)
    if new:
        response.headers["Location"] = f"{request.script_root}{place}"
    return response


def language_asked_for(lang: str | None) -> str:
    """That of the query, if it names one; else the one that the request accepts best, English if it accepts none."""
    return lang or request.accept_languages.best_match(available_languages(), default=ENGLISH)


def answer_in(language: str, record: Record) -> Response:
    """The answer whose sentences are in a language that the request asked for."""
    response = answer(record)
    response.headers["Content-Language"] = language
    response.vary.add("Accept-Language")
    return response


def answer(record: Record, status: HTTPStatus = HTTPStatus.OK) -> Response:
    values = (getattr(record, name) for name in record.__struct_fields__)
    setattr(g, ITEMS, next((len(value) for value in values if isinstance(value, list)), 1))
    return Response(encode(record), status=status, content_type=JSON)


def component_name(record: type[Record]) -> str:
    """The component of an XRecord is X."""
    return record.__name__.removesuffix("Record")


def reference(record: type[Record]) -> dict[str, str]:
    return {"$ref": _REFERENCES + component_name(record)}


def components(records: Iterable[type[Record]]) -> dict[str, Any]:
    """The JSON Schemas of records and of their parts, by component name."""
    template = _REFERENCES + "{name}"
    _, schemas = msgspec.json.schema_components(sorted(records, key=component_name), ref_template=template)
    return {name.removesuffix("Record"): _component(schema) for name, schema in schemas.items()}


def _component(schema: Any) -> Any:
    """With component names instead of those of classes; closed, so that a test finds a key that is not described; with
    a type beside each enum; and a nullable value as one schema of two types, which more generators of clients
    understand than a choice between two schemas.
    """
    if isinstance(schema, list):
        return [_component(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: _component(value) for key, value in schema.items()}
    for key in ("$ref", "title"):
        if isinstance(schema.get(key), str):
            schema[key] = schema[key].removesuffix("Record")
    if isinstance(schema.get("description"), str):  # a docstring, perhaps, with line ends
        schema["description"] = " ".join(schema["description"].split())
    if isinstance(schema.get("enum"), list):
        schema["type"] = "string"
    if schema.get("type") == "object" and "properties" in schema:
        schema["additionalProperties"] = False
    match schema.get("anyOf"):
        case [{"type": str(kind)} as value, {"type": "null"}]:
            del schema["anyOf"]
            schema |= value | {"type": [kind, "null"]}
    return schema
