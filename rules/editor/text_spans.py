"""Where each key and each value of a YAML text begins and ends, for changes in place."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from rules.syntax.yaml_document import Path

_BLOCK_SCALARS = ("|", ">")


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` up to `end`, without it, in characters of the text; `flow`: it stands in brackets or braces,
    `quoted`: it is a word in quotes. A mapping or a list on lines of its own ends with its last value.
    """

    start: int
    end: int
    flow: bool = False
    quoted: bool = False


@dataclass(slots=True)
class Spans:
    """Those of keys and of values, by their paths, and the last keys of these paths that each mapping and list has, in
    the order of the text.
    """

    keys: dict[Path, Span] = field(default_factory=dict)
    values: dict[Path, Span] = field(default_factory=dict)
    entries: dict[Path, list[str | int]] = field(default_factory=dict)

    def begin(self, path: Path) -> int:
        """Where what stands at the path begins: its key, if it has one."""
        return (self.keys.get(path) or self.values[path]).start


def spans_of(text: str) -> Spans:
    """The text is one YAML document without aliases, as `yaml_document.read` accepts it, without a byte order mark."""
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.CSafeLoader)
        self._spans = Spans()

    def read(self) -> Spans:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._node(next(self._events), ())
        return self._spans

    def _node(self, event: yaml.Event, path: Path) -> Span:
        if isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            span = self._collection(event, path)
        else:
            start, end = _ends(event)
            style = getattr(event, "style", None)
            if style in _BLOCK_SCALARS:
                end = start + len(self._text[start:end].rstrip())
            span = Span(start, end, quoted=style in ("'", '"'))
        self._spans.values[path] = span
        return span

    def _collection(self, event: yaml.CollectionStartEvent, path: Path) -> Span:
        start = last = _ends(event)[0]
        entries = self._spans.entries[path] = []
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        while not isinstance(inner := next(self._events), yaml.CollectionEndEvent):
            name: str | int = len(entries)
            if is_mapping:
                name = str(getattr(inner, "value", ""))
                self._spans.keys[*path, name] = Span(*_ends(inner))
                inner = next(self._events)
            entries.append(name)
            last = self._node(inner, (*path, name)).end
        flow = bool(event.flow_style)
        return Span(start, _ends(inner)[1] if flow else last, flow=flow)


def _ends(event: yaml.Event) -> tuple[int, int]:
    start, end = event.start_mark, event.end_mark
    return (start.index, end.index) if start and end else (0, 0)
