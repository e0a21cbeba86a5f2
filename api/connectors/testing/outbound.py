"""Runs a test of a connector that sends: what is written of sample records, and how that differs from what is asked."""

import datetime
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from api.connectors.language.connector import Connector
from api.connectors.sending.opening import open_asking, open_renderer
from api.connectors.sending.rendering import Rendered
from api.connectors.testing.comparison import MOST_TOLD, TestResult, values_differ
from api.connectors.testing.connector_test import ConnectorTest
from engine.errors import InputInvalid, Mistake

_SEGMENTS = {"edifact": re.compile(rb"(?:\?.|[^?'])*'", re.DOTALL), "x12": re.compile(rb"[^~]*~")}
"""A whole segment; of EDIFACT, what ? releases ends none."""
_FIRST = 1
"""The number that the message of a test has."""


def run_outbound_test(connector: Connector, test: ConnectorTest) -> TestResult:
    """Raises InputInvalid if a table of the connector, or the sample, is wrong; CannotBeWritten."""
    where = f"{test.file}:{test.line}"
    records = _records(test.content, where)
    question, answer = None, None if test.answer is None else _json(test.answer, where, "answer")
    if connector.sends is not None and connector.sends.ask is not None:
        if answer is None:
            raise InputInvalid([Mistake(where=where, field="answer", message="write the file of what is answered")])
        question, known = _asked(connector, records, answer, at=test.received_at)
        wanted, rendered = rendered_of(connector, known, at=test.received_at)
    else:
        wanted, rendered = rendered_of(connector, records, at=test.received_at)
    body = rendered.message.body if rendered.message else b""
    name = rendered.message.name if rendered.message else ""
    bad = [text for item in rendered.bad for text in item.problems]
    if connector.format.format in _SEGMENTS:
        body = segment_lines(connector, body)
        test = replace(test, expect={**test.expect, **_expected_segments(connector, test.expect)})
    if connector.format.format == "json" and "content" in test.expect:
        body, test = _spread(body), replace(test, expect={**test.expect, "content": _spread(test.expect["content"])})
    address = rendered.message.url if rendered.message else {}
    differences = itertools.chain(
        _differences(test.expect, body, name, bad, skipped=len(records) - len(wanted)),
        values_differ(test.expect.get("asked"), question, "asked"),
        values_differ(test.expect.get("address"), address, "the address"),
    )
    return TestResult(test=test, differences=tuple(itertools.islice(differences, MOST_TOLD)))


def written_of(connector: Connector, content: bytes, *, where: str, at: int) -> bytes:
    """What the connector writes of sample records, a segment of EDI a line. Raises InputInvalid, CannotBeWritten."""
    _, rendered = rendered_of(connector, _records(content, where), at=at)
    body = rendered.message.body if rendered.message else b""
    return segment_lines(connector, body)


def rendered_of(connector: Connector, records: list[Any], *, at: int) -> tuple[list[Any], Rendered]:
    """The records that count, and what is written of them."""
    renderer = open_renderer(connector)
    wanted = renderer.wanted(records)
    return wanted, renderer.render(wanted, number=_FIRST, at=datetime.datetime.fromtimestamp(at, tz=datetime.UTC))


def segment_lines(connector: Connector, body: bytes) -> bytes:
    """Of EDI, each segment on a line of its own, as people read it."""
    segment = _SEGMENTS.get(connector.format.format)
    return body if segment is None else segment.sub(rb"\g<0>\n", body.replace(b"\r", b"").replace(b"\n", b""))


def _asked(connector: Connector, records: list[Any], answer: Any, *, at: int) -> tuple[Any, list[Any]]:
    """What is asked of the records that count, and these with the answer, without those that were sent before."""
    renderer, asking = open_renderer(connector), open_asking(connector, lambda _: "")
    wanted = renderer.wanted(records)
    if asking is None or not wanted:
        return None, []
    words = renderer.words(wanted, number=_FIRST, at=datetime.datetime.fromtimestamp(at, tz=datetime.UTC))
    return asking.question(wanted, words), asking.with_answer(wanted, answer)


def _spread(body: bytes) -> bytes:
    """JSON over many lines, as people read and compare it; anything else as it is."""
    try:
        return json.dumps(json.loads(body), indent=2, sort_keys=True, ensure_ascii=False).encode()
    except ValueError:
        return body


def _expected_segments(connector: Connector, expect: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"content": segment_lines(connector, expect["content"])} if "content" in expect else {}


def _records(content: bytes, where: str) -> list[Any]:
    """A JSON list of records, or one of them."""
    read = _json(content, where, "sample")
    return read if isinstance(read, list) else [read]


def _json(content: bytes, where: str, field: str) -> Any:
    try:
        return json.loads(content, parse_float=Decimal)
    except ValueError as error:
        raise InputInvalid([Mistake(where=where, field=field, message=str(error))]) from None


def _differences(expect: Mapping[str, Any], body: bytes, name: str, bad: list[str], *, skipped: int) -> Iterator[str]:
    if "content" in expect:
        yield from _lines(body, expect["content"])
    if "name" in expect and expect["name"] != name:
        yield f"the file is to be called '{expect['name']}', and is called '{name}'"
    if "skipped" in expect and expect["skipped"] != skipped:
        yield f"{expect['skipped']} records are expected to be skipped by 'when'; {skipped} are"
    wanted = expect.get("bad", ())
    for text, one in itertools.zip_longest(bad, wanted):
        if one is None:
            yield f"no such bad record is expected: {text}"
        elif text is None:
            yield f"a bad record is expected, and there is none: {one.get('message', '')}"
        elif one.get("message", "") not in text:
            yield f"a bad record is expected ({one['message']}), and this one is: {text}"


def _lines(body: bytes, expected: bytes) -> Iterator[str]:
    """Line by line, whatever ends them; then byte by byte."""
    made, asked = (_text(content).splitlines() for content in (body, expected))
    for number, (line, wanted) in enumerate(itertools.zip_longest(made, asked), start=1):
        if line != wanted:
            shown = ["nothing" if text is None else f"'{text}'" for text in (wanted, line)]
            yield f"line {number}: expected {shown[0]}, written {shown[1]}"
    if made == asked and body.replace(b"\r\n", b"\n").rstrip() != expected.replace(b"\r\n", b"\n").rstrip():
        yield "the lines are the same, and their encoding or their ends are not"


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
