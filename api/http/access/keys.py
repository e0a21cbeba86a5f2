"""/v1/keys: the API keys that may use this network."""

from http import HTTPStatus
from typing import Any

from flask import Response
from msgspec import UNSET, structs

from api.http.access.caller import Caller, caller
from api.http.access.key_rights import verify_may_change, verify_may_make
from api.http.blueprint import Blueprint, answer, answer_made
from api.http.each_request.idempotency import keep_in_place
from api.records.api_keys import KeyListRecord, KeyRecord, NewKeyRecord
from api.shapes.api_keys import NewKeyRequest, RotateKeyRequest
from api.shapes.cursors import holds_cursor
from api.shapes.list_pages import PageByInstant, page_of_list
from api.shapes.quantities import encode
from engine.access.api_keys import ListedKey, NewKey
from engine.errors import NotFound
from engine.model.scopes import ALL_NETWORKS, permits_network
from engine.service import Pointsman
from engine.store.api_keys import StoredKey

_A_MINUTE = 60


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The keys of the installation, as far as one network goes."""
    keys = Blueprint("keys", __name__, url_prefix="/v1/keys", description="API keys")

    @keys.get("", scope=("admin", "audit:read"))
    @keys.arguments(PageByInstant, location="query")
    @keys.response(HTTPStatus.OK, KeyListRecord)
    def listed(query: dict[str, Any]) -> Response:
        """The API keys that may use this network, without their text, which nobody can see again

        Of its networks those are named that the caller may use.
        """
        network = pointsman.settings.network
        every = [item for item in pointsman.api_keys.all() if permits_network(item.stored.networks, network)]
        page, following = page_of_list(every, lambda item: (item.stored.created_at, item.stored.id), **query)
        return answer(KeyListRecord(keys=[_shown(pointsman, item) for item in page], next=holds_cursor(following)))

    @keys.post("", scope="admin")
    @keys.arguments(NewKeyRequest)
    @keys.response(HTTPStatus.CREATED, NewKeyRecord)
    def make(body: dict[str, Any]) -> Response:
        """Make a key; the answer has its text, this once

        It is for no network that the caller may not use, and has no right that the caller has not.
        """
        networks = tuple(dict.fromkeys(body["networks"] or [pointsman.settings.network]))
        verify_may_make(caller(), body["role"], networks, four_eyes=pointsman.settings.access.four_eyes)
        made = pointsman.api_keys.create(
            role=body["role"], client=body["client"], networks=networks, expires_at=body["expires_at"]
        )
        return answer_made(_shown_once(made), f"/v1/keys/{made.stored.id}", new=True)

    @keys.get("/<string:key_id>", scope=("admin", "audit:read"))
    @keys.response(HTTPStatus.OK, KeyRecord)
    def show(key_id: str) -> Response:
        """A key that may use this network"""
        return answer(_record(pointsman, _of_this_network(pointsman, key_id)))

    @keys.post("/<string:key_id>/rotate", scope="admin")
    @keys.arguments(RotateKeyRequest)
    @keys.response(HTTPStatus.OK, NewKeyRecord)
    def rotate(body: dict[str, Any], key_id: str) -> Response:
        """Make a key with the same rights in place of this one, which ends after `overlap`

        The answer has the new one's text, this once.
        """
        stored = _of_this_network(pointsman, key_id)
        verify_may_make(caller(), stored.role, stored.networks, four_eyes=pointsman.settings.access.four_eyes)
        made = pointsman.api_keys.rotate(key_id, overlap=_A_MINUTE * body["overlap"], expires_at=body["expires_at"])
        return answer(_shown_once(made))

    @keys.post("/<string:key_id>/revoke", scope="admin")
    @keys.response(HTTPStatus.OK, KeyRecord)
    def revoke(key_id: str) -> Response:
        """Refuse a key from now on; every worker does so within a second"""
        verify_may_change(caller(), _of_this_network(pointsman, key_id).networks)
        return answer(_record(pointsman, pointsman.api_keys.revoke(key_id)))

    return keys


def _of_this_network(pointsman: Pointsman, key_id: str) -> StoredKey:
    """Raises NotFound, also of a key that may not use the network: nobody is told that there is such a key."""
    stored = pointsman.api_keys.find(key_id)
    if stored is None or not permits_network(stored.networks, pointsman.settings.network):
        raise NotFound(f"there is no API key '{key_id}' for this network")
    return stored


def _shown_once(made: NewKey) -> NewKeyRecord:
    """With the key's text, which is not kept under the request's idempotency key either."""
    record = NewKeyRecord.of(made)
    keep_in_place(encode(structs.replace(record, key=UNSET)))
    return record


def _record(pointsman: Pointsman, stored: StoredKey) -> KeyRecord:
    return _shown(pointsman, ListedKey(stored=stored, last_used=pointsman.api_keys.last_use(stored.id)))


def _shown(pointsman: Pointsman, item: ListedKey) -> KeyRecord:
    return KeyRecord.of(item, pointsman.now, _known(item, caller()))


def _known(key: ListedKey, who: Caller) -> list[str]:
    """The networks of a key that `who` may use, too: names of others are not told."""
    return [name for name in key.stored.networks if name == ALL_NETWORKS or who.may_use(name)]
