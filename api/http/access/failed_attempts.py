"""How many requests without a valid key an address may send in a time (POINTSMAN_FAILED_KEYS), so that keys can't be
guessed by the million, and guesses don't keep the store busy.

All workers count together, in the server. Beyond the limit, what comes from the address is refused without being looked
at, until the period is over; keys that this worker has found to be valid before are taken all the same, so that nobody
can shut out those who call from the same address.
"""

import hashlib
import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

from flask import Flask, Request, Response, g

from api.http.access.origin import origin_of
from engine.errors import StoreUnavailable, TooManyFailedKeys
from engine.rate_limit import RateLimit
from engine.store.requests.request_counts import RequestCounts

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

_POLICY = '"address"'
_MOST_REMEMBERED = 4_096
_IPV6_BITS = 64
"""Whoever has an address of IPv6 has at least so many more (RFC 6177): they count as one."""


class FailedAttempts:
    """`proxied`: the address is the last that X-Forwarded-For names, which is the one that the proxy saw. `elapsed`
    answers seconds of a clock that is never set.
    """

    def __init__(
        self,
        counts: RequestCounts,
        limit: RateLimit,
        *,
        proxied: bool,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._counts = counts
        self._limit = limit
        self._proxied = proxied
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._refused_until: OrderedDict[str, float] = OrderedDict()
        self._valid: OrderedDict[bytes, None] = OrderedDict()
        """Digests of the headers Authorization that were valid."""

    def verify_may_try(self, request: Request) -> None:
        """Raise TooManyFailedKeys if its address has sent too many, and its key was not valid before."""
        if not self._refused_until:  # as it mostly is
            return
        address = self._address_of(request)
        with self._lock:
            left = self._refused_until.get(address, 0.0) - self._elapsed()
            if left <= 0:
                self._refused_until.pop(address, None)
            elif _digest(request) not in self._valid:
                g.failed_attempts = (self._limit.requests + 1, math.ceil(left))
                raise self._too_many(math.ceil(left))

    def note_valid(self, request: Request) -> None:
        """Remember that the request's key was valid."""
        digest = _digest(request)
        if digest not in self._valid:
            with self._lock:
                _remember(self._valid, digest, None)

    def note_failure(self, request: Request) -> None:
        """Count a request without a valid key. Raises TooManyFailedKeys if it was one too many."""
        address = self._address_of(request)
        try:
            count, milliseconds = self._counts.add(f"address {address}", seconds=self._limit.seconds)
        except StoreUnavailable:
            return  # it is refused for its key, and no key can be found either
        seconds = math.ceil(milliseconds / 1_000)
        g.failed_attempts = (count, seconds)
        if count > self._limit.requests:
            with self._lock:
                _remember(self._refused_until, address, self._elapsed() + milliseconds / 1_000)
            raise self._too_many(seconds)

    def tell_callers(self, app: Flask) -> None:
        """From here on, answers to requests without a valid key say how many more the address may send."""

        def state(response: Response) -> Response:
            if "failed_attempts" in g:
                count, seconds = g.failed_attempts
                response.headers["RateLimit-Policy"] = f"{_POLICY};q={self._limit.requests};w={self._limit.seconds}"
                response.headers["RateLimit"] = f"{_POLICY};r={max(0, self._limit.requests - count)};t={seconds}"
            return response

        app.after_request(state)

    def _address_of(self, request: Request) -> str:
        return one_caller(origin_of(request, proxied=self._proxied))

    def _too_many(self, seconds: int) -> TooManyFailedKeys:
        most, period = self._limit.requests, self._limit.seconds
        return TooManyFailedKeys(
            f"your address has sent more than {most} requests without a valid key in {period} seconds; what it sends in"
            f" the next {seconds} seconds is not looked at",
            retry_after=seconds,
        )


def one_caller(address: str) -> str:
    """The address, or the network of IPv6 that is one caller's; empty if it is none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.IPv6Network((parsed, _IPV6_BITS), strict=False))
    return str(parsed)


def _digest(request: Request) -> bytes:
    return hashlib.sha256(request.headers.get("Authorization", "").encode()).digest()


def _remember(memory: OrderedDict[_Key, _Value], key: _Key, value: _Value) -> None:
    """The newest are remembered."""
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > _MOST_REMEMBERED:
        memory.popitem(last=False)
