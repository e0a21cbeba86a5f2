"""/v1/returns/{id}/label: the label by which a customer sends goods back, made, fetched and given back."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import Response

from api.http.audit.reads import print_access
from api.http.blueprint import Blueprint, answer_made
from api.http.fulfilment.parcels import PDF, printed_paper
from api.records.fulfilment.return_labels import ReturnLabelRecord
from api.shapes.flows.return_steps import label_request
from api.shapes.flows.returns import MakeReturnLabelRequest, ReturnLabelQuery
from engine.fulfilment.return_labels.make_and_print import make_and_print
from engine.service import Pointsman


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The labels of returns of one Pointsman."""
    labels = Blueprint(
        "return_labels", __name__, url_prefix="/v1/returns", description="Labels of goods that come back"
    )

    @labels.post("/<path:return_id>/label", scope="orders")
    @labels.arguments(MakeReturnLabelRequest)
    @labels.response(HTTPStatus.CREATED, ReturnLabelRecord)
    @labels.alt_response(HTTPStatus.OK, schema=ReturnLabelRecord, description="It had one before")
    def make(body: dict[str, Any], return_id: str) -> Response:
        """A label by which the customer sends the goods back; bought, where the network names a carrier for that"""
        part, print_at = pointsman.fulfilment, body["print_at"]
        request = label_request(return_id, body)
        labelled = make_and_print(
            part.return_labels,
            part.printing,
            request,
            print_at=print_at,
            access=lambda made: print_access(pointsman, return_id, made.stored.order),
        ).labelled
        place = f"/v1/returns/{quote(return_id, safe='')}/label"
        return answer_made(ReturnLabelRecord.of(labelled), place, new=labelled.new)

    @labels.get("/<path:return_id>/label", scope="orders")
    @labels.arguments(ReturnLabelQuery, location="query")
    @labels.response(HTTPStatus.OK, content_type=PDF)
    def show(query: dict[str, Any], return_id: str) -> Response:
        """The label of a return, as often as it is asked for: PDF, or ZPL for label printers"""
        printed = pointsman.fulfilment.printed_return_labels
        return printed_paper(printed.label(return_id, kind=query["format"], language=query["lang"]))

    @labels.delete("/<path:return_id>/label", scope="orders")
    @labels.response(HTTPStatus.NO_CONTENT)
    def give_back(return_id: str) -> Response:
        """The label of a return is void, and given back to its carrier; again, nothing happens"""
        pointsman.fulfilment.return_labels.give_back(return_id)
        return Response(status=HTTPStatus.NO_CONTENT)

    return labels
