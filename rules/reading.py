"""YAML text to a document that knows where each of its words stands: safe and bounded.

Scalars stay the text the author wrote, so that `no`, `on`, `1:30` and `012` are never turned into something
else: the kind of the fact beside them says how to read them. Only an empty value (or null, ~) is nothing.
Aliases, tags, duplicate keys, several documents, nesting beyond 32 and files beyond 1 MiB are refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from rules.errors import Finding, PolicyInvalid

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})

Path: TypeAlias = tuple[str | int, ...]
Node: TypeAlias = "str | list[Node] | dict[str, Node] | None"
Place: TypeAlias = tuple[int, int]
"""Line and column, from 1."""


class Plain(str):
    """A scalar written without quotes."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a file says, and where: `keys` for the words before a colon, `values` for what follows."""

    file: str
    text: str
    root: Node = None
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)

    def finding(self, path: Path, code: str, message: str, meant: str = "") -> Finding:
        """A finding at `path`: at its key if it has one, else at its value, else at what encloses it."""
        while path and path not in self.keys and path not in self.values:
            path = path[:-1]
        line, column = self.keys.get(path) or self.values.get(path) or (1, 1)
        return Finding(file=self.file, line=line, column=column, code=code, message=message, meant=meant)


def read(file: str, content: bytes, *, most: int = MAX_BYTES) -> Document:
    """The document in `content`, of at most `most` bytes; raises PolicyInvalid with what is wrong, and where."""
    if len(content) > most:
        raise _refusal(file, 1, 1, "file-too-large", f"the file has {len(content)} bytes; at most {most}")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _refusal(file, line, 1, "not-utf-8", "this line is not UTF-8; save the file with that encoding") from None
    if "\0" in text:
        raise _refusal(file, text[: text.index("\0")].count("\n") + 1, 1, "bad-yaml", "a NUL character")
    try:
        return _Builder(file, text).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise _refusal(file, line, column, "bad-yaml", _in_words(text, line, error)) from None
    except yaml.YAMLError as error:
        raise _refusal(file, 1, 1, "bad-yaml", f"this is no YAML: {error}".splitlines()[0]) from None


def _refusal(file: str, line: int, column: int, code: str, message: str) -> PolicyInvalid:
    return PolicyInvalid([Finding(file=file, line=line, column=column, code=code, message=message)])


def _in_words(text: str, line: int, error: yaml.MarkedYAMLError) -> str:
    around = text.splitlines()[line - 1 : line]
    if around and "\t" in around[0][: len(around[0]) - len(around[0].lstrip())]:
        return "this line is indented with a tab; use spaces"
    return f"this is no YAML: {error.problem or error.context or error}"


class _Builder:
    """One pass over the parser's events, so that nothing is built that is refused."""

    def __init__(self, file: str, text: str) -> None:
        self._document = Document(file=file, text=text)
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
        done = self._document
        return Document(file=done.file, text=done.text, root=root, keys=done.keys, values=done.values)

    def _node(self, event: yaml.Event, path: Path) -> Node:
        self._document.values[path] = _place(event)
        if len(path) > MAX_DEPTH:
            raise self._refuse(event, "too-deep", f"nested deeper than {MAX_DEPTH}")
        if isinstance(event, yaml.AliasEvent):
            raise self._refuse(event, "alias", "aliases (*name) are not read; write the value out, or use a term")
        tag = getattr(event, "tag", None)
        if tag not in (None, "!"):
            raise self._refuse(event, "tag", f"tags ({tag}) are not read; write the value alone")
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
                raise self._refuse(event, "bad-key", "a key must be a word")
            key = str(event.value)
            if key in entries:
                raise self._refuse(event, "duplicate-key", f"'{key}' stands here a second time")
            self._document.keys[*path, key] = _place(event)
            entries[key] = None
            entries[key] = self._node(next(self._events), (*path, key))
        return entries

    def _refuse(self, event: yaml.Event, code: str, message: str) -> PolicyInvalid:
        return _refusal(self._document.file, *_place(event), code, message)


def _scalar(event: yaml.ScalarEvent) -> Node:
    if not event.implicit[0]:
        return str(event.value)
    return None if event.value in _NOTHING else Plain(event.value)


def _place(event: yaml.Event) -> Place:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)
