"""GET /v1/backlog, DELETE /v1/backlog/{id}, POST /v1/backlog/run."""

from http import HTTPStatus
from typing import Any

import orjson
from flask import Response

from api.http.schemas.backlog import BacklogAnswer, RunAnswer
from api.http.schemas.backlog_requests import BacklogQuery, RunRequest
from api.http.strict_parsing import Blueprint
from api.records.backlog import backlog_record, run_body
from engine.service import Pointsman


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The backlog of one Pointsman."""
    backlog = Blueprint("backlog", __name__, url_prefix="/v1/backlog", description="Orders that wait for stock")

    @backlog.get("")
    @backlog.arguments(BacklogQuery, location="query")
    @backlog.response(HTTPStatus.OK, BacklogAnswer)
    def page(query: dict[str, Any]) -> Response:
        """What waits, in the order in which stock would be offered"""
        return _json(orjson.dumps(backlog_record(pointsman.backlog.page(**query))))

    @backlog.delete("/<string:decision_id>")
    @backlog.response(HTTPStatus.NO_CONTENT)
    def withdraw(decision_id: str) -> Response:
        """Let a decision's unfilled units wait no more"""
        pointsman.backlog.withdraw(decision_id)
        return Response(status=HTTPStatus.NO_CONTENT)

    @backlog.post("/run")
    @backlog.arguments(RunRequest)
    @backlog.response(HTTPStatus.OK, RunAnswer)
    def run(asked: dict[str, Any]) -> Response:
        """Offer what is in stock to those that wait"""
        return _json(run_body(pointsman.backlog.run(**asked)))

    return backlog


def _json(body: bytes) -> Response:
    return Response(body, content_type="application/json")
