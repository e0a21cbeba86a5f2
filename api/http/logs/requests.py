"""Each request has an id, is answered with it, and is logged once it is answered."""

import logging
import re
import uuid

from flask import Flask, Response, g, request

from api.http.each_request.measure import operation, seconds_taken
from engine.actor import begin_request, request_id
from engine.service import Pointsman

HEADER = "X-Request-Id"
_ID = re.compile(r"[A-Za-z0-9._:+/=@-]{1,128}")
_QUIET = frozenset({"system.health", "system.ready", "metrics.numbers"})
"""Asked for all the time, and of interest only if they fail."""
_FAILED = 500

logger = logging.getLogger("pointsman.requests")


def log_requests(app: Flask, pointsman: Pointsman) -> None:
    """From here on requests have ids and are logged. `pointsman` is that of the request's network. Register it before
    whatever may refuse a request.
    """

    def begin() -> None:
        # a word that could be no id, or garble a log, is left out; nobody is refused for it
        given = request.headers.get(HEADER, "")
        begin_request(given if _ID.fullmatch(given) else uuid.uuid4().hex)

    def end(response: Response) -> Response:
        response.headers[HEADER] = request_id()
        if request.endpoint not in _QUIET or response.status_code >= _FAILED:
            logger.info("request", extra=_described(response) | {"network": pointsman.settings.network})
        return response

    app.before_request(begin)
    app.after_request(end)


def log_order(order: str) -> None:
    """The request is about this order."""
    g.log_order = order


def _described(response: Response) -> dict[str, object]:
    arguments = request.view_args or {}
    described = {
        "method": request.method,
        "operation": operation(),
        "status": response.status_code,
        "milliseconds": round(seconds_taken() * 1_000, 1),
    }
    order = g.get("log_order") or arguments.get("order_id")
    return described | ({"order": order} if order else {})
