"""Writes EDIFACT and X12: the segments of a connector's template, filled with a row's fields, in their envelopes.

A template's segment is written with the usual delimiters of its syntax, and fields in braces: `LIN+{$index}++{sku}:EN`.
`{$index}` counts the elements of the loop it is in, from 1; `{$count.LIN}` the segments LIN that were written in the
message, itself among them. A segment whose fields are all empty is left out.
"""

import datetime
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from api.connectors.formats.edi.segments import EDIFACT_DELIMITERS, X12_DELIMITERS, Delimiters
from api.connectors.formats.format import EdiEnvelope, FormatOptions, SegmentLoop
from api.connectors.formats.not_writable import NotWritable

FUNCTIONAL_CODES: Mapping[str, str] = {
    "846": "IB",
    "850": "PO",
    "855": "PR",
    "856": "SH",
    "940": "OW",
    "943": "AR",
    "944": "RE",
    "945": "SW",
    "947": "AW",
    "997": "FA",
}
"""GS01 of each type."""
ALL_ROWS = "$rows"
"""The list that a loop is about which is written for each row, so that all are one message."""
_LEVELS = {"UNOA": "ascii", "UNOB": "ascii", "UNOC": "iso8859-1", "UNOD": "iso8859-2", "UNOE": "iso8859-5"}
"""The encodings of EDIFACT's syntax levels; all others are written in UTF-8."""
FIELD_IN_BRACES = re.compile(r"\{([^{}]+)\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MOST_NUMBER = 10**9
_NO_REPETITION, _REPEATS_SINCE = "U", "00402"


def write_edi(
    rows: Iterable[Mapping[str, Any]], options: FormatOptions, *, number: int, at: datetime.datetime
) -> Iterator[bytes]:
    """An interchange with a message for each row, or with one for all, if the template has a loop over `$rows`. Its
    control number is `number`. Raises NotWritable.
    """
    if options.envelope is None:
        raise NotWritable("the format does not say between whom it goes", row=0)
    if any(isinstance(item, SegmentLoop) and item.each == ALL_ROWS for item in options.segments):
        every = list(rows)
        rows = [{**every[0], ALL_ROWS: every}] if every else []
    bodies = (_body(row, options, index) for index, row in enumerate(rows, start=1))
    yield from interchange(bodies, options.envelope, options, number=number, at=at)


def interchange(
    bodies: Iterable[Sequence[Sequence[Any]]],
    envelope: EdiEnvelope,
    options: FormatOptions,
    *,
    number: int,
    at: datetime.datetime,
) -> Iterator[bytes]:
    """The messages, each the segments between its first and its last, in an interchange. A segment is its tag and
    elements; an element a text or a list of components.
    """
    make = _X12Interchange if options.format == "x12" else _EdifactInterchange
    written = make(envelope, number % _MOST_NUMBER, at)
    encoding = options.encoding or written.encoding
    for text, row in written.parts(bodies):
        try:
            yield text.encode(encoding)
        except UnicodeEncodeError as error:
            raise NotWritable(f"'{text[error.start]}' can't be written in {encoding}", row=row) from None


@dataclass(slots=True)
class _EdifactInterchange:
    envelope: EdiEnvelope
    number: int
    at: datetime.datetime

    @property
    def encoding(self) -> str:
        return _LEVELS.get(self.envelope.syntax.partition(":")[0], "utf-8")

    def parts(self, bodies: Iterable[Sequence[Sequence[Any]]]) -> Iterator[tuple[str, int]]:
        envelope, count = self.envelope, 0
        sender, receiver = (_edifact_party(party) for party in (envelope.sender, envelope.receiver))
        when = [f"{self.at:%y%m%d}", f"{self.at:%H%M}"]
        syntax = envelope.syntax.split(":")
        begin = [
            "UNB",
            syntax,
            sender,
            receiver,
            when,
            str(self.number),
            "",
            "",
            "",
            "",
            "",
            "1" if envelope.test else "",
        ]
        yield "UNA:+.? '", 0
        yield segment_text(begin, EDIFACT_DELIMITERS, 0), 0
        for count, body in enumerate(bodies, start=1):
            kind = [envelope.type, *envelope.version.split(":")]
            segments = [["UNH", str(count), kind], *body, ["UNT", str(len(body) + 2), str(count)]]
            yield "".join(segment_text(item, EDIFACT_DELIMITERS, count) for item in segments), count
        yield segment_text(["UNZ", str(count), str(self.number)], EDIFACT_DELIMITERS, 0), 0


@dataclass(slots=True)
class _X12Interchange:
    envelope: EdiEnvelope
    number: int
    at: datetime.datetime
    encoding: str = "utf-8"

    def parts(self, bodies: Iterable[Sequence[Sequence[Any]]]) -> Iterator[tuple[str, int]]:
        envelope, count = self.envelope, 0
        (sender_code, sender), (receiver_code, receiver) = map(_x12_party, (envelope.sender, envelope.receiver))
        yield self._isa(sender_code, sender, receiver_code, receiver), 0
        group = str(self.number)
        code = FUNCTIONAL_CODES.get(envelope.type, "")
        when = [f"{self.at:%Y%m%d}", f"{self.at:%H%M}"]
        yield segment_text(["GS", code, sender, receiver, *when, group, "X", envelope.version], X12_DELIMITERS, 0), 0
        for count, body in enumerate(bodies, start=1):
            reference = f"{count:04}"
            segments = [["ST", envelope.type, reference], *body, ["SE", str(len(body) + 2), reference]]
            text = "".join(segment_text(item, X12_DELIMITERS, count) for item in segments)
            if self._repetition != _NO_REPETITION and self._repetition in text:
                message = f"'{self._repetition}' can't be written in X12 {envelope.version}, where it is a delimiter"
                raise NotWritable(message, row=count)
            yield text, count
        yield segment_text(["GE", str(count), group], X12_DELIMITERS, 0), 0
        yield segment_text(["IEA", "1", f"{self.number:09}"], X12_DELIMITERS, 0), 0

    @property
    def _repetition(self) -> str:
        """ISA11: since 004020 the sign between repeated elements, before that the agency of the standard."""
        return "^" if self.envelope.version[:5] >= _REPEATS_SINCE else _NO_REPETITION

    def _isa(self, sender_code: str, sender: str, receiver_code: str, receiver: str) -> str:
        """Its elements have fixed lengths."""
        version, usage = self.envelope.version[:5], "T" if self.envelope.test else "P"
        elements = ["ISA", "00", " " * 10, "00", " " * 10, sender_code, sender.ljust(15), receiver_code]
        elements += [receiver.ljust(15), f"{self.at:%y%m%d}", f"{self.at:%H%M}", self._repetition, version]
        elements += [f"{self.number:09}", "0", usage, X12_DELIMITERS.component]
        return X12_DELIMITERS.element.join(elements) + X12_DELIMITERS.terminator


def _edifact_party(party: str) -> list[str]:
    """`14:4000000000001`, with the code that says what kind of number it is, or the number alone."""
    code, colon, name = party.partition(":")
    return [name, code] if colon else [party]


def _x12_party(party: str) -> tuple[str, str]:
    code, colon, name = party.partition(":")
    code, name = (code, name) if colon else ("ZZ", party)
    if len(code) != 2 or not 0 < len(name) <= 15:  # noqa: PLR2004  # the lengths of ISA05 and ISA06
        raise NotWritable(f"'{party}' is no party of X12: a code of two letters, and at most 15 letters", row=0)
    return code, name


def segment_text(parts: Sequence[Any], delimiters: Delimiters, row: int) -> str:
    """A segment with its terminator, without empty elements and components at the ends."""
    elements = []
    for part in parts:
        components = [_released(text, delimiters, row) for text in (part if isinstance(part, list) else [part])]
        elements.append(delimiters.component.join(_without_empty_end(components)))
    return delimiters.element.join(_without_empty_end(elements)) + delimiters.terminator


def _released(text: str, delimiters: Delimiters, row: int) -> str:
    """The text as it stands in a segment. X12 can't write its own delimiters."""
    if _CONTROL.search(text):
        raise NotWritable(f"a line end or another control character in '{text}' can't be written in EDI", row=row)
    special = (delimiters.component, delimiters.element, delimiters.terminator, delimiters.release)
    if delimiters.release:
        return "".join(delimiters.release + letter if letter in special else letter for letter in text)
    for letter in (delimiters.component, delimiters.element, delimiters.terminator):
        if letter in text:
            raise NotWritable(f"'{letter}' in '{text}' can't be written in X12, where it is a delimiter", row=row)
    return text


def _without_empty_end(parts: list[str]) -> list[str]:
    while len(parts) > 1 and not parts[-1]:
        parts = parts[:-1]
    return parts


def _body(row: Mapping[str, Any], options: FormatOptions, number: int) -> list[list[Any]]:
    delimiters = X12_DELIMITERS if options.format == "x12" else EDIFACT_DELIMITERS
    return _Template(delimiters, number).segments(options.segments, [row])


class _Template:
    """The segments of one message."""

    def __init__(self, delimiters: Delimiters, number: int) -> None:
        self._delimiters = delimiters
        self._number = number
        self._counts: Counter[str] = Counter()

    def segments(
        self, items: Iterable[str | SegmentLoop], scopes: list[Mapping[str, Any]], index: int = 0
    ) -> list[list[Any]]:
        written: list[list[Any]] = []
        for item in items:
            if isinstance(item, SegmentLoop):
                inner = self._value(item.each, scopes, index) or []
                if not isinstance(inner, list | tuple):
                    raise NotWritable("a loop is over a list", row=self._number, path=item.each)
                for place, part in enumerate(inner, start=1):
                    written += self.segments(item.segments, [part, *scopes], place)
                continue
            segment = self._segment(item, scopes, index)
            if segment is not None:
                written.append(segment)
        return written

    def _segment(self, template: str, scopes: list[Mapping[str, Any]], index: int) -> list[Any] | None:
        delimiters = self._delimiters
        tag, *elements = template.split(delimiters.element)
        self._counts[tag] += 1
        names = [name for name in FIELD_IN_BRACES.findall(template) if not name.startswith("$")]
        if names and not any(self._text(name, scopes, index) for name in names):
            self._counts[tag] -= 1
            return None
        filled: list[Any] = [tag]
        for element in elements:
            components = [self._filled(text, scopes, index) for text in element.split(delimiters.component)]
            filled.append(components if len(components) > 1 else components[0])
        return filled

    def _filled(self, text: str, scopes: list[Mapping[str, Any]], index: int) -> str:
        return FIELD_IN_BRACES.sub(lambda match: self._text(match[1], scopes, index), text)

    def _text(self, name: str, scopes: list[Mapping[str, Any]], index: int) -> str:
        value = self._value(name, scopes, index)
        match value:
            case None:
                return ""
            case str():
                return value
            case bool():
                return "true" if value else "false"
            case int():
                return str(value)
            case Decimal():
                return format(value, "f")
        raise NotWritable("one value is expected here, not a list or an object", row=self._number, path=name)

    def _value(self, name: str, scopes: list[Mapping[str, Any]], index: int) -> Any:
        if name == "$index":
            return index
        if name.startswith("$count."):
            return self._counts[name.removeprefix("$count.")]
        return next((scope[name] for scope in scopes if name in scope), None)
