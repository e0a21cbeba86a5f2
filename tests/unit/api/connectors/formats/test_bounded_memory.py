"""However long a file is, no more of it is held than a part: counted by the objects that there are, not by time."""

import gc
import io

import pytest

from api.connectors.fields.mapper import Mapper
from api.connectors.formats.format import Row
from api.connectors.formats.reading import read_rows
from tests.support import connector_rows

ROWS, EARLY, LATE = 3_000, 400, 2_990
A_PART = 2_000
"""Objects that a part of a file may be: fewer than its rows."""


@pytest.fixture(autouse=True)
def only_new_objects():
    """What was there before is not counted, which would take a while among all that a test run has loaded."""
    gc.collect()
    gc.freeze()


@pytest.mark.parametrize("form", connector_rows.OPTIONS)
def test_rows_that_were_read_are_not_held(form, monkeypatch):
    monkeypatch.setattr("api.connectors.formats.xml_format._CHUNK", 4_096)  # each element in a part is an object
    stream, options = io.BytesIO(connector_rows.content(form, ROWS)), connector_rows.OPTIONS[form]
    mapper, counts = Mapper(connector_rows.fields(form), options, {}), {}
    for number, row in enumerate(read_rows(stream, options)):
        assert isinstance(row, Row)
        expected = {"node": "lyon", "sku": f"A{number:07}", "on_hand": number, "at": connector_rows.AT}
        assert mapper.map(row, {}) == expected
        if number in (EARLY, LATE):
            gc.collect()
            counts[number] = len(gc.get_objects())
    assert number == ROWS - 1
    assert counts[LATE] - counts[EARLY] < A_PART
