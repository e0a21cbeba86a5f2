"""Tables of a what-if for programs: stable columns, exact numbers, and no cell that a spreadsheet would run."""

import csv
import io
import re
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from msgspec import structs

from api.records.findings import FindingRecord
from api.records.whatif import RefusedDraftRecord
from api.reports.table_files import csv_bytes, parquet_bytes
from api.reports.whatif.tables import TableFile, tables
from rules.tables.formulas import guarded
from tests.support.naughty_strings import naughty_words
from tests.support.whatif_records import begun_again, protection_record, whatif_record

FORMULAS = ("=1+1", "+1-cmd|' /C calc'!A0", "@SUM(1)", "-2+3", "\t=1", "\uff1d1")


def rows_of(table):
    return list(csv.DictReader(io.StringIO(csv_bytes(table).decode(), newline="")))


def by_name(record):
    return {table.name: table for table in tables(record)}


@pytest.fixture(scope="module")
def record():
    made = begun_again(whatif_record(drafts=2, decisions=20))
    finding = FindingRecord(file="a.yaml", line=1, column=2, severity="error", code="x", message="y", meant=None)
    first, *others = made.drafts
    drafts = [structs.replace(first, protection=protection_record("shops/keep", "shops/idle")), *others]
    return structs.replace(made, drafts=drafts, refused=[RefusedDraftRecord(name="bad", findings=[finding])])


def test_every_table_has_rows_and_all_of_its_columns_in_each(record):
    for table in tables(record):
        assert table.rows, table.name
        assert {len(row) for row in table.rows} == {len(table.columns)}, table.name


def test_csv_has_the_numbers_of_the_record_to_the_last_decimal(record):
    (draft, _) = record.drafts
    figures = {row["figure"]: row for row in rows_of(by_name(record)["figures"]) if row["draft"] == draft.name}
    assert Decimal(figures["cost"]["baseline"]) * 10**6 == draft.total.baseline.cost_micros
    assert Decimal(figures["co2_kg"]["with_draft"]) * 10**6 == draft.total.draft.co2_mg
    assert figures["shipments"]["baseline"] == str(draft.total.baseline.shipments)
    assert Decimal(figures["cost"]["low"]) * 10**6 == draft.sure["cost_micros"].low
    assert figures["filled"]["low"] == ""
    causes = [row for row in rows_of(by_name(record)["causes"]) if row["draft"] == draft.name]
    assert sum(Decimal(row["cost"]) for row in causes) == Decimal(figures["cost"]["difference"])
    keep, idle = rows_of(by_name(record)["protection"])
    assert (keep["rule"], keep["month_cost"], keep["dearest_node"]) == ("shops/keep", "12.3", "paris")
    assert (idle["positions"], idle["month_cost"], idle["dearest_node"]) == ("0", "0", "")
    flows = [row for row in rows_of(by_name(record)["flows"]) if row["draft"] == draft.name]
    assert sum(int(row["shipments_draft"]) for row in flows) == draft.total.draft.shipments


def test_parquet_has_the_same_rows_with_their_types(record):
    for table in tables(record):
        read = pq.read_table(io.BytesIO(parquet_bytes(table)))
        assert read.schema.names == list(table.columns)
        kinds = {name: str(kind) for name, kind in zip(read.schema.names, read.schema.types, strict=True)}
        expected = {"text": "string", "whole": "int64", "decimal": "decimal128(38, 6)", "boolean": "bool"}
        assert kinds == {name: expected[kind] for name, kind in table.columns.items()}
        cells = [tuple(row.values()) for row in read.to_pylist()]
        assert [
            tuple(int(cell * 10**6) if isinstance(cell, Decimal) else cell for cell in row) for row in cells
        ] == list(table.rows)


def test_no_text_is_a_formula_in_a_spreadsheet_and_every_text_comes_back():
    words = [*FORMULAS, *naughty_words()]
    made = whatif_record(words, decisions=len(words))
    for table in tables(made):
        texts = [name for name, kind in table.columns.items() if kind == "text"]
        for row, read in zip(table.rows, rows_of(table), strict=True):
            written = dict(zip(table.columns, row, strict=True))
            assert {name: read[name] for name in texts} == {name: guarded(written[name] or "") for name in texts}
    (bad,) = rows_of(TableFile(name="x", columns={"draft": "text"}, rows=[("=1+1",)]))
    assert bad == {"draft": "'=1+1"}


@pytest.mark.parametrize("page", ["docs/whatif.md", "docs/fr/essayer.md"])
def test_the_docs_name_every_table_with_its_columns_in_their_order(page):
    text = Path(page).read_text("utf-8")
    documented = dict(re.findall(r"^\| `(\w+)` \| ([^|]*?) \|", text, re.MULTILINE))
    for table in tables(whatif_record()):
        assert re.findall(r"`(\w+)`", documented.get(table.name, "")) == list(table.columns), table.name
