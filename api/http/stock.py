"""Stock: what its sources say is there, and what may still be promised of it."""

import hashlib
from http import HTTPStatus
from typing import Any

import orjson
from flask import Response, request

from api.http.schemas.decisions import AvailabilityAnswer
from api.http.schemas.stock import CountAnswer, SkuStockAnswer
from api.http.schemas.stock_requests import AvailabilityQuery, CountRequest
from api.http.staleness import ReadingHeaders, aged
from api.http.strict_parsing import Blueprint
from api.records.stock import availabilities_record, count_record, stock_record
from engine.service import Pointsman
from engine.store.stock import Count, Stamp


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The stock of one Pointsman."""
    stock = Blueprint("stock", __name__, url_prefix="/v1", description="What is there, and may still be promised")

    @stock.get("/availability")
    @stock.arguments(AvailabilityQuery, location="query")
    @stock.arguments(ReadingHeaders, location="headers", unknown="exclude")
    @stock.response(HTTPStatus.OK, AvailabilityAnswer)
    @stock.alt_response(HTTPStatus.NOT_MODIFIED, description="As the ETag in If-None-Match says")
    def availability(query: dict[str, Any], headers: dict[str, Any]) -> Response:
        """Units of SKUs free to a channel, in all and by node, at one moment"""
        found = pointsman.stock.availability(query["sku"], query["channel"], **headers)
        return aged(_tagged(availabilities_record(found)), found[0].age)

    @stock.get("/stock/<path:sku>")
    @stock.arguments(ReadingHeaders, location="headers", unknown="exclude")
    @stock.response(HTTPStatus.OK, SkuStockAnswer)
    def show(headers: dict[str, Any], sku: str) -> Response:
        """A SKU by node: on hand, held, available, and free to each channel"""
        found = pointsman.stock.show(sku, **headers)
        return aged(Response(orjson.dumps(stock_record(found)), content_type="application/json"), found.age)

    @stock.put("/stock/<string:node>/<path:sku>")
    @stock.arguments(CountRequest)
    @stock.response(HTTPStatus.OK, CountAnswer)
    def put(counted: tuple[int, Stamp], node: str, sku: str) -> dict[str, Any]:
        """What the source counted; an older message never takes the place of a newer one"""
        on_hand, stamp = counted
        placed = pointsman.stock.put(Count(node=node, sku=sku, on_hand=on_hand, stamp=stamp))
        return count_record(node, sku, placed)

    return stock


def _tagged(record: dict[str, Any]) -> Response:
    """With the hash of its bytes as ETag; without a body, if the caller has them."""
    body = orjson.dumps(record)
    response = Response(body, content_type="application/json")
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    response.headers["Cache-Control"] = "no-cache"
    return response.make_conditional(request)
