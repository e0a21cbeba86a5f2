"""How the arguments of a request are read: strictly, so that nothing a caller wrote is guessed at or ignored."""

from typing import Any

import flask
from marshmallow import RAISE, Schema, fields
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
