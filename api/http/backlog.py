"""GET /v1/backlog, DELETE /v1/backlog/{id}, POST /v1/backlog/run."""

from http import HTTPStatus
from typing import Any

from flask import Response

from api.http.blueprint import Blueprint, answer
from api.http.requests.backlog import BacklogQuery, RunRequest
from api.records.backlog import BacklogRecord, RunRecord
from engine.service import Pointsman


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The backlog of one Pointsman."""
    backlog = Blueprint("backlog", __name__, url_prefix="/v1/backlog", description="Orders that wait for stock")

    @backlog.get("", scope=("orders", "orders:read", "audit:read"))
    @backlog.arguments(BacklogQuery, location="query")
    @backlog.response(HTTPStatus.OK, BacklogRecord)
    def page(query: dict[str, Any]) -> Response:
        """What waits, in the order in which stock would be offered"""
        return answer(BacklogRecord.of(pointsman.backlog.page(**query)))

    @backlog.delete("/<string:decision_id>", scope="orders")
    @backlog.response(HTTPStatus.NO_CONTENT)
    def withdraw(decision_id: str) -> Response:
        """Let a decision's unfilled units wait no more"""
        pointsman.backlog.withdraw(decision_id)
        return Response(status=HTTPStatus.NO_CONTENT)

    @backlog.post("/run", scope="orders")
    @backlog.arguments(RunRequest)
    @backlog.response(HTTPStatus.OK, RunRecord)
    def run(body: dict[str, Any]) -> Response:
        """Offer what is in stock to those that wait"""
        return answer(RunRecord.of(pointsman.backlog.run(**body)))

    return backlog
