"""GET /metrics, and the measuring of requests."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from api.http.blueprint import Blueprint
from api.http.each_request.measure import operation, seconds_taken
from api.http.metrics.connectors import ConnectorNumbers
from api.http.metrics.meters import Meters
from api.http.metrics.stored import StoredNumbers
from engine.service import Pointsman

TEXT = CONTENT_TYPE_LATEST.partition(";")[0]


def blueprint(served: Sequence[Pointsman], meters: Meters, connectors: Callable[[], Path | None]) -> Blueprint:
    """The numbers of the processes that serve these networks; `connectors` answers the folder of these, if any."""
    metrics = Blueprint("metrics", __name__, description="Numbers for Prometheus")
    stored, of_connectors = StoredNumbers(served), ConnectorNumbers(served, connectors)

    @metrics.get("/metrics", scope=("admin", "audit:read"))
    @metrics.response(HTTPStatus.OK, content_type=TEXT)
    def numbers() -> Response:
        """Counters, histograms and gauges in the text format of Prometheus

        Of all worker processes together. On the port for probes nobody needs a key for them.
        """
        registry = meters.collected()
        registry.register(stored)
        registry.register(of_connectors)
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    return metrics


def measure_requests(app: Flask, meters: Meters) -> None:
    """From here on every request is measured."""

    def end(response: Response) -> Response:
        meters.requests.labels(operation(), str(response.status_code)).observe(seconds_taken())
        return response

    app.after_request(end)
