"""Writes rows as XML: members become elements, names that begin with @ attributes, `.` the text of the element itself,
lists elements of one name.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from api.connectors.formats.format import FormatOptions
from api.connectors.formats.not_writable import NotWritable

_NAME = re.compile(r"(?:[A-Za-z_][\w.-]*:)?[A-Za-z_][\w.-]*")
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TEXT = "."
_RETURN = {"\r": "&#13;"}
_KEPT = {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
"""Blanks that a parser would make other blanks of."""


def write_xml(rows: Iterable[Mapping[str, Any]], options: FormatOptions, *, whole: bool = False) -> Iterator[bytes]:
    """The element `root` and, below it at the path of `rows`, an element for each row. `whole`: the only row is the
    root itself. Raises NotWritable.
    """
    path = [step for step in options.rows.split("/") if step]
    root = options.root or "document"
    spaces = "".join(f" xmlns:{prefix}={quoteattr(uri)}" for prefix, uri in options.namespaces.items())
    yield b'<?xml version="1.0" encoding="UTF-8"?>\n'
    if whole:
        yield from (_element(root, row, 1, spaces) for row in rows)
        return
    *outer, name = path or ["row"]
    steps = [root, *outer]
    yield "".join(f"<{_checked(step, 0)}{spaces if index == 0 else ''}>" for index, step in enumerate(steps)).encode()
    for number, row in enumerate(rows, start=1):
        yield _element(name, row, number)
    yield "".join(f"</{step}>" for step in reversed(steps)).encode()


def _element(name: str, value: Any, number: int, spaces: str = "") -> bytes:
    return "".join(_parts(name, value, number, spaces)).encode()


def _parts(name: str, value: Any, number: int, spaces: str = "") -> Iterator[str]:
    _checked(name, number)
    if isinstance(value, list | tuple):
        for item in value:
            yield from _parts(name, item, number, spaces)
        return
    if not isinstance(value, Mapping):
        yield f"<{name}{spaces}>{escape(_text(value, number, name), _RETURN)}</{name}>"
        return
    attributes = {key[1:]: item for key, item in value.items() if key.startswith("@")}
    said = "".join(
        f" {_checked(key, number)}={quoteattr(_text(item, number, key), _KEPT)}" for key, item in attributes.items()
    )
    yield f"<{name}{spaces}{said}>"
    for key, item in value.items():
        if key == _TEXT:
            yield escape(_text(item, number, name), _RETURN)
        elif not key.startswith("@"):
            yield from _parts(key, item, number)
    yield f"</{name}>"


def _text(value: Any, number: int, name: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    if _FORBIDDEN.search(text):
        raise NotWritable("a control character can't stand in XML", row=number, path=name)
    return text


def _checked(name: str, number: int) -> str:
    if not _NAME.fullmatch(name):
        raise NotWritable(f"'{name}' can't be the name of an element", row=number)
    return name
