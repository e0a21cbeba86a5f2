"""Lookup tables stand in the connector's file, or in a CSV beside it whose mistakes are told by line."""

import pytest

from api.connectors.fields.tables import read_tables
from api.connectors.language.connector import Lookup
from engine.errors import InputInvalid

FILES = {
    "good.csv": "theirs;ours\nÉ1;A\nÉ2 ; B\nÉ1;A\n".encode("cp1252"),
    "bad.csv": b"theirs,ours\n1,A\n1,B\n2,\n3\n",
    "other.csv": b"x,ours\n1,A\n",
}


def read(**lookups):
    return read_tables(lookups, FILES.__getitem__)


def test_a_table_is_read_from_the_file_or_from_beside_it():
    tables = read(a=Lookup(at=(), entries={"12": "PAR"}), b=Lookup(at=(), file="good.csv", key="theirs", value="ours"))
    assert tables == {"a": {"12": "PAR"}, "b": {"É1": "A", "É2": "B"}}


def test_every_mistake_in_a_table_is_told():
    with pytest.raises(InputInvalid) as error:
        read(
            a=Lookup(at=(), file="bad.csv", key="theirs", value="ours"),
            b=Lookup(at=(), file="other.csv", key="theirs", value="ours"),
        )
    assert [str(mistake) for mistake in error.value.mistakes] == [
        "bad.csv: line 3: theirs: '1' was 'A' above, and is 'B' here",
        "bad.csv: line 4: ours: this cell is empty",
        "bad.csv: line 5: there are 1 cells, and 2 columns",
        "other.csv: line 2: theirs: this column is missing",
    ]
