"""create_app: the Flask application around one Pointsman."""

import functools
import os
from http import HTTPStatus
from typing import Any

import orjson
from flask import Flask, Response, request
from flask.json.provider import JSONProvider
from werkzeug.routing import PathConverter

from api.http import (
    backlog,
    decisions,
    health,
    holds,
    master_data,
    node_rests,
    orders,
    problems,
    quotes,
    rejections,
    stock,
    stock_movements,
)
from api.http.blueprint import JSON, NDJSON, components
from api.http.events import events, webhooks
from api.http.policy import policies
from api.records.events import renderer
from api.records.problems import ProblemRecord
from api.shapes.fields import OPENAPI_TYPES
from api.shapes.quantities import Quantities, decode, encode, lines_with_decimals
from engine.decide.order_record import Record
from engine.errors import PointsmanError
from engine.service import Pointsman
from engine.settings import Settings
from engine.version import VERSION

MOST_BYTES = 4 << 20
"""Of a request's body."""


class OrjsonProvider(JSONProvider):
    """JSON that is strict about text: lone surrogates, NaN and trailing commas are refused."""

    def dumps(self, obj: Any, **_: Any) -> str:
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return orjson.loads(s)


class _AnyPath(PathConverter):
    """A path that may also begin with a slash."""

    part_isolating = False
    regex = ".+?"


def create_app(pointsman: Pointsman) -> Flask:
    """A fresh application; `pointsman` stays its caller's to close."""
    app = Flask("pointsman", static_folder=None)
    app.json = OrjsonProvider(app)
    app.config.update(
        MAX_CONTENT_LENGTH=MOST_BYTES,
        API_TITLE="Pointsman",
        API_VERSION=VERSION,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
    )
    # the id of an order, or a SKU, may have any slashes: "/b" is another one than "b"
    app.url_map.merge_slashes = False
    app.url_map.converters["path"] = _AnyPath
    app.after_request(_without_type_if_empty)
    app.after_request(functools.partial(_with_decimals, pointsman))
    problems.register(app)
    api = problems.ProblemApi(app)
    for field, kind, form in OPENAPI_TYPES:
        api.register_field(field, kind, form)
    records: set[type[Record]] = {ProblemRecord}
    for resource in (
        decisions,
        orders,
        quotes,
        rejections,
        node_rests,
        backlog,
        holds,
        stock,
        stock_movements,
        master_data,
        policies,
        events,
        webhooks,
        health,
    ):
        blueprint = resource.blueprint(pointsman)
        api.register_blueprint(blueprint)
        records |= blueprint.records
    for name, schema in components(records).items():
        api.spec.components.schema(name, schema)
    return app


def served_app() -> Flask:
    """What gunicorn serves; called in each worker, after the fork."""
    pointsman = Pointsman(Settings.from_environment(os.environ))
    pointsman.warm_up()
    pointsman.start_offering()
    pointsman.events.start_delivering(renderer(pointsman))
    return create_app(pointsman)


def _with_decimals(pointsman: Pointsman, response: Response) -> Response:
    """Quantities as they are written, where products have decimals."""
    if response.mimetype not in (JSON, NDJSON) or not request.path.startswith("/v1/"):
        return response
    try:
        quantities = Quantities.of(pointsman)
    except PointsmanError:  # there is nothing that could have decimals
        return response
    if quantities.decimals and response.mimetype == NDJSON:
        parts = response.iter_encoded()
        response.response = (lines_with_decimals(part, quantities) for part in parts)
    elif quantities.decimals and response.data:
        response.set_data(encode(quantities.show(decode(response.data))))
    return response


def _without_type_if_empty(response: Response) -> Response:
    if response.status_code == HTTPStatus.NO_CONTENT:
        response.headers.pop("Content-Type", None)
    return response
