"""Stock: what its sources say is there, and what may still be promised of it."""

import hashlib
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from flask import Response, request

from api.http.blueprint import JSON, NDJSON, Blueprint, answer
from api.http.requests.stock import AvailabilityQuery, AvailabilityRequest, FeedQuery
from api.http.serving.ending import Ending
from api.http.staleness import ReadingHeaders, aged
from api.records.stock.availability_feed import FeedLineRecord, feed_lines
from api.records.stock.positions import AvailabilityRecord, CountRecord, SkuStockRecord
from api.shapes.limits import MOST_ON_HAND
from api.shapes.quantities import Quantities
from api.shapes.stock.counts import CountRequest, SentCount, lots_of_count
from api.shapes.stock.node_pages import NodePageQuery
from engine.inventory.stock import Availability
from engine.service import Pointsman
from engine.store.stock import Count


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The stock of one Pointsman."""
    stock = Blueprint("stock", __name__, url_prefix="/v1", description="What is there, and may still be promised")

    @stock.get("/availability", scope="stock")
    @stock.arguments(AvailabilityQuery, location="query")
    @stock.arguments(ReadingHeaders, location="headers", unknown="exclude")
    @stock.response(HTTPStatus.OK, AvailabilityRecord)
    @stock.alt_response(HTTPStatus.NOT_MODIFIED, description="As the ETag in If-None-Match says")
    def availability(query: dict[str, Any], headers: dict[str, Any]) -> Response:
        """Units of SKUs free to a channel, in all and by node, at one moment

        They are what an order on the channel would get that may go anywhere or, if it is said where, that goes there:
        of what is on hand or, `by` a date, also of what is to come.
        """
        if query["order"] is not None or query["by"] is not None:
            available = _available(pointsman, query["sku"], query)
            body = msgspec.json.encode(AvailabilityRecord.of(available))
            return _tagged(Response(body, content_type=JSON), _hash_of(body)).make_conditional(request)
        tags = request.if_none_match
        if tags and headers["max_stale"] is None:
            tag = pointsman.stock.tag(query["sku"], query["channel"])
            if tag is not None and not tags.star_tag and tags.contains_weak(tag):
                return _tagged(Response(status=HTTPStatus.NOT_MODIFIED), tag)
        availability = pointsman.stock.availability(query["sku"], query["channel"], **headers)
        body = msgspec.json.encode(AvailabilityRecord.of(availability))
        tag = availability.tag or _hash_of(body)
        response = _tagged(Response(body, content_type=JSON), tag).make_conditional(request)
        return aged(response, availability.age)

    @stock.post("/availability", scope="stock")
    @stock.arguments(AvailabilityRequest)
    @stock.response(HTTPStatus.OK, AvailabilityRecord)
    def availability_of_many(body: dict[str, Any]) -> Response:
        """The same of more SKUs than an address has room for, without a tag"""
        return answer(AvailabilityRecord.of(_available(pointsman, body["skus"], body)))

    @stock.get("/availability/feed", scope="stock")
    @stock.arguments(FeedQuery, location="query")
    @stock.response(HTTPStatus.OK, FeedLineRecord, content_type=NDJSON)
    def feed(query: dict[str, Any]) -> Response:
        """Units of every SKU free to a channel, or of those that may have changed: NDJSON, a SKU a line

        The first line has a `cursor`: send it as `since` to get only what changed after this answer. An answer without
        its last line, which has the `cursor` again, broke off: send its `cursor` as `since` and the last SKU that came
        as `after`, and it goes on.
        """
        lines = feed_lines(
            pointsman.availability_feed.read(
                query["channel"], since=query["since"], after=query["after"], by_node=query["nodes"]
            ),
            verify_going_on=Ending.of_request().verify_going_on,
        )
        return Response((part for _, part in lines), content_type=NDJSON)

    @stock.get("/stock/<path:sku>", scope=("stock", "stock:read", "audit:read"))
    @stock.arguments(NodePageQuery, location="query")
    @stock.arguments(ReadingHeaders, location="headers", unknown="exclude")
    @stock.response(HTTPStatus.OK, SkuStockRecord)
    def show(query: dict[str, Any], headers: dict[str, Any], sku: str) -> Response:
        """A SKU by node: on hand, held, available, and free to each channel"""
        sku_stock = pointsman.stock.show(sku, **headers)
        return aged(answer(SkuStockRecord.of(sku_stock, **query)), sku_stock.age)

    @stock.put("/stock/<string:node>/<path:sku>", scope="stock")
    @stock.arguments(CountRequest)
    @stock.response(HTTPStatus.OK, CountRecord)
    def put(counted: SentCount, node: str, sku: str) -> Response:
        """What the source counted; an older message never takes the place of a newer one"""
        quantities = Quantities.of(pointsman)
        on_hand = quantities.smallest(sku, counted.on_hand, field="on_hand", most=MOST_ON_HAND)
        lots = None if counted.lots is None else lots_of_count(sku, counted.lots, on_hand, quantities)
        placed = pointsman.stock.set_count(Count(node=node, sku=sku, on_hand=on_hand, stamp=counted.stamp, lots=lots))
        return answer(CountRecord.of(node, sku, placed))

    return stock


def _available(pointsman: Pointsman, skus: Sequence[str], asked: dict[str, Any]) -> Availability:
    """What is free of the SKUs to where, and until when, was asked for."""
    order, by = asked["order"], asked["by"]
    if order is not None:
        return pointsman.stock.availability_at(skus, order, by=by)
    if by is not None:
        return pointsman.stock.availability_by(skus, asked["channel"], by)
    return pointsman.stock.availability(skus, asked["channel"])


def _hash_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]


def _tagged(response: Response, tag: str) -> Response:
    response.set_etag(tag)
    response.headers["Cache-Control"] = "no-cache"
    return response
