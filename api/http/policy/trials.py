"""The shadow and the canary over HTTP: begun, grown, ended, and what came of them."""

from http import HTTPStatus
from typing import Any

from flask import Response
from marshmallow import fields, validate

from api.http.access.caller import caller
from api.http.access.gate import verify_scope
from api.http.blueprint import Blueprint, answer
from api.http.policy.calling import calling
from api.records.trials import TrialOrdersRecord, TrialRecord, trial_record
from api.shapes.base import Strict
from api.shapes.cursors import ChangedOrdersCursor
from api.shapes.fields import Literal, Note, QueryNumber, TrueOrFalse, WholeNumber
from engine.model.order_share import SHARES
from engine.policies.canary_request import USUAL_LEAST, CanaryRequest
from engine.policies.trials import Trials
from engine.service import Pointsman
from engine.store.policy_trials import TrialKind
from rules.gate import GATE_FIGURES
from rules.syntax.literals import share as parse_share

MOST_LISTED = 1_000
_SHARE = "of the orders: 5%, 0.25%"


class StartShadowRequest(Strict):
    version = fields.String(required=True, metadata={"description": "a version, or its beginning"})
    share = Literal(parse_share, example="5%", load_default=SHARES, metadata={"description": _SHARE})
    note = Note(load_default="", metadata={"description": "why, for the history"})


class _Overrides(Strict):
    note = Note(load_default="", metadata={"description": "why, for the history; an override needs one"})
    override = TrueOrFalse(
        load_default=False, metadata={"description": "in an emergency, do without the approval that is missing"}
    )
    override_gate = TrueOrFalse(
        load_default=False, metadata={"description": "in an emergency, do without a gate that passed"}
    )


class StartCanaryRequest(_Overrides):
    version = fields.String(required=True, metadata={"description": "a version, or its beginning"})
    share = Literal(parse_share, example="5%", required=True, metadata={"description": _SHARE})
    stop_if = fields.List(
        fields.String(),
        load_default=list,
        metadata={"description": "bounds, such as `late > +2%`: it ends by itself if one is broken"},
    )
    watch = fields.List(
        fields.String(validate=validate.OneOf(GATE_FIGURES)),
        load_default=list,
        metadata={"description": "the figures that are shown first; by default all"},
    )
    least_orders = WholeNumber(
        1,
        1_000_000,
        load_default=USUAL_LEAST,
        metadata={"description": "from how many orders on its bounds count"},
    )


class CanaryShareRequest(_Overrides):
    share = Literal(parse_share, example="5%", required=True, metadata={"description": _SHARE})


class ChangedOrdersQuery(Strict):
    limit = QueryNumber(1, MOST_LISTED, load_default=100)
    after = ChangedOrdersCursor(load_default=None, metadata={"description": "`next` of the page before"})


class EndTrialRequest(Strict):
    note = Note(load_default="", metadata={"description": "why, for the history"})


def add_trials(policies: Blueprint, pointsman: Pointsman) -> None:
    """The calls about the shadow and the canary."""
    _add_shadow(policies, pointsman)
    _add_canary(policies, pointsman)


def _record(trials: Trials, kind: TrialKind) -> Response:
    return answer(trial_record(trials, kind))


def _verify_may_override(body: dict[str, Any]) -> None:
    if body["override"] or body["override_gate"]:
        verify_scope(caller(), ("policies:approve",))


def _add_shadow(policies: Blueprint, pointsman: Pointsman) -> None:
    @policies.get("/shadow", scope="policies:read")
    @policies.response(HTTPStatus.OK, TrialRecord)
    def read_shadow() -> Response:
        """What came of the shadow: the one that runs, or else the last that did"""
        return _record(pointsman.trials, "shadow")

    @policies.get("/shadow/orders", scope="policies:read")
    @policies.arguments(ChangedOrdersQuery, location="query")
    @policies.response(HTTPStatus.OK, TrialOrdersRecord)
    def read_shadow_orders(query: dict[str, Any]) -> Response:
        """The orders that the shadow would decide otherwise, the worst first"""
        return answer(TrialOrdersRecord.of(pointsman.trials.changed_orders("shadow", **query)))

    @policies.post("/shadow", scope="policies:publish")
    @policies.arguments(StartShadowRequest)
    @policies.response(HTTPStatus.OK, TrialRecord)
    def start_shadow(body: dict[str, Any]) -> Response:
        """Try a version on each order beside the one that decides; it holds nothing"""
        version = pointsman.versions.find(body["version"])
        pointsman.trials.start_shadow(version, share=body["share"], note=body["note"], **calling())
        return _record(pointsman.trials, "shadow")

    @policies.post("/shadow/end", scope="policies:publish")
    @policies.arguments(EndTrialRequest)
    @policies.response(HTTPStatus.OK, TrialRecord)
    def end_shadow(body: dict[str, str]) -> Response:
        """End the shadow; what came of it stays until the next one"""
        pointsman.trials.end_shadow(note=body["note"], **calling())
        return _record(pointsman.trials, "shadow")


def _add_canary(policies: Blueprint, pointsman: Pointsman) -> None:
    @policies.get("/canary", scope="policies:read")
    @policies.response(HTTPStatus.OK, TrialRecord)
    def read_canary() -> Response:
        """What came of the canary: the one that runs, or else the last that did"""
        return _record(pointsman.trials, "canary")

    @policies.get("/canary/orders", scope="policies:read")
    @policies.arguments(ChangedOrdersQuery, location="query")
    @policies.response(HTTPStatus.OK, TrialOrdersRecord)
    def read_canary_orders(query: dict[str, Any]) -> Response:
        """The orders that the canary decided otherwise, the worst first"""
        return answer(TrialOrdersRecord.of(pointsman.trials.changed_orders("canary", **query)))

    @policies.post("/canary", scope="policies:publish")
    @policies.arguments(StartCanaryRequest)
    @policies.response(HTTPStatus.OK, TrialRecord)
    def start_canary(body: dict[str, Any]) -> Response:
        """Let a version decide a share of the orders; it ends by itself if it breaks a bound"""
        _verify_may_override(body)
        request = CanaryRequest(
            version=pointsman.versions.find(body["version"]),
            share=body["share"],
            stop_if=body["stop_if"],
            watch=body["watch"],
            least_orders=body["least_orders"],
        )
        pointsman.trials.start_canary(
            request,
            note=body["note"],
            override=body["override"],
            override_gate=body["override_gate"],
            **calling(),
        )
        return _record(pointsman.trials, "canary")

    @policies.post("/canary/share", scope="policies:publish")
    @policies.arguments(CanaryShareRequest)
    @policies.response(HTTPStatus.OK, TrialRecord)
    def grow_canary(body: dict[str, Any]) -> Response:
        """Let the canary decide a larger share of the orders; those in it stay in it"""
        _verify_may_override(body)
        pointsman.trials.grow_canary(
            body["share"],
            note=body["note"],
            override=body["override"],
            override_gate=body["override_gate"],
            **calling(),
        )
        return _record(pointsman.trials, "canary")

    @policies.post("/canary/end", scope="policies:publish")
    @policies.arguments(EndTrialRequest)
    @policies.response(HTTPStatus.OK, TrialRecord)
    def end_canary(body: dict[str, str]) -> Response:
        """End the canary: the active version decides all orders again"""
        pointsman.trials.end_canary(note=body["note"], **calling())
        return _record(pointsman.trials, "canary")
