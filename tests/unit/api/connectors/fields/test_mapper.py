"""Rows become the fields of ours, and records of ours those of others; what has no value is told, never left out."""

import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.connectors.fields.mapper import Mapper
from api.connectors.formats.format import FormatOptions, Row
from api.connectors.formats.reading import read_rows
from api.connectors.language.connector import FieldMapping
from tests.support.edi_specimens import ORDERS_D01B
from tests.support.examples import examples

CSV, JSON = FormatOptions(format="csv"), FormatOptions(format="json")


def field(*paths: str, **options) -> FieldMapping:
    return FieldMapping(at=(), paths=paths, **options)


def number(*paths: str, **options) -> FieldMapping:
    return field(*paths, type="number", **options)


def mapped(fields, values, *, options=CSV, parts=None, tables=None, rows=(), **others):
    row = Row(number=4, place="line 4", values=values, raw="raw")
    return Mapper(fields, options, tables or {}, **others).map(row, parts or {}, rows)


def mistakes(fields, values, **options) -> list[str]:
    found = mapped(fields, values, **options)
    assert isinstance(found, tuple), found
    return [str(bad) for bad in found]


def test_fields_are_found_and_named_with_points_between_what_is_in_one_another():
    fields = {"sku": field("Article"), "destination.country": field("Pays"), "destination.postcode": field("CP")}
    assert mapped(fields, {"Article": " HAT ", "Pays": "FR", "CP": "69003"}) == {
        "sku": "HAT",
        "destination": {"country": "FR", "postcode": "69003"},
    }


@pytest.mark.parametrize(
    ("mapping", "value", "result"),
    [
        (field("x", words={"12": "PAR-01"}), "12", "PAR-01"),
        (field("x", words={"12": "PAR-01"}, otherwise="WEB"), "13", "WEB"),
        (field("x", lookup="t"), "a", "b"),
        (field("x", lookup="t", otherwise="z"), "q", "z"),
        (field("x", cut=(3, 5)), "abcdefg", "cde"),
        (field("x", strip="0"), "000120", "120"),
        (field("x", strip="0"), "000", "0"),
        (field("x", upper=True), "fr", "FR"),
        (field("x", upper=True, words={"FR": "France"}), "fr", "France"),
        (number("x", decimal=","), "1 234,50", Decimal("1234.50")),
        (number("x", unit="kg"), "1.2345", 1234),
        (number("x", unit="lb"), "2", 907),
        (number("x", unit="cents"), "1999", Decimal("19.99")),
        (number("x", times=Decimal(-1)), "3", -3),
        (number("x", times=Decimal("0.1")), "3", Decimal("0.3")),
        (number("x", times_by=number("y")), "3", 36),
        (field("x", type="flag"), "TRUE", True),
        (field("x", type="flag", words={"oui": "true", "non": "false"}), "non", False),
        (field("x", type="words", split="|"), "a| b |", ["a", "b"]),
        (field("x", type="words"), "a", ["a"]),
        (field("x", type="date", date="%d/%m/%Y"), "27/11/2026", "2026-11-27"),
        (field("x", type="instant", date="102", zone="UTC", time="18:00"), "20261127", "2026-11-27T18:00:00Z"),
        (field("x", type="any"), "a", "a"),
    ],
)
def test_a_value_is_converted(mapping, value, result):
    found = mapped({"f": mapping}, {"x": value, "y": "12"}, tables={"t": {"a": "b"}})
    assert found == {"f": result}
    assert type(found["f"]) is type(result)


@pytest.mark.parametrize(
    ("mapping", "value", "message"),
    [
        (field("x", words={"12": "A"}), "13", "'13' is none of the `words`"),
        (field("x", words={"12": "A"}, default="B"), "13", "'13' is none of the `words`"),
        (field("x", lookup="t"), "q", "'q' is not in the table 't'"),
        (number("x"), "many", "'many' is no number"),
        (number("x", unit="kg"), "1e9", "'1e9' is no number"),
        (number("x", times_by=number("y")), "3", "y: nothing is there"),
        (field("x", type="flag"), "maybe", "'maybe' is neither true nor false"),
        (field("x", type="instant"), "now", "'now' is no date of the form"),
        (field("x", type="date"), "now", "'now' is no date of the form"),
        (field("x"), "", "x: nothing is there"),
        (field("x", type="words", split="|"), "||", "x: nothing is there"),
        (field("x", type="flag", default="perhaps"), "", "'perhaps' is neither true nor false"),
    ],
)
def test_a_value_that_is_of_no_use_is_told_with_row_and_path(mapping, value, message):
    (told,) = mistakes({"f": mapping}, {"x": value, "y": ""}, tables={"t": {"a": "b"}})
    assert told.startswith("line 4: ")
    assert message in told
    assert told.endswith("(field 'f')")


def test_a_column_that_there_is_not_is_told_with_those_that_there_are():
    assert mistakes({"f": field("z")}, {"x": "1", "y": "2"}) == [
        "line 4: z: there is no such column; there are x, y (field 'f')"
    ]


def test_every_mistake_of_a_row_is_told():
    assert len(mistakes({"a": field("x"), "b": number("y"), "c": field("y")}, {"x": "", "y": "q"})) == 2


def test_a_field_that_is_not_there_may_have_a_default_or_be_left_out():
    fields = {
        "a": field("x", default="web"),
        "b": field("x", optional=True),
        "c": number("x", default="3"),
        "d": field("x", "y"),
    }
    assert mapped(fields, {"x": "", "y": "second"}) == {"a": "web", "c": 3, "d": "second"}
    assert mapped({"a": FieldMapping(at=(), default="web")}, {"x": ""}) == {"a": "web"}


def test_a_value_may_stand_in_the_file_and_words_speak_of_the_message():
    fields = {"a": FieldMapping(at=(), type="number", value="7"), "b": field("$file"), "c": field("missing", "$row")}
    assert mapped(fields, {"x": ""}, parts={"$file": "s.csv", "$row": "4"}) == {"a": 7, "b": "s.csv", "c": "4"}


def test_several_are_joined_and_what_is_optional_may_be_missing():
    joined = FieldMapping(at=(), join=(field("x"), field("z", optional=True), field("y", upper=True)), separator="-")
    assert mapped({"f": joined}, {"x": "a", "y": "b", "z": ""}) == {"f": "a-B"}
    assert mistakes({"f": joined}, {"x": "", "y": "b", "z": ""}) == ["line 4: x: nothing is there (field 'f')"]


def test_a_list_of_a_row_becomes_a_list_and_its_mistakes_say_which_element():
    lines = FieldMapping(
        at=(), type="any", each="items", fields={"sku": field("art"), "quantity": number("n"), "o": field("/id")}
    )
    value = {"id": "W-1", "items": [{"art": "A", "n": 2}, {"art": "B", "n": Decimal("1.0")}]}
    assert mapped({"lines": lines}, value, options=JSON) == {
        "lines": [{"sku": "A", "quantity": 2, "o": "W-1"}, {"sku": "B", "quantity": 1, "o": "W-1"}]
    }
    bad = {"id": "W-1", "items": [{"art": "A", "n": 2}, {"n": "x"}]}
    assert mistakes({"lines": lines}, bad, options=JSON) == [
        "line 4: art: nothing is there (field 'lines.1.sku')",
        "line 4: n: 'x' is no number (field 'lines.1.quantity')",
    ]
    assert mistakes({"lines": lines}, {"id": "W-1"}, options=JSON) == [
        "line 4: items: there is no such list (field 'lines')"
    ]


def test_rows_that_were_joined_are_a_list():
    rows = [
        Row(number=index, place=f"line {index}", values={"o": "W-1", "s": sku})
        for index, sku in enumerate("AB", start=2)
    ]
    lines = FieldMapping(at=(), type="any", each="$rows", fields={"sku": field("s")})
    assert mapped({"id": field("o"), "lines": lines}, rows[0].values, rows=rows) == {
        "id": "W-1",
        "lines": [{"sku": "A"}, {"sku": "B"}],
    }


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1, 2], "there are 2 of these; say which one is meant"),
        ({"a": 1}, "an object is there, and one value is expected"),
    ],
)
def test_one_value_is_expected_where_there_are_several_or_an_object(value, message):
    assert message in mistakes({"f": field("x")}, {"x": value}, options=JSON)[0]


def test_numbers_of_json_are_texts_and_numbers_where_they_are_wanted():
    value = {"x": 4012345000009, "y": Decimal("1.50"), "z": True}
    fields = {"a": field("x"), "b": number("x"), "c": field("y"), "d": field("z"), "e": field("y", type="any")}
    assert mapped(fields, value, options=JSON) == {
        "a": "4012345000009",
        "b": 4012345000009,
        "c": "1.50",
        "d": "true",
        "e": Decimal("1.50"),
    }


def test_lines_of_edi_become_a_list_and_mistakes_name_their_segment():
    options = FormatOptions(format="edifact")
    (row,) = read_rows(io.BytesIO(ORDERS_D01B), options)
    lines = FieldMapping(
        at=(),
        type="any",
        each="LIN",
        fields={"sku": field("LIN.EN.="), "quantity": number("QTY.21.0.1"), "ours": field("PIA.SA.=", optional=True)},
    )
    assert Mapper({"id": field("BGM.220.1"), "lines": lines}, options, {}).map(row, {}) == {
        "id": "W-900001",
        "lines": [{"sku": "4012345000009", "quantity": 2, "ours": "SHIRT-M"}, {"sku": "4012345000016", "quantity": 1}],
    }
    (bad,) = Mapper({"at": field("DTM.137.0.1", type="instant", date="203", zone="UTC")}, options, {}).map(row, {})
    assert (bad.edi_message, bad.segment, bad.path) == (2, 3, "DTM.137.0.1")


def test_records_of_ours_become_what_others_read():
    fields = {
        "Depot": field("node", words={"lyon": "0042"}),
        "Poids": field("grams", unit="kg", decimal=","),
        "Livres": field("grams", unit="lb"),
        "Date": field("at", date="%d/%m/%Y %H:%M", zone="Europe/Paris"),
        "Art.": field("skus", split="|"),
        "Lignes": FieldMapping(at=(), type="any", each="lines", fields={"q": field("quantity", type="any")}),
        "Rest": field("rest", type="any", optional=True),
        "Ok": field("ok", type="any"),
    }
    fields = {
        name: mapping if mapping.type == "any" else FieldMapping(**{**_values(mapping), "type": "any"})
        for name, mapping in fields.items()
    }
    record = {
        "node": "lyon",
        "grams": 1250,
        "at": "2026-11-27T08:10:00Z",
        "skus": ["A", "B"],
        "lines": [{"quantity": 2}],
        "ok": True,
    }
    assert mapped(fields, record, options=CSV, outbound=True) == {
        "Depot": "0042",
        "Poids": "1,25",
        "Livres": Decimal("2.755778"),
        "Date": "27/11/2026 09:10",
        "Art.": "A|B",
        "Lignes": [{"q": 2}],
        "Ok": True,
    }
    assert mistakes({"D": field("node", type="any", words={"x": "y"})}, record, outbound=True) == [
        "line 4: node: 'lyon' is none of the `words` (field 'D')"
    ]
    assert mistakes({"D": field("node", type="any", unit="kg")}, record, outbound=True) == [
        "line 4: node: 'lyon' is no number (field 'D')"
    ]


def _values(mapping: FieldMapping) -> dict:
    return {name: getattr(mapping, name) for name in mapping.__slots__}


@examples(60)
@given(st.integers(0, 10**9), st.sampled_from(["kg", "g", "m", "mm", "cm", "t", "cents"]))
def test_a_quantity_that_is_written_in_their_unit_comes_back(quantity, unit):
    amount = Decimal(quantity).scaleb(-2) if unit == "cents" else quantity
    sent = mapped({"q": field("q", type="any", unit=unit, decimal=",")}, {"q": amount}, outbound=True)
    assert mapped({"q": number("q", unit=unit, decimal=",")}, {"q": str(sent["q"])}) == {"q": amount}
