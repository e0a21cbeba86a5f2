"""The gates of policy versions over HTTP: asked for, and read once a worker has run them."""

from dataclasses import replace
from http import HTTPStatus

from flask import Response, url_for

from api.http.access.caller import caller
from api.http.blueprint import Blueprint, answer
from api.records.policies import GateRecord
from engine.actor import author
from engine.service import Pointsman


def add_gates(policies: Blueprint, pointsman: Pointsman) -> None:
    """The calls about gates."""

    @policies.post("/<string:version>/gate", scope="policies:publish")
    @policies.response(HTTPStatus.ACCEPTED, GateRecord)
    @policies.alt_response(HTTPStatus.OK, schema=GateRecord, description="It has no gate to pass")
    def run_gate(version: str) -> Response:
        """Have the gate of a version run by a worker; read what came of it at the Location"""
        versions = pointsman.versions
        full_version = versions.find(version)
        check = versions.gates.check(full_version)
        if check.state == "none":
            response = answer(GateRecord.of(full_version, check, None))
        else:
            pointsman.gate_runs.ask(full_version, replace(author(), name=caller().name, operation=""))
            record = GateRecord.of(full_version, check, pointsman.gate_runs.pending(full_version))
            response = answer(record, HTTPStatus.ACCEPTED)
        response.headers["Location"] = url_for("policies.read_gate", version=full_version)
        return response

    @policies.get("/<string:version>/gate", scope="policies:read")
    @policies.response(HTTPStatus.OK, GateRecord)
    def read_gate(version: str) -> Response:
        """How the gate of a version stands, and what came of it the last time"""
        versions = pointsman.versions
        full_version = versions.find(version)
        pending = pointsman.gate_runs.pending(full_version)  # before the result: what has just ended has one
        return answer(GateRecord.of(full_version, versions.gates.check(full_version), pending))

    @policies.delete("/<string:version>/gate", scope="policies:publish")
    @policies.response(HTTPStatus.NO_CONTENT)
    def cancel_gate(version: str) -> Response:
        """Cancel the gate of a version that waits or runs; what came of it before stays"""
        pointsman.gate_runs.cancel(pointsman.versions.find(version))
        return Response(status=HTTPStatus.NO_CONTENT)
