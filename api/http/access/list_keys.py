"""GET /v1/keys: the API keys that may use this network."""

from http import HTTPStatus

from flask import Response

from api.http.access.caller import Caller, caller
from api.http.blueprint import Blueprint, answer
from api.records.api_keys import KeyListRecord, KeyRecord
from engine.access.api_keys import ListedKey
from engine.model.scopes import ALL_NETWORKS, permits_network
from engine.service import Pointsman


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The keys of the installation, as far as one network goes."""
    keys = Blueprint("keys", __name__, url_prefix="/v1/keys", description="API keys")

    @keys.get("", scope=("admin", "audit:read"))
    @keys.response(HTTPStatus.OK, KeyListRecord)
    def listed() -> Response:
        """The API keys that may use this network, without their text, which nobody can see again

        Of its networks those are named that the caller may use. They are made, rotated and revoked by `pointsman key`.
        """
        network = pointsman.settings.network
        every = [item for item in pointsman.api_keys.all() if permits_network(item.stored.networks, network)]
        return answer(KeyListRecord(keys=[KeyRecord.of(item, pointsman.now, _known(item, caller())) for item in every]))

    return keys


def _known(key: ListedKey, who: Caller) -> list[str]:
    """The networks of a key that `who` may use, too: names of others are not told."""
    return [name for name in key.stored.networks if name == ALL_NETWORKS or who.may_use(name)]
