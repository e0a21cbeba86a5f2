"""POST /v1/tracking/webhooks/{carrier}: carriers call when a parcel moves, without a key, but sign what they send."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from flask import Response, request
from marshmallow import fields

from api.http.access.failed_attempts import FailedAttempts
from api.http.access.networks import begin_request_on
from api.http.access.origin import origin_of
from api.http.blueprint import JSON, OPEN, Blueprint, answer
from api.records.fulfilment.tracking import CarrierCallRecord
from api.shapes.base import Strict
from engine.actor import act_as
from engine.errors import NotFound, Unauthenticated
from engine.service import Pointsman


class NetworkQuery(Strict):
    network = fields.String(
        load_default=None,
        metadata={"description": "whose parcels they are, where a service has several; without, the first"},
    )


def blueprint(served: Sequence[Pointsman], attempts: FailedAttempts | None) -> Blueprint:
    """The webhooks of a service that answers for these networks. Calls that nobody signed are counted by `attempts`."""
    webhooks = Blueprint("carrier_webhooks", __name__, url_prefix="/v1/tracking", description="What carriers tell")

    @webhooks.post("/webhooks/<string:carrier>", scope=OPEN)
    @webhooks.doc(requestBody={"required": True, "content": {JSON: {"schema": {}}}})
    @webhooks.arguments(NetworkQuery, location="query")
    @webhooks.response(HTTPStatus.OK, CarrierCallRecord)
    def call(query: dict[str, Any], carrier: str) -> Response:
        """What a carrier tells of parcels, in its own form and signed as it signs

        Without a key: the carrier's signature says who calls.
        """
        pointsman = _served(served, query["network"])
        begin_request_on(pointsman)
        if attempts is not None:
            attempts.verify_may_try(request)
        body = request.get_data()
        calls = pointsman.fulfilment.carrier_calls
        try:
            calls.verify(carrier, body, {name.lower(): value for name, value in request.headers.items()})
        except Unauthenticated:
            if attempts is not None:
                attempts.note_failure(request)
            raise
        origin = origin_of(request, proxied=pointsman.settings.access.proxied)
        act_as(f"carrier {carrier}", through="http", origin=origin)
        return answer(CarrierCallRecord.of(calls.take(carrier, body)))

    return webhooks


def _served(served: Sequence[Pointsman], name: str | None) -> Pointsman:
    for pointsman in served:
        if name in (None, pointsman.settings.network):
            return pointsman
    raise NotFound("that network is not served here")
