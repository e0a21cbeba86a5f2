"""Parses YAML into a document that knows the line and column of every key and value, within fixed bounds.

Scalars stay the text that the author wrote, so that `no`, `on`, `1:30` and `012` are never converted: the kind of the
fact they are compared with decides how they are parsed. Only an empty value (or null, ~) becomes None.
Aliases, tags, duplicate keys, several documents, nesting beyond 32 and files beyond 1 MiB are refused.
"""

import dataclasses
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from rules.errors import Finding, PolicyInvalid
from rules.syntax.typo_hints import typo_hint

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_MESSAGE = 600
"""Characters in one message; the rest is cut off."""
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_CORE = re.compile(
    r"true|True|TRUE|false|False|FALSE|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?[0-9]+|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
    re.ASCII,
)
"""Words that YAML 1.2 reads as a boolean or a number (section 10.3.2, core schema)."""
_MARKS = {b"\xff\xfe\0\0": "UTF-32", b"\0\0\xfe\xff": "UTF-32", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
LINES = re.compile("\r\n|[\r\n\u0085\u2028\u2029]")
_PROBLEMS = {
    "could not find expected ':'": "a colon is missing, here or on the line before: write 'key: value'",
    "mapping values are not allowed": "a colon where none can stand: look for one missing on the line before, "
    "for another indentation, or put the text in quotes",
    "did not find expected key": "this line belongs to nothing before it: check its indentation, and quotes before it",
    "did not find expected '-' indicator": "this line belongs to nothing before it: check its indentation",
    "did not find expected ',' or ']'": "a list in brackets is not closed, or a comma is missing in it",
    "did not find expected ',' or '}'": "a mapping in braces is not closed, or a comma is missing in it",
    "found character that cannot start any token": "no value starts with this sign; put it in quotes",
    "found unexpected end of stream": "a quotation mark is never closed",
    "block sequence entries are not allowed": "a list can't start here: put each '- ' on a line of its own",
}
"""The beginnings of libyaml's messages, and what to tell the author instead."""

Path: TypeAlias = tuple[str | int, ...]
Node: TypeAlias = "str | list[Node] | dict[str, Node] | None"
Place: TypeAlias = tuple[int, int]
"""Line and column, from 1."""
_SKIPPED = "\0"
"""Stands in paths for a key that is skipped; no real key can be a NUL character."""


class Plain(str):
    """A scalar written without quotes."""

    __slots__ = ()

    @property
    def is_core(self) -> bool:
        """Whether YAML 1.2 reads it as a boolean or a number instead of a word."""
        return _CORE.fullmatch(self) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A parsed file; `keys` and `values` hold the place of each key and each value by its path."""

    file: str
    text: str
    root: Node = None
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    """Mistakes that were skipped: aliases, tags, keys that are repeated or are no words."""

    def finding(self, path: Path, code: str, message: str, meant: str = "") -> Finding:
        """A finding at the place of `path`, see `place`."""
        line, column = self.place(path)
        return Finding(file=self.file, line=line, column=column, code=code, message=_cut(message), meant=meant)

    def word(self, path: Path) -> str:
        """The text at `path`; empty if that is no single value."""
        node = self.root
        for key in path:
            node = node[key]  # type: ignore[index]  # a path of this document
        return str(node) if isinstance(node, str) else ""

    def place(self, path: Path) -> Place:
        """Line and column of the key at `path`; without a key of the value, without a value of what encloses it."""
        while path and path not in self.keys and path not in self.values:
            path = path[:-1]
        return self.keys.get(path) or self.values.get(path) or (1, 1)


def read(file: str, content: bytes, *, most: int = MAX_BYTES) -> Document:
    """Parses `content`, of at most `most` bytes; raises PolicyInvalid with every mistake."""
    document = read_leniently(file, content, most=most)
    if document.findings:
        raise PolicyInvalid(document.findings)
    return document


def read_leniently(file: str, content: bytes, *, most: int = MAX_BYTES) -> Document:
    """Like `read`, but mistakes that can be skipped are, and become findings of the document."""
    if len(content) > most:
        raise refusal(file, 1, 1, "file-too-large", f"the file has {len(content)} bytes; at most {most}")
    text = _decoded(file, content)
    try:
        return _Builder(file, text).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise refusal(file, line, column, "bad-yaml", _explanation(text, line, error)) from None
    except yaml.YAMLError as error:
        raise refusal(file, 1, 1, "bad-yaml", f"this is no YAML: {error}".splitlines()[0]) from None


def refusal(file: str, line: int, column: int, code: str, message: str) -> PolicyInvalid:
    """The error of a file with this one mistake."""
    return PolicyInvalid([Finding(file=file, line=line, column=column, code=code, message=_cut(message))])


def _cut(message: str) -> str:
    """The message, shortened if it quotes a very long text."""
    return message if len(message) <= MAX_MESSAGE else f"{message[:MAX_MESSAGE]} ..."


def refuse_wide_encodings(file: str, content: bytes) -> None:
    """Raises PolicyInvalid if the content is UTF-16 or UTF-32."""
    wide_encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), None)
    if (
        wide_encoding is None
        and len(content) > 1
        and content[:400:2].count(0) + content[1:400:2].count(0) > len(content[:400]) // 3
    ):
        wide_encoding = "UTF-16 or UTF-32"
    if wide_encoding:
        raise refusal(file, 1, 1, "not-utf-8", f"the file is {wide_encoding}; save it as UTF-8")


def _decoded(file: str, content: bytes) -> str:
    refuse_wide_encodings(file, content)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        start = content.rfind(b"\n", 0, error.start) + 1
        place = content[:start].count(b"\n") + 1, len(content[start : error.start].decode()) + 1
        letter = content[error.start : error.start + 1].decode("cp1252", errors="replace")
        message = (
            f"this is no UTF-8; if it should read '{letter}', the file is Latin-1 or Windows-1252: save it as UTF-8"
        )
        raise refusal(file, *place, "not-utf-8", message) from None
    if "\0" in text:
        raise refusal(file, text[: text.index("\0")].count("\n") + 1, 1, "bad-yaml", "a NUL character")
    return text


def _explanation(text: str, line: int, error: yaml.MarkedYAMLError) -> str:
    faulty_line = next(itertools.islice(LINES.split(text), line - 1, line), "")
    indentation = faulty_line[: len(faulty_line) - len(faulty_line.lstrip())]
    if "\t" in indentation:
        return "this line is indented with a tab; use spaces"
    problem = error.problem or error.context or str(error)
    explanation = next((text for start, text in _PROBLEMS.items() if problem.startswith(start)), problem)
    return f"this is no YAML: {explanation}{typo_hint(faulty_line)}"


class _Builder:
    """Builds a document in one pass over the parser's events, so that refused input is never built."""

    def __init__(self, file: str, text: str) -> None:
        self._document = Document(file=file, text=text)
        self._findings: list[Finding] = []
        self._events: Iterator[yaml.Event] = yaml.parse(text.removeprefix("\ufeff"), Loader=yaml.CSafeLoader)

    def document(self) -> Document:
        root: Node = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._refuse(event, "bad-yaml", "a second document; write one a file")
                root = self._node(next(self._events), ())
        return dataclasses.replace(self._document, root=root, findings=tuple(self._findings))

    def _node(self, event: yaml.Event, path: Path) -> Node:
        self._document.values[path] = _place(event)
        if len(path) > MAX_DEPTH:
            raise self._refuse(event, "too-deep", f"nested deeper than {MAX_DEPTH}")
        if isinstance(event, yaml.AliasEvent):
            self._note(event, "alias", "aliases (*name) are not read; write the value out, or use a term")
            return None
        tag = getattr(event, "tag", None)
        if tag not in (None, "!"):
            self._note(event, "tag", f"tags ({tag}) are not read; write the value alone")
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        return self._mapping(path)

    def _sequence(self, path: Path) -> Node:
        items: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items))))
        return items

    def _mapping(self, path: Path) -> Node:
        entries: dict[str, Node] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self._note(event, "bad-key", "a key must be a word")
                self._skip(event, path)
                self._skip(next(self._events), path)
                continue
            key = str(event.value)
            if key in entries:
                first = self._document.keys[*path, key][0]
                self._note(event, "duplicate-key", f"'{key}' stands here a second time; the first is on line {first}")
                self._skip(next(self._events), path)
                continue
            self._document.keys[*path, key] = _place(event)
            entries[key] = None
            entries[key] = self._node(next(self._events), (*path, key))
        return entries

    def _skip(self, event: yaml.Event, path: Path) -> None:
        self._node(event, (*path, _SKIPPED))

    def _note(self, event: yaml.Event, code: str, message: str) -> None:
        self._findings += self._refuse(event, code, message).findings

    def _refuse(self, event: yaml.Event, code: str, message: str) -> PolicyInvalid:
        return refusal(self._document.file, *_place(event), code, message)


def _scalar(event: yaml.ScalarEvent) -> Node:
    if not event.implicit[0]:
        return str(event.value)
    return None if event.value in _NULLS else Plain(event.value)


def _place(event: yaml.Event) -> Place:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)
