"""GET /v1/demand, POST /v1/demand/learn."""

from http import HTTPStatus
from typing import Any

from flask import Response

from api.http.blueprint import Blueprint, answer
from api.http.requests.flows.demand import DemandQuery, LearnQuery
from api.records.flows.demand import DemandRecord, LearningRecord
from engine.service import Pointsman


def blueprint(pointsman: Pointsman) -> Blueprint:
    """How fast articles sell on the network of one Pointsman."""
    demand = Blueprint("demand", __name__, url_prefix="/v1/demand", description="How fast articles sell")

    @demand.get("", scope=("stock", "stock:read", "audit:read"))
    @demand.arguments(DemandQuery, location="query")
    @demand.response(HTTPStatus.OK, DemandRecord)
    def show(query: dict[str, Any]) -> Response:
        """The pace of sale of a SKU at each node, given or learnt, and what it was learnt from"""
        return answer(DemandRecord.of(pointsman.flows.demand.show(query["sku"])))

    @demand.post("/learn", scope="stock")
    @demand.arguments(LearnQuery, location="query")
    @demand.response(HTTPStatus.OK, LearningRecord)
    def learn(query: dict[str, Any]) -> Response:
        """Learn the pace of sale of each position from the log

        They take the place of those of `stock.csv`, all at once. It reads the log of some weeks, which takes a while.
        """
        learning = pointsman.flows.demand.learn(dry_run=query["dry_run"])
        return answer(LearningRecord.of(learning, pointsman.network().decimals))

    return demand
