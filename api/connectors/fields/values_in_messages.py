"""Takes the values that are repeated out of what is said to be wrong with a field or a row. Pure."""

import re

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
