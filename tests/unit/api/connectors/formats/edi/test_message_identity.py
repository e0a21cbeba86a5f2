"""Two messages of EDI are the same only if they are one that was sent twice, in the same interchange."""

import io

import pytest

from api.connectors.formats.edi.message_identity import message_identity
from api.connectors.formats.format import FormatOptions
from api.connectors.formats.reading import read_rows
from tests.support.edi_specimens import INVRPT_D96A, X12_945

GROUPED = INVRPT_D96A.replace(b"UNH+", b"UNG+INVRPT+LAGER+HEXAGONE+261127:0830+5+UN+D:96A'\nUNH+", 1).replace(
    b"UNZ+1", b"UNE+1+5'\nUNZ+1"
)


def identities(content, rows=""):
    options = FormatOptions(format="x12" if content.startswith(b"ISA") else "edifact", rows=rows)
    return [message_identity(row.values) for row in read_rows(io.BytesIO(content), options)]


@pytest.mark.parametrize(
    ("content", "old", "new"),
    [
        (X12_945, b"*ZZ*WAREHOUSE      *", b"*ZZ*OTHER          *"),
        (X12_945, b"*ZZ*WAREHOUSE      *", b"*14*WAREHOUSE      *"),
        (X12_945, b"*ZZ*POINTSMAN      *", b"*ZZ*OTHER          *"),
        (X12_945, b"*261127*0830*", b"*271127*0830*"),
        (X12_945, b"000000905", b"000000906"),
        (X12_945, b"*905*X", b"*906*X"),
        (X12_945, b"*0001~", b"*0002~"),
        (GROUPED, b"UNB+UNOC:3+4000000000001:14", b"UNB+UNOC:3+4000000000003:14"),
        (GROUPED, b"+4000000000002:14+", b"+4000000000003:14+"),
        (GROUPED, b"261127:0830+REF1", b"271127:0830+REF1"),
        (GROUPED, b"REF1", b"REF2"),
        (GROUPED, b"0830+5+", b"0830+6+"),
        (GROUPED, b"UNH+1+", b"UNH+2+"),
        (GROUPED, b"+LAGER+", b"+LADEN+"),
    ],
)
def test_who_sent_it_and_every_reference_around_it_tell_messages_apart(content, old, new):
    other = content.replace(old, new)
    for end, numbers in ((b"GE*1*905", (b"*905*X", b"*906*X")), (b"UNE+1+5", (b"+5+UN", b"+6+UN"))):
        if numbers[1] in other:
            other = other.replace(end, end[:-1] + b"6")
    other = other.replace(b"UNT+12+1", b"UNT+12+2") if b"UNH+2+" in other else other
    assert other != content
    (one,), (another,) = identities(content), identities(other)
    assert one != another


def test_what_is_in_the_message_changes_nothing_and_all_its_rows_know_it():
    (one,) = identities(X12_945)
    assert identities(X12_945.replace(b"20261127*SHP-1", b"20261128*SHP-2")) == [one]
    assert set(identities(X12_945, rows="W12")) == {one}
    assert one == "ISA+ZZ+WAREHOUSE+ZZ+POINTSMAN+261127+0830+000000905 GS+WAREHOUSE+POINTSMAN+905 ST+945+0001"
