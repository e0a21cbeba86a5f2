"""Runs a test of a connector that sends: what is written of sample records, and how it differs."""

import datetime
import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from api.connectors.formats.json_value import BadJson, decode
from api.connectors.language.connector import Connector
from api.connectors.running.problems import Problem
from api.connectors.sending.opening import open_renderer
from api.connectors.sending.outgoing import OutgoingMessage
from api.connectors.sending.rendering import CannotBeWritten
from engine.errors import InputInvalid, Mistake

_NUMBER = 1
"""Of the message of a test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a connector writes of records; nothing is sent. `message` is None if no record is left for it."""

    message: OutgoingMessage | None
    bad: Sequence[Problem]
    skipped: int

    @property
    def text(self) -> str:
        """Empty if there is no message; letters that are none are shown as such."""
        return "" if self.message is None else self.message.body.decode(errors="backslashreplace")


def written_of(connector: Connector, content: bytes, *, at: int) -> Written:
    """What the connector writes of the records in a sample, JSON or NDJSON, as message 1 of that instant. Raises
    InputInvalid.
    """
    records = _records(content)
    renderer = open_renderer(connector)
    wanted = renderer.wanted(records)
    try:
        rendered = renderer.render(wanted, number=_NUMBER, at=datetime.datetime.fromtimestamp(at, tz=datetime.UTC))
    except CannotBeWritten as error:
        raise InputInvalid([Mistake(field="", message=str(error))]) from None
    numbers = {id(record): number for number, record in enumerate(records, start=1)}
    bad = [
        Problem(row=numbers[id(item.record)], place=f"record {numbers[id(item.record)]}", path="", message=text)
        for item in rendered.bad
        for text in item.problems
    ]
    return Written(message=rendered.message, bad=bad, skipped=len(records) - len(wanted))


def differences_of(written: Written, connector: Connector, expect: Mapping[str, Any]) -> Iterator[str]:
    """What is not as `expect` says, but for its `bad` rows."""
    for key in ("rows", "count"):
        if key in expect:
            yield f"'{key}' is about what is read; say what is written, as 'text'"
    if "text" not in expect and "bad" not in expect:
        yield f"say what is written, as 'text'; it is: {written.text}"
    name = "" if written.message is None else written.message.name
    if "file" in expect and expect["file"] != name:
        yield f"the name '{expect['file']}' is expected; it is '{name}'"
    if "skipped" in expect and expect["skipped"] != written.skipped:
        yield f"{expect['skipped']} records are expected to be skipped by 'when'; {written.skipped} are"
    if "text" not in expect:
        return
    asked, made = (_lines(text, connector.format.format) for text in (expect["text"], written.text))
    for line in difflib.ndiff(asked, made):
        if line.startswith("- "):
            yield f"expected: {line[2:]}"
        elif line.startswith("+ "):
            yield f"written:  {line[2:]}"


def _records(content: bytes) -> list[Any]:
    text = content.decode(errors="replace")
    try:
        value = decode(text)
    except BadJson:
        value = [_record(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    records = value if isinstance(value, list) else [value]
    for number, record in enumerate(records, start=1):
        if not isinstance(record, dict):
            raise InputInvalid([Mistake(where=f"record {number}", field="", message="this is no object")])
    return records


def _record(number: int, line: str) -> Any:
    try:
        return decode(line)
    except BadJson as error:
        message = f"a sample of what is sent is JSON, or an object a line: {error}"
        raise InputInvalid([Mistake(where=f"line {number}", field="", message=message)]) from None


def _lines(text: str, form: str) -> list[str]:
    """As a test compares them: JSON by its values, a segment of EDI a line, and whichever line ends."""
    match form:
        case "json":
            return _json_lines(text)
        case "edifact":
            return text.replace("\n", "").replace("'", "'\n").splitlines()
        case "x12":
            return text.replace("\n", "").replace("~", "~\n").splitlines()
    return [line.rstrip("\r") for line in text.splitlines()]


def _json_lines(text: str) -> list[str]:
    try:
        value = decode(text)
    except BadJson:
        return text.splitlines()
    return orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode().splitlines()
