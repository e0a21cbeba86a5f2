"""GET /v1/keys: the API keys that may use this network."""

from http import HTTPStatus

from flask import Response

from api.http.blueprint import Blueprint, answer
from api.records.api_keys import KeyListRecord, KeyRecord
from engine.model.scopes import permits_network
from engine.service import Pointsman


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The keys of the installation, as far as one network goes."""
    keys = Blueprint("keys", __name__, url_prefix="/v1/keys", description="API keys")

    @keys.get("", scope=("admin", "audit:read"))
    @keys.response(HTTPStatus.OK, KeyListRecord)
    def listed() -> Response:
        """The API keys that may use this network, without their text, which nobody can see again

        They are made, rotated and revoked by `pointsman key`.
        """
        network = pointsman.settings.network
        every = [item for item in pointsman.api_keys.all() if permits_network(item.stored.networks, network)]
        return answer(KeyListRecord(keys=[KeyRecord.of(item, pointsman.now) for item in every]))

    return keys
