"""A body that is read several times: a large one lies on the disk and not in memory."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

IN_MEMORY = 1 << 20


@contextmanager
def spooled(stream: Any) -> Iterator[BinaryIO]:
    """All that the stream has; raises whatever reading it raises."""
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as body:
        shutil.copyfileobj(stream, body)
        body.seek(0)
        yield body  # type: ignore[misc]  # what typeshed calls a file of its own


def again(body: BinaryIO) -> Any:
    """A view of the body from its beginning, which can be closed without it."""
    body.seek(0)
    return _Unclosed(body)


class _Unclosed:
    def __init__(self, body: BinaryIO) -> None:
        self._body = body

    def __getattr__(self, name: str) -> Any:
        return getattr(self._body, name)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self._body.seek(0)

    def __iter__(self) -> Any:
        return iter(self._body)

    def close(self) -> None:
        pass
