"""GET /metrics, and the measuring of requests."""

import time
from collections.abc import Sequence
from http import HTTPStatus

from flask import Flask, Response, g, request
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from api.http.blueprint import Blueprint
from api.http.metrics.meters import Meters
from api.http.metrics.stored import StoredNumbers
from engine.service import Pointsman

TEXT = CONTENT_TYPE_LATEST.partition(";")[0]


def blueprint(served: Sequence[Pointsman], meters: Meters) -> Blueprint:
    """The numbers of the processes that serve these networks."""
    metrics = Blueprint("metrics", __name__, description="Numbers for Prometheus")
    stored = StoredNumbers(served)

    @metrics.get("/metrics", scope=("admin", "audit:read"))
    @metrics.response(HTTPStatus.OK, content_type=TEXT)
    def numbers() -> Response:
        """Counters, histograms and gauges in the text format of Prometheus

        Of all worker processes together. On the port for probes nobody needs a key for them.
        """
        registry = meters.collected()
        registry.register(stored)
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    return metrics


def measure_requests(app: Flask, served: Sequence[Pointsman], meters: Meters) -> None:
    """From here on every request is measured."""

    def begin() -> None:
        g.began = time.perf_counter()

    def end(response: Response) -> Response:
        seconds = time.perf_counter() - g.get("began", time.perf_counter())
        # an address that is none has no operation: anybody may ask for any number of them
        meters.requests.labels(request.endpoint or "none", str(response.status_code)).observe(seconds)
        for pointsman in served:
            meters.incidents.labels(pointsman.settings.network).set(pointsman.incidents)
        return response

    app.before_request(begin)
    app.after_request(end)
