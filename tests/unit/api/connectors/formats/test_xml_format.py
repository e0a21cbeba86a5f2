"""XML is read element by element; a document that declares entities or is not whole is refused."""

import io

import pytest

from api.connectors.formats.format import BadRow, FormatOptions, Row
from api.connectors.formats.reading import read_rows


def read(content: bytes, **options) -> list[Row | BadRow]:
    return list(read_rows(io.BytesIO(content), FormatOptions(format="xml", **options)))


STOCK = (
    b'<?xml version="1.0"?><stock at="2026-11-27"><node>LYON</node>'
    b'<items><item sku="A"><qty>3</qty></item> <!-- a comment --> <item sku="B"><qty>4</qty><item/></item></items>'
    b"<items><item sku='C'/></items><item sku='no'/><end>1</end></stock>"
)


def test_elements_at_the_path_are_rows_and_what_is_around_them_is_known():
    rows = read(STOCK, rows="items/item")
    assert [(row.place, row.values.get("sku")) for row in rows] == [
        ("element 1", "A"),
        ("element 2", "B"),
        ("element 3", "C"),
    ]
    assert rows[0].raw == '<item sku="A"><qty>3</qty></item>'
    around = rows[0].around
    assert (around.get("at"), around.findtext("node"), around.findtext("end")) == ("2026-11-27", "LYON", "1")
    assert around.findall("items/item") == []


def test_rows_stay_whole_for_whoever_keeps_them():
    assert [row.values.findtext("qty") for row in read(STOCK, rows="items/item")] == ["3", "4", None]


def test_without_a_path_the_document_is_the_row():
    (row,) = read(STOCK)
    assert row.values.tag == "stock"


def test_a_name_without_prefix_is_one_of_any_namespace_and_one_with_a_prefix_is_not():
    content = b'<s xmlns="urn:a" xmlns:b="urn:b"><i>1</i><b:i>2</b:i></s>'
    assert [row.values.text for row in read(content, rows="i")] == ["1", "2"]
    assert [row.values.text for row in read(content, rows="x:i", namespaces={"x": "urn:b"})] == ["2"]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ('<?xml version="1.0" encoding="ISO-8859-1"?><s>é</s>'.encode("latin-1"), None),
        ("<s>é</s>".encode("utf-16"), None),
        ("<s>é</s>".encode("utf-8-sig"), None),
        ('<?xml version="1.0" encoding="utf-8"?><s>é</s>'.encode("cp1252"), "cp1252"),
    ],
)
def test_the_encoding_is_the_documents_own_or_the_stated_one(content, encoding):
    (row,) = read(content, encoding=encoding)
    assert row.values.text == "é"


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (b"", {}, "the file is empty"),
        (b"<s><a>", {}, "the file is cut short"),
        (b"<s>\n<a></b></s>", {}, "line 2: this is no XML: mismatched tag"),
        (b"<s></s><s/>", {}, "junk after document element"),
        (b'<!DOCTYPE s [<!ENTITY a "b">]><s>&a;</s>', {}, "it has a DOCTYPE"),
        (b'<!DOCTYPE s SYSTEM "file:///etc/passwd"><s/>', {}, "it has a DOCTYPE"),
        (b"<s>&a;</s>", {}, "undefined entity"),
        (b"<a>" * 200 + b"</a>" * 200, {}, "nested more than 100 levels deep"),
        ('<?xml version="1.0"?><s>é</s>'.encode("cp1252"), {}, "line 1: this is no XML: not well-formed"),
        ("<s>é</s>".encode("cp1252"), {"encoding": "utf-8"}, "this is not utf-8"),
        (b'<?xml version="1.0" encoding="nonsense"?><s/>', {}, "unknown encoding"),
        (b"<s/>", {"rows": "x:a"}, "`namespaces` does not say which one 'x' is"),
    ],
)
def test_of_a_document_that_is_bad_nothing_is_used(content, options, message):
    (bad,) = read(content, **options)
    assert bad.whole
    assert message in str(bad)


def test_of_a_document_that_is_cut_anywhere_nothing_is_used():
    for end in range(1, len(STOCK)):
        rows = read(STOCK[:end], rows="items/item")
        assert [isinstance(row, BadRow) and row.whole for row in rows] == [True], STOCK[:end]
        assert "cut short" in rows[0].message


def test_rows_do_not_pile_up_and_a_path_that_meets_none_is_told(monkeypatch):
    monkeypatch.setattr("api.connectors.formats.xml_format._MOST_OUTSIDE", 500)
    content = b"<s>" + b"<i><q>1</q></i>" * 2_000 + b"</s>"
    rows = read_rows(io.BytesIO(content), FormatOptions(format="xml", rows="i"))
    first = next(rows)
    assert sum(1 for _ in rows) == 1_999
    assert len(first.around) == 0
    (bad,) = read(content, rows="j")
    assert "is the path of the rows right?" in bad.message
