"""Reads the rows of EDIFACT and X12 files. A file is read twice: first its envelopes, whose control numbers and counts
say whether its messages came whole, then the rows of the messages that did.
"""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from api.connectors.formats.edi.envelopes import INTERCHANGE_ANSWER, Interchange, read_envelopes
from api.connectors.formats.edi.groups import GROUPS, EdiGroup, GroupsBroken, MessageGroups
from api.connectors.formats.edi.segments import NotEdi, Segment, Syntax, read_segments
from api.connectors.formats.encoding import encoding_of, text_of
from api.connectors.formats.format import LARGEST_ROW, BadRow, FormatOptions, Row, bad_file, is_empty

_ENVELOPES = frozenset({"UNB", "UNZ", "UNG", "UNE", "ISA", "IEA", "GS", "GE"})
_HEAD = 1_000
MOST_SEGMENTS = 200_000
"""Of one row, or of a message that is one."""
_CHARACTER_SETS = {"UNOC": "iso8859-1", "UNOD": "iso8859-2", "UNOE": "iso8859-5", "UNOF": "iso8859-7"}
"""Of EDIFACT's syntax levels, those whose letters are not found out as well as they are said."""


def read_edi(stream: BinaryIO, options: FormatOptions) -> Iterator[Row | BadRow]:
    """Each group that `rows` is about, or each message. Of a message whose control numbers or counts contradict its
    segments nothing is used, nor of a file whose interchange does not end.
    """
    if is_empty(stream):
        if options.empty_is_bad:
            yield bad_file("the file is empty")
        return
    encoding = edi_encoding(stream, options)
    if isinstance(encoding, BadRow):
        yield encoding
        return
    syntax: Syntax = "x12" if options.format == "x12" else "edifact"
    start = stream.tell()
    with _segments(stream, encoding, syntax) as segments:
        try:
            bad = bad_messages(read_envelopes(segments, syntax))
        except NotEdi as error:
            yield bad_file(str(error), place=f"segment {error.after + 1}")
            return
    stream.seek(start)
    with _segments(stream, encoding, syntax) as segments:
        yield from _Rows(options, bad).of(segments)


def all_envelopes(stream: BinaryIO, options: FormatOptions) -> list[Interchange]:
    """The envelopes of a file with all their messages, for acknowledging them. Raises NotEdi."""
    encoding = edi_encoding(stream, options)
    if isinstance(encoding, BadRow):
        raise NotEdi(encoding.message, after=0)
    syntax: Syntax = "x12" if options.format == "x12" else "edifact"
    with _segments(stream, encoding, syntax) as segments:
        return list(read_envelopes(segments, syntax, keep_all=True))


def edi_encoding(stream: BinaryIO, options: FormatOptions) -> str | BadRow:
    """The stated one, or that of EDIFACT's syntax level, or what is found out."""
    if options.encoding is not None or options.format == "x12":
        return encoding_of(stream, options.encoding)
    start = stream.tell()
    head = stream.read(_HEAD)
    stream.seek(start)
    level = head.partition(b"UNB")[2][1:5].decode("latin-1")
    return encoding_of(stream, _CHARACTER_SETS.get(level))


def bad_messages(interchanges: Iterator[Interchange]) -> dict[int, str]:
    """Why nothing of a message is used, by its number in the file."""
    bad: dict[int, str] = {}
    for interchange in interchanges:
        if interchange.faults:
            reason = "; ".join(fault.message for fault in interchange.faults)
            bad.update(dict.fromkeys(range(interchange.first, interchange.last + 1), reason))
        for group in interchange.groups:
            for message in group.messages:
                bad.setdefault(message.ordinal, "; ".join(fault.message for fault in message.faults))
            if group.faults:
                reason = "; ".join(fault.message for fault in group.faults)
                for ordinal in range(group.first, group.first + group.count):
                    bad.setdefault(ordinal, reason)
    return bad


@contextmanager
def _segments(stream: BinaryIO, encoding: str, syntax: Syntax) -> Iterator[Iterator[Segment]]:
    text: io.TextIOWrapper = text_of(stream, encoding)
    try:
        yield read_segments(text, syntax)
    finally:
        text.detach()


@dataclass(slots=True, kw_only=True)
class _OpenMessage:
    """The message that is read now: its `begin` is its segment 1."""

    begin: Segment
    reference: str
    type: str
    groups: MessageGroups | None
    """None: nothing of it is used."""
    group: EdiGroup
    rows: int = 0
    letters: int = 0
    segments: int = 0
    """Since its last row: what is held of it in memory, beside what stands above its rows."""


class _Rows:
    def __init__(self, options: FormatOptions, bad: Mapping[int, str]) -> None:
        self._options = options
        self._bad = bad
        self._ordinal = 0
        self._envelope: EdiGroup | None = None
        self._message: _OpenMessage | None = None

    def of(self, segments: Iterator[Segment]) -> Iterator[Row | BadRow]:
        for segment in segments:
            if segment.tag in _ENVELOPES:
                self._take_envelope(segment)
            elif segment.tag in ("UNH", "ST"):
                yield from self._begin(segment)
            elif segment.tag == INTERCHANGE_ANSWER and segment.tag not in self._options.ignore:
                yield _bad_answer(segment)
            elif self._message is not None:
                yield from self._add(self._message, segment)

    def _take_envelope(self, segment: Segment) -> None:
        if segment.tag in ("UNB", "ISA"):
            self._envelope = EdiGroup(segments=[segment])
        elif segment.tag in ("UNG", "GS") and self._envelope is not None:
            begin = [item for item in self._envelope.segments if item.tag != segment.tag]
            self._envelope = EdiGroup(segments=[*begin, segment])

    def _begin(self, segment: Segment) -> Iterator[BadRow]:
        self._ordinal += 1
        options, is_x12 = self._options, segment.tag == "ST"
        kind, reference = (segment.value(0), segment.value(1)) if is_x12 else (segment.value(1), segment.value(0))
        message = EdiGroup(segments=[segment], parent=self._envelope)
        self._message = _OpenMessage(begin=segment, reference=reference, type=kind, groups=None, group=message)
        reason = self._bad.get(self._ordinal)
        if reason is not None:
            yield self._bad_message(self._message, reason)
        elif kind in options.ignore:
            return
        elif options.messages and kind not in options.messages:
            known = ", ".join(options.messages)
            yield self._bad_message(self._message, f"this is {kind or 'of no type'}; {known} is read here")
        else:
            self._message.groups = MessageGroups(message, options.groups or GROUPS.get(kind, ()), options.rows)

    def _add(self, message: _OpenMessage, segment: Segment) -> Iterator[Row | BadRow]:
        if message.groups is None:
            return
        is_end = segment.tag in ("UNT", "SE")
        try:
            ended = message.groups.add(segment)
        except GroupsBroken as error:
            yield self._bad_message(message, str(error), segment=segment)
            message.groups = None
            return
        if ended is not None:
            yield self._row(message, ended)
            message.letters = message.segments = 0
        message.letters += len(segment.text)
        message.segments += 1
        if message.letters > LARGEST_ROW or message.segments > MOST_SEGMENTS:
            yield self._bad_message(message, _too_large(self._options))
            message.groups = None
        elif is_end and not self._options.rows:
            yield self._row(message, message.group)
        elif is_end and not message.rows:
            yield self._bad_message(message, "there is none in this message", path=self._options.rows)

    def _row(self, message: _OpenMessage, group: EdiGroup) -> Row:
        message.rows += 1
        begin = group.begin
        place = f"message {message.reference} ({message.type})"
        if group is not message.group:
            place += f", segment {begin.number - message.begin.number + 1} ({begin.tag})"
        return Row(number=begin.number, place=place, values=group, raw=group.text(), around=group.parent)

    def _bad_message(
        self, message: _OpenMessage, reason: str, *, path: str = "", segment: Segment | None = None
    ) -> BadRow:
        position = None if segment is None else segment.number - message.begin.number + 1
        return BadRow(
            row=message.begin.number,
            place=f"message {message.reference} ({message.type})",
            path=path,
            message=reason,
            raw=(segment or message.begin).text,
            whole=True,
            edi_message=message.begin.number,
            segment=position,
        )


def _too_large(options: FormatOptions) -> str:
    if not options.rows:
        return f"it has more than {LARGEST_ROW:,} letters or {MOST_SEGMENTS:,} segments; say what its `rows` are"
    return (
        f"a row of it ({options.rows}), or what stands above its rows, has more than {LARGEST_ROW:,} letters or"
        f" {MOST_SEGMENTS:,} segments; have it split"
    )


def _bad_answer(segment: Segment) -> BadRow:
    message = f"this answers an interchange of ours, and is no message; leave it out by `ignore: [{segment.tag}]`"
    place = f"segment {segment.number} ({segment.tag})"
    return BadRow(row=segment.number, place=place, path="", message=message, raw=segment.text)
