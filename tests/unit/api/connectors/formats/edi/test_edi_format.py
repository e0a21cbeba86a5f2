"""Rows of EDIFACT and X12 files: groups that belong together, and nothing of a message that did not come whole."""

import io

import pytest

from api.connectors.fields.paths import Path, scopes_of
from api.connectors.formats.format import BadRow, FormatOptions, Row
from api.connectors.formats.reading import read_rows
from tests.support.edi_specimens import (
    DESADV_D96A,
    INVRPT_D96A,
    ISA,
    ORDERS_D01B,
    X12_846,
    X12_850,
    X12_856,
    X12_945,
    x12,
)


def options(content: bytes, **others) -> FormatOptions:
    return FormatOptions(format="x12" if content.lstrip().startswith(b"ISA") else "edifact", **others)


def read(content: bytes, **others) -> list[Row | BadRow]:
    return list(read_rows(io.BytesIO(content), options(content, **others)))


def table(content: bytes, rows: str, *paths: str) -> list[tuple]:
    """Of each row, what is at these paths."""
    compiled = [Path(path, options(content)) for path in paths]
    return [tuple(path.find(scopes_of(row)) for path in compiled) for row in read(content, rows=rows)]


def test_quantities_of_an_inventory_report_belong_to_their_line():
    assert table(INVRPT_D96A, "LIN", "LIN.EN.=", "QTY.145.0.1", "QTY.198.0.1", "/NAD.WH.1", "/UNB.*.4") == [
        ("4012345000009", "48", "2", "4000000000099", "REF1"),
        ("4012345000016", "12", None, "4000000000099", "REF1"),
    ]
    assert table(INVRPT_D96A, "LIN", "IMD.F.2.3")[0] == ("Chemise d'homme + col: 38:40",)


def test_lines_of_a_despatch_advice_belong_to_the_package_that_they_are_in():
    assert table(DESADV_D96A, "LIN", "LIN.EN.=", "QTY.12.0.1", "/GIN.BJ.1", "/RFF.ON.0.1", "PIA.SA.=") == [
        ("4012345000009", "20", "340123450000000017", "PO-4711", None),
        ("4012345000009", "4", "340123450000000024", "PO-4711", None),
        ("4012345000016", "6", "340123450000000024", "PO-4711", "HAT"),
    ]


def test_a_message_is_a_row_if_no_other_rows_are_asked_for():
    (row,) = read(ORDERS_D01B)
    assert Path("BGM.220.1", options(ORDERS_D01B)).find(scopes_of(row)) == "W-900001"
    assert Path("NAD.DP.3", options(ORDERS_D01B)).find(scopes_of(row)) == "Mme Zoé L'Hermite"
    assert [group.begin.value(0) for group in row.values.below()] == ["1", "2"]
    assert row.place == "message 1 (ORDERS)"


def test_what_stands_behind_the_lines_belongs_to_the_message():
    assert table(ORDERS_D01B, "LIN", "CNT.2.0.1", "/CNT.2.0.1")[-1] == (None, None)
    (row,) = read(ORDERS_D01B)
    assert Path("CNT.2.0.1", options(ORDERS_D01B)).find(scopes_of(row)) == "2"


def test_items_of_a_945_know_the_carton_that_they_are_in():
    assert table(X12_945, "W12", "W12.*.2", "W12.VN.+1", "/MAN.GM.1", "/MAN.GM.3", "/W06.*.1", "/N1.ST.3") == [
        ("2", "SHIRT-M", "00340123450000000017", "1Z999AA10123456784", "W-900001", "10333648"),
        ("1", "HAT", "00340123450000000017", "1Z999AA10123456784", "W-900001", "10333648"),
        ("1", None, "00340123450000000024", None, "W-900001", "10333648"),
    ]


def test_items_of_an_856_belong_to_the_levels_that_it_says():
    assert table(X12_856, "HL.I", "LIN.VN.+1", "SN1.*.1", "/MAN.GM.1", "/PRF.*.0", "/REF.CN.1") == [
        ("SHIRT-M", "3", "00340123450000000017", "PO-4711", "1Z999AA10123456784"),
        ("HAT", "1", "00340123450000000017", "PO-4711", "1Z999AA10123456784"),
        ("SOCK", "5", None, "PO-4712", "1Z999AA10123456784"),
    ]


def test_levels_below_a_row_are_part_of_it():
    rows = read_rows(io.BytesIO(X12_856), options(X12_856, rows="HL.O"))
    found = [[group.begin.value(0) for group in row.values.below()] for row in rows]  # of each as it is handed on
    assert found == [["3", "4", "5"], ["7"]]


def test_lines_of_an_846_and_an_850_are_read_by_qualifier():
    assert table(X12_846, "LIN", "LIN.VN.+1", "QTY.33.1", "/N1.WH.3") == [
        ("SHIRT-M", "48", "LYON"),
        ("HAT", "12", "LYON"),
    ]
    assert table(X12_850, "PO1", "PO1.VN.+1", "PO1.*.1", "/BEG.*.2") == [
        ("SHIRT-M", "2", "PO-4711"),
        ("HAT", "1", "PO-4711"),
    ]


def test_the_delimiters_are_those_that_the_interchange_says():
    strange = X12_945.replace(b"~", b"\n").replace(b"*", b"|").replace(b">\n", b"^\n")
    assert table(strange, "W12", "W12.*.2") == [("2",), ("1",), ("1",)]
    una = INVRPT_D96A.replace(b"UNA:+.? '", b"UNA!*.# ~")
    una = una.replace(b"?+", b"PLUS").replace(b"?'", b"QUOTE").replace(b"?:", b"COLON")
    una = una.replace(b":", b"!").replace(b"+", b"*").replace(b"'", b"~").replace(b"PLUS", b"+").replace(b"QUOTE", b"'")
    assert table(una.replace(b"COLON", b":"), "LIN", "QTY.145.0.1") == [("48",), ("12",)]


def test_several_interchanges_in_one_file_are_read_each_by_its_own_delimiters():
    second = DESADV_D96A.replace(b"LIN+1++4012345000009", b"LIN+1++LAST")
    rows = table(INVRPT_D96A + second, "LIN", "LIN.EN.=", "/UNB.*.4")
    assert [reference for _, reference in rows] == ["REF1", "REF1", "77", "77", "77"]
    own = INVRPT_D96A.replace(b"'", b"~").replace(b"?~", b"'").replace(b"UNA:+.? ~", b"UNA:+.? ~")
    assert len(table(own + second, "LIN", "LIN.EN.=")) == 5


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"UNT+12", b"UNT+13", "UNT says 13, and there are 12 segments"),
        (b"UNT+12+1'", b"UNT+12+2'", "UNT ends the number 2, and 1 was begun"),
        (b"UNT+12+1'\n", b"", "message 1 has no end: UNT is missing"),
        (b"UNZ+1", b"UNZ+2", "UNZ says 2, and there are 1 messages"),
        (b"UNZ+1+REF1", b"UNZ+1+REF2", "UNZ ends the number REF2, and REF1 was begun"),
    ],
)
def test_nothing_of_a_message_is_used_whose_numbers_contradict_its_segments(old, new, message):
    assert old in INVRPT_D96A
    (bad,) = read(INVRPT_D96A.replace(old, new), rows="LIN")
    assert (bad.whole, bad.edi_message) == (True, 2)
    assert message in bad.message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"SE*17*0001", b"SE*16*0001", "SE says 16, and there are 17 segments"),
        (b"SE*17*0001", b"SE*17*0002", "SE ends the number 0002, and 0001 was begun"),
        (b"GE*1*905", b"GE*2*905", "GE says 2, and there are 1 messages"),
        (b"GE*1*905", b"GE*1*906", "GE ends the number 906, and 905 was begun"),
        (b"GE*1*905~", b"", "group 905 has no end: GE is missing"),
        (b"IEA*1*000000905", b"IEA*2*000000905", "IEA says 2, and there are 1 groups"),
        (b"IEA*1*000000905", b"IEA*1*000000906", "IEA ends the number 000000906, and 000000905 was begun"),
    ],
)
def test_nor_of_one_of_x12(old, new, message):
    assert old in X12_945
    (bad,) = read(X12_945.replace(old, new), rows="W12")
    assert bad.whole
    assert message in bad.message


def test_a_bad_message_does_not_keep_the_others_back():
    good = INVRPT_D96A.split(b"UNH")[1].split(b"UNZ")[0]
    bad = good.replace(b"UNT+12+1'", b"UNT+9+2'").replace(b"+1+INVRPT", b"+2+INVRPT", 1)
    content = INVRPT_D96A.replace(b"UNZ+1", b"UNH" + bad + b"UNZ+2")
    rows = read(content, rows="LIN")
    assert [isinstance(row, BadRow) for row in rows] == [False, False, True]
    assert (rows[-1].edi_message, rows[-1].place) == (14, "message 2 (INVRPT)")


@pytest.mark.parametrize("content", [INVRPT_D96A, X12_945, X12_856])
def test_of_a_file_that_is_cut_short_anywhere_nothing_is_used(content):
    whole = read(content, rows="LIN" if content is INVRPT_D96A else "HL.I" if content is X12_856 else "W12")
    assert not any(isinstance(row, BadRow) for row in whole)
    for end in range(1, len(content.rstrip()) - 1, 7):
        rows = read(content[:end], rows="LIN" if content is INVRPT_D96A else "W12")
        assert [isinstance(row, BadRow) and row.whole for row in rows] == [True], content[:end]


@pytest.mark.parametrize(
    ("content", "others", "message"),
    [
        (b"", {}, "the file: the file is empty"),
        (b"sku;qty\nA;1\n", {}, "segment 1: this is no EDIFACT: it does not begin with UNA or UNB"),
        (ISA[:-30], {}, "segment 1: the file is cut short within ISA"),
        (X12_945.replace(b"*WAREHOUSE      *", b"*WAREHOUSE*"), {}, "do not have the lengths that X12 gives them"),
        (b"UNB+UNOC:3+A+B+261127:0830+1'LIN+1'UNZ+0+1'", {}, "LIN stands outside of a message: UNH is missing"),
        (
            INVRPT_D96A[10:].replace(b"UNZ", b"UNB+UNOC:3+A+B+261127:0830+1'UNZ"),
            {},
            "another interchange begins before UNZ",
        ),
        (INVRPT_D96A, {"messages": ("ORDERS",)}, "message 1 (INVRPT): this is INVRPT; ORDERS is read here"),
        (INVRPT_D96A, {"rows": "INV"}, "message 1 (INVRPT): INV: there is none in this message"),
        (
            X12_856.replace(b"HL*5*3*I", b"HL*5*9*I"),
            {"rows": "HL.I"},
            "HL 5 belongs to HL 9, and there is none before it",
        ),
        (INVRPT_D96A.replace(b"Chemise", b"Chem\xc3\x28ise"), {"encoding": "utf-8"}, "this is not utf-8"),
        (INVRPT_D96A + b"junk", {}, "the file is cut short within a segment"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_place(content, others, message):
    bad = read(content, **others)[-1]
    assert bad.whole
    assert message in str(bad)


def test_a_type_of_message_may_be_left_out_on_purpose():
    assert read(INVRPT_D96A, messages=("ORDERS",), ignore=("INVRPT",)) == []


def test_letters_are_those_of_the_syntax_level():
    content = ORDERS_D01B.replace(b"UNOC", b"UNOY").replace(b"Zo\xe9", "Zoé".encode())
    (row,) = read(content)
    assert Path("NAD.DP.3", options(content)).find(scopes_of(row)) == "Mme Zoé L'Hermite"


def test_message_numbers_may_come_again_in_another_group_but_not_in_one():
    message = X12_850[len(ISA) :].partition(b"~")[2].partition(b"GE*")[0]
    gs = b"GS*PO*WAREHOUSE*POINTSMAN*20261127*0830*906*X*004010~"
    two_groups = X12_850.replace(b"IEA*1", gs + message + b"GE*1*906~IEA*2")
    assert not any(isinstance(row, BadRow) for row in read(two_groups))
    one_group = X12_850.replace(b"GE*1*905", message + b"GE*2*905")
    assert [isinstance(row, BadRow) for row in read(one_group)] == [False, True]


def test_repeated_elements_are_all_found():
    isa = ISA.replace(b"*U*00401*", b"*^*00501*")
    content = isa + x12(b"PO", b"850", b"BEG*00*SA*PO-1", b"REF*ZZ*A^B").removeprefix(ISA)
    (row,) = read(content)
    assert Path("REF.ZZ.1", options(content)).find(scopes_of(row)) == ["A", "B"]
    assert Path("/ISA.*.10", options(content)).find(scopes_of(row)) == "^"
