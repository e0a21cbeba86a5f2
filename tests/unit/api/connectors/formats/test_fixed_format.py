"""Flat files: columns by their places, records by what their lines begin with."""

import io

from api.connectors.formats.format import BadRow, FixedColumn, FormatOptions, Row
from api.connectors.formats.reading import read_rows

LINE = (FixedColumn(name="sku", start=2, width=8), FixedColumn(name="qty", start=10, width=5))
HEAD = {"H": (FixedColumn(name="order", start=2, width=6), FixedColumn(name="node", start=8, width=4))}


def read(content: bytes, **options) -> list[Row | BadRow]:
    return list(read_rows(io.BytesIO(content), FormatOptions(format="fixed", **{"fixed": LINE, **options})))


def test_columns_are_cut_by_their_places_and_blanks_behind_them_are_no_part():
    rows = read("DCHEMISÉ 00012\r\nD HAT     003\n\n".encode("cp1252"))
    assert [row.values for row in rows] == [{"sku": "CHEMISÉ", "qty": "00012"}, {"sku": " HAT", "qty": " 003"}]
    assert [row.place for row in rows] == ["line 1", "line 2"]


def test_a_line_knows_the_columns_of_the_records_above_it():
    rows = read(
        b"HW-1   LYONx\nDSHIRT   00012\nDHAT     00001\nHW-2   ROUE\nDSOCK    00003\nT00003\n",
        record="D",
        around=HEAD,
        ignore=("T",),
    )
    assert [(row.around["order"], row.around["node"], row.values["sku"]) for row in rows] == [
        ("W-1", "LYON", "SHIRT"),
        ("W-1", "LYON", "HAT"),
        ("W-2", "ROUE", "SOCK"),
    ]


def test_records_of_several_kinds_may_stand_above_a_row():
    around = {**HEAD, "S": (FixedColumn(name="site", start=2, width=3),)}
    rows = read(b"HW-1   LYON\nSS01\nDSHIRT   00012\nSS02\nDHAT     00001\n", record="D", around=around)
    assert [(row.around["order"], row.around["site"]) for row in rows] == [("W-1", "S01"), ("W-1", "S02")]


def test_a_line_of_no_known_kind_is_bad():
    first, bad = read(b"DSHIRT   00012\nX\n", record="D")
    assert isinstance(first, Row)
    assert (bad.place, bad.raw, bad.whole) == ("line 2", "X", False)


def test_a_last_line_that_ends_within_its_columns_is_cut_short_and_another_is_not():
    short, last = read(b"DSHIRT\nDSHIRT   0001")
    assert short.values == {"sku": "SHIRT", "qty": ""}
    assert "after 13 of 14 letters: it is cut short" in last.message
    assert read(b"DSHIRT   00012")[0].values["qty"] == "00012"


def test_an_empty_file_and_a_wrong_encoding_are_told():
    assert read(b"")[0].message == "the file is empty"
    assert read(b"", empty_is_bad=False) == []
    assert "neither UTF-8 nor Windows-1252" in read(b"D\x81\n")[0].message
