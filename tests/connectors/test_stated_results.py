"""Whatever comes, each connector that reads does what is stated of it: by being in connectors/, it is tested."""

import datetime
import gc
import io
import re
from pathlib import Path

import pytest

from api.connectors.language.kinds import INBOUND
from api.connectors.running.opening import open_reader
from api.connectors.sources.message import Message
from api.connectors.testing.runner import made_of
from tests.connectors.test_shipped import CONNECTORS, TESTS
from tests.support.connector_results import AFTERWARDS, CASES, World, said
from tests.support.facts import NOW
from tests.support.sample_parts import parts_of

PAGE = Path(__file__).parents[2] / "docs" / "connector-results.md"
READING = {
    connector.name: test
    for connector, test in reversed(TESTS)
    if connector.reads is not None and not INBOUND[connector.kind].question
}
"""Of each that takes something over, its first test."""
LONG_AGO = 1_577_836_800
"""1 January 2020: before any sample."""
MANY, EARLY, LATE = 200, 40, 140
A_PART = 200
"""Objects that a part of a file may be: fewer than its rows."""
WORDS_OF_THE_PAGE = ("sample", *AFTERWARDS, *CASES)
CUTS = 10
"""Places at which each sample is cut."""


def instant_of(row):
    """When what the row says was so; of what has no instant, or may come years later, when all samples were."""
    at = row.get("at")
    return NOW if at is None else int(datetime.datetime.fromisoformat(at).timestamp())


@pytest.fixture
def worlds(bare, clock, tmp_path):
    """Makes a network anew, as it was before the samples; the day after them, they come."""

    def made(name):
        bare.forget()
        clock.now = LONG_AGO if CONNECTORS[name].kind == "counts" else NOW - 2 * 86_400
        world = World(bare, tmp_path, CONNECTORS[name], READING[name])
        clock.now = 86_400 + max(map(instant_of, world.rows), default=NOW)
        return world

    return made


def stated(name):
    """The row of the page, by the words above it."""
    row = re.search(rf"^\| `{re.escape(name)}` \|(.+)\|$", PAGE.read_text(), re.MULTILINE)
    return dict(zip(WORDS_OF_THE_PAGE, (cell.strip() for cell in row[1].split("|")), strict=True)) if row else {}


@pytest.mark.parametrize("name", sorted(READING))
def test_each_does_with_each_message_what_is_stated(worlds, name):
    world = worlds(name)
    reports = {"sample": world.take(world.sample)}
    after_sample = world.state()
    reports["again"] = world.take(world.sample)
    assert (reports["again"].endings["applied"], world.state()) == (0, after_sample)
    reports["a day older"] = world.take(AFTERWARDS["a day older"](world))
    if world.connector.kind in ("counts", "receipts"):
        assert world.state() == after_sample
    for case, change in CASES.items():
        world = worlds(name)
        reports[case] = world.take(change(world))
        if case == "in reverse":
            assert world.state() == after_sample
    assert all((report.kept is not None) is bool(report.endings["bad"]) for report in reports.values())
    assert {case: said(report) for case, report in reports.items()} == stated(name), f"docs/{PAGE.name} says otherwise"


@pytest.mark.parametrize("name", sorted(READING))
def test_wherever_a_message_is_cut_nothing_is_read_that_was_not_written(name):
    connector, test = CONNECTORS[name], READING[name]
    content = test.content.rstrip()

    def rows_of(text):
        read = made_of(connector, text, name="a", received_at=test.received_at, headers=test.headers)
        return read.rows, read.bad

    whole, _ = rows_of(content)
    has_end = connector.format.format not in ("csv", "ndjson", "fixed")
    for place in range(0, len(content), max(1, len(content) // CUTS)):
        rows, bad = rows_of(content[:place])
        sure = rows if has_end else rows[:-1]  # what has no end of its own may be cut within its last number
        assert sure == whole[: len(sure)], place
        assert bad or not has_end, place


@pytest.mark.parametrize("name", sorted(READING))
def test_however_many_rows_a_message_has_they_are_not_held(name):
    connector, test, counts = CONNECTORS[name], READING[name], {}
    content = parts_of(connector, test.content).many(MANY)
    message = Message(
        id="a", name="a", received_at=test.received_at, open=lambda: io.BytesIO(content), headers=test.headers
    )
    gc.freeze()  # what is there already is not counted
    with open_reader(connector).reading(message) as items:
        for number, _ in enumerate(items):
            if number in (EARLY, LATE):
                gc.collect()
                counts[number] = len(gc.get_objects())
    assert counts[LATE] - counts[EARLY] < A_PART


def test_the_page_has_these_connectors_alone():
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|", PAGE.read_text(), re.MULTILINE)) == set(READING)
