"""/v1/orders/{id}/addressee: whom the parcels of an order go to."""

from http import HTTPStatus

from flask import Response

from api.http.audit.reads import note_order
from api.http.blueprint import Blueprint, answer
from api.records.fulfilment.parcels import AddresseeRecord
from api.shapes.postal_address import PostalAddressShape
from engine.fulfilment.fulfilment import Fulfilment
from engine.model.postal_address import PostalAddress
from engine.service import Pointsman


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The addressees of one Pointsman."""
    addressees = Blueprint("addressees", __name__, url_prefix="/v1/orders", description="Whom parcels go to")

    def fulfilment() -> Fulfilment:
        return pointsman.fulfilment

    @addressees.put("/<path:order_id>/addressee", scope="orders")
    @addressees.arguments(PostalAddressShape)
    @addressees.response(HTTPStatus.NO_CONTENT)
    def put(body: PostalAddress, order_id: str) -> Response:
        """Whom the parcels of an order go to, before or after it is decided"""
        fulfilment().parcels.put_addressee(order_id, body)
        return Response(status=HTTPStatus.NO_CONTENT)  # answers are kept for a while, and this one has no address

    @addressees.get("/<path:order_id>/addressee", scope="orders")
    @addressees.response(HTTPStatus.OK, AddresseeRecord)
    def show(order_id: str) -> Response:
        """Whom the parcels of an order go to"""
        note_order(order_id)
        return answer(AddresseeRecord.of(order_id, fulfilment().parcels.addressee(order_id)))

    @addressees.delete("/<path:order_id>/addressee", scope="orders")
    @addressees.response(HTTPStatus.NO_CONTENT)
    def remove(order_id: str) -> Response:
        """As if no addressee had been sent"""
        fulfilment().parcels.remove_addressee(order_id)
        return Response(status=HTTPStatus.NO_CONTENT)

    return addressees
