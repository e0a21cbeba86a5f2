"""How often an address may ask for what is open to all. All workers count together, in the server."""

import math

from flask import Request

from api.http.access.failed_attempts import one_caller
from api.http.access.origin import origin_of
from engine.rate_limit import RateLimit
from engine.store.requests.request_counts import RequestCounts


class AddressLimit:
    """Of requests that go by `name`. `proxied` as for FailedAttempts."""

    def __init__(self, counts: RequestCounts, limit: RateLimit, *, name: str, proxied: bool) -> None:
        self._counts = counts
        self._limit = limit
        self._name = name
        self._proxied = proxied

    def seconds_to_wait(self, request: Request) -> int:
        """Count a request; 0 if its address may ask it, else in how many seconds it may ask again. Raises
        StoreUnavailable.
        """
        address = one_caller(origin_of(request, proxied=self._proxied))
        count, milliseconds = self._counts.add(f"{self._name} {address}", seconds=self._limit.seconds)
        return math.ceil(milliseconds / 1_000) if count > self._limit.requests else 0
