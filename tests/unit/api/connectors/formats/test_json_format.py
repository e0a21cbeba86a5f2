"""JSON is read element by element, as exactly as it is written; nothing of a document that is not whole is used."""

import io
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.connectors.formats.format import BadRow, FormatOptions, Row
from api.connectors.formats.json_format import read_json
from api.connectors.formats.json_text import JsonText
from api.connectors.formats.reading import read_rows
from tests.support.examples import examples


def read(content: bytes, **options) -> list[Row | BadRow]:
    return list(read_rows(io.BytesIO(content), FormatOptions(**{"format": "json", **options})))


def values(content: bytes, **options) -> list:
    return [row.values for row in read(content, **options)]


def test_elements_of_an_array_are_rows_and_numbers_are_exact():
    rows = read(b'[ {"kg": 1.10}, 12345678901234567890 ,3e2]')
    assert [row.values for row in rows] == [{"kg": Decimal("1.10")}, 12345678901234567890, Decimal("3E+2")]
    assert [row.place for row in rows] == ["element 1", "element 2", "element 3"]
    assert rows[0].raw == '{"kg": 1.10}'


def test_a_document_that_is_no_array_is_one_row():
    assert values(b' {"id": 1, "lines": [1, 2]}\n') == [{"id": 1, "lines": [1, 2]}]


def test_rows_may_lie_deeper_and_what_is_around_them_is_known_wherever_it_stands():
    rows = read(
        b'{"at": "now", "data": {"n": 2, "items": [{"a": 1}, {"a": 2}], "m": [3]}, "end": true}', rows="data.items"
    )
    assert [row.values for row in rows] == [{"a": 1}, {"a": 2}]
    assert rows[0].around == {"at": "now", "data": {"n": 2, "m": [3]}, "end": True}


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (b"", {}, "the file: the file is empty"),
        (b" \n", {}, "line 2: this is no JSON: { or [ is expected, not the end; the file is cut short"),
        (
            b'[{"a": 1},\n{"a": 2}',
            {},
            "line 2: this is no JSON: , or ] is expected, not the end; the file is cut short",
        ),
        (
            b'[{"a": 1},\n{"a": "x',
            {},
            "line 2: this is no JSON: Unterminated string starting at; the file is cut short",
        ),
        (b'[{"a": 1} {"a": 2}]', {}, "line 1: this is no JSON: , or ] is expected, not '{'"),
        (b"[1, 2]\n[3]", {}, "line 2: this is no JSON: something follows after its end; if each line is a document"),
        (b'[{"a": 1, "a": 2}]', {}, "it says 'a' twice in one object"),
        (b'{"x": [], "y": 1, "y": 2}', {"rows": "x"}, "it says 'y' twice in one object"),
        (b'{"x": [], "x": []}', {"rows": "x"}, "it says 'x' twice in one object"),
        (b"[NaN]", {}, "NaN is no number"),
        (b'["\\ud800"]', {}, "there is half a letter in it"),
        (b"[" * 70 + b"]" * 70, {}, "it is nested more than 64 levels deep"),
        (b"[" * 100_000, {}, "it is nested more than 64 levels deep"),
        (b"[" + b"1" * 5_000 + b"]", {}, "Exceeds the limit"),
        (b'{"a": [1]}', {"rows": "b"}, "the file: b: there is no list of rows at this path"),
        (b'{"a": {"b": 1}}', {"rows": "a.b"}, "[ is expected, not '1'"),
        (b'{"a": 1,}', {"rows": "b"}, "this is no JSON"),
        (b"{1: 2}", {"rows": "b"}, "the name of a member is expected"),
        ('["é"]'.encode("cp1252"), {}, "line 1: this is not utf-8; say which `encoding` it has"),
    ],
)
def test_of_a_document_that_is_bad_nothing_is_used(content, options, message):
    (bad,) = read(content, **options)
    assert bad.whole
    assert message in str(bad)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_the_encoding_is_found_out(encoding):
    assert values('[{"é": "€"}]'.encode(encoding)) == [{"é": "€"}]


def test_an_empty_list_has_no_rows_and_an_empty_file_may_have_none():
    assert read(b"[]") == []
    assert read(b'{"a": []}', rows="a") == []
    assert read(b"", empty_is_bad=False) == []
    assert read(b"", format="ndjson", empty_is_bad=False) == []


def test_lines_are_read_each_by_itself_and_a_bad_one_keeps_none_back():
    rows = read(b'{"a": 1}\n\n{"a": 01}\n{"a": 2}\n{"a": ', format="ndjson")
    assert [row.values for row in rows if isinstance(row, Row)] == [{"a": 1}, {"a": 2}]
    bad = [row for row in rows if isinstance(row, BadRow)]
    assert [(row.place, row.whole, row.raw) for row in bad] == [
        ("line 3", False, '{"a": 01}'),
        ("line 5", False, '{"a": '),
    ]
    assert "cut short" in bad[1].message
    assert "cut short" not in bad[0].message


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=8) | st.decimals(-10, 10, places=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@examples(60)
@given(st.lists(JSON_VALUES, max_size=6), st.sampled_from([None, 2]))
def test_what_is_read_is_what_json_itself_reads(values_, indent):
    """Three letters at a time, so that every value is cut somewhere."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("api.connectors.formats.json_text._CHUNK", 3)
        _compare(values_, indent)


def _compare(values_, indent):
    text = json.dumps(values_, default=float, indent=indent, ensure_ascii=False)
    rows = list(read_json(io.BytesIO(text.encode()), FormatOptions(format="json")))
    assert [row.values for row in rows] == json.loads(text, parse_float=Decimal)
    assert [json.loads(row.raw, parse_float=Decimal) for row in rows] == [row.values for row in rows]
    nested = f'{{"a": {{"before": 1, "rows": {text}, "after": 2}}, "b": {text}}}'
    rows = list(read_json(io.BytesIO(nested.encode()), FormatOptions(format="json", rows="a.rows")))
    assert [row.values for row in rows] == json.loads(text, parse_float=Decimal)


@examples(40)
@given(
    st.lists(st.fixed_dictionaries({"sku": st.text(max_size=4), "n": st.integers(0, 99)}), min_size=1, max_size=4),
    st.data(),
)
def test_of_a_document_that_is_cut_anywhere_nothing_is_used(values_, data):
    text = json.dumps(values_).encode()
    end = data.draw(st.integers(1, len(text) - 1))
    (bad,) = read(text[:end])
    assert bad.whole
    assert "the file is cut short" in bad.message


def test_what_stands_around_the_rows_is_bounded(monkeypatch):
    monkeypatch.setattr("api.connectors.formats.json_format.LARGEST_ROW", 30)
    assert len(read(b'{"a": "0123456789", "rows": [1, 2], "b": "0123456789"}', rows="rows")) == 2
    (bad,) = read(b'{"a": "0123456789", "rows": [1], "b": "0123456789", "c": "0123456789"}', rows="rows")
    assert "what stands around the rows has more than 30 letters" in bad.message


def test_no_more_of_a_long_array_is_held_than_a_few_rows(monkeypatch):
    held = []
    read_more = JsonText._read

    def watched(self, size):
        more = read_more(self, size)
        held.append(len(self._buffer))
        return more

    monkeypatch.setattr(JsonText, "_read", watched)
    content = b"[" + b",".join(b'{"sku": "ARTICLE-%06d", "on_hand": %d}' % (i, i) for i in range(20_000)) + b"]"
    assert sum(1 for _ in read_rows(io.BytesIO(content), FormatOptions(format="json"))) == 20_000
    assert len(content) > 700_000
    assert max(held) < 140_000
