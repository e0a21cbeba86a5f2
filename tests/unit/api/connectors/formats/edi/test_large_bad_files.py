"""However large a bad file of EDI is, no more of it is held than a part; what it costs grows with its size alone."""

import io
import sys
import tracemalloc
from collections import Counter

import pytest

from api.connectors.formats.edi import edi_format, envelopes, groups
from api.connectors.formats.edi.edi_format import all_envelopes, read_edi
from api.connectors.formats.edi.segments import NotEdi
from api.connectors.formats.format import FormatOptions

UNB = b"UNB+UNOC:3+A:14+B:14+261127:0830+REF1'"
UNH = b"UNH+1+INVRPT:D:96A:UN:EAN004'BGM+35+1+9'"
ISA = (
    b"ISA*00*          *00*          *ZZ*A              *ZZ*B              *261127*0830*U*00401*000000001*0*P*>~"
    b"GS*SH*A*B*20261127*0830*1*X*004010~ST*856*0001~"
)
INVRPT, HL = FormatOptions(format="edifact", rows="LIN"), FormatOptions(format="x12", rows="HL.I")


class Repeated(io.RawIOBase):
    """A file of some bytes, then others again and again, then an end; it is nowhere as a whole."""

    def __init__(self, begin, part, times, end=b""):
        self.begin, self.part, self.end = begin, part, end
        self.size, self.at = len(begin) + len(part) * times + len(end), 0
        self.end_at = self.size - len(end)

    def readinto(self, buffer):
        content = self._slice(self.at, min(self.at + len(buffer), self.size))
        buffer[: len(content)] = content
        self.at += len(content)
        return len(content)

    def _slice(self, start, stop):
        first = (max(start, len(self.begin)) - len(self.begin)) % len(self.part)
        middle = self.part * ((stop - start) // len(self.part) + 2)
        body = middle[first : first + max(0, min(stop, self.end_at) - max(start, len(self.begin)))]
        return self.begin[start:stop] + body + self.end[max(0, start - self.end_at) : max(0, stop - self.end_at)]

    def seek(self, offset, whence=io.SEEK_SET):
        self.at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        return self.at

    def tell(self):
        return self.at

    def seekable(self):
        return True

    def readable(self):
        return True


LINE = b"LIN+1++4012345000009:EN'QTY+145:bad:CT'"
BAD = {
    "no terminator": (UNB + UNH, b"QTY+145:48:CT+", b"", INVRPT),
    "no terminator, each letter released": (UNB + UNH, b"?+?'", b"", INVRPT),
    "segments that are bad": (UNB + UNH, LINE, b"UNT+3+1'UNZ+1+REF1'", INVRPT),
    "an unclosed interchange": (UNB + UNH, LINE, b"", INVRPT),
    "messages that are bad": (UNB, UNH + b"UNT+9+1'", b"UNZ+1+REF1'", INVRPT),
    "messages without an end": (UNB, UNH, b"UNZ+1+REF1'", INVRPT),
    "groups that are bad": (UNB, b"UNG+INVRPT+A+B+261127:0830+1+UN+D:96A'UNE+7+2'", b"UNZ+1+REF1'", INVRPT),
    "interchanges that are bad": (b"", UNB + b"UNZ+9+REF2'", b"", INVRPT),
    "a row without an end": (UNB + UNH + b"LIN+1'", b"RFF+ON:1'", b"UNT+3+1'UNZ+1+REF1'", INVRPT),
    "levels that belong to none": (ISA, b"HL*1*x*I~", b"SE*3*0001~GE*1*1~IEA*1*000000001~", HL),
}


@pytest.fixture
def small_limits(monkeypatch):
    """So that a small file is a large one."""
    monkeypatch.setattr(envelopes, "MOST_INTERCHANGES", 50)
    monkeypatch.setattr(envelopes, "MOST_GROUPS", 200)
    monkeypatch.setattr(envelopes, "MOST_MESSAGES", 500)
    monkeypatch.setattr(envelopes, "MOST_HIERARCHY", 500)
    monkeypatch.setattr(edi_format, "MOST_SEGMENTS", 500)
    monkeypatch.setattr("api.connectors.formats.edi.segments.LONGEST_SEGMENT", 1 << 17)


def read(name, times):
    begin, part, end, options = BAD[name]
    return list(read_edi(io.BufferedReader(Repeated(begin, part, times, end)), options))


@pytest.mark.usefixtures("small_limits")
@pytest.mark.parametrize("name", BAD)
def test_no_more_of_a_bad_file_is_held_than_a_part(name):
    begin, part, end, options = BAD[name]
    stream = io.BufferedReader(Repeated(begin, part, 250_000 // len(part), end))
    tracemalloc.start()
    try:
        problems = sum(1 for _ in read_edi(stream, options))
        stream.seek(0)
        try:
            all_envelopes(stream, options)
        except NotEdi:
            problems += 1
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert problems
    assert peak < 1_500_000


def calls_of(stream, options):
    """How many functions are called to read it."""
    calls = Counter()
    sys.setprofile(lambda _frame, event, _argument: calls.update([event]))
    try:
        for _ in read_edi(stream, options):
            pass
    finally:
        sys.setprofile(None)
    return calls["call"] + calls["c_call"]


@pytest.mark.parametrize("name", [name for name in BAD if not name.startswith("no terminator")])
def test_twice_the_file_costs_twice_as_much(name):
    begin, part, end, options = BAD[name]
    once, twice = (calls_of(io.BufferedReader(Repeated(begin, part, times, end)), options) for times in (100, 200))
    assert twice < 2.2 * once


def test_twice_as_many_messages_of_which_every_other_is_bad_cost_twice_as_much():
    def messages(count):
        two = UNH.replace(b"UNH+1", b"UNH+A%d") + b"UNT+9+A%d'" + UNH.replace(b"UNH+1", b"UNH+B%d") + b"UNT+3+B%d'"
        return io.BytesIO(UNB + b"".join(two % ((number,) * 4) for number in range(count)) + b"UNZ+9+REF1'")

    assert calls_of(messages(200), INVRPT) < 2.2 * calls_of(messages(100), INVRPT)


def chain(depth):
    levels = b"".join(
        b"HL*%d*%s*P~" % (number, b"%d" % (number - 1) if number > 1 else b"") for number in range(1, depth)
    )
    body = levels + b"HL*%d*%d*I~LIN**SK*A~" % (depth, depth - 1)
    return ISA + body + b"SE*%d*0001~GE*1*1~IEA*1*000000001~" % (depth + 3)


def test_levels_inside_each_other_are_read_to_a_depth_that_none_has_and_told_beyond():
    (row,) = read_edi(io.BytesIO(chain(groups.DEEPEST)), HL)
    assert row.place.endswith("(HL)")
    (bad,) = read_edi(io.BytesIO(chain(5_000)), HL)
    assert bad.message == f"HL {groups.DEEPEST + 1} is inside more than {groups.DEEPEST} others"


@pytest.mark.usefixtures("small_limits")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("messages that are bad", "the file has more than 500 UNH; have it split"),
        ("groups that are bad", "the file has more than 200 UNG; have it split"),
        ("interchanges that are bad", "the file has more than 50 UNB; have it split"),
    ],
)
def test_a_file_with_more_envelopes_than_there_may_be_is_bad_once(name, message):
    (bad,) = read(name, 1_000)
    assert (bad.whole, bad.message) == (True, message)


@pytest.mark.usefixtures("small_limits")
def test_a_row_with_more_segments_than_there_may_be_is_told_once():
    begin, part, _, options = BAD["a row without an end"]
    good = Repeated(begin, part, 600, b"UNT+604+1'UNZ+1+REF1'")
    (bad,) = read_edi(io.BufferedReader(good), options)
    most = "more than 16,777,216 letters or 500 segments"
    assert bad.message == f"a row of it (LIN), or what stands above its rows, has {most}; have it split"
    short = Repeated(begin, part, 400, b"UNT+404+1'UNZ+1+REF1'")
    (row,) = read_edi(io.BufferedReader(short), options)
    assert len(row.values.segments) == 401


def test_of_levels_that_belong_to_none_the_first_is_told():
    (bad,) = read("levels that belong to none", 300)
    assert bad.message.startswith("HL 1 belongs to HL x, and there is none before it; SE says 3")
