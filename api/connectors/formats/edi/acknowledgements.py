"""Acknowledgements of EDI that was read: CONTRL of EDIFACT (UN/EDIFACT syntax 3), 997 and TA1 of X12. They say of each
message whether it was accepted, accepted with errors, or rejected, and which of its segments are in error.
"""

import bisect
import datetime
import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeAlias

from api.connectors.formats.edi.edi_writer import interchange, segment_text
from api.connectors.formats.edi.envelopes import Interchange, Message, MessageGroup
from api.connectors.formats.edi.segments import X12_DELIMITERS, Segment
from api.connectors.formats.format import BadRow, EdiEnvelope, FormatOptions
from api.connectors.formats.not_writable import NotWritable

State: TypeAlias = Literal["accepted", "with errors", "rejected"]
_CONTRL_REJECTED, _CONTRL_ACKNOWLEDGED = "4", "7"
_UNSPECIFIED = "18"
MOST_IN_ERROR = 999
"""Segments in error of one message that are told: so many UCS a message may have in CONTRL; AK3 of 997 as many."""
_SEGMENT_HAS_ERRORS = "8"
_INVALID_SEGMENT = "12"
TAG = re.compile(r"[A-Z][A-Z0-9]{1,2}")
_X12_STATES: dict[State, str] = {"accepted": "A", "with errors": "E", "rejected": "R"}


def acknowledgement(
    received: Interchange,
    bad: Iterable[BadRow],
    *,
    number: int,
    at: datetime.datetime,
    whole: bool = True,
) -> bytes:
    """The interchange that answers one that was read, with all its messages. `bad` are the rows of it that could not be
    used; `whole` says that nothing of their messages was. `number` is the control number of the answer. Raises
    NotWritable if it does not say between whom it goes, or has a text that can't be written back.
    """
    if not all(party.rpartition(":")[2].strip() for party in partners_of(received)):
        raise NotWritable("the interchange does not say who sent it and to whom", row=0)
    rows = sorted(bad, key=_row)
    if received.begin.tag == "ISA":
        return _x12(received, rows, number=number, at=at, whole=whole)
    return _contrl(received, rows, number=number, at=at, whole=whole)


def partners_of(received: Interchange) -> tuple[str, str]:
    """Who sent the interchange, and to whom, each with the qualifier of its name."""
    begin = received.begin
    if begin.tag == "ISA":
        return f"{begin.value(4)}:{begin.value(5)}", f"{begin.value(6)}:{begin.value(7)}"
    return _party(begin, 1), _party(begin, 2)


def state_of(message: Message, group: MessageGroup, bad: Sequence[BadRow], *, whole: bool) -> State:
    rows = rows_of(message, bad)
    if message.faults or group.faults or any(row.whole for row in rows) or (rows and whole):
        return "rejected"
    return "with errors" if rows else "accepted"


def rows_of(message: Message, bad: Sequence[BadRow]) -> Sequence[BadRow]:
    """Those of the message, of all that are bad, in their order."""
    first = bisect.bisect_left(bad, message.first, key=_row)
    return bad[first : bisect.bisect_left(bad, message.first + message.segments, lo=first, key=_row)]


def _row(row: BadRow) -> int:
    return row.row


def _contrl(received: Interchange, bad: Sequence[BadRow], *, number: int, at: datetime.datetime, whole: bool) -> bytes:
    begin = received.begin
    sender, receiver = begin.elements[1], begin.elements[2]
    action = _CONTRL_REJECTED if received.faults else _CONTRL_ACKNOWLEDGED
    codes = [received.faults[0].edifact, "UNZ"] if received.faults else []
    theirs, ours = partners_of(received)
    body: list[list[Any]] = [["UCI", received.reference, sender, receiver, action, *codes]]
    for group in received.groups if not received.faults else ():
        for message in group.messages:
            body += _ucm(message, group, bad, whole=whole)
    envelope = EdiEnvelope(
        type="CONTRL",
        version="D:3:UN",
        sender=ours,
        receiver=theirs,
        syntax=f"{begin.value(0)}:{begin.value(0, 1)}".rstrip(":"),
        test=begin.value(10) == "1",
    )
    options = FormatOptions(format="edifact")
    return b"".join(interchange([body], envelope, options, number=number, at=at))


def _ucm(message: Message, group: MessageGroup, bad: Sequence[BadRow], *, whole: bool) -> list[list[Any]]:
    state = state_of(message, group, bad, whole=whole)
    action = _CONTRL_REJECTED if state == "rejected" else _CONTRL_ACKNOWLEDGED
    faults = [*message.faults, *group.faults]
    codes = [faults[0].edifact] if faults else [_UNSPECIFIED] if state == "rejected" else []
    kind = [message.type, *message.version.split(":")]
    return [["UCM", message.reference, kind, action, *codes], *_in_error(message, bad, "UCS", _INVALID_SEGMENT)]


def _in_error(message: Message, bad: Sequence[BadRow], tag: str, code: str) -> list[list[Any]]:
    """Each segment in error once, in their order."""
    positions = sorted({_position(row, message) for row in rows_of(message, bad) if not row.whole})[:MOST_IN_ERROR]
    return [[tag, str(position), code] for position in positions]


def _position(row: BadRow, message: Message) -> int:
    """Of the segment in its message, from 1: the one that the row says, or else the one that the row begins with."""
    return row.segment or row.row - message.first + 1


def _party(begin: Segment, element: int) -> str:
    name, code = begin.value(element), begin.value(element, 1)
    return f"{code}:{name}" if code else name


def _x12(received: Interchange, bad: Sequence[BadRow], *, number: int, at: datetime.datetime, whole: bool) -> bytes:
    begin = received.begin
    theirs, ours = partners_of(received)
    envelope = EdiEnvelope(
        type="997",
        version=next((group.begin.value(7) for group in received.groups if group.begin is not None), "004010"),
        sender=ours,
        receiver=theirs,
        test=begin.value(14) == "T",
    )
    options = FormatOptions(format="x12")
    if received.faults:
        return _ta1(received, envelope, options, number=number, at=at)
    bodies = [_997(group, bad, whole=whole) for group in received.groups if group.begin is not None]
    return b"".join(interchange(bodies, envelope, options, number=number, at=at))


def _ta1(
    received: Interchange, envelope: EdiEnvelope, options: FormatOptions, *, number: int, at: datetime.datetime
) -> bytes:
    """An interchange that was refused as a whole is answered by TA1, which stands in no group."""
    begin = received.begin
    code = received.faults[0].x12
    ta1 = segment_text(["TA1", received.reference, begin.value(8), begin.value(9), "R", code], X12_DELIMITERS, 0)
    isa, *_, iea = interchange([], envelope, options, number=number, at=at)
    return isa + ta1.encode() + iea.replace(b"IEA*1*", b"IEA*0*")


def _997(group: MessageGroup, bad: Sequence[BadRow], *, whole: bool) -> list[list[Any]]:
    begin = group.begin
    code = begin.value(0) if begin is not None else ""
    body: list[list[Any]] = [["AK1", code, group.reference]]
    states = []
    for message in group.messages:
        state = state_of(message, group, bad, whole=whole)
        states.append(state)
        faults = list(dict.fromkeys(fault.x12 for fault in message.faults))
        errors = _ak3(message, bad)
        codes = faults or (["5"] if errors or state != "accepted" else [])
        body += [["AK2", message.type, message.reference], *errors, ["AK5", _X12_STATES[state], *codes[:5]]]
    count, accepted = str(group.count), sum(state != "rejected" for state in states)
    codes = list(dict.fromkeys(fault.x12 for fault in group.faults))[:5]
    body.append(["AK9", _group_state(states), count, count, str(accepted), *codes])
    return body


def _ak3(message: Message, bad: Sequence[BadRow]) -> list[list[Any]]:
    """Each segment in error, and its tag: the one that was looked for, or else the one that the row begins with."""
    tags: dict[int, str] = {}
    for row in rows_of(message, bad):
        looked_for, point, _ = row.path.removeprefix("/").partition(".")
        begins = TAG.match(row.raw)
        if not row.whole:
            is_path = bool(point) and looked_for.isupper() and looked_for.isalnum()
            tags[_position(row, message)] = looked_for if is_path else begins[0] if begins else ""
    return [
        ["AK3", tag, str(position), "", _SEGMENT_HAS_ERRORS] for position, tag in sorted(tags.items())[:MOST_IN_ERROR]
    ]


def _group_state(states: Sequence[State]) -> str:
    if all(state == "rejected" for state in states):
        return "R"
    if "rejected" in states:
        return "P"
    return "E" if "with errors" in states else "A"
