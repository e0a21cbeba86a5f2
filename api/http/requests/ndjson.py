"""The body of a request as lines of JSON, read piece by piece, so that it may be larger than any other."""

import io
import itertools
import sys
from collections.abc import Iterator
from typing import Protocol

from flask import request

from api.http.blueprint import NDJSON


class Lines(Protocol):
    """A body, line by line."""

    def readline(self, size: int = -1, /) -> bytes: ...


class BodyTooLarge(Exception):
    """A body has more bytes than it may have in all."""


class NdjsonBody:
    """Iterates over the lines that are not blank, each with its number; of a line longer than `most_bytes` only the
    beginning. Raises OSError if the caller is gone in the middle of its body, and BodyTooLarge as soon as more than
    `most_in_all` bytes were read, blank lines and what is left out of long ones included.
    """

    def __init__(self, body: Lines, *, most_bytes: int, most_in_all: int = sys.maxsize) -> None:
        self._body = body
        self._most_bytes = most_bytes
        self._most_in_all = most_in_all
        self.bytes_read = 0

    @classmethod
    def of_request(cls, *, most_bytes: int, most_in_all: int = sys.maxsize) -> "NdjsonBody":
        request.max_content_length = sys.maxsize
        if request.environ.get("wsgi.input_terminated"):
            # gunicorn ends this stream where the body ends, and reads lines faster than the framework does
            return cls(request.environ["wsgi.input"], most_bytes=most_bytes, most_in_all=most_in_all)
        stream: Lines = io.BufferedReader(request.stream)  # type: ignore[arg-type, assignment]  # raw but in its type
        return cls(stream, most_bytes=most_bytes, most_in_all=most_in_all)

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        for number in itertools.count(1):
            line = tail = self._read(self._most_bytes + 1)
            while len(line) > self._most_bytes and tail and not tail.endswith(b"\n"):
                tail = self._read(self._most_bytes)
            if not line:
                return
            if line.strip():
                yield number, line

    def _read(self, size: int) -> bytes:
        read = self._body.readline(size)
        self.bytes_read += len(read)
        if self.bytes_read > self._most_in_all:
            raise BodyTooLarge
        return read


def is_ndjson() -> bool:
    """Whether the request says that its body is lines of JSON."""
    return request.mimetype == NDJSON
