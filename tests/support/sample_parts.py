"""Takes the sample of a connector apart into rows, and puts other rows together as a file of the same form."""

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from api.connectors.language.connector import Connector

_BEGINS = {"edifact": "UNH", "x12": "ST"}
_ENDS = ("UNS", "CNT", "UNT", "CTT", "SE")


@dataclass(frozen=True)
class SampleParts:
    """`rows` are those of the sample, each as it stands there; `put_together` makes a file of such rows."""

    rows: Sequence[Any]
    put_together: Callable[[Sequence[Any]], bytes]

    def many(self, count: int) -> bytes:
        """A file of so many rows: those of the sample again and again."""
        return self.put_together([self.rows[number % len(self.rows)] for number in range(count)])


def parts_of(connector: Connector, content: bytes) -> SampleParts:
    options = connector.format
    match options.format:
        case "csv":
            return _lines(content, head=options.skip + int(options.header))
        case "ndjson":
            return _lines(content, head=0)
        case "fixed":
            return _records(connector, content)
        case "json":
            return _json(content, [name for name in options.rows.split(".") if name])
        case "edifact" | "x12":
            return _edi(connector, content)
    raise NotImplementedError(f"say here how a sample of {options.format} is taken apart")


def _lines(content: bytes, *, head: int) -> SampleParts:
    lines = content.splitlines(keepends=True)
    return SampleParts(lines[head:], lambda rows: b"".join([*lines[:head], *rows]))


def _records(connector: Connector, content: bytes) -> SampleParts:
    lines = content.splitlines(keepends=True)
    record = (connector.format.record or "").encode()
    rows = [line for line in lines if line.startswith(record)]
    first = lines.index(rows[0])
    last = len(lines) - lines[::-1].index(rows[-1])
    return SampleParts(rows, lambda chosen: b"".join([*lines[:first], *chosen, *lines[last:]]))


def _json(content: bytes, path: list[str]) -> SampleParts:
    document = json.loads(content)
    found = document
    for name in path:
        found = found[name]

    def put_together(rows: Sequence[Any]) -> bytes:
        whole: Any = list(rows) if path or isinstance(found, list) or len(rows) != 1 else rows[0]
        around = document
        for name in path[:-1]:
            around = around[name]
        if path:
            around[path[-1]] = whole
            whole = document
        return json.dumps(whole).encode()

    return SampleParts(found if isinstance(found, list) else [found], put_together)


def _edi(connector: Connector, content: bytes) -> SampleParts:
    """Rows are groups of the sample's one message, or messages."""
    x12 = connector.format.format == "x12"
    encoding = "utf-8" if x12 else "iso8859-1"
    end, element = ("~", "*") if x12 else ("'", "+")
    pattern = r"[^~]*~\s*" if x12 else r"(?:\?.|[^?'])*'\s*"
    segments: list[str] = re.findall(pattern, content.decode(encoding), re.DOTALL)

    def tag(segment: str) -> str:
        return re.split(r"\W", segment.strip(), maxsplit=1)[0]

    tags = [tag(segment) for segment in segments]
    begin = tags.index(_BEGINS[connector.format.format])
    row = connector.format.rows.partition(".")[0]
    if row == "HL":  # orders with all that is in them
        starts = [
            index for index, item in enumerate(segments) if tags[index] == "HL" and item.rstrip("~ \r\n").endswith("*O")
        ]
    elif row:
        starts = [index for index, item in enumerate(tags) if item == row]
    else:
        starts = [begin]
    stop = (
        next(index for index in range(starts[-1] + 1, len(tags)) if tags[index] in _ENDS)
        if row
        else len(tags) - (2 if x12 else 1)
    )
    rows = [segments[start:after] for start, after in zip(starts, [*starts[1:], stop], strict=True)]
    head, tail = segments[: starts[0]], segments[stop:]

    def put_together(chosen: Sequence[list[str]]) -> bytes:
        before: Counter[int] = Counter()
        numbered = []
        for turn, item in enumerate(chosen):
            numbered.append(_renumbered(item, before[id(item)] if row else turn, row, element, end))
            before[id(item)] += 1
        if row:
            inner = [segment for item in numbered for segment in item]
            count = len(head) + len(inner) + len(tail) - begin - (2 if x12 else 1)
            closing = [
                _with(segment, 1, str(count), element, end) if tag(segment) in ("SE", "UNT") else segment
                for segment in tail
            ]
            return "".join([*head, *inner, *closing]).encode(encoding)
        closing = [
            _with(segment, 1, str(len(chosen)), element, end) if tag(segment) in ("GE", "UNZ") else segment
            for segment in tail
        ]
        return "".join([*head, *(segment for item in numbered for segment in item), *closing]).encode(encoding)

    return SampleParts(rows, put_together)


def _renumbered(segments: list[str], turn: int, row: str, element: str, end: str) -> list[str]:
    """With numbers that no other row of the file has: of messages by their `turn`, of levels of HL by how often the
    row came before.
    """
    if row == "HL":
        return [re.sub(r"\bHL\*(\d+)\*(\d*)", lambda found: _level(found, turn), segment) for segment in segments]
    if row:
        return segments
    first, last = (2, 2) if element == "*" else (1, 2)
    number = f"{turn + 1:04}"
    return [
        _with(segments[0], first, number, element, end),
        *segments[1:-1],
        _with(segments[-1], last, number, element, end),
    ]


def _level(found: re.Match[str], turn: int) -> str:
    """The levels of the sample are numbered up to 99; the first is that of the shipment."""
    own, parent = int(found[1]) + 100 * turn, int(found[2] or 0)
    return f"HL*{own}*{parent if parent <= 1 else parent + 100 * turn}"


def _with(segment: str, place: int, value: str, element: str, end: str) -> str:
    body, _, rest = segment.partition(end)
    elements = body.split(element)
    elements[place] = value
    return element.join(elements) + end + rest
