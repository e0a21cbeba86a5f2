"""Orders as they stand, and the calls that change them: GET /v1/orders, /v1/orders/{id} and what is below it."""

import hashlib
from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Response, request
from msgspec import structs

from api.http.access.caller import caller
from api.http.blueprint import Blueprint, answer
from api.http.each_request.key_header import operation_of_key
from api.http.requests.orders import (
    AmendOrderRequest,
    AmendQuery,
    ApproveRequest,
    EraseRequest,
    OrdersQuery,
    with_id,
)
from api.records.orders.amendment import AmendmentRecord
from api.records.orders.cancellation import CancellationRecord
from api.records.orders.erasure import ErasureRecord
from api.records.orders.order_state import OrdersPageRecord, OrderStateRecord
from api.shapes.order_cancellation import CancelOrderRequest
from api.shapes.quantities import Quantities, quantities_of, skus_of_order
from engine.model.facts import Order
from engine.orders.amendment.plan import AmendRequest
from engine.orders.cancellation.plan import CancelRequest
from engine.service import Pointsman


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The orders of one Pointsman."""
    orders = Blueprint("orders", __name__, url_prefix="/v1/orders", description="Orders, and where their units stand")

    @orders.get("", scope=("orders", "orders:read", "audit:read"))
    @orders.arguments(OrdersQuery, location="query")
    @orders.response(HTTPStatus.OK, OrdersPageRecord)
    def page(query: dict[str, Any]) -> Response:
        """Orders, those placed last first"""
        return answer(OrdersPageRecord.of(pointsman.orders.list(**query)))

    @orders.get("/<path:order_id>", scope=("orders", "orders:read", "audit:read"))
    @orders.response(HTTPStatus.OK, OrderStateRecord)
    @orders.alt_response(HTTPStatus.NOT_MODIFIED, description="As the ETag in If-None-Match says")
    def show(order_id: str) -> Response:
        """An order: where each unit of each line is, and what can still be done with it"""
        response = answer(OrderStateRecord.of(pointsman.orders.show(order_id)))
        response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32])
        return response.make_conditional(request)

    @orders.post("/<path:order_id>/approve", scope="orders")
    @orders.arguments(ApproveRequest)
    @orders.response(HTTPStatus.OK, OrderStateRecord)
    def approve(body: dict[str, str], order_id: str) -> Response:
        """Let an order go on that a policy parked until a person approves it; again, it is answered the same"""
        return answer(OrderStateRecord.of(pointsman.orders.approve(order_id, **body, who=caller().name)))

    amend_request = AmendOrderRequest(max_lines=pointsman.settings.max_lines, quantities=quantities_of(pointsman))

    @orders.post("/<path:order_id>/amend", scope="orders")
    @orders.arguments(amend_request)
    @orders.arguments(AmendQuery, location="query")
    @orders.response(HTTPStatus.OK, AmendmentRecord)
    def amend(order: Order, query: dict[str, Any], order_id: str) -> Response:
        """The order is another one: what left stays, what is right stays held, the rest is decided again, at once

        The body is the whole order as it is to be. Units that the order holds are free for that decision, and for
        nobody else. Units that have left can't be taken out of the order.
        """
        request = AmendRequest(
            order=with_id(order, order_id), waits=query["wait"], op=operation_of_key(), revision=query["revision"]
        )
        return answer(AmendmentRecord.of(pointsman.amendments.amend(request, dry_run=query["dry_run"])))

    @orders.post("/<path:order_id>/cancel", scope="orders")
    @orders.arguments(CancelOrderRequest)
    @orders.response(HTTPStatus.OK, CancellationRecord)
    def cancel(body: dict[str, Any], order_id: str) -> Response:
        """The customer does not want the order, or some of its units"""
        shipments = [(way["node"], way["service"]) for way in body.pop("shipments")]
        quantities, skus = Quantities.of(pointsman), partial(skus_of_order, pointsman, order_id)
        lines = quantities.by_line(body.pop("lines"), skus)
        request = CancelRequest(order=order_id, shipments=shipments, lines=lines, **body)
        record = CancellationRecord.of(pointsman.cancellations.cancel(request))
        return answer(structs.replace(record, cancelled=quantities.show_by_line(record.cancelled, skus)))

    @orders.post("/<path:order_id>/wait", scope="orders")
    @orders.response(HTTPStatus.OK, OrderStateRecord)
    def wait(order_id: str) -> Response:
        """Let the unfilled units of an order wait for stock; again, it is answered the same"""
        return answer(OrderStateRecord.of(pointsman.orders.wait(order_id)))

    @orders.post("/<path:order_id>/erase", scope="admin")
    @orders.arguments(EraseRequest)
    @orders.response(HTTPStatus.OK, ErasureRecord)
    def erase(body: dict[str, str], order_id: str) -> Response:
        """Erase the personal values of an order that is over; again, it is answered the same

        The key is destroyed under which the log has them. Units, costs and CO2e stand, and proofs hold. This can't be
        undone.
        """
        return answer(ErasureRecord.of(pointsman.erasures.erase(order_id, **body)))

    return orders
