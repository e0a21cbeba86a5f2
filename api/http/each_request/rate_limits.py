"""How many requests a caller may make in a time (POINTSMAN_RATE_LIMIT), with the header fields of the IETF draft
draft-ietf-httpapi-ratelimit-headers. Counted by flask-limiter, in the server that all workers share.
"""

import math
from http import HTTPStatus
from typing import Any, ClassVar

from flask import Flask, Response, g, request
from flask_limiter import Limiter, RateLimitExceeded
from limits.storage import Storage

from api.http.access.caller import caller
from api.http.access.networks import CurrentPointsman
from api.http.access.within import caller_within
from api.http.problems import problem
from engine.errors import StoreUnavailable
from engine.rate_limit import RateLimit

_POLICY = '"caller"'
_SCHEME = "pointsman"


class SharedCounts(Storage):
    """The storage of flask-limiter: what it counts is in the network that the running request is about. One round trip
    counts a request and says when its period ends.
    """

    STORAGE_SCHEME: ClassVar = [_SCHEME]

    def __init__(self, _: str = "", *, pointsman: CurrentPointsman, **options: Any) -> None:
        super().__init__(**options)
        self._pointsman = pointsman

    @property
    def base_exceptions(self) -> type[Exception]:
        return StoreUnavailable

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        count, milliseconds = self._pointsman.request_counts.add(key, seconds=expiry, requests=amount)
        g.counted_requests = (count, math.ceil(milliseconds / 1_000))
        return count

    def get(self, _: str) -> int:
        raise NotImplementedError

    def get_expiry(self, _: str) -> float:
        raise NotImplementedError

    def check(self) -> bool:
        return True

    def reset(self) -> int | None:
        raise NotImplementedError

    def clear(self, _: str) -> None:
        raise NotImplementedError


def limit_requests(app: Flask, pointsman: CurrentPointsman, limit: RateLimit) -> None:
    """From here on, refuse what a caller asks beyond the limit. What is open to all, such as probes, has none, nor have
    the pages of the console. The caller must be known by then.
    """
    limiter = Limiter(
        lambda: caller().name,
        application_limits=[f"{limit.requests} per {limit.seconds} second"],
        storage_uri=f"{_SCHEME}://",
        storage_options={"pointsman": pointsman},  # type: ignore[dict-item]  # what SharedCounts takes
        strategy="fixed-window",
    )
    limiter.request_filter(lambda: not caller().name or _is_read_of_console())
    limiter.init_app(app)

    def refuse(_: RateLimitExceeded) -> Response:
        detail = f"'{caller().name}' has made {limit.requests} requests in {limit.seconds} seconds, the most it may"
        response = problem(HTTPStatus.TOO_MANY_REQUESTS, "rate-limited", detail)
        response.headers["Retry-After"] = str(g.counted_requests[1])
        return response

    def state(response: Response) -> Response:
        if "counted_requests" in g:
            count, seconds = g.counted_requests
            response.headers["RateLimit-Policy"] = f"{_POLICY};q={limit.requests};w={limit.seconds}"
            response.headers["RateLimit"] = f"{_POLICY};r={max(0, limit.requests - count)};t={seconds}"
        return response

    app.register_error_handler(RateLimitExceeded, refuse)
    app.after_request(state)


def _is_read_of_console() -> bool:
    """Whether a page of the console asks, of which there are several for each page, and more while it updates itself:
    they are no requests of a program. What a button does is one, as over HTTP.
    """
    return request.method == "GET" and caller_within(request.environ) is not None
