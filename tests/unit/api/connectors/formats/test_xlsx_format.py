"""Workbooks are read row by row, each cell as what it says."""

import datetime
import io
import zipfile

import pytest
from openpyxl import Workbook

from api.connectors.formats.format import BadRow, FormatOptions, Row
from api.connectors.formats.reading import read_rows


def workbook(*sheets: list[list]) -> bytes:
    book = Workbook()
    for index, rows in enumerate(sheets):
        sheet = book.active if index == 0 else book.create_sheet(f"Other {index}")
        for row in rows:
            sheet.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def read(content: bytes, **options) -> list[Row | BadRow]:
    return list(read_rows(io.BytesIO(content), FormatOptions(format="xlsx", **options)))


def test_cells_are_numbers_with_their_digits_dates_and_texts():
    noon = datetime.datetime(2026, 11, 27, 12, 30)  # noqa: DTZ001  # Excel knows no zones
    content = workbook(
        [["sku", "qty", "at"], ["A", 19.9, datetime.date(2026, 11, 27)], [None, 3.0, noon], [], ["0012", True, None]]
    )
    rows = read(content)
    assert [row.values for row in rows] == [
        {"sku": "A", "qty": "19.9", "at": "2026-11-27"},
        {"sku": "", "qty": "3", "at": "2026-11-27T12:30:00"},
        {"sku": "0012", "qty": "true", "at": ""},
    ]
    assert [row.place for row in rows] == ["row 2", "row 3", "row 5"]


def test_a_sheet_is_chosen_by_name_where_there_are_several():
    content = workbook([["a"], [1]], [["b"], [2]])
    assert [row.values for row in read(content, sheet="Other 1")] == [{"b": "2"}]
    assert "it has several sheets" in str(read(content)).replace("the workbook has", "it has")
    assert "no sheet 'x'; it has 'Sheet', 'Other 1'" in str(read(content, sheet="x")[0])


def test_rows_above_the_header_are_skipped_a_header_may_repeat_and_columns_may_be_named():
    content = workbook([["Stock"], ["a", "b"], [1, 2], ["a", "b"], [3, 4]])
    assert [row.values for row in read(content, skip=1)] == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]
    named = workbook([[1, 2], [3, 4]])
    assert [row.values for row in read(named, header=False, columns=("x", "y"))] == [
        {"x": "1", "y": "2"},
        {"x": "3", "y": "4"},
    ]


def test_a_cell_that_does_not_say_what_it_is_makes_its_row_bad():
    rows = read(workbook([["a", "b"], ["=1+1", 2], ["#REF!", 2], [1, 2, 3], [1, 2]]))
    assert [str(row) for row in rows[:3]] == [
        "row 2: a: nobody has worked out =1+1; open it in Excel",
        "row 3: a: the cell says #REF!",
        "row 4: there are 3 cells, and 2 columns",
    ]
    assert rows[3].values == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"a;b\n1;2\n", "this is no Excel workbook, or it is damaged"),
        (workbook([["a"], [1]])[:-40], "this is no Excel workbook, or it is damaged"),
        (workbook([]), "the sheet is empty"),
        (workbook([["a", "a"]]), "this column stands in the header a second time"),
    ],
)
def test_a_file_that_is_no_sheet_is_told(content, message):
    (bad,) = read(content)
    assert bad.whole
    assert message in bad.message


def test_a_damaged_part_and_one_that_unpacks_to_too_much_are_told(monkeypatch):
    content = workbook([["sku", "qty"], *[[f"A{i}", i] for i in range(200)]])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        place = archive.getinfo("xl/worksheets/sheet1.xml").header_offset + 80
    damaged = content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :]
    assert "it is damaged" in read(damaged)[0].message
    monkeypatch.setattr("api.connectors.formats.xlsx_format._MOST_UNPACKED", 1_000)
    assert "unpacks to more than 1,000 bytes" in read(content)[0].message


def test_a_header_with_none_of_the_columns_that_are_read_is_bad():
    options = FormatOptions(format="xlsx", columns_read=("Article",))
    (bad,) = read_rows(io.BytesIO(workbook([["Foo", "Bar"]])), options)
    assert bad.message == "the header has none of the columns that are read, such as 'Article'"
