"""Tests of connectors as they are read from `NAME_test.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.connectors.language.connector import Connector
from api.connectors.running.folder_of_connectors import TEST
from api.connectors.testing.shapes import ConnectorTestFileShape
from api.files.file_content import read_content
from api.files.policy_tests.shape_findings import load_shape
from engine.errors import InputInvalid
from rules.errors import PolicyInvalid
from rules.syntax.condition_parser import Notes
from rules.syntax.yaml_document import Path as Where
from rules.syntax.yaml_document import read

USUAL_INSTANT = 1_767_225_600
"""2026-01-01T00:00:00Z: when a sample came, unless its test says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorTest:
    """`content` is the sample's, `expect` what is to be made of it, as it was written; at `line` of `file`."""

    name: str
    file: str
    line: int
    content: bytes
    message: str
    received_at: int
    headers: Mapping[str, str]
    expect: Mapping[str, Any]
    answer: bytes | None = None
    """What the target answers when it is asked before something is sent."""


def file_of_tests(connector: Connector) -> Path:
    """The file beside the connector's that has its tests."""
    path = Path(connector.document.file)
    return path.with_name(path.stem + TEST)


def read_connector_tests(connector: Connector) -> list[ConnectorTest]:
    """The tests beside the connector's file; none if there is no such file. Raises PolicyInvalid with every mistake."""
    path = file_of_tests(connector)
    if not path.is_file():
        return []
    document = read(str(path), read_content(path))
    notes = Notes(document=document)
    values = load_shape(ConnectorTestFileShape(), document.root, (), notes)
    if values and values["connector"] != connector.name:
        message = f"this is the file of tests of '{connector.name}', as {Path(connector.document.file).name} says"
        notes.add(("connector",), "bad-value", message)
    tests = [_test(values_, index, notes, path) for index, values_ in enumerate(values.get("tests", ()))]
    if notes.findings:
        raise PolicyInvalid(notes.findings)
    return tests


def _test(values: Mapping[str, Any], index: int, notes: Notes, path: Path) -> ConnectorTest:
    where: Where = ("tests", index)
    sample = values.get("sample")
    content, message = values.get("text", "").encode(), "sample"
    if (sample is None) == ("text" not in values):
        notes.add(where, "missing-key", "write the sample here as 'text', or name its file as 'sample'; one of the two")
    elif sample is not None:
        content, message = _content(path.parent / sample, (*where, "sample"), notes), Path(sample).name
    answer = values.get("answer")
    line, _ = notes.document.values.get(where, (1, 1))
    return ConnectorTest(
        name=values["test"],
        file=str(path),
        line=line,
        content=content,
        message=values.get("file", message),
        received_at=values.get("received_at", USUAL_INSTANT),
        headers=values.get("headers", {}),
        expect=_expected(values["expect"], (*where, "expect"), notes, path),
        answer=None if answer is None else _content(path.parent / answer, (*where, "answer"), notes),
    )


def _expected(expect: dict[str, Any], where: Where, notes: Notes, path: Path) -> dict[str, Any]:
    """With the content that is to be written, where it is said here or in a file."""
    if "text" in expect and "file" in expect:
        notes.add(where, "unknown-key", "write what is expected here as 'text', or name its file; not both")
    if "file" in expect:
        return {**expect, "content": _content(path.parent / expect["file"], (*where, "file"), notes)}
    return {**expect, "content": expect["text"].encode()} if "text" in expect else expect


def _content(path: Path, where: Where, notes: Notes) -> bytes:
    try:
        return read_content(path)
    except InputInvalid as error:
        for mistake in error.mistakes:
            notes.add(where, "bad-value", str(mistake))
        return b""
