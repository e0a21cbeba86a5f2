"""GET /v1/caller: who calls, and what they may do."""

from collections.abc import Sequence
from http import HTTPStatus

from flask import Response

from api.http.access.caller import caller
from api.http.access.networks import CurrentPointsman
from api.http.blueprint import Blueprint, answer
from api.records.caller import CallerRecord
from engine.errors import NotReady
from engine.model.facts import Network
from engine.model.scopes import SCOPES
from engine.service import Pointsman


def blueprint(pointsman: CurrentPointsman, served: Sequence[Pointsman]) -> Blueprint:
    """`served` are all networks of the service."""
    callers = Blueprint("caller", __name__, url_prefix="/v1/caller", description="Who calls")

    @callers.get("", scope=SCOPES)
    @callers.response(HTTPStatus.OK, CallerRecord)
    def show() -> Response:
        """Who the key or token belongs to, what may be done with it, and on which networks"""
        who = caller()
        names = [one.settings.network for one in served]
        return answer(
            CallerRecord.of(
                name=who.name,
                key_id=who.key_id,
                role=who.role,
                scopes=tuple(who.scopes),
                allowed_networks=who.networks,
                network=pointsman.settings.network,
                networks=[name for name in names if who.may_use(name)],
                loaded=_loaded(pointsman),
                now=pointsman.now,
                ends_at=who.ends_at,
            )
        )

    return callers


def _loaded(pointsman: CurrentPointsman) -> Network | None:
    try:
        network: Network = pointsman.network()
    except NotReady:
        return None
    return network
