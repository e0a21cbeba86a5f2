"""POST /v1/transfers/propose; what becomes of transfers is added by transfer_life.py."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from flask import Response

from api.http.blueprint import Blueprint, answer
from api.http.flows.transfer_life import add_life
from api.http.requests.flows.transfers import ProposeTransfersQuery, ProposeTransfersRequest
from engine.service import Pointsman
from engine.transfers.proposals import ProposalRequest
from engine.transfers.record import ProposalRecord
from engine.transfers.saving import Saved, in_parts, save


def blueprint(pointsman: Pointsman) -> Blueprint:
    """Transfers on the network of one Pointsman."""
    transfers = Blueprint("transfers", __name__, url_prefix="/v1/transfers", description="Stock moved between nodes")

    @transfers.post("/propose", scope="stock")
    @transfers.arguments(ProposeTransfersRequest)
    @transfers.arguments(ProposeTransfersQuery, location="query")
    @transfers.response(HTTPStatus.OK, ProposalRecord)
    def propose(proposal: ProposalRequest, query: dict[str, Any]) -> Response:
        """What to move from where to where, so that it gains most

        Nothing is moved by it; `?save=true` stores each transfer as proposed, to be approved and shipped. It weighs all
        articles unless the request says which, and that takes a while. What was stored before counts: asked again, it
        proposes nothing new.
        """
        proposed = pointsman.flows.transfer_proposals.propose(proposal)
        saved: Sequence[Saved] = ()
        if query["save"]:
            proposed = in_parts(proposed)
            saved = save(pointsman.flows.transfers, proposed)
        return answer(ProposalRecord.of(proposed, pointsman.network(), saved))

    add_life(transfers, pointsman)

    return transfers
