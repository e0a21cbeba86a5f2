"""/v1/manifests: what carriers' drivers take along."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import Response

from api.http.blueprint import Blueprint, answer, answer_made
from api.http.fulfilment.parcels import PDF, printed_paper
from api.records.fulfilment.parcels import ManifestRecord
from api.shapes.fulfilment.parcels import CloseManifestRequest, ManifestPageQuery, ManifestQuery
from engine.fulfilment.fulfilment import Fulfilment
from engine.fulfilment.parcels.handing_over import ManifestRequest
from engine.service import Pointsman


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The manifests of one Pointsman."""
    manifests = Blueprint("manifests", __name__, url_prefix="/v1/manifests", description="Handing over to carriers")

    def fulfilment() -> Fulfilment:
        return pointsman.fulfilment

    @manifests.post("", scope="orders")
    @manifests.arguments(CloseManifestRequest)
    @manifests.response(HTTPStatus.CREATED, ManifestRecord)
    @manifests.alt_response(HTTPStatus.OK, schema=ManifestRecord, description="Closed before")
    def close(body: dict[str, Any]) -> Response:
        """All that is packed at a node for a carrier is handed over to its driver"""
        confirms = body.pop("confirm")
        view = fulfilment().handing_over.close(ManifestRequest(confirms=confirms, **body))
        place = f"/v1/manifests/{quote(view.manifest.id, safe='')}"
        return answer_made(ManifestRecord.of(view), place, new=not view.again)

    @manifests.get("/<string:manifest_id>", scope=("orders", "audit:read"))
    @manifests.arguments(ManifestQuery, location="query")
    @manifests.response(HTTPStatus.OK, ManifestRecord)
    def show(query: dict[str, Any], manifest_id: str) -> Response:
        """A manifest, and what is on it"""
        return answer(ManifestRecord.of(fulfilment().handing_over.show(manifest_id, **query), **query))

    @manifests.get("/<string:manifest_id>/page", scope="orders")
    @manifests.arguments(ManifestPageQuery, location="query")
    @manifests.response(HTTPStatus.OK, content_type=PDF)
    def page(query: dict[str, Any], manifest_id: str) -> Response:
        """A manifest for the driver to sign, as PDF"""
        return printed_paper(fulfilment().printed.manifest(manifest_id, language=query["lang"]))

    return manifests
