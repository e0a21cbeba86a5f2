"""What is written in a format comes back the same when it is read, and what a format can't say is refused."""

import dataclasses
import datetime
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydifact import Parser

from api.connectors.fields.paths import Path, scopes_of
from api.connectors.formats.format import BadRow, EdiEnvelope, FixedColumn, FormatOptions, SegmentLoop
from api.connectors.formats.not_writable import NotWritable
from api.connectors.formats.reading import read_rows
from api.connectors.formats.writing import Control, write_document, write_rows
from tests.support.examples import examples

CONTROL = Control(number=7, at=datetime.datetime(2026, 11, 27, 9, 5, tzinfo=datetime.UTC))
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\ufeff", exclude_categories=("Cs",)), max_size=8)
LETTERS = st.text(st.characters(codec="latin-1", exclude_categories=("Cc",)), min_size=1, max_size=10).map(str.strip)
WORDS = LETTERS.filter(bool)


def write(rows, /, **options) -> bytes:
    return b"".join(write_rows(rows, FormatOptions(**options), CONTROL))


def read(content: bytes, **options) -> list:
    rows = list(read_rows(io.BytesIO(content), FormatOptions(**options)))
    assert not [str(row) for row in rows if isinstance(row, BadRow)]
    return rows


@examples(60)
@given(
    st.lists(
        st.fixed_dictionaries({"é": TEXTS, "b": TEXTS}).filter(lambda row: any(text.strip() for text in row.values())),
        max_size=4,
    ),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_csv_comes_back_the_same(rows, delimiter, encoding):
    rows = [row for row in rows if row != {"é": "é", "b": "b"}]
    content = write([{"é": "", "b": "x"}, *rows], format="csv", delimiter=delimiter, encoding=encoding)
    found = read(content, format="csv", delimiter=delimiter, encoding=encoding)
    assert [row.values for row in found] == [{"é": "", "b": "x"}, *rows]


@examples(40)
@given(st.lists(WORDS, min_size=1, max_size=5), st.sampled_from([",", ";", "\t", "|"]))
def test_csv_that_nobody_says_anything_about_is_found_out(words, delimiter):
    rows = [{"artikel é": word, "qty": "3"} for word in words]
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        if encoding == "cp1252":
            rows = [row for row in rows if _encodes(row["artikel é"], "cp1252")]
        if rows:
            content = write(rows, format="csv", delimiter=delimiter, encoding=encoding)
            assert [row.values for row in read(content, format="csv")] == rows


def _encodes(text: str, encoding: str) -> bool:
    try:
        return text.encode(encoding).decode(encoding) == text
    except UnicodeError:
        return False


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS | st.decimals(-1000, 1000, places=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@examples(50)
@given(st.lists(st.dictionaries(TEXTS, JSON, max_size=3), max_size=4))
def test_json_and_ndjson_come_back_the_same(rows):
    for options in ({"format": "json"}, {"format": "json", "rows": "data.items"}, {"format": "ndjson"}):
        if rows or options["format"] == "json":
            assert [row.values for row in read(write(rows, **options), **options)] == rows


def test_a_json_document_of_one_row_is_the_row_itself():
    options = FormatOptions(format="json")
    assert write_document({"a": Decimal("1.50"), "b": [1]}, options, CONTROL) == b'{"a":1.50,"b":[1]}'


XML_TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs",), exclude_characters="\ufffe\uffff"), max_size=8
).filter(lambda text: not any(ord(letter) < 32 and letter not in "\t\n\r" for letter in text))


@examples(50)
@given(st.lists(st.tuples(XML_TEXTS, XML_TEXTS, st.lists(XML_TEXTS, max_size=3)), min_size=1, max_size=3))
def test_xml_comes_back_the_same(rows):
    options = {"format": "xml", "rows": "items/x:item", "namespaces": {"x": "urn:a"}}
    written = [{"@id": name, "text": text, "lines": {"line": lines}} for name, text, lines in rows]
    found = read(write(written, root="stock", **options), **options)
    assert [
        (
            row.values.get("id"),
            row.values.findtext("text"),
            [line.text or "" for line in row.values.findall("lines/line")],
        )
        for row in found
    ] == rows


def test_an_xml_document_of_one_row_is_its_root():
    options = FormatOptions(format="xml", root="order")
    document = write_document(
        {"@id": "W<1>", "total": {"@currency": "EUR", ".": Decimal("9.50")}, "paid": True}, options, CONTROL
    )
    assert document.endswith(b'<order id="W&lt;1&gt;"><total currency="EUR">9.50</total><paid>true</paid></order>')


LINE = (FixedColumn(name="sku", start=2, width=10), FixedColumn(name="qty", start=12, width=6))
AROUND = {"H": (FixedColumn(name="order", start=2, width=10),)}


@examples(50)
@given(st.lists(st.tuples(WORDS, WORDS, st.integers(0, 999_999)), min_size=1, max_size=5))
def test_flat_files_come_back_the_same(rows):
    options = {"format": "fixed", "fixed": LINE, "around": AROUND, "record": "D", "encoding": "iso8859-1"}
    written = [{"order": order, "sku": sku, "qty": qty} for order, sku, qty in rows]
    content = write(written, zeros=("qty",), **options)
    assert all(len(line) == 17 for line in content.splitlines() if line.startswith(b"D"))
    found = read(content, **options)
    assert [(row.around["order"], row.values["sku"], int(row.values["qty"])) for row in found] == rows


def test_columns_of_a_flat_file_stand_where_they_are_to_stand():
    options = {"format": "fixed", "fixed": LINE, "record": "D", "zeros": ("qty",), "right": ("sku",)}
    assert write([{"sku": "HAT", "qty": -12}], **options) == b"D       HAT-00012\n"
    rows = [{"order": order, "sku": "A", "qty": 1} for order in ("W-1", "W-1", "W-2")]
    lines = write(rows, **{**options, "around": AROUND}).split(b"\n")
    assert [line[:4].strip() for line in lines] == [b"HW-1", b"D", b"D", b"HW-2", b"D", b""]


EDIFACT = {
    "format": "edifact",
    "envelope": EdiEnvelope(type="ORDERS", sender="14:4000000000001", receiver="B", version="D:01B:UN:EAN010"),
    "segments": (
        "BGM+220+{order}+9",
        "FTX+AAI+++{note}",
        SegmentLoop(each="lines", segments=("LIN+{$index}++{sku}:EN", "QTY+21:{qty}")),
        "UNS+S",
        "CNT+2:{$count.LIN}",
    ),
}
X12 = {
    "format": "x12",
    "envelope": EdiEnvelope(type="940", sender="ZZ:POINTSMAN", receiver="08:WAREHOUSE", version="004010", test=True),
    "segments": (
        "W05*N*{order}",
        "NTE**{note}",
        SegmentLoop(each="lines", segments=("LX*{$index}", "W01*{qty}*EA**VN*{sku}")),
        "W76*{total}",
    ),
}


@pytest.mark.parametrize(("version", "sign"), [("004010", "U"), ("004020", "^"), ("005010", "^")])
def test_isa_says_since_004020_which_sign_stands_between_repeated_elements(version, sign):
    options = X12 | {"envelope": dataclasses.replace(X12["envelope"], version=version)}
    row = {"order": "W-1", "total": 1, "lines": [{"sku": "A^B", "qty": 1}]}
    if sign == "^":
        with pytest.raises(NotWritable, match="where it is a delimiter"):
            write([row], **options)
        row["lines"] = [{"sku": "AUB", "qty": 1}]
    content = write([row], **options)
    assert content[82:83].decode() == sign
    ((sku,),) = values(content, options, "W01", "W01.VN.+1")
    assert sku == row["lines"][0]["sku"]


ORDERS = st.lists(
    st.fixed_dictionaries(
        {
            "order": WORDS,
            "note": st.just("") | WORDS,
            "lines": st.lists(
                st.fixed_dictionaries({"sku": WORDS, "qty": st.integers(1, 999)}), min_size=1, max_size=3
            ),
        }
    ),
    max_size=3,
)


def values(content: bytes, options: dict, rows: str, *paths: str) -> list[tuple]:
    reading = FormatOptions(format=options["format"], rows=rows)
    compiled = [Path(path, reading) for path in paths]
    return [
        tuple(path.find(scopes_of(row)) for path in compiled)
        for row in read(content, format=options["format"], rows=rows)
    ]


@pytest.mark.filterwarnings("ignore::pydifact.exceptions.MissingImplementationWarning")
@examples(50)
@given(ORDERS)
def test_edifact_comes_back_the_same_and_others_read_it_alike(orders):
    content = write(orders, **EDIFACT)
    expected = [
        (line["sku"], str(line["qty"]), order["order"], order["note"] or None)
        for order in orders
        for line in order["lines"]
    ]
    assert values(content, EDIFACT, "LIN", "LIN.EN.=", "QTY.21.0.1", "/BGM.220.1", "/FTX.AAI.3") == expected
    theirs = list(Parser().parse(content.decode("latin-1")))
    assert [item.elements[1] for item in theirs if item.tag == "BGM"] == [order["order"] for order in orders]
    assert [item.elements[2][0] for item in theirs if item.tag == "LIN"] == [sku for sku, *_ in expected]
    assert [item.elements[3] for item in theirs if item.tag == "FTX"] == [
        order["note"] for order in orders if order["note"]
    ]


X12_SIGNS = "*~>"


@examples(40)
@given(ORDERS)
def test_x12_comes_back_the_same_unless_it_can_not_be_said(orders):
    texts = [
        text for order in orders for text in (order["order"], order["note"], *(line["sku"] for line in order["lines"]))
    ]
    orders = [{**order, "total": sum(line["qty"] for line in order["lines"])} for order in orders]
    if any(sign in text for text in texts for sign in X12_SIGNS):
        with pytest.raises(NotWritable, match="can't be written in X12"):
            write(orders, **X12)
        return
    content = write(orders, **X12)
    expected = [
        (line["sku"], str(line["qty"]), order["order"], str(order["total"]))
        for order in orders
        for line in order["lines"]
    ]
    assert [row[:3] for row in values(content, X12, "W01", "W01.VN.+1", "W01.*.0", "/W05.N.1")] == [
        row[:3] for row in expected
    ]
    assert values(content, X12, "", "W76.*.0") == [(str(order["total"]),) for order in orders]


def test_segments_that_are_left_out_are_not_counted():
    options = {**EDIFACT, "segments": ("BGM+220+{order}", "FTX+AAI+++{note}", "FTX+ZZZ", "CNT+2:{$count.FTX}")}
    assert b"BGM+220+W-1'FTX+ZZZ'CNT+2:1'" in write([{"order": "W-1", "note": ""}], **options)
    assert b"FTX+AAI+++x'FTX+ZZZ'CNT+2:2'" in write([{"order": "W-1", "note": "x"}], **options)


def test_the_envelope_of_edifact_says_between_whom_and_counts():
    order = {"order": "W-1", "note": "", "lines": [{"sku": "A", "qty": 2}]}
    assert write([order], **EDIFACT).decode() == (
        "UNA:+.? 'UNB+UNOC:3+4000000000001:14+B+261127:0905+7'UNH+1+ORDERS:D:01B:UN:EAN010'BGM+220+W-1+9'"
        "LIN+1++A:EN'QTY+21:2'UNS+S'CNT+2:1'UNT+7+1'UNZ+1+7'"
    )


def test_the_envelope_of_x12_has_its_lengths():
    order = {"order": "W-1", "note": "", "lines": [{"sku": "A", "qty": 2}], "total": 2}
    assert write([order], **X12).decode() == (
        "ISA*00*          *00*          *ZZ*POINTSMAN      *08*WAREHOUSE      *261127*0905*U*00401*000000007*0*T*>~"
        "GS*OW*POINTSMAN*WAREHOUSE*20261127*0905*7*X*004010~ST*940*0001~W05*N*W-1~LX*1~W01*2*EA**VN*A~W76*2~"
        "SE*6*0001~GE*1*7~IEA*1*000000007~"
    )


def test_a_loop_over_all_rows_makes_one_message_of_them():
    options = {
        **EDIFACT,
        "segments": ("BGM+35+{report}+9", SegmentLoop(each="$rows", segments=("LIN+{$index}++{sku}:EN",))),
    }
    content = write([{"report": "R-1", "sku": "A"}, {"report": "R-1", "sku": "B"}], **options)
    assert content.count(b"UNH") == 1
    assert values(content, options, "LIN", "LIN.EN.=", "/BGM.35.1") == [("A", "R-1"), ("B", "R-1")]


@pytest.mark.parametrize(
    ("options", "row", "message"),
    [
        ({"format": "csv"}, {"a": [1]}, "row 1: a: a list or an object can't stand in one cell"),
        ({"format": "csv", "encoding": "cp1252"}, {"a": "λ"}, "row 1: 'λ' can't be written in cp1252"),
        ({"format": "csv", "columns": ("b",)}, {"a": "1"}, "there is no column 'a'"),
        ({"format": "xml"}, {"a": "\x01"}, "row 1: a: a control character can't stand in XML"),
        ({"format": "xml"}, {"a b": "1"}, "'a b' can't be the name of an element"),
        (
            {"format": "fixed", "fixed": LINE},
            {"sku": "A" * 11},
            "row 1: sku: 'AAAAAAAAAAA' has more than the 10 letters of its column",
        ),
        ({"format": "fixed", "fixed": LINE}, {"sku": "A\nB"}, "a line end can't stand in a flat file"),
        (EDIFACT, {"order": "A\nB"}, "a line end or another control character"),
        (EDIFACT, {"order": "λ"}, "row 1: 'λ' can't be written in iso8859-1"),
        (EDIFACT, {"order": "A", "lines": 1}, "lines: a loop is over a list"),
        (EDIFACT, {"order": ["A"]}, "order: one value is expected here"),
        ({"format": "x12"}, {}, "the format does not say between whom it goes"),
        (
            {**X12, "envelope": EdiEnvelope(type="940", sender="TOO LONG FOR AN ISA", receiver="B", version="004010")},
            {},
            "is no party of X12",
        ),
    ],
)
def test_what_a_format_can_not_say_is_refused(options, row, message):
    with pytest.raises(NotWritable) as error:
        write([row], **options)
    assert message in str(error.value)


def test_the_same_rows_and_numbers_are_the_same_bytes():
    order = {"order": "W-1", "note": "", "lines": [], "total": 0}
    assert write([order], **X12) == write([order], **X12)
    later = Control(number=8, at=CONTROL.at)
    assert b"".join(write_rows([order], FormatOptions(**X12), later)) != write([order], **X12)
