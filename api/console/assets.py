"""The script and the style of the pages: built from `source` by `make assets`, and named by their content, so that
browsers may keep them for good.
"""

import functools
import json
from collections.abc import Mapping
from importlib import resources

from flask import Response, abort, request

_TYPES = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "svg": "image/svg+xml"}
_FOR_GOOD = "public, max-age=31536000, immutable"


def asset(name: str) -> str:
    """The address of a file by the name of its source, such as console.js."""
    return f"{request.script_root}/assets/{_names()[name]}"


def asset_answer(name: str) -> Response:
    """The file of that name, with its content's digest in it."""
    if name not in _names().values():
        abort(404)
    kind = _TYPES[name.rpartition(".")[2]]
    response = Response(_bytes(name), content_type=kind)
    response.headers["Cache-Control"] = _FOR_GOOD
    return response


@functools.cache
def _names() -> Mapping[str, str]:
    """By the name of its source, that of the built file."""
    names: Mapping[str, str] = json.loads(_bytes("names.json"))
    return names


@functools.cache
def _bytes(name: str) -> bytes:
    return resources.files("api.console").joinpath("assets", name).read_bytes()
