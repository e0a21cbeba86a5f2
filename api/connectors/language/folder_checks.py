"""Which connectors of an installation get in each other's way: by a folder, by the names of files, or by settings."""

import fnmatch
import itertools
import posixpath
import re
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache

from api.connectors.language.connector import Connector
from api.connectors.language.places import Folder, Sftp
from rules.errors import Finding

_PART = re.compile(r"\[!?\]?[^\]]*\]|.", re.DOTALL)
"""Of a glob: a class of letters, or a letter."""


def shared_place_findings(connectors: Sequence[Connector]) -> Iterator[Finding]:
    """What is told of the second of each two that can't be told apart."""
    for first, second in itertools.combinations(connectors, 2):
        if message := _same_files(first, second) or _same_names(first, second):
            part = "reads" if second.reads else "sends"
            yield second.document.finding((part,), "bad-value", message)
        for one, other in ((first, second), (second, first)):
            if not isinstance(_source(one), Folder) and (one.name,) == _watched(other):
                message = (
                    f"'{one.name}' keeps what is bad in its own folder '{one.name}', which is watched here; give one of"
                    " the two another name"
                )
                yield other.document.finding(("reads", "folder"), "bad-value", message)
        if first.name.replace("-", "_") == second.name.replace("-", "_"):
            message = f"its settings are those of '{first.name}', as - and _ are one in them; give it another name"
            yield second.document.finding(("connector",), "bad-value", message)


def _same_files(first: Connector, second: Connector) -> str:
    """Why a file may be read by both."""
    if _watched(first) is None or _watched(first) != _watched(second) or not (_takes(first) or _takes(second)):
        return ""
    for one in _globs(first):
        for other in _globs(second):
            if globs_meet(one, other):
                return (
                    f"'{first.name}' watches this folder, too, and a file may fit '{one}' of it and '{other}' of this"
                    " one; say by 'files' which are whose, or give each a folder"
                )
    return ""


def _same_names(first: Connector, second: Connector) -> str:
    """Why what one sends may have the name of what the other sends."""
    if first.sends is None or second.sends is None or first.sends.file != second.sends.file:
        return ""
    if "$connector" in first.sends.file or _target(first) is None or _target(first) != _target(second):
        return ""
    return f"'{first.name}' writes files of the same names to the same place; write $connector into 'file'"


def _source(connector: Connector) -> object:
    return connector.reads.source if connector.reads else None


def _watched(connector: Connector) -> tuple[str, ...] | None:
    return _folder_of(_source(connector))


def _takes(connector: Connector) -> bool:
    """Whether it takes files that it has read away from the others."""
    source = _source(connector)
    return not isinstance(source, Sftp) or source.done is not None or source.delete


def _globs(connector: Connector) -> Sequence[str]:
    source = _source(connector)
    return source.files if isinstance(source, Folder | Sftp) else ()


def _target(connector: Connector) -> tuple[str, ...] | None:
    return _folder_of(connector.sends.target if connector.sends else None)


def _folder_of(place: object) -> tuple[str, ...] | None:
    """What is the same of two places that are one folder; None if it is no folder."""
    if isinstance(place, Folder):
        return (posixpath.normpath(place.path),)
    if isinstance(place, Sftp):
        return (place.user, place.host.lower(), str(place.port), posixpath.normpath(place.path))
    return None


def globs_meet(one: str, other: str) -> bool:
    """Whether there is a name that fits both."""
    return _meet(tuple(_PART.findall(one)), tuple(_PART.findall(other)))


@lru_cache(maxsize=10_000)
def _meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    if not one or not other:
        return all(part == "*" for part in (*one, *other))
    if one[0] == "*":
        return _meet(one[1:], other) or _meet(one, other[1:])
    if other[0] == "*":
        return _meet(other, one)
    return _letters_meet(one[0], other[0]) and _meet(one[1:], other[1:])


def _letters_meet(one: str, other: str) -> bool:
    if "?" in (one, other) or one == other:
        return True
    if len(one) > 1 and len(other) > 1:
        return any(_fits(letter, one) and _fits(letter, other) for letter in _letters_to_try(one + other))
    letters, letter = (one, other) if len(one) > 1 else (other, one)
    return len(letters) > 1 and _fits(letter, letters)


def _fits(letter: str, part: str) -> bool:
    return fnmatch.fnmatchcase(letter, part)


def _letters_to_try(classes: str) -> Iterator[str]:
    """Of two classes that meet, one of these is in both: they are made of ranges, so where one range begins or ends
    decides, and the letters beside it where a class says which are not meant; or a letter that neither names.
    """
    points = {ord(letter) + step for letter in classes for step in (-1, 0, 1)}
    yield from (chr(point) for point in points if 0 < point <= sys.maxunicode and chr(point) != "/")
    yield next(chr(point) for point in range(ord("a"), sys.maxunicode) if point not in points)
