"""Where a request comes from: the address that the log has of its author."""

import ipaddress

from flask import Request


def origin_of(request: Request, *, proxied: bool) -> str:
    """The address that called; behind a proxy (`proxied`) the one that called the proxy, which is the last one in
    X-Forwarded-For: whoever calls can write those before it. Empty if it is not known.
    """
    peer = request.remote_addr or ""
    if not proxied:
        return peer
    last = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return _address(last) or peer


def _address(text: str) -> str:
    """The IP address of `text`, which may have a port behind it; empty if it is none."""
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ""
