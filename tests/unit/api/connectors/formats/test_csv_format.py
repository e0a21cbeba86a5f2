"""CSV as programs and spreadsheets write it, read row by row."""

import io

import pytest

from api.connectors.formats.format import BadRow, FormatOptions, Row
from api.connectors.formats.reading import read_rows

TEXT = "Article;Qté;Prix\nCHEMISE É;3;1 234,50\nGANT;2;9,90\n"
VALUES = [{"Article": "CHEMISE É", "Qté": "3", "Prix": "1 234,50"}, {"Article": "GANT", "Qté": "2", "Prix": "9,90"}]


def read(content: bytes, **options) -> list[Row | BadRow]:
    return list(read_rows(io.BytesIO(content), FormatOptions(format="csv", **options)))


def values(content: bytes, **options) -> list[dict[str, str]]:
    return [item.values for item in read(content, **options)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_encoding_and_separator_are_found_out(encoding, separator):
    text = TEXT.replace("1 234,50", "1234.50").replace("9,90", "9.90").replace(";", separator)
    expected = [{**VALUES[0], "Prix": "1234.50"}, {**VALUES[1], "Prix": "9.90"}]
    assert values(text.encode(encoding)) == expected


def test_a_file_of_french_excel_is_read_as_it_is():
    assert values(TEXT.replace("\n", "\r\n").encode("cp1252")) == VALUES


def test_a_cell_may_have_line_ends_and_separators_in_quotation_marks():
    rows = read(b'a;b\n1;"two\nlines; ""so"""\n3;4\n')
    assert [row.values for row in rows] == [{"a": "1", "b": 'two\nlines; "so"'}, {"a": "3", "b": "4"}]
    assert [row.place for row in rows] == ["line 2", "line 4"]
    assert rows[0].raw == '1;"two\nlines; ""so"""'


def test_a_header_that_repeats_is_no_row():
    assert values(b"a,b\n1,2\na,b\n3,4\n") == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


def test_lines_above_the_header_are_skipped_and_columns_may_be_named():
    assert values(b"Stock of\n27/11\nx,x\n1,2\n", skip=2, columns=("a", "b")) == [{"a": "1", "b": "2"}]
    assert values(b"1,2\n3,4\n", header=False, columns=("a", "b")) == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


def test_a_row_with_another_number_of_cells_is_bad_and_the_others_are_read():
    first, second, third = read(b"a,b\n1,2,3\n4\n5,6,,\n")
    assert (first.place, first.message, first.raw) == ("line 2", "there are 3 cells, and 2 columns", "1,2,3")
    assert (second.place, second.message) == ("line 3", "there are 1 cells, and 2 columns")
    assert third.values == {"a": "5", "b": "6"}


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (b"", {}, "the file: the file is empty"),
        (b'a,b\n1,"2\n3,4\n', {}, "line 3: this is no CSV: unexpected end of data"),
        (b"a,a\n1,2\n", {}, "line 1: a: this column stands in the header a second time; name the columns yourself"),
        (b"1,2\n", {"header": False}, "the file: there is no header, and `columns` does not say"),
        (b"a,b\n\x81,2\n", {}, "line 2: this is neither UTF-8 nor Windows-1252"),
        ("a,b\né,2\n".encode() + b"\xe9,3\n", {}, "line 3: this is not UTF-8, as the lines before it are"),
        ("a,b\né,2\né".encode()[:-1], {}, "line 3: the file ends within a letter: it is cut short"),
        (b"a,b\n\xe9,3\n", {"encoding": "utf-8"}, "line 2: this is not utf-8; say which `encoding` it has"),
        ("a,b\n1,2\n".encode("utf-16")[:-1], {}, "the file ends within a letter: it is cut short, or it is not utf-16"),
    ],
)
def test_of_a_file_that_is_bad_as_a_whole_the_place_is_told(content, options, message):
    *_, bad = read(content, **options)
    assert bad.whole
    assert message in str(bad)


def test_an_empty_file_is_no_mistake_where_that_is_said_and_a_header_alone_never_is():
    assert read(b"", empty_is_bad=False) == []
    assert read(b"a,b\n") == []


@pytest.mark.parametrize("content", [b"Foo;Bar\n", b"Foo;Bar\n1;2\n", b"\xff\xfe\x00\x01garbage\n"])
def test_a_header_with_none_of_the_columns_that_are_read_is_that_of_another_file(content):
    (bad,) = read(content, columns_read=("Article", "Qté", "Prix", "Lieu"))
    message = "the header has none of the columns that are read, such as 'Article', 'Qté', 'Prix'"
    assert (bad.message, bad.row, bad.whole) == (message, 1, True)


def test_a_header_with_some_of_the_columns_that_are_read_is_right():
    assert values(TEXT.encode(), columns_read=("Qté", "Lieu")) == VALUES
    stated = {"columns": ("Qte", "Prix"), "header": False}
    assert values(b"1;2\n", columns_read=("Article",), **stated) == [{"Qte": "1", "Prix": "2"}]


def test_a_stream_that_cannot_go_back_is_read_as_well():
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_) -> int:
            raise io.UnsupportedOperation

    rows = read_rows(Pipe(TEXT.encode("cp1252")), FormatOptions(format="csv"))
    assert [row.values for row in rows] == VALUES
