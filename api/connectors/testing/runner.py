"""Runs a test of a connector: what is made of the sample, and how that differs from what is expected."""

import io
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.connectors.applying.offline import mistakes_offline
from api.connectors.language.connector import Connector
from api.connectors.running.opening import open_reader
from api.connectors.running.problems import Problem
from api.connectors.running.reading import ReadRow, SkippedRow
from api.connectors.sources.message import Message
from api.connectors.testing.comparison import MOST_TOLD, TestResult, flat, shown
from api.connectors.testing.connector_test import ConnectorTest
from api.connectors.testing.outbound import run_outbound_test


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeOf:
    """What a connector makes of a message, without anything being taken over."""

    rows: Sequence[Mapping[str, Any]]
    bad: Sequence[Problem]
    skipped: int


def run_connector_test(connector: Connector, test: ConnectorTest) -> TestResult:
    """Raises InputInvalid if a table of the connector is wrong."""
    if connector.sends is not None:
        return run_outbound_test(connector, test)
    made = made_of(connector, test.content, name=test.message, received_at=test.received_at, headers=test.headers)
    differences = itertools.islice(_differences(made, test.expect), MOST_TOLD)
    return TestResult(test=test, differences=tuple(differences))


def made_of(connector: Connector, content: bytes, *, name: str, received_at: int, headers: Mapping[str, str]) -> MadeOf:
    """What the connector makes of a message. Raises InputInvalid."""
    message = Message(
        id=name,
        name=name,
        received_at=received_at,
        open=lambda: io.BytesIO(content),
        headers=headers,
    )
    rows: list[Mapping[str, Any]] = []
    bad: list[Problem] = []
    skipped = 0
    with open_reader(connector).reading(message) as items:
        for item in items:
            match item:
                case SkippedRow():
                    skipped += 1
                case ReadRow():
                    mistakes = mistakes_offline(connector.kind, item.fields)
                    bad += Problem.of_mistakes(mistakes, row=item.number, place=item.place, raw=item.raw)
                    if not mistakes:
                        rows.append(item.fields)
                case _:
                    bad += [Problem.of_bad_row(each) for each in item]
    return MadeOf(rows=rows, bad=bad, skipped=skipped)


def _differences(made: MadeOf, expect: Mapping[str, Any]) -> Iterator[str]:
    if "rows" in expect:
        yield from _rows(made.rows, expect["rows"])
    if "count" in expect and expect["count"] != len(made.rows):
        yield f"{expect['count']} rows are expected; there are {len(made.rows)}"
    if "skipped" in expect and expect["skipped"] != made.skipped:
        yield f"{expect['skipped']} rows are expected to be skipped by 'when'; {made.skipped} are"
    yield from _bad(made.bad, expect.get("bad", ()))


def _rows(rows: Sequence[Mapping[str, Any]], expected: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for number, (row, wanted) in enumerate(zip(rows, expected, strict=False), start=1):
        for path in dict.fromkeys((*(found := flat(row)), *(asked := flat(wanted)))):
            if found.get(path) != asked.get(path):
                yield f"row {number}: {path}: expected {shown(asked, path)}, made {shown(found, path)}"
    if len(rows) != len(expected):
        yield f"{len(expected)} rows are expected; there are {len(rows)}"


def _bad(bad: Sequence[Problem], expected: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for problem, wanted in zip(bad, expected, strict=False):
        agrees = (
            wanted.get("row", problem.row) == problem.row
            and wanted.get("path", problem.path) == problem.path
            and wanted.get("message", "") in problem.message
        )
        if not agrees:
            asked = ", ".join(f"{key} {value}" for key, value in wanted.items())
            yield f"a bad row is expected ({asked}), and this one is: {problem}"
    for problem in bad[len(expected) :]:
        yield f"no such bad row is expected: {problem}"
    for wanted in expected[len(bad) :]:
        yield "a bad row is expected, and there is none: " + ", ".join(
            f"{key} {value}" for key, value in wanted.items()
        )
