"""GET /v1/availability: what a product page may promise."""

from http import HTTPStatus
from typing import Any

from api.answers import AvailabilityAnswer
from api.arguments import Blueprint
from api.schemas import AvailabilityQuery
from engine.service import Availability, Pointsman


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The stock of one Pointsman."""
    stock = Blueprint("stock", __name__, url_prefix="/v1", description="What may still be promised")

    @stock.get("/availability")
    @stock.arguments(AvailabilityQuery, location="query")
    @stock.response(HTTPStatus.OK, AvailabilityAnswer)
    def availability(query: dict[str, str]) -> dict[str, Any]:
        """Units of a SKU free to a channel, in all and by node"""
        return availability_record(pointsman.availability(query["sku"], query["channel"]))

    return stock


def availability_record(found: Availability) -> dict[str, Any]:
    return {
        "sku": found.sku,
        "channel": found.channel,
        "free": found.free,
        "policy_version": found.policy_version,
        "nodes": [
            {
                "node": item.node,
                "on_hand": item.position.on_hand,
                "held": item.position.held,
                "available": item.position.available,
                "free": item.free,
            }
            for item in found.nodes
        ],
    }
