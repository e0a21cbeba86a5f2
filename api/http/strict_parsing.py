"""How the arguments of a request are read: strictly, so that nothing a caller wrote is guessed at or ignored."""

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import flask
from marshmallow import EXCLUDE, RAISE, Schema, fields
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from api.http.each_request.key_header import operation_of_key
from api.shapes.strict_json import NotJson, read_json
from engine.actor import name_operation


class StrictParser(FlaskParser):
    """Reads bodies as `api.shapes.strict_json` does. Refuses a query with a name that is not known, or with the same
    name twice where no list is expected: `?dryrun=true`, misspelt, must not take holds.
    """

    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {"query": RAISE}

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._of_nothing: WeakKeyDictionary[Schema, Mapping[str, Any]] = WeakKeyDictionary()
        """By shape, what is read where nothing stands that it asks for, if that is always the same."""

    def parse(
        self, argmap: Any, req: flask.Request | None = None, *, location: str | None = None, **options: Any
    ) -> Any:
        """As always; but most requests have no query and none of the headers that are asked for, and what that means is
        worked out once.
        """
        sent = self.get_default_request() if req is None else req
        asks_for_nothing = isinstance(argmap, Schema) and _asks_for_nothing(argmap, sent, location, options)
        if asks_for_nothing and (of_nothing := self._of_nothing.get(argmap)) is not None:
            return {**of_nothing}
        read = super().parse(argmap, req, location=location, **options)
        if asks_for_nothing and _is_always_the_same(argmap, read):
            self._of_nothing[argmap] = {**read}
        return read

    def load_querystring(self, req: flask.Request, schema: Any) -> Any:
        lists = {name for name, field in schema.fields.items() if isinstance(field, fields.List)}
        twice = [name for name, values in req.args.lists() if len(values) > 1 and name not in lists]
        if twice:
            raise BadRequest(f"'{twice[0]}' stands in the query more than once")
        return super().load_querystring(req, schema)

    def load_json(self, req: flask.Request, schema: Schema) -> Any:
        if not req.get_data(cache=True) and may_be_empty(schema):
            return _with_operation({}, schema)
        require_json(req)
        return _with_operation(super().load_json(req, schema), schema)

    def _raw_load_json(self, req: flask.Request) -> Any:
        try:
            return read_json(req.get_data(cache=True))
        except NotJson as error:
            raise BadRequest(f"the body {error}") from None


def _asks_for_nothing(shape: Schema, req: flask.Request, location: str | None, options: Mapping[str, Any]) -> bool:
    """Whether nothing stands in the query, or in the headers, that the shape asks for."""
    if location == "query":
        return not req.query_string
    if location == "headers" and options.get("unknown") == EXCLUDE:
        return not any((field.data_key or name) in req.headers for name, field in shape.fields.items())
    return False


def _is_always_the_same(shape: Schema, read: Any) -> bool:
    """Whether what was read of nothing is the same each time: no function makes it, and nobody can change it."""
    hooks = shape._hooks.values()  # noqa: SLF001  # no other way to ask
    if any(hooks) or any(callable(field.load_default) for field in shape.fields.values()):
        return False
    return isinstance(read, dict) and all(isinstance(value, str | int | None) for value in read.values())


def _with_operation(body: Any, schema: Schema) -> Any:
    """The body with an operation name made of the request's idempotency key, where the operation takes a name and the
    body has none.
    """
    if "op" not in schema.fields or not isinstance(body, dict):
        return body
    if body.get("op") is not None:
        if isinstance(body["op"], str):
            name_operation(body["op"])
        return body
    operation = operation_of_key()
    return body if operation is None else body | {"op": operation}


def may_be_empty(schema: Schema) -> bool:
    """Whether a request without a body, whatever its Content-Type, means the same as the body {}."""
    return not any(field.required for field in schema.fields.values())


def require_json(request: flask.Request) -> None:
    """Raise UnsupportedMediaType unless the request says that its body is JSON."""
    if not request.is_json:
        raise UnsupportedMediaType("send JSON, with the header Content-Type: application/json")
