"""Addresses that a form names: only those of the console are gone to."""

import re
from urllib.parse import urlsplit

from flask import Request

_OWN = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")
"""A path without a host: no second slash at its start, no backslash, which browsers read as a slash, no blank."""


def own_address(request: Request, path: str) -> str:
    """The address of a page of the console, by its path below the console's own; the first page for anything else."""
    return f"{request.script_root}{path if _OWN.fullmatch(path) else '/'}"


def is_of_this_site(request: Request) -> bool:
    """Whether the form stood on a page of this very site, as the browser says (Fetch Metadata, or else Origin)."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host
