"""GET /openapi.json and GET /docs."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import orjson
from flask import Response

from api.http.blueprint import JSON, OPEN, Blueprint
from api.http.description.document import MadeOnce
from api.http.description.html import STYLE_HASH, html_of

HTML = "text/html"


def blueprint(described: Callable[[], dict[str, Any]]) -> Blueprint:
    """The description of the service; `described` makes the OpenAPI document."""
    description = Blueprint("description", __name__, description="What the service can do")

    page = MadeOnce(lambda: orjson.dumps(described(), option=orjson.OPT_INDENT_2))
    document = MadeOnce(lambda: html_of(orjson.loads(page())))

    @description.get("/openapi.json", scope=OPEN)
    @description.response(HTTPStatus.OK)
    def openapi() -> Response:
        """All operations, for programs (OpenAPI 3.1)"""
        return Response(page(), content_type=JSON)

    @description.get("/docs", scope=OPEN)
    @description.response(HTTPStatus.OK, content_type=HTML)
    def docs() -> Response:
        """All operations, for people"""
        response = Response(document(), content_type=f"{HTML}; charset=utf-8")
        response.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src '{STYLE_HASH}'; frame-ancestors 'none'"
        )
        return response

    return description
