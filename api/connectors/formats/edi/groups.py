"""Groups of segments in EDI messages: which lines belong to which package, and which quantities to which line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from api.connectors.formats.edi.segments import Segment

GROUPS: Mapping[str, Sequence[str]] = {
    # EDIFACT
    "DESADV": ("CPS", "LIN"),
    "DELFOR": ("LIN",),
    "INVRPT": ("LIN",),
    "ORDCHG": ("LIN",),
    "ORDERS": ("LIN",),
    "ORDRSP": ("LIN",),
    "PRICAT": ("PGI", "LIN"),
    "RECADV": ("CPS", "LIN"),
    "SLSRPT": ("LOC", "LIN"),
    # X12
    "846": ("LIN",),
    "850": ("PO1",),
    "852": ("LIN",),
    "855": ("PO1",),
    "856": ("HL",),
    "860": ("POC",),
    "861": ("RCD",),
    "940": ("LX", "W01"),
    "943": ("W04",),
    "944": ("W07",),
    "945": ("LX", "W12"),
    "947": ("W19",),
}
"""By the type of a message, the segments that begin groups in it, outermost first. HL says by itself what it is in."""
_SUMMARY = frozenset({"UNS", "CNT", "UNT", "CTT", "SE", "W03", "W76"})
"""Segments of the message as a whole, behind all groups."""
_MESSAGES = frozenset({"UNH", "ST"})
_HIERARCHY = "HL"
DEEPEST = 50
"""Groups HL inside each other; the standard has six levels in use."""
_LOOP_MARKS = frozenset({"LS", "LE"})


class GroupsBroken(Exception):
    """A segment says that it belongs to a group that there is not."""


@dataclass(slots=True, kw_only=True, eq=False)
class EdiGroup:
    """A segment that begins a group, and those that belong to it, itself the first. `groups` are inside it, but for
    those that are rows and are handed on. `parent` is the group around it; around a message is its envelope.
    """

    segments: list[Segment]
    parent: "EdiGroup | None" = None
    groups: list["EdiGroup"] = field(default_factory=list)

    @property
    def begin(self) -> Segment:
        return self.segments[0]

    @property
    def message(self) -> "EdiGroup":
        """The message that the group is in, or is."""
        group = self
        while group.parent is not None and group.begin.tag not in _MESSAGES:
            group = group.parent
        return group

    def below(self) -> Iterator["EdiGroup"]:
        """The groups inside it, and inside those, in their order."""
        for group in self.groups:
            yield group
            yield from group.below()

    def text(self) -> str:
        """Its segments and those of the groups inside it, a line each, in their order."""
        every = [*self.segments, *(segment for group in self.below() for segment in group.segments)]
        return "\n".join(segment.text for segment in sorted(every, key=lambda segment: segment.number))


def begins(selector: str, segment: Segment) -> bool:
    """Whether the segment begins the groups that the selector is about: `LIN`, or `HL.I`, of items."""
    tag, _, code = selector.partition(".")
    if segment.tag != tag:
        return False
    return not code or segment.value(2 if tag == _HIERARCHY else 0) == code


class MessageGroups:
    """Puts the segments of one message into groups, as they come. Groups that `rows` is about are handed on as soon as
    all their segments are there, and not kept.
    """

    def __init__(self, message: EdiGroup, tags: Sequence[str], rows: str) -> None:
        row_tag = rows.partition(".")[0]
        self._tags = [*tags, *([row_tag] if row_tag and row_tag not in tags else [])]
        self._rows = rows
        self._message = message
        self._open = [message]
        self._by_id: dict[str, EdiGroup] = {}
        self._row: EdiGroup | None = None

    def add(self, segment: Segment) -> EdiGroup | None:
        """The row that the segment ends, if it does. Raises GroupsBroken."""
        if segment.tag in _SUMMARY or segment.tag in _LOOP_MARKS:
            ended = self._close(1)
            if not self._rows:  # rows are handed on before, and all of them know as much of the message
                self._message.segments.append(segment)
            return ended
        if segment.tag == _HIERARCHY and _HIERARCHY in self._tags:
            parent = self._hierarchical_parent(segment)
            ended = self._close(self._open.index(parent) + 1 if parent in self._open else 1)
            self._open_below(parent, segment)
            return ended
        if segment.tag in self._tags:
            ended = self._close(self._level_of(segment.tag))
            self._open_below(self._open[-1], segment)
            return ended
        self._open[-1].segments.append(segment)
        return None

    def end(self) -> EdiGroup | None:
        """The last row, if there is one."""
        return self._close(1)

    def _level_of(self, tag: str) -> int:
        """How many groups stay open around one that begins with this tag."""
        rank = self._tags.index(tag)
        for level, group in enumerate(self._open[1:], start=1):
            if group.begin.tag in self._tags and self._tags.index(group.begin.tag) >= rank:
                return level
        return len(self._open)

    def _hierarchical_parent(self, segment: Segment) -> EdiGroup:
        parent = segment.value(1)
        if not parent:
            return self._message
        if parent not in self._by_id:
            raise GroupsBroken(f"HL {segment.value(0)} belongs to HL {parent}, which does not stand just before it")
        return self._by_id[parent]

    def _open_below(self, parent: EdiGroup, segment: Segment) -> None:
        if len(self._open) > DEEPEST:
            raise GroupsBroken(f"{segment.tag} {segment.value(0)} is inside more than {DEEPEST} others")
        group = EdiGroup(segments=[segment], parent=parent)
        self._open.append(group)
        if segment.tag == _HIERARCHY:
            self._by_id[segment.value(0)] = group
        if self._row is None and self._rows:  # what is around rows is not looked for in what is around it
            self._row = group if begins(self._rows, segment) else None
        else:
            parent.groups.append(group)

    def _close(self, level: int) -> EdiGroup | None:
        """Close all groups but so many. A row is over when it is closed itself."""
        closed = self._open[level:]
        del self._open[level:]
        is_over = self._row is not None and self._row in closed
        if self._rows and (is_over or self._row is None):
            for group in (*closed, *(self._row.below() if self._row is not None else ())):
                if group.begin.tag == _HIERARCHY:
                    self._by_id.pop(group.begin.value(0), None)
        if not is_over:
            return None
        row, self._row = self._row, None
        return row
