"""/v1/shipments/{decision}/{number}: packed, shown, labels and notes; /v1/manifests; /v1/orders/{id}/addressee."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import Response

from api.http.audit.reads import note_order
from api.http.blueprint import Blueprint, answer, answer_made
from api.records.fulfilment.parcels import (
    AddresseeRecord,
    ListedPackingRecord,
    ListedPackingsRecord,
    ManifestRecord,
    PackedShipmentRecord,
)
from api.shapes.fulfilment.parcels import (
    CancelPackingRequest,
    CloseManifestRequest,
    LabelQuery,
    ManifestPageQuery,
    NoteQuery,
    PackShipmentRequest,
    ShipmentsQuery,
    pack_request,
    shipment_key,
)
from api.shapes.postal_address import PostalAddressShape
from engine.fulfilment.fulfilment import Fulfilment
from engine.fulfilment.parcels.handing_over import ManifestRequest
from engine.fulfilment.parcels.parcels import OpenFilter
from engine.fulfilment.parcels.printed import PrintedPaper
from engine.model.postal_address import PostalAddress
from engine.service import Pointsman

PDF = "application/pdf"
_SHIPMENT = "/shipments/<string:decision_id>/<string:number>"


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The parcels of one Pointsman."""
    parcels = Blueprint("parcels", __name__, url_prefix="/v1", description="Parcels, labels and manifests")

    def fulfilment() -> Fulfilment:
        return pointsman.fulfilment

    @parcels.get("/shipments", scope=("orders", "audit:read"))
    @parcels.arguments(ShipmentsQuery, location="query")
    @parcels.response(HTTPStatus.OK, ListedPackingsRecord)
    def listed(query: dict[str, Any]) -> Response:
        """What is packed and was not handed over yet, those packed first first"""
        limit = query.pop("limit")
        found = fulfilment().parcels.list_open(OpenFilter(**query), limit=limit)
        return answer(ListedPackingsRecord([ListedPackingRecord.of_shipment(*item) for item in found]))

    @parcels.post(f"{_SHIPMENT}/packed", scope="orders")
    @parcels.arguments(PackShipmentRequest)
    @parcels.response(HTTPStatus.OK, PackedShipmentRecord)
    def pack(body: dict[str, Any], decision_id: str, number: str) -> Response:
        """A shipment is packed: each parcel gets an SSCC and, from its carrier, a tracking number and a label"""
        request = pack_request(pointsman, shipment_key(decision_id, number), body)
        view = fulfilment().parcels.pack(request)
        note_order(view.shipment.order)
        return answer(PackedShipmentRecord.of(view))

    @parcels.get(_SHIPMENT, scope=("orders", "audit:read"))
    @parcels.response(HTTPStatus.OK, PackedShipmentRecord)
    def show(decision_id: str, number: str) -> Response:
        """A shipment, and how it is packed"""
        view = fulfilment().parcels.show(shipment_key(decision_id, number))
        note_order(view.shipment.order)
        return answer(PackedShipmentRecord.of(view))

    @parcels.get(f"{_SHIPMENT}/label", scope="orders")
    @parcels.arguments(LabelQuery, location="query")
    @parcels.response(HTTPStatus.OK, content_type=PDF)
    def label(query: dict[str, Any], decision_id: str, number: str) -> Response:
        """The label of a parcel, as often as it is asked for: PDF, or ZPL for label printers"""
        key = shipment_key(decision_id, number)
        printed = fulfilment().printed.label(key, query["parcel"], kind=query["format"])
        return _paper(printed)

    @parcels.get(f"{_SHIPMENT}/note", scope="orders")
    @parcels.arguments(NoteQuery, location="query")
    @parcels.response(HTTPStatus.OK, content_type=PDF)
    def note(query: dict[str, Any], decision_id: str, number: str) -> Response:
        """The dispatch note of a parcel or of the whole shipment, as PDF"""
        key = shipment_key(decision_id, number)
        return _paper(fulfilment().printed.note(key, query["parcel"], language=query["lang"]))

    @parcels.post(f"{_SHIPMENT}/cancel", scope="orders")
    @parcels.arguments(CancelPackingRequest)
    @parcels.response(HTTPStatus.OK, PackedShipmentRecord)
    def cancel(body: dict[str, Any], decision_id: str, number: str) -> Response:
        """Labels are given back: the units are in no parcel any more, and can be packed again"""
        view = fulfilment().parcels.cancel(shipment_key(decision_id, number), **body)
        note_order(view.shipment.order)
        return answer(PackedShipmentRecord.of(view))

    @parcels.post("/manifests", scope="orders")
    @parcels.arguments(CloseManifestRequest)
    @parcels.response(HTTPStatus.CREATED, ManifestRecord)
    @parcels.alt_response(HTTPStatus.OK, schema=ManifestRecord, description="Closed before")
    def close(body: dict[str, Any]) -> Response:
        """All that is packed at a node for a carrier is handed over to its driver"""
        confirms = body.pop("confirm")
        view = fulfilment().handing_over.close(ManifestRequest(confirms=confirms, **body))
        place = f"/v1/manifests/{quote(view.manifest.id, safe='')}"
        return answer_made(ManifestRecord.of(view), place, new=not view.again)

    @parcels.get("/manifests/<string:manifest_id>", scope=("orders", "audit:read"))
    @parcels.response(HTTPStatus.OK, ManifestRecord)
    def show_manifest(manifest_id: str) -> Response:
        """A manifest, and what is on it"""
        return answer(ManifestRecord.of(fulfilment().handing_over.show(manifest_id)))

    @parcels.get("/manifests/<string:manifest_id>/page", scope="orders")
    @parcels.arguments(ManifestPageQuery, location="query")
    @parcels.response(HTTPStatus.OK, content_type=PDF)
    def manifest_page(query: dict[str, Any], manifest_id: str) -> Response:
        """A manifest for the driver to sign, as PDF"""
        return _paper(fulfilment().printed.manifest(manifest_id, language=query["lang"]))

    @parcels.put("/orders/<path:order_id>/addressee", scope="orders")
    @parcels.arguments(PostalAddressShape)
    @parcels.response(HTTPStatus.OK, AddresseeRecord)
    def put_addressee(body: PostalAddress, order_id: str) -> Response:
        """Whom the parcels of an order go to, before or after it is decided"""
        fulfilment().parcels.put_addressee(order_id, body)
        return answer(AddresseeRecord.of(order_id, body))

    @parcels.get("/orders/<path:order_id>/addressee", scope="orders")
    @parcels.response(HTTPStatus.OK, AddresseeRecord)
    def addressee(order_id: str) -> Response:
        """Whom the parcels of an order go to"""
        note_order(order_id)
        return answer(AddresseeRecord.of(order_id, fulfilment().parcels.addressee(order_id)))

    @parcels.delete("/orders/<path:order_id>/addressee", scope="orders")
    @parcels.response(HTTPStatus.NO_CONTENT)
    def remove_addressee(order_id: str) -> Response:
        """As if no addressee had been sent"""
        fulfilment().parcels.remove_addressee(order_id)
        return Response(status=HTTPStatus.NO_CONTENT)

    return parcels


def _paper(printed: PrintedPaper) -> Response:
    note_order(printed.order)
    headers = {"Content-Disposition": f'inline; filename="{printed.name}"', "Cache-Control": "no-store"}
    return Response(printed.content, content_type=printed.content_type, headers=headers)
