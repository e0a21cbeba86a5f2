"""GET /v1/decisions/{id}/explanation."""

from http import HTTPStatus
from typing import Any

from flask import Response
from marshmallow import fields, validate

from api.http.audit.reads import note_order
from api.http.blueprint import Blueprint, answer_in, language_asked_for
from api.shapes.base import Strict
from api.shapes.fields import Flag
from api.shapes.language import language_field
from engine.audit.explanation.record import DecisionExplanationRecord
from engine.service import Pointsman

MOST_PLACES = 20
"""That one request may ask about by name."""


class ExplanationQuery(Strict):
    lang = language_field("sentences")
    why_not = fields.List(
        fields.String(),
        load_default=[],
        validate=validate.Length(max=MOST_PLACES),
        metadata={"description": "also say why nothing ships from this node; may be given several times"},
    )
    what_if = Flag(
        load_default=False,
        metadata={"description": "also find what would have changed the decision, which takes a second or so"},
    )


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The explanations of one Pointsman."""
    explanations = Blueprint("explanations", __name__, url_prefix="/v1/decisions", description="Why decisions are so")

    @explanations.get("/<string:decision_id>/explanation", scope=("orders", "orders:read", "audit:read"))
    @explanations.arguments(ExplanationQuery, location="query")
    @explanations.response(HTTPStatus.OK, DecisionExplanationRecord)
    def explain(query: dict[str, Any], decision_id: str) -> Response:
        """Why an order ships as it does, and why not otherwise, in sentences and figures"""
        explained = pointsman.explanations.of_decision(decision_id, why_not=query["why_not"], what_if=query["what_if"])
        note_order(explained.record.order.id)
        language = language_asked_for(query["lang"])
        return answer_in(language, explained.in_language(language))

    return explanations
