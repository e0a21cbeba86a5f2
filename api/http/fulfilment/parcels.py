"""/v1/shipments/{decision}/{number}: packed, shown, given back; labels and dispatch notes."""

from http import HTTPStatus
from typing import Any

from flask import Response

from api.http.audit.reads import note_order
from api.http.blueprint import Blueprint, answer
from api.records.fulfilment.parcels import (
    ListedPackingsRecord,
    PackedShipmentRecord,
)
from api.shapes.fulfilment.parcels import (
    CancelPackingRequest,
    LabelQuery,
    NoteQuery,
    PackShipmentRequest,
    ShipmentsQuery,
    pack_request,
    shipment_key,
)
from engine.fulfilment.fulfilment import Fulfilment
from engine.fulfilment.parcels.parcels import OpenFilter
from engine.fulfilment.parcels.printed import PrintedPaper
from engine.service import Pointsman

PDF = "application/pdf"
_SHIPMENT = "/shipments/<string:decision_id>/<string:number>"


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The parcels of one Pointsman."""
    parcels = Blueprint("parcels", __name__, url_prefix="/v1", description="Parcels, labels and notes")

    def fulfilment() -> Fulfilment:
        return pointsman.fulfilment

    @parcels.get("/shipments", scope=("orders", "audit:read"))
    @parcels.arguments(ShipmentsQuery, location="query")
    @parcels.response(HTTPStatus.OK, ListedPackingsRecord)
    def listed(query: dict[str, Any]) -> Response:
        """What is packed and was not handed over yet, those packed first first"""
        limit, after = query.pop("limit"), query.pop("after")
        found = fulfilment().parcels.list_open(OpenFilter(**query), limit=limit + 1, after=after)
        return answer(ListedPackingsRecord.of(found, limit=limit))

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
        parcel = query["parcel"] or fulfilment().parcels.first_parcel(key)
        printed = fulfilment().printed.label(key, parcel, kind=query["format"], language=query["lang"])
        return printed_paper(printed)

    @parcels.get(f"{_SHIPMENT}/note", scope="orders")
    @parcels.arguments(NoteQuery, location="query")
    @parcels.response(HTTPStatus.OK, content_type=PDF)
    def note(query: dict[str, Any], decision_id: str, number: str) -> Response:
        """The dispatch note of a parcel or of the whole shipment, as PDF"""
        key = shipment_key(decision_id, number)
        return printed_paper(fulfilment().printed.note(key, query["parcel"], language=query["lang"]))

    @parcels.post(f"{_SHIPMENT}/cancel", scope="orders")
    @parcels.arguments(CancelPackingRequest)
    @parcels.response(HTTPStatus.OK, PackedShipmentRecord)
    def cancel(body: dict[str, Any], decision_id: str, number: str) -> Response:
        """Labels are given back: the units are in no parcel any more, and can be packed again"""
        view = fulfilment().parcels.cancel(shipment_key(decision_id, number), **body)
        note_order(view.shipment.order)
        return answer(PackedShipmentRecord.of(view))

    return parcels


def printed_paper(printed: PrintedPaper) -> Response:
    note_order(printed.order)
    headers = {"Content-Disposition": f'inline; filename="{printed.name}"', "Cache-Control": "no-store"}
    return Response(printed.content, content_type=printed.content_type, headers=headers)
