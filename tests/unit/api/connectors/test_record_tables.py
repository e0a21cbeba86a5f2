"""Tables of the record that is sent: of its lists, and of lists in them."""

from api.connectors.language.connector import Lookup
from api.connectors.sending.record_tables import RecordTables

RECORD = {
    "id": "the record",
    "orders": [
        {"id": 1, "lines": [{"sku": "A", "line": 11}, {"sku": "B"}]},
        {"id": 2, "lines": [{"sku": "C", "line": 13}]},
        {"id": 3},
    ],
}


def table(**options):
    tables = RecordTables({"t": Lookup(at=(), rows="orders", **options)}, {"other": {"x": "y"}})
    tables.show(RECORD)
    assert tables.tables["other"] == {"x": "y"}
    return tables.tables["t"]


def test_rows_that_have_both_a_key_and_a_value_are_in_it_with_their_types():
    assert table(key="id", value="lines[0].line") == {"1": 11, "2": 13}


def test_of_lists_in_them_a_path_may_be_about_the_row_around():
    assert table(each="lines", key="sku", value="/id") == {"A": 1, "B": 1, "C": 2}
    assert table(each="lines", key="sku", value="line") == {"A": 11, "C": 13}


def test_the_table_is_that_of_the_record_that_was_shown_last():
    tables = RecordTables({"t": Lookup(at=(), rows="orders", key="id", value="id")}, {})
    tables.show(RECORD)
    tables.show({"orders": None})
    assert tables.tables["t"] == {}
