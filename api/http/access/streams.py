"""Answers that are streamed go on after their request was handled, perhaps in another thread: their parts are made by
the same caller, on the same network.
"""

import contextvars
from collections.abc import Iterable, Iterator

from flask import Response


def keep_caller(response: Response) -> Response:
    """The response, whose parts know who the caller of this request is."""
    if response.is_streamed:
        response.response = _InContext(response.response)
    return response


class _InContext(Iterator[bytes]):
    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = iter(parts)
        self._close = getattr(parts, "close", None)
        self._context = contextvars.copy_context()

    def __next__(self) -> bytes:
        return self._context.run(next, self._parts)

    def close(self) -> None:
        if self._close is not None:
            self._context.run(self._close)
