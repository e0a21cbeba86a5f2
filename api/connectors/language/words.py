"""The words that begin with $, and whether those of a file are some that there are, and mean something there."""

from collections.abc import Iterable, Mapping

from api.connectors.formats.format import EDI_FORMATS, FormatOptions
from rules.syntax.condition_parser import Notes
from rules.syntax.yaml_document import Path

PARTS: Mapping[str, str] = {
    "$file": "the name of the file, or the address, that the row came from",
    "$row": "the number of the row in it, from 1",
    "$message": "of EDI, what tells its message from others: who sent it, and the references around it",
    "$received_at": "the instant at which the message was written, if its source says so, or else came",
    "$header.NAME": "a header of the request, of what is pushed or pulled by HTTP",
    "$now": "the instant at which it is read or written",
    "$number": "of what is written: a number that grows with each file",
    "$date": "of what is written: the date, as 20261127",
    "$time": "of what is written: the time of day, as 081231",
    "$connector": "the name of the connector",
    "$key": "of what is written: a text that is the same when the message is sent again with the same content",
    "$since": "in an address: the instant of the last pull that went well",
    "$cursor": "in an address: what the last answer said comes next",
}
"""Words that speak of the message as a whole. A path that begins with $ is one of them; with /, one of the document
around the row; any other, one of the row.
"""

HEADER_WORD = "$header."
MESSAGE = "$message"


def as_read(path: str) -> str:
    """The path, but for the name of a header in small letters: HTTP makes no difference."""
    return path.lower() if path.lower().startswith(HEADER_WORD) else path


def note_word_mistakes(
    paths_by_key: Iterable[tuple[str, tuple[str, ...]]], options: FormatOptions | None, notes: Notes
) -> None:
    """Of keys of a connector's file; `options` are those of what is read, None where nothing is."""
    for key, paths in paths_by_key:
        for path in paths:
            note_word_mistake(path, options, (key,), notes)


def note_word_mistake(word: str, options: FormatOptions | None, path: Path, notes: Notes) -> None:
    """Note a word that there is not, and one that means nothing in this format."""
    if not word.startswith("$") or word.startswith(HEADER_WORD):
        return
    if word not in PARTS:
        notes.add(path, "unknown-word", f"there is no '{word}'; use {', '.join(PARTS)}", PARTS, word)
    elif word == MESSAGE and (options is None or options.format not in EDI_FORMATS):
        notes.add(
            path, "bad-value", f"'{MESSAGE}' is about messages of EDI; only edifact and x12 that are read have some"
        )
