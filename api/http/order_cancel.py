"""POST /v1/orders/{id}/cancel."""

from http import HTTPStatus
from typing import Any

from flask import Response

from api.http.blueprint import Blueprint, answer
from api.http.requests.holds import CancelOrderRequest
from api.records.cancellation import CancellationRecord
from engine.orders.cancellation import CancelRequest
from engine.service import Pointsman


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The cancellations of one Pointsman."""
    orders = Blueprint("order_cancel", __name__, url_prefix="/v1/orders", description="What customers cancel")

    @orders.post("/<string:order_id>/cancel")
    @orders.arguments(CancelOrderRequest)
    @orders.response(HTTPStatus.OK, CancellationRecord)
    def cancel(body: dict[str, Any], order_id: str) -> Response:
        """The customer does not want the order, or some of its units"""
        shipments = [(way["node"], way["service"]) for way in body.pop("shipments")]
        request = CancelRequest(order=order_id, shipments=shipments, **body)
        return answer(CancellationRecord.of(pointsman.cancellations.cancel(request)))

    return orders
