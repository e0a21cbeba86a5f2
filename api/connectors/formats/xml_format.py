"""Reads the rows of an XML document, one after the other. It is read twice: first to see that it is whole and declares
nothing (entities can make a small file huge, or name other files), then for its rows.

A name of a path without a prefix is that of an element in any namespace; one with a prefix is in the namespace that
`namespaces` says.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, TypeAlias, cast
from xml.etree.ElementTree import Element, XMLPullParser, tostring  # `_Checks` looks before they do
from xml.parsers import expat

from api.connectors.formats.format import LARGEST_ROW, BadRow, FormatOptions, Row, bad_file, is_empty

_CHUNK = 1 << 16
_MOST_LEVELS = 100
_MOST_OUTSIDE = 100_000
"""Elements that are no row and in none."""
_Tag: TypeAlias = tuple[str | None, str]
"""The namespace that an element has to be in, if any, and its name."""


class _Refused(Exception):
    """The document has what is not read; says what."""


def read_xml(stream: BinaryIO, options: FormatOptions) -> Iterator[Row | BadRow]:
    """Each element at the path, `stock/item` below the root, with its number, from 1; without a path the root alone.
    `around` is the root without the rows.
    """
    if is_empty(stream):
        if options.empty_is_bad:
            yield bad_file("the file is empty")
        return
    steps = [step for step in options.rows.split("/") if step]
    unknown = [prefix for prefix in map(prefix_of, steps) if prefix and prefix not in options.namespaces]
    if unknown:
        yield bad_file(f"`namespaces` does not say which one '{unknown[0]}' is", path=options.rows)
        return
    path = [_tag(step, options.namespaces) for step in steps]
    start = stream.tell()
    around = _read_around(stream, options.encoding, path)
    if isinstance(around, BadRow):
        yield around
        return
    stream.seek(start)
    for number, element in enumerate(_Rows(path).of(_chunks(stream, options.encoding)), start=1):
        yield _row(number, element, around if path else None)


def prefix_of(step: str) -> str:
    return step.partition(":")[0] if ":" in step else ""


def _read_around(stream: BinaryIO, encoding: str | None, path: Sequence[_Tag]) -> Element | BadRow:
    """The document without its rows, once all of it was found to be XML; or why nothing of it is used."""
    checks, rows = _Checks(), _Rows(path)
    try:
        for _ in rows.of(checks.passed(_chunks(stream, encoding))):
            pass
    except expat.ExpatError as error:
        is_cut = error.code in _CUT_SHORT
        message = f"this is no XML: {expat.ErrorString(error.code)}{'; the file is cut short' if is_cut else ''}"
        return bad_file(message, row=error.lineno)
    except UnicodeDecodeError:
        return bad_file(f"this is not {encoding}", row=checks.line)
    except (_Refused, LookupError, ValueError) as error:  # also of an encoding that expat or Python does not know
        return bad_file(f"this XML is not read: {error}", row=checks.line)
    return rows.root


def _chunks(stream: BinaryIO, encoding: str | None) -> Iterator[bytes | str]:
    if encoding is None:
        while chunk := stream.read(_CHUNK):
            yield chunk
        return
    text = io.TextIOWrapper(stream, encoding=encoding)
    try:
        while letters := text.read(_CHUNK):
            yield letters
    finally:
        text.detach()


class _Checks:
    """Looks at a document before the parser that makes elements of it does. Raises ExpatError and _Refused."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.StartDoctypeDeclHandler = self._refuse_declarations
        self._parser.StartElementHandler = self._enter
        self._parser.EndElementHandler = self._leave
        self._levels = 0

    @property
    def line(self) -> int:
        return self._parser.CurrentLineNumber

    def passed(self, chunks: Iterator[bytes | str]) -> Iterator[bytes | str]:
        for chunk in chunks:
            self._parser.Parse(chunk)
            yield chunk
        self._parser.Parse(b"", True)  # noqa: FBT003  # expat knows no keyword

    def _refuse_declarations(self, *_: object) -> None:
        raise _Refused("it has a DOCTYPE, and entities that one declares could stand for anything")

    def _enter(self, *_: object) -> None:
        self._levels += 1
        if self._levels > _MOST_LEVELS:
            raise _Refused(f"its elements are nested more than {_MOST_LEVELS} levels deep")

    def _leave(self, *_: object) -> None:
        self._levels -= 1


class _Rows:
    """The elements at a path. Each is taken out of the document when it is handed on, so that they don't pile up."""

    def __init__(self, path: Sequence[_Tag]) -> None:
        self._path = path
        self._open: list[Element] = []
        self._outside = 0
        self.root = Element("none")

    def of(self, chunks: Iterator[bytes | str]) -> Iterator[Element]:
        parser = XMLPullParser(("start", "end"))
        for chunk in chunks:
            parser.feed(chunk)
            yield from self._ended(parser)
        parser.close()
        yield from self._ended(parser)

    def _ended(self, parser: XMLPullParser) -> Iterator[Element]:
        for event, item in parser.read_events():
            element = cast("Element", item)
            if event == "start":
                self._open.append(element)
                continue
            is_row = self._is_row()
            self._open.pop()
            if not self._open:
                self.root = element
            elif is_row:
                self._open[-1].remove(element)
            self._count_outside(-sum(1 for _ in element.iter()) + 1 if is_row else 1)
            if is_row:
                element.tail = None
                yield element

    def _is_row(self) -> bool:
        """Whether the innermost of the open elements is at the path."""
        return len(self._open) == len(self._path) + 1 and all(map(_matches, self._open[1:], self._path))

    def _count_outside(self, more: int) -> None:
        self._outside += more
        if self._outside > _MOST_OUTSIDE:
            raise _Refused(f"more than {_MOST_OUTSIDE:,} elements are no row; is the path of the rows right?")


def _row(number: int, element: Element, around: Element | None) -> Row | BadRow:
    place, raw = f"element {number}", tostring(element, encoding="unicode")
    if len(raw) > LARGEST_ROW:
        return BadRow(row=number, place=place, path="", message=f"it has more than {LARGEST_ROW:,} letters")
    return Row(number=number, place=place, values=element, raw=raw, around=around)


def _tag(step: str, namespaces: Mapping[str, str]) -> _Tag:
    prefix, _, name = step.rpartition(":")
    return (namespaces[prefix] if prefix else None), name


def _matches(element: Element, step: _Tag) -> bool:
    namespace, name = step
    found, _, local = element.tag.rpartition("}")
    return local == name and (namespace is None or found == "{" + namespace)


_CUT_SHORT = frozenset(
    expat.errors.codes[text]
    for text in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)
