"""The Flask application, with orjson and without support for coroutines."""

from collections.abc import Callable
from typing import Any

import orjson
from flask import Flask
from flask.json.provider import JSONProvider


class OrjsonProvider(JSONProvider):
    """JSON that is strict about text: lone surrogates, NaN and trailing commas are refused."""

    def dumps(self, obj: Any, **_: Any) -> str:
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return orjson.loads(s)


class ApiApplication(Flask):
    json_provider_class = OrjsonProvider

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself: Flask looks at each, at each request, whether it is a coroutine, and none is."""
        return func
