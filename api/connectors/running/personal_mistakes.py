"""Takes out of mistakes what is personal in them, which is written beside a message and stored while it is read."""

import re
from collections.abc import Container, Iterable

import msgspec

from api.connectors.formats.edi.acknowledgements import TAG
from api.connectors.formats.format import EDI_FORMATS
from api.connectors.language.connector import Connector
from api.connectors.running.problems import Problem

_PERSONAL = (
    "addressee",
    "destination.postcode",
    "destination.latitude",
    "destination.longitude",
    "customer",
    "tags",
    "town",
)
_OF_ARTICLES = "products"
"""The kind whose tags are those of articles, and say nothing of a person."""
_FIELD = re.compile(r" \(field '[^']*'\)\Z")
_OURS_AT_END = re.compile(
    r"(?:(?<=is not in the table )'[^']*'|(?<=that are read, such as )'.*)?(?: \(field '[^']*'\))?\Z"
)
"""Names of tables, of fields and of columns that are read are no values."""
_APOSTROPHE = re.compile(r"(?<!\w)'|'(?!\w)")
"""One that is not within a word."""
_OPENS = re.compile(r"(?:(?<=[\s(\[])|\A)'(?=\S)")
_CLOSES = re.compile(r"(?<=\S)'(?=[\s,;:.?!)\]]|\Z)")
_AT_BEGINNING = re.compile(r"\A'.*'(?=:? (?:is|are|has|can't|ends|stands|a) )", re.DOTALL)
"""The value that a message is about, whatever apostrophes are in it."""
_UNQUOTED = (
    re.compile(r"(?:\A|(?<=; ))[+-]?[0-9]\S*(?= (?:is|are|of) )"),
    re.compile(r"(?<=\bbefore )[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    re.compile(r"(?<=there is no such column; there are ).*?(?= \(field '|\Z)", re.DOTALL),
    re.compile(r"(?<=this can't be worked out here: ).*?(?= \(field '|\Z)", re.DOTALL),
    re.compile(
        r"(?:(?<=this release can't read the row: )|(?<=this release can't take the row over: ))(?P<error>\w+: ).*",
        re.DOTALL,
    ),
)
"""Values that stand in messages without apostrophes. Where a file has no header, its columns are called by values."""
_LINE = re.compile(r"(?:\A|(?<=\.))lines\.(?![0-9]{1,4}(?:\.\w+)*\Z).*", re.DOTALL)
"""Of the path of a mistake, a line that is called by its id and not by its place."""


def without_personal_values(problems: Iterable[Problem], connector: Connector) -> list[Problem]:
    """Of a connector that reads whom or where something goes to, without rows as they came and without any value: where
    columns are shifted, names stand in other fields, too. Where a row is, its place says. Of EDI, a row's segment is
    still named, as its acknowledgement needs it.
    """
    if connector.kind == _OF_ARTICLES or not any(_is_personal(field) for field in connector.fields):
        return [*problems]
    own_paths = {*connector.once, *connector.group, *(test.path for test in (*connector.when, *connector.must))}
    return [_without_values(problem, own_paths, is_edi=connector.format.format in EDI_FORMATS) for problem in problems]


def _without_values(problem: Problem, own_paths: Container[str], *, is_edi: bool) -> Problem:
    segment = TAG.match(problem.raw) if is_edi else None
    path = problem.path
    if not _FIELD.search(problem.message) and path not in own_paths:
        path = _LINE.sub("lines.…", path)
    message = message_without_values(problem.message)
    return msgspec.structs.replace(problem, raw="" if segment is None else segment[0], path=path, message=message)


def message_without_values(message: str) -> str:
    """What is wrong, with … in the place of each value that is repeated."""
    for unquoted in _UNQUOTED:
        message = unquoted.sub(lambda found: f"{found.groupdict().get('error', '')}…", message)
    ours = _OURS_AT_END.search(message)
    message, end = (message[: ours.start()], ours[0]) if ours else (message, "")
    message = _AT_BEGINNING.sub("'…'", message)
    for first, last in reversed(_quoted(message)):
        message = f"{message[:first]}'…'{message[last:]}"
    return message + end


def _quoted(message: str) -> list[tuple[int, int]]:
    """Where values stand between apostrophes, these included. A value may have apostrophes itself: where it is not
    plain which of them belong together, all is taken from the first one to the last one.
    """
    marks = [mark.start() for mark in _APOSTROPHE.finditer(message)]
    while marks and not _OPENS.match(message, marks[0]):
        marks.pop(0)
    if not marks:
        return []
    opening, closing = marks[::2], marks[1::2]
    is_plain = len(opening) == len(closing) and all(_OPENS.match(message, mark) for mark in opening)
    if is_plain and all(_CLOSES.match(message, mark) for mark in closing):
        return [(first, last + 1) for first, last in zip(opening, closing, strict=True)]
    is_closed = len(marks) > 1 and _CLOSES.match(message, marks[-1])
    return [(marks[0], marks[-1] + 1 if is_closed else len(message))]


def _is_personal(field: str) -> bool:
    return any(field == name or field.startswith(f"{name}.") for name in _PERSONAL)
