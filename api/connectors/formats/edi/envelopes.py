"""The envelopes of EDI: interchanges, groups and messages, with the control numbers and counts that say whether they
came whole. Faults are told in the words of the codes by which they are acknowledged.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from api.connectors.formats.edi.segments import NotEdi, Segment, Syntax


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with an envelope. `edifact` is its code in data element 0085, `x12` those of the transaction set
    (AK5), the group (AK9) or the interchange (TA1).
    """

    message: str
    edifact: str
    x12: str


@dataclass(slots=True, kw_only=True)
class Message:
    """A message or transaction set: the one with the number `ordinal` in the file, from 1; of so many `segments`, the
    first of which is the segment `first` of the file.
    """

    ordinal: int
    first: int
    reference: str
    type: str
    version: str = ""
    segments: int = 0
    faults: list[Fault] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class MessageGroup:
    """A group of X12 (GS to GE), or of EDIFACT (UNG to UNE). EDIFACT mostly does without; then `begin` is None."""

    begin: Segment | None
    reference: str = ""
    messages: list[Message] = field(default_factory=list)
    count: int = 0
    """Of its messages: those that are kept here may be fewer. `first` is the number of the first in the file."""
    first: int = 1
    faults: list[Fault] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Interchange:
    begin: Segment
    reference: str
    groups: list[MessageGroup] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    first: int = 1
    """The number of its first message."""
    last: int = 0
    digest: str = ""
    """Of all its segments, where all of it is kept: the same only if the same interchange comes again."""


MOST_INTERCHANGES, MOST_GROUPS, MOST_MESSAGES = 10_000, 50_000, 200_000
"""Of one file: more of them would not be held in memory, as they are until all are known to be whole."""
MOST_HIERARCHY = 200_000
"""Segments HL of one message."""
INTERCHANGE_ANSWER = "TA1"
"""It answers a whole interchange, and stands in no message."""


@dataclass(frozen=True, slots=True)
class _Tags:
    """The segments of the envelopes of a syntax, and where their references stand: (element, component)."""

    interchange: tuple[str, str]
    group: tuple[str, str]
    message: tuple[str, str]
    references: dict[str, int]


_EDIFACT = _Tags(
    ("UNB", "UNZ"), ("UNG", "UNE"), ("UNH", "UNT"), {"UNB": 4, "UNZ": 1, "UNG": 4, "UNE": 1, "UNH": 0, "UNT": 1}
)
_X12 = _Tags(("ISA", "IEA"), ("GS", "GE"), ("ST", "SE"), {"ISA": 12, "IEA": 1, "GS": 5, "GE": 1, "ST": 1, "SE": 1})


def read_envelopes(segments: Iterable[Segment], syntax: Syntax, *, keep_all: bool = False) -> Iterator[Interchange]:
    """Each interchange, once its end was read. Of its messages only those with faults are kept, unless `keep_all`.
    Raises NotEdi where there are no envelopes, or where the last one has no end.
    """
    yield from _Walk(_EDIFACT if syntax == "edifact" else _X12, keep_all=keep_all).over(segments)


class _Walk:
    def __init__(self, tags: _Tags, *, keep_all: bool) -> None:
        self._tags = tags
        self._keep_all = keep_all
        self._ordinal = 0
        self._interchange: Interchange | None = None
        self._group: MessageGroup | None = None
        self._message: Message | None = None
        self._groups = self._messages = 0
        self._counts: Counter[str] = Counter()
        """Of the segments that begin envelopes, in all of the file; and how many there may be."""
        most = (MOST_INTERCHANGES, MOST_GROUPS, MOST_MESSAGES)
        self._most = dict(zip((tags.interchange[0], tags.group[0], tags.message[0]), most, strict=True))
        self._references: set[str] = set()
        self._hierarchy: set[str] = set()
        self._content = hashlib.sha256()

    def over(self, segments: Iterable[Segment]) -> Iterator[Interchange]:
        number = 0
        for segment in segments:
            number = segment.number
            if self._keep_all:
                self._content.update(f"{segment.text}\n".encode())
            if segment.tag in self._most:
                self._count_envelope(segment)
            ended = self._take(segment)
            if ended is not None:
                yield ended
        if self._interchange is not None:
            end = self._tags.interchange[1]
            raise NotEdi(f"the file is cut short: {end} is missing", after=number, is_cut=True)

    def _take(self, segment: Segment) -> Interchange | None:
        tags, tag = self._tags, segment.tag
        if tag == tags.interchange[0]:
            self._begin_interchange(segment)
        elif self._interchange is None:
            begin = tags.interchange[0]
            raise NotEdi(f"{tag} stands outside of an interchange: {begin} is missing", after=segment.number - 1)
        elif tag == tags.interchange[1]:
            return self._end_interchange(self._interchange, segment)
        elif tag in tags.group:
            self._take_group(self._interchange, segment)
        elif tag == tags.message[0]:
            self._begin_message(self._interchange, segment)
        elif self._message is None and tag == INTERCHANGE_ANSWER:
            pass
        elif self._message is None:
            begin = tags.message[0]
            raise NotEdi(f"{tag} stands outside of a message: {begin} is missing", after=segment.number - 1)
        elif tag == tags.message[1]:
            self._end_message(segment)
        else:
            self._message.segments += 1
            if tag == "HL":
                self._check_hierarchy(self._message, segment)
        return None

    def _count_envelope(self, segment: Segment) -> None:
        """Raises NotEdi."""
        self._counts[segment.tag] += 1
        most = self._most[segment.tag]
        if self._counts[segment.tag] > most:
            raise NotEdi(f"the file has more than {most:,} {segment.tag}; have it split", after=segment.number - 1)

    def _check_hierarchy(self, message: Message, segment: Segment) -> None:
        """Of a message that has a fault already, one is enough: nothing of it is used."""
        own, parent = segment.value(0), segment.value(1)
        if message.faults:
            return
        if len(self._hierarchy) >= MOST_HIERARCHY:
            text = f"it has more than {MOST_HIERARCHY:,} segments HL; have it split"
            message.faults.append(Fault(message=text, edifact="18", x12="5"))
            return
        if parent and parent not in self._hierarchy:
            text = f"HL {own} belongs to HL {parent}, and there is none before it"
            message.faults.append(Fault(message=text, edifact="28", x12="5"))
        self._hierarchy.add(own)

    def _reference(self, segment: Segment) -> str:
        return segment.value(self._tags.references[segment.tag]).strip()

    def _begin_interchange(self, segment: Segment) -> None:
        if self._interchange is not None:
            end = self._tags.interchange[1]
            raise NotEdi(f"another interchange begins before {end}", after=segment.number - 1)
        first = self._ordinal + 1
        self._interchange = Interchange(begin=segment, reference=self._reference(segment), first=first)
        self._groups = self._messages = 0
        self._references.clear()

    def _end_interchange(self, interchange: Interchange, segment: Segment) -> Interchange:
        self._close_message(interchange.faults)
        self._close_group(interchange.faults)
        counted = self._groups or self._messages
        faults = interchange.faults
        faults += _wrong_count(segment, counted, what="groups" if self._groups else "messages", x12="021")
        faults += _wrong_reference(self._reference(segment), interchange.reference, segment, x12="001")
        interchange.last = self._ordinal
        interchange.digest, self._content = self._content.hexdigest(), hashlib.sha256()
        self._interchange = None
        return interchange

    def _take_group(self, interchange: Interchange, segment: Segment) -> None:
        self._close_message(interchange.faults)
        if segment.tag == self._tags.group[0]:
            self._close_group(interchange.faults)
            self._groups += 1
            self._references.clear()
            self._group = MessageGroup(begin=segment, reference=self._reference(segment), first=self._ordinal + 1)
            interchange.groups.append(self._group)
        elif self._group is None:
            interchange.faults.append(
                Fault(message=f"{segment.tag} ends a group that none began", edifact="29", x12="024")
            )
        else:
            group, self._group = self._group, None
            group.faults += _wrong_count(segment, group.count, what="messages", x12="5")
            group.faults += _wrong_reference(self._reference(segment), group.reference, segment, x12="4")

    def _begin_message(self, interchange: Interchange, segment: Segment) -> None:
        self._close_message(interchange.faults)
        if self._group is None and not (interchange.groups and interchange.groups[-1].begin is None):
            interchange.groups.append(MessageGroup(begin=None, first=self._ordinal + 1))
        group = self._group or interchange.groups[-1]
        self._ordinal += 1
        self._messages += 1
        self._hierarchy.clear()
        group.count += 1
        reference = self._reference(segment)
        is_x12 = segment.tag == "ST"
        kind = segment.value(0) if is_x12 else segment.value(1)
        version = "" if is_x12 else ":".join(segment.elements[1][1:]) if len(segment.elements) > 1 else ""
        self._message = Message(
            ordinal=self._ordinal,
            first=segment.number,
            reference=reference,
            type=kind,
            version=version,
            segments=1,
        )
        if reference in self._references:
            message = f"the message number {reference} stands here a second time"
            self._message.faults.append(Fault(message=message, edifact="26", x12="23"))
        self._references.add(reference)
        if is_x12 and self._group is None:
            self._message.faults.append(Fault(message="GS is missing before ST", edifact="13", x12="6"))
        group.messages.append(self._message)

    def _end_message(self, segment: Segment) -> None:
        message, self._message = self._message, None
        if message is None:  # `_take` has looked
            return
        message.segments += 1
        message.faults += _wrong_count(segment, message.segments, what="segments", x12="4")
        message.faults += _wrong_reference(self._reference(segment), message.reference, segment, x12="3")
        self._drop_if_good(message)

    def _drop_if_good(self, message: Message) -> None:
        if not message.faults and not self._keep_all and self._interchange is not None:
            self._interchange.groups[-1].messages.pop()  # it is the last

    def _close_message(self, faults: list[Fault]) -> None:
        """A message that has no end before what comes now: nothing of it is used, nor of what is around it."""
        if self._message is not None:
            end = self._tags.message[1]
            fault = Fault(
                message=f"message {self._message.reference} has no end: {end} is missing", edifact="13", x12="2"
            )
            self._message.faults.append(fault)
            faults.append(Fault(message=fault.message, edifact="13", x12="022"))
            self._message = None

    def _close_group(self, faults: list[Fault]) -> None:
        if self._group is not None:
            end = self._tags.group[1]
            fault = Fault(message=f"group {self._group.reference} has no end: {end} is missing", edifact="13", x12="3")
            self._group.faults.append(fault)
            faults.append(Fault(message=fault.message, edifact="13", x12="022"))
            self._group = None


def _wrong_count(segment: Segment, counted: int, *, what: str, x12: str) -> list[Fault]:
    stated = segment.value(0)
    if stated.isascii() and stated.isdigit() and int(stated[:18]) == counted:
        return []
    message = f"{segment.tag} says {stated or 'nothing'}, and there are {counted} {what}"
    return [Fault(message=message, edifact="29", x12=x12)]


def _wrong_reference(stated: str, begun: str, segment: Segment, *, x12: str) -> list[Fault]:
    if stated == begun or (stated.isdigit() and begun.isdigit() and int(stated[:18]) == int(begun[:18])):
        return []
    message = f"{segment.tag} ends the number {stated or 'nothing'}, and {begun or 'nothing'} was begun"
    return [Fault(message=message, edifact="28", x12=x12)]
