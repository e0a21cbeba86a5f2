"""What is answered to EDI that was read: CONTRL, 997 and TA1, with the segments in error."""

import datetime
import io
import re

import pytest

from api.connectors.fields.mapper import Mapper
from api.connectors.formats.edi.acknowledgements import acknowledgement
from api.connectors.formats.edi.edi_format import all_envelopes
from api.connectors.formats.format import BadRow, FormatOptions
from api.connectors.formats.not_writable import NotWritable
from api.connectors.formats.reading import read_rows
from api.connectors.language.connector import FieldMapping
from tests.support.edi_specimens import INVRPT_D96A, X12_945

AT = datetime.datetime(2026, 11, 27, 9, 5, tzinfo=datetime.UTC)
QUANTITY = {"edifact": "QTY.198.0.1", "x12": "W12.VN.+1"}
"""A path that one row of each specimen can't fill."""


def answered(content: bytes, *, whole: bool = True, good: bool = False) -> list[str]:
    """The segments of the answer to a file, of which one row has no value for a field."""
    form = "x12" if content.startswith(b"ISA") else "edifact"
    options = FormatOptions(format=form, rows="W12" if form == "x12" else "LIN")
    path = QUANTITY[form] if not good else "W12.*.2" if form == "x12" else "QTY.145.0.1"
    field = FieldMapping(at=(), paths=(path,))
    mapper, bad = Mapper({"qty": field}, options, {}), []
    for row in read_rows(io.BytesIO(content), options):
        mapped = (row,) if isinstance(row, BadRow) else mapper.map(row, {})
        bad += mapped if isinstance(mapped, tuple) else ()
    answers = [
        acknowledgement(interchange, bad, number=12, at=AT, whole=whole)
        for interchange in all_envelopes(io.BytesIO(content), options)
    ]
    for answer in answers:
        rows = list(read_rows(io.BytesIO(answer), FormatOptions(format=form, ignore=("TA1",))))
        assert not [row for row in rows if isinstance(row, BadRow)], answer
    text = answers[0].decode()
    return text.replace("UNA:+.? '", "").split("'" if form == "edifact" else "~")[:-1]


def test_a_message_whose_rows_were_all_used_is_accepted():
    assert answered(INVRPT_D96A, good=True) == [
        "UNB+UNOC:3+4000000000002:14+4000000000001:14+261127:0905+12",
        "UNH+1+CONTRL:D:3:UN",
        "UCI+REF1+4000000000001:14+4000000000002:14+7",
        "UCM+1+INVRPT:D:96A:UN:EAN004+7",
        "UNT+4+1",
        "UNZ+1+12",
    ]
    assert answered(X12_945, good=True)[1:] == [
        "GS*FA*POINTSMAN*WAREHOUSE*20261127*0905*12*X*004010",
        "ST*997*0001",
        "AK1*SW*905",
        "AK2*945*0001",
        "AK5*A",
        "AK9*A*1*1*1",
        "SE*6*0001",
        "GE*1*12",
        "IEA*1*000000012",
    ]


def test_the_envelope_goes_back_to_where_it_came_from():
    isa = answered(X12_945, good=True)[0]
    assert isa[32:50] == "ZZ*POINTSMAN      "
    assert isa[51:69] == "ZZ*WAREHOUSE      "


@pytest.mark.parametrize(
    ("whole", "action", "states"), [(True, "4+18", ("R", "R*1*1*0")), (False, "7", ("E", "E*1*1*1"))]
)
def test_a_row_that_could_not_be_used_is_told_by_its_segment(whole, action, states):
    contrl = answered(INVRPT_D96A, whole=whole)
    assert contrl[3:5] == [f"UCM+1+INVRPT:D:96A:UN:EAN004+{action}", "UCS+10+12"]
    ak5, ak9 = states
    assert answered(X12_945, whole=whole)[4:8] == ["AK2*945*0001", "AK3*W12*15**8", f"AK5*{ak5}*5", f"AK9*{ak9}"]


def test_a_message_that_did_not_come_whole_is_rejected_with_the_reason():
    assert answered(INVRPT_D96A.replace(b"UNT+12", b"UNT+11"), good=True)[3] == "UCM+1+INVRPT:D:96A:UN:EAN004+4+29"
    assert answered(INVRPT_D96A.replace(b"UNT+12+1", b"UNT+12+2"), good=True)[3] == "UCM+1+INVRPT:D:96A:UN:EAN004+4+28"
    assert answered(X12_945.replace(b"SE*17", b"SE*16"), good=True)[4:7] == ["AK2*945*0001", "AK5*R*4", "AK9*R*1*1*0"]
    assert answered(X12_945.replace(b"GE*1", b"GE*2"), good=True)[4:7] == ["AK2*945*0001", "AK5*R*5", "AK9*R*1*1*0*5"]


def test_an_interchange_that_did_not_come_whole_is_rejected_as_such():
    assert answered(INVRPT_D96A.replace(b"UNZ+1", b"UNZ+3"), good=True)[2:4] == [
        "UCI+REF1+4000000000001:14+4000000000002:14+4+29+UNZ",
        "UNT+3+1",
    ]
    assert answered(X12_945.replace(b"IEA*1", b"IEA*3"), good=True)[1:] == [
        "TA1*000000905*261127*0830*R*021",
        "IEA*0*000000012",
    ]


def test_of_several_messages_some_may_be_accepted():
    start, end = X12_945.index(b"ST*"), X12_945.index(b"GE*")
    second = X12_945[start:end].replace(b"*0001~", b"*0002~").replace(b"W12*CC*1*1**EA*614141000012*UP*SOCK~", b"")
    second = second.replace(b"SE*17", b"SE*16")
    content = X12_945[:end] + second + X12_945[end:].replace(b"GE*1", b"GE*2")
    answer = answered(content)
    assert [part for part in answer if part.startswith(("AK5", "AK9"))] == ["AK5*R*5", "AK5*A", "AK9*P*2*2*1"]


def test_an_answer_to_a_whole_interchange_is_told_unless_it_is_left_out_on_purpose():
    content = X12_945.replace(b"IEA*1", b"IEA*3")
    answer = acknowledgement(all_envelopes(io.BytesIO(content), FormatOptions(format="x12"))[0], [], number=12, at=AT)
    (bad,) = read_rows(io.BytesIO(answer), FormatOptions(format="x12"))
    assert "ignore: [TA1]" in bad.message
    assert list(read_rows(io.BytesIO(answer), FormatOptions(format="x12", ignore=("TA1",)))) == []


@pytest.mark.parametrize("tag", [b"UNB", b"UNH", b"BGM", b"UNT", b"UNZ"])
@pytest.mark.parametrize("count", range(5))
def test_an_interchange_whose_segments_lack_elements_is_answered_or_says_why_not(tag, count):
    begin = INVRPT_D96A.index(tag + b"+")
    end = INVRPT_D96A.index(b"'", begin)
    elements = INVRPT_D96A[begin:end].split(b"+")
    content = INVRPT_D96A[:begin] + b"+".join(elements[: count + 1]) + INVRPT_D96A[end:]
    (interchange,) = all_envelopes(io.BytesIO(content), FormatOptions(format="edifact", rows="LIN"))
    if tag == b"UNB" and count < 3:
        with pytest.raises(NotWritable, match="the interchange does not say who sent it and to whom"):
            acknowledgement(interchange, [], number=12, at=AT)
    else:
        assert acknowledgement(interchange, [], number=12, at=AT).count(b"UCI+") == 1


def test_segments_in_error_are_told_in_their_order_whatever_the_order_of_the_mistakes():
    (interchange,) = all_envelopes(io.BytesIO(INVRPT_D96A), FormatOptions(format="edifact", rows="LIN"))
    bad = [BadRow(row=number, place="", path="", message="", raw="") for number in (12, 4, 9, 2, 7)]
    answer = acknowledgement(interchange, bad, number=12, at=AT).decode()
    first = interchange.groups[0].messages[0].first
    rows = sorted(row.row for row in bad)
    assert re.findall(r"UCS\+([0-9]+)", answer) == [str(row - first + 1) for row in rows]
