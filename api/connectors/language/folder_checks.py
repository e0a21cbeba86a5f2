"""Which connectors of an installation get in each other's way: by a folder, by the names of files, or by settings."""

import fnmatch
import itertools
import posixpath
import re
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
            if _own_folder(one) is not None and _own_folder(one) == _watched(other):
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
    if _watched(first) is None or _watched(first) != _watched(second):
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


def _watched(connector: Connector) -> str | None:
    source = connector.reads.source if connector.reads else None
    return posixpath.normpath(source.path) if isinstance(source, Folder) else None


def _globs(connector: Connector) -> Sequence[str]:
    source = connector.reads.source if connector.reads else None
    return source.files if isinstance(source, Folder) else ()


def _target(connector: Connector) -> tuple[str, ...] | None:
    target = connector.sends.target if connector.sends else None
    if isinstance(target, Folder):
        return (posixpath.normpath(target.path),)
    if isinstance(target, Sftp):
        return (target.user, target.host, str(target.port), posixpath.normpath(target.path))
    return None


def _own_folder(connector: Connector) -> str | None:
    """In which it keeps what is bad; None: in the folder that it watches."""
    return connector.name if _watched(connector) is None else None


def globs_meet(one: str, other: str) -> bool:
    """Whether there is a name that fits both. Of two classes of letters, only the same one is taken to meet."""
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
    letters, letter = (one, other) if len(one) > 1 else (other, one)
    return len(letters) > 1 and len(letter) == 1 and fnmatch.fnmatchcase(letter, letters)
