"""The body of a request as lines of JSON, read piece by piece, so that it may be larger than any other; and the answer
to it, a line for each.
"""

import contextlib
import io
import itertools
import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Generic, Protocol, TypeVar

from flask import Response, request
from marshmallow import ValidationError

from api.http.blueprint import NDJSON
from api.http.problems import problem
from api.http.serving.ending import Ending
from api.shapes.mistakes import mistakes_of
from api.shapes.quantities import encode
from api.shapes.strict_json import NotJson, read_json
from engine.decide.order_record import Record
from engine.errors import Mistake, PointsmanError, StoreUnavailable

LINES_AT_ONCE = 200
"""Read, stored and answered together. No more of the body than this is in memory, however large it is."""

logger = logging.getLogger("pointsman.api")

_T = TypeVar("_T")


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


def not_ndjson(what: str, types: Sequence[str] = (NDJSON,)) -> Response:
    """The answer to a request whose body is of none of the types; `what` is what stands on each line."""
    detail = f"send {what} a line, with the header Content-Type: {' or '.join(types)}"
    return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLine(Generic[_T]):
    """A line by its number: the `value` on it, or the `message` that says what is wrong with it; and its `name`, such
    as an id or a SKU, if one can be read.
    """

    number: int
    name: str | None = None
    value: _T | None = None
    message: str = ""


def read_lines(
    body: Iterable[tuple[int, bytes]], load: Callable[[Any], _T], *, name: str, most_bytes: int
) -> Iterator[BodyLine[_T]]:
    """Each line, as `load` reads its JSON, which raises ValidationError; its name is in the field `name`. If the caller
    is gone in the middle of its body, it will send the lines again that were not answered.
    """
    with contextlib.suppress(OSError):
        for number, text in body:
            yield _read_line(number, text, load, name=name, most_bytes=most_bytes)


def _read_line(number: int, text: bytes, load: Callable[[Any], _T], *, name: str, most_bytes: int) -> BodyLine[_T]:
    if len(text) > most_bytes:
        return BodyLine(number=number, message=f"the line is longer than {most_bytes} bytes")
    try:
        raw = read_json(text)
    except NotJson as error:
        return BodyLine(number=number, message=f"this {error}")
    named = raw.get(name) if isinstance(raw, dict) else None
    named = named if isinstance(named, str) else None
    try:
        return BodyLine(number=number, name=named, value=load(raw))
    except ValidationError as error:
        return BodyLine(number=number, name=named, message=joined(mistakes_of(error.messages)))


def joined(mistakes: Iterable[Mistake]) -> str:
    """All that is wrong with a line, in one message."""
    return "; ".join(map(str, mistakes))


def answer_lines(
    lines: Iterator[BodyLine[_T]],
    answers: Callable[[Sequence[BodyLine[_T]]], Iterable[Record]],
    stopped: Callable[[BodyLine[_T], str], Record],
    *,
    subject: str,
) -> Iterator[bytes]:
    """The `answers` to a body's lines, LINES_AT_ONCE of them at a time. What fails after some were answered is said by
    the line `stopped`, the last: of that line and those after it nothing was done. So does an answer that has to end
    before its body does.
    """
    ending = Ending.of_request()
    answered = last = 0
    while not ending.reason and (batch := list(itertools.islice(lines, LINES_AT_ONCE))):
        try:
            yield b"".join(encode(record) + b"\n" for record in answers(batch))
        except PointsmanError as error:
            if not answered:
                raise
            logger.error("%s stopped: %s", subject, error)  # noqa: TRY400  # ours: no traceback is needed
            yield (
                encode(stopped(batch[0], error.message if isinstance(error, StoreUnavailable) else str(error))) + b"\n"
            )
            return
        answered, last = answered + len(batch), batch[-1].number
    if ending.reason:
        yield encode(stopped(BodyLine(number=last + 1), ending.reason)) + b"\n"


def streamed(answers: Iterator[bytes]) -> Response:
    """Lines that are answered while the next are read: a caller reads while it writes."""
    # a failure before the first answer can still be a problem with a status of its own
    first = next(answers, b"")
    return Response(itertools.chain([first], answers), content_type=NDJSON)
