"""create_app: the Flask application around one Pointsman."""

import atexit
import dataclasses
import functools
import os
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request

from api.connectors.running.settings import ConnectorSettings
from api.connectors.running.wording import Wording
from api.http import (
    backlog,
    catalogue,
    connectors,
    decisions,
    health,
    holds,
    master_data,
    node_rests,
    orders,
    problems,
    quotes,
    rejections,
    stock,
    stock_movements,
)
from api.http.access import keys, show_caller
from api.http.access.authentication import Authentication
from api.http.access.browsers import tell_browsers
from api.http.access.failed_attempts import FailedAttempts
from api.http.access.gate import Gate
from api.http.access.networks import CurrentPointsman
from api.http.addresses import answer_by_address, prepare_addresses, read_ids_from_addresses
from api.http.application import ApiApplication
from api.http.audit import accesses, days, entries, evidence, explanations, replays, sealing
from api.http.audit.reads import record_reads
from api.http.blueprint import JSON, NDJSON, Blueprint, by_operation
from api.http.deprecation import Deprecation, announce
from api.http.description import blueprint as description
from api.http.description.completion import completed
from api.http.description.document import document_of
from api.http.each_request.idempotency import IdempotentRequests
from api.http.each_request.measure import begin_measuring
from api.http.events import events, webhooks
from api.http.flows import channels, demand, inbound, lookahead, promise_watch, returns, transfers
from api.http.fulfilment import (
    addressees,
    carrier_webhooks,
    manifests,
    parcels,
    printing,
    return_labels,
    tracking,
    tracking_page,
)
from api.http.logs.requests import log_requests
from api.http.metrics import blueprint as metrics
from api.http.metrics.blueprint import measure_requests
from api.http.metrics.meters import Meters, NetworkMeter
from api.http.mounted_console import MountedConsole
from api.http.policy import policies, whatif
from api.http.tracing import TracedMeter, Tracing, start_tracing
from api.language.connector_wording import connector_wording
from api.language.current import usual_language
from api.records.events import renderer
from api.shapes.fields import OPENAPI_TYPES
from api.shapes.quantities import Quantities, decode, encode, lines_with_decimals
from api.whatif.turns import JobTurns
from engine.errors import PointsmanError
from engine.lookahead.spread import solved_where
from engine.meter import Meter
from engine.model.scopes import Scope
from engine.parallel.processors import processors
from engine.parallel.work import Spread
from engine.service import Pointsman
from engine.settings import Settings
from engine.simulation.job import KINDS
from engine.simulation.trial_turns import TrialTurns
from engine.version import VERSION

if TYPE_CHECKING:
    from api.http.access.openid.provider import OpenIdProvider

MOST_BYTES = 4 << 20
"""Of a request's body."""


def create_app(*served: Pointsman, meters: Meters | None = None, tracing: Tracing | None = None) -> Flask:
    """A fresh application that answers for these networks, the first if a caller who may use several names none. They
    stay their caller's to close. `meters` are those that the networks' own meters write to.
    """
    meters = meters or Meters()
    pointsman = CurrentPointsman(served[0])
    app = ApiApplication("pointsman", static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=MOST_BYTES,
        API_TITLE="Pointsman",
        API_VERSION=VERSION,
        OPENAPI_VERSION="3.1.0",
    )
    read_ids_from_addresses(app)
    begin_measuring(app)
    log_requests(app, pointsman)
    measure_requests(app, meters)
    if tracing is not None:
        tracing.trace_requests(app)
    tell_browsers(app, served[0].settings.access)
    answer_by_address(app)
    app.after_request(_without_type_if_empty)
    app.after_request(functools.partial(_with_decimals, pointsman))
    problems.register(app)
    api = problems.ProblemApi(app)
    for field, kind, form in OPENAPI_TYPES:
        api.register_field(field, kind, form)
    scopes: dict[str, tuple[Scope, ...]] = {}
    signed: dict[str, Callable[[], bool]] = {}
    deprecations: dict[str, Deprecation] = {}
    resources = (
        decisions,
        orders,
        quotes,
        rejections,
        explanations,
        replays,
        node_rests,
        backlog,
        holds,
        returns,
        return_labels,
        stock,
        stock_movements,
        channels,
        master_data,
        catalogue,
        policies,
        whatif,
        accesses,
        entries,
        evidence,
        days,
        events,
        webhooks,
        sealing,
        demand,
        lookahead,
        inbound,
        transfers,
        addressees,
        parcels,
        manifests,
        promise_watch,
        tracking,
        printing,
        keys,
    )
    blueprints = [resource.blueprint(pointsman) for resource in resources]
    blueprints.append(
        connectors.blueprint(pointsman, functools.partial(_connector_settings, pointsman), _connector_wording())
    )
    described = description.blueprint(functools.partial(_described, api, blueprints, scopes, deprecations))
    attempts = _failed_attempts(app, served[0])
    blueprints += [
        health.blueprint(served),
        show_caller.blueprint(pointsman, served),
        carrier_webhooks.blueprint(served, attempts),
        tracking_page.blueprint(served),
        metrics.blueprint(served, meters, lambda: _connector_settings(served[0]).folder),
        described,
    ]
    for blueprint in blueprints:
        api.register_blueprint(blueprint)
        scopes.update(blueprint.scopes)
        signed.update(blueprint.signed)
        deprecations.update(blueprint.deprecations)
    announce(app, deprecations)
    openid = _openid(served[0])
    authentication = Authentication(
        api_keys=served[0].api_keys,
        tokens=(lambda _: None) if openid is None else openid.tokens.caller_of,
        open_here=lambda: served[0].settings.access.open,
        attempts=attempts,
    )
    Gate(served, scopes=scopes, authentication=authentication, signed=signed).guard(app)
    if (limit := served[0].settings.rate_limit) is not None:
        from api.http.each_request.rate_limits import limit_requests  # noqa: PLC0415  # it takes some time, unused mostly

        limit_requests(app, pointsman, limit)
    IdempotentRequests(pointsman).guard(app)
    record_reads(app, pointsman)
    app.wsgi_app = MountedConsole(app.wsgi_app, served, scopes, openid)  # type: ignore[method-assign]  # as Flask says to
    return app


def _run_connectors(pointsman: Pointsman) -> None:
    if _connector_settings(pointsman).folder is None:
        return
    from api.connectors.running.turns import ConnectorTurns  # noqa: PLC0415  # imported only where connectors run: 6 MB

    ConnectorTurns(pointsman, wording=_connector_wording()).start()


def _connector_settings(pointsman: CurrentPointsman) -> ConnectorSettings:
    return ConnectorSettings.from_environment(os.environ, pointsman.settings)


def _connector_wording() -> Wording:
    """That of the process: problem files are read by the people of the installation."""
    return connector_wording(usual_language(os.environ))


def _described(
    api: problems.ProblemApi,
    blueprints: Sequence[Blueprint],
    scopes: Mapping[str, tuple[Scope, ...]],
    deprecations: Mapping[str, Deprecation],
) -> dict[str, Any]:
    """The OpenAPI document."""
    return completed(document_of(api, blueprints), by_operation(scopes), by_operation(deprecations))


def served_app() -> Flask:
    """What gunicorn serves; called in each worker, after the fork."""
    settings = Settings.from_environment(os.environ)
    others = (name for name in settings.access.networks if name != settings.network)
    meters, tracing = Meters(), start_tracing(os.environ)
    served = [
        Pointsman(dataclasses.replace(settings, network=name), meter=_meter(NetworkMeter(meters, name), tracing))
        for name in (settings.network, *others)
    ]
    for pointsman in served:
        pointsman.warm_up()
        pointsman.start_offering()
        pointsman.flows.start(prices_elsewhere=solved_where(Spread(workers=processors()), pointsman))
        pointsman.fulfilment.start()
        pointsman.start_sealing()
        pointsman.search_index.start()
        pointsman.events.start_delivering(renderer(pointsman))
        pointsman.accesses.start()
        TrialTurns(pointsman).start()
        if pointsman is served[0]:
            _run_connectors(pointsman)
        for kind in KINDS:
            jobs = JobTurns(pointsman, kind)
            jobs.start()
            atexit.register(jobs.close)
        atexit.register(pointsman.accesses.close)
        atexit.register(pointsman.events.close)  # who stops goes on with no request, and lets others go on at once
    app = create_app(*served, meters=meters, tracing=tracing)
    prepare_addresses(app)
    return app


def _failed_attempts(app: Flask, pointsman: Pointsman) -> FailedAttempts | None:
    """What bounds requests without a valid key, counted beside the network of this one."""
    access = pointsman.settings.access
    if access.failed_keys is None:
        return None
    attempts = FailedAttempts(pointsman.request_counts, access.failed_keys, proxied=access.proxied)
    attempts.tell_callers(app)
    return attempts


def _openid(pointsman: Pointsman) -> "OpenIdProvider | None":
    """The OpenID provider of the settings; if there is none, no token is valid."""
    if pointsman.settings.access.openid is None:
        return None
    from api.http.access.openid.provider import OpenIdProvider  # noqa: PLC0415  # a large library behind it

    return OpenIdProvider.of(pointsman, pointsman.settings.access.openid)


def _meter(meter: NetworkMeter, tracing: Tracing | None) -> Meter:
    return meter if tracing is None else TracedMeter(meter, tracing)


def _with_decimals(pointsman: CurrentPointsman, response: Response) -> Response:
    """Quantities as they are written, where products have decimals."""
    if response.mimetype not in (JSON, NDJSON) or not request.path.startswith("/v1/"):
        return response
    try:
        quantities = Quantities.of(pointsman)
    except PointsmanError:  # there is nothing that could have decimals
        return response
    if quantities.decimals and response.mimetype == NDJSON:
        parts = response.iter_encoded()
        response.response = (lines_with_decimals(part, quantities) for part in parts)
    elif quantities.decimals and response.data:
        response.set_data(encode(quantities.show(decode(response.data))))
    return response


def _without_type_if_empty(response: Response) -> Response:
    if response.status_code == HTTPStatus.NO_CONTENT:
        response.headers.pop("Content-Type", None)
    return response
