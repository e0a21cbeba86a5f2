"""Segments of EDIFACT (ISO 9735) and X12 interchanges, read one after the other. Each interchange says its own
delimiters: EDIFACT in UNA, X12 in ISA, whose elements have fixed places.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Syntax: TypeAlias = Literal["edifact", "x12"]
LONGEST_SEGMENT = 1 << 20
_CHUNK = 1 << 16
_ISA_LENGTH = 106
_UNA_LENGTH = 9
_BLANKS = " \t\r\n"
_NO_REPETITION = re.compile(r"[\sA-Za-z0-9]")


class NotEdi(Exception):
    """The text is no EDIFACT or X12 from here on. `after` segments were read before. `is_cut`: it ends too early."""

    def __init__(self, message: str, *, after: int, is_cut: bool = False) -> None:
        super().__init__(message)
        self.after, self.is_cut = after, is_cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Delimiters:
    """`release` goes before a letter that is no delimiter there; X12 has none. `repetition` may be empty, too."""

    component: str
    element: str
    release: str = ""
    repetition: str = ""
    terminator: str


EDIFACT_DELIMITERS = Delimiters(component=":", element="+", release="?", terminator="'")
X12_DELIMITERS = Delimiters(component=">", element="*", repetition="U", terminator="~")


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """`elements` are those after the tag, each its components. `number` counts the segments of the file from 1.
    `repeated` are the elements that are there several times, by their index, but for the first time. `text` is as it
    came, without its terminator.
    """

    tag: str
    elements: list[list[str]]
    number: int
    text: str
    repeated: dict[int, list[list[str]]] = field(default_factory=dict)

    def value(self, element: int, component: int = 0) -> str:
        """Empty if there is none."""
        if element >= len(self.elements) or component >= len(self.elements[element]):
            return ""
        return self.elements[element][component]


def read_segments(text: io.TextIOWrapper, syntax: Syntax) -> Iterator[Segment]:
    """The segments of all interchanges; blanks and line ends between them are no part of them. Raises NotEdi."""
    reader = _SegmentReader(text, syntax)
    while True:
        segment = reader.next()
        if segment is None:
            return
        yield segment


class _SegmentReader:
    def __init__(self, text: io.TextIOWrapper, syntax: Syntax) -> None:
        self._text = text
        self._is_x12 = syntax == "x12"
        self._buffer = ""
        self._at = 0
        self._count = 0
        self._splitter: _Splitter | None = None

    def next(self) -> Segment | None:
        self._skip_blanks()
        self._need(_ISA_LENGTH)
        if self._at >= len(self._buffer):
            return None
        self._begin_interchange()
        if self._splitter is None:
            name, begin = ("X12", "ISA") if self._is_x12 else ("EDIFACT", "UNA or UNB")
            raise NotEdi(f"this is no {name}: it does not begin with {begin}", after=self._count)
        text = self._next_text(self._splitter.segment)
        self._count += 1
        return self._splitter.split(text, self._count)

    def _begin_interchange(self) -> None:
        """Take the delimiters of an interchange that begins here."""
        begin = self._buffer[self._at : self._at + 3]
        if self._is_x12 and begin == "ISA":
            self._splitter = _Splitter(self._isa_delimiters())
        elif begin == "UNA" and not self._is_x12:
            self._splitter = _Splitter(self._una_delimiters())
            self._at += _UNA_LENGTH
            self._skip_blanks()
        elif begin == "UNB" and not self._is_x12:
            self._splitter = _Splitter(EDIFACT_DELIMITERS)

    def _una_delimiters(self) -> Delimiters:
        letters = self._buffer[self._at + 3 : self._at + _UNA_LENGTH]
        if len(letters) < _UNA_LENGTH - 3:
            raise NotEdi("the file is cut short within UNA", after=self._count, is_cut=True)
        component, element, _, release, repetition, terminator = letters
        return Delimiters(
            component=component,
            element=element,
            release=release.strip(),
            repetition=repetition.strip(),
            terminator=terminator,
        )

    def _isa_delimiters(self) -> Delimiters:
        isa = self._buffer[self._at : self._at + _ISA_LENGTH]
        if len(isa) < _ISA_LENGTH:
            raise NotEdi("the file is cut short within ISA", after=self._count, is_cut=True)
        element, repetition, component, terminator = isa[3], isa[82], isa[104], isa[105]
        if isa.count(element) != 16 or isa[103] != element:  # noqa: PLR2004  # ISA has 16 elements, the last of one letter
            raise NotEdi("the elements of ISA do not have the lengths that X12 gives them", after=self._count)
        repetition = "" if _NO_REPETITION.match(repetition) else repetition
        return Delimiters(component=component, element=element, repetition=repetition, terminator=terminator)

    def _next_text(self, pattern: re.Pattern[str]) -> str:
        while True:
            found = pattern.match(self._buffer, self._at)
            if found is not None:
                self._at = found.end()
                return found[1]
            if len(self._buffer) - self._at > LONGEST_SEGMENT:
                raise NotEdi(f"a segment has more than {LONGEST_SEGMENT:,} letters", after=self._count)
            if not self._read():
                raise NotEdi("the file is cut short within a segment", after=self._count, is_cut=True)

    def _skip_blanks(self) -> None:
        while True:
            while self._at < len(self._buffer) and self._buffer[self._at] in _BLANKS:
                self._at += 1
            if self._at < len(self._buffer) or not self._read():
                return

    def _need(self, length: int) -> None:
        while len(self._buffer) - self._at < length and self._read():
            pass

    def _read(self) -> bool:
        more = self._text.read(_CHUNK)
        if more:
            self._buffer = self._buffer[self._at :] + more
            self._at = 0
        return bool(more)


class _Splitter:
    """Splits a text at the delimiters of an interchange, and takes release characters out."""

    def __init__(self, delimiters: Delimiters) -> None:
        self._delimiters = delimiters
        self.segment = re.compile(self._until(delimiters.terminator) + re.escape(delimiters.terminator), re.DOTALL)
        self._element = re.compile(self._until(delimiters.element), re.DOTALL)
        self._component = re.compile(self._until(delimiters.component), re.DOTALL)
        self._repetition = re.compile(self._until(delimiters.repetition), re.DOTALL) if delimiters.repetition else None
        self._released = re.compile(re.escape(delimiters.release) + "(.)", re.DOTALL) if delimiters.release else None

    def split(self, text: str, number: int) -> Segment:
        delimiters = self._delimiters
        tag, *elements = self._parts(text, delimiters.element, self._element)
        repeated: dict[int, list[list[str]]] = {}
        # ISA names the repetition separator as one of its elements
        if self._repetition is not None and delimiters.repetition in text and tag != "ISA":
            for index, element in enumerate(elements):
                elements[index], *more = self._parts(element, delimiters.repetition, self._repetition)
                if more:
                    repeated[index] = [self._components(item) for item in more]
        # whose elements are filled with blanks to their lengths
        components = [[element.strip()] for element in elements] if tag == "ISA" else [*map(self._components, elements)]
        return Segment(tag=tag.strip(), elements=components, number=number, text=text, repeated=repeated)

    def _components(self, element: str) -> list[str]:
        parts = self._parts(element, self._delimiters.component, self._component)
        if self._released is None or self._delimiters.release not in element:
            return parts
        return [self._released.sub(r"\1", part) for part in parts]

    def _parts(self, text: str, delimiter: str, pattern: re.Pattern[str]) -> list[str]:
        if not self._delimiters.release or self._delimiters.release not in text:
            return text.split(delimiter)
        parts, at = [], 0
        while True:
            found = pattern.match(text, at)
            part = found[1] if found is not None else text[at:]
            parts.append(part)
            at += len(part) + 1
            if at > len(text):
                return parts

    def _until(self, delimiter: str) -> str:
        """A pattern of all letters before the delimiter, where no release character stands before it."""
        stop, release = re.escape(delimiter), re.escape(self._delimiters.release)
        # possessive: what was matched is never tried in another way, so none is remembered
        return f"([^{stop}{release}]*+(?:{release}.[^{stop}{release}]*+)*+)" if release else f"([^{stop}]*+)"
