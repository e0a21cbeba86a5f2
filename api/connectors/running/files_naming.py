"""Files of connectors in which an order's id stands: what other systems wrote of it stands there in clear, and erasing
the order does not reach it.
"""

import mmap
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from api.connectors.language.connector import Connector
from api.connectors.language.places import Folder

_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")
"""In which the id of an order may stand in a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamingFiles:
    """By order, the `files` that name it; `unread` are files and folders that can't be read here."""

    files: dict[str, list[Path]]
    unread: list[Path]


def folders_of(connectors: Iterable[Connector], root: Path) -> list[Path]:
    """Where messages of these connectors lie on this machine: `root`, and the folders elsewhere that are watched or
    written into.
    """
    sides = (side for item in connectors for side in (item.reads, item.sends) if side is not None)
    places = [getattr(side, "source", None) or getattr(side, "target", None) for side in sides]
    folders = [root, *(root / place.path for place in places if isinstance(place, Folder))]
    return [folder for folder in dict.fromkeys(folders) if folder == root or not folder.is_relative_to(root)]


def files_naming(orders: Sequence[str], folders: Iterable[Path]) -> NamingFiles:
    """Of all files in these folders and below them. What is compressed, as a workbook is, can't be looked into."""
    found = NamingFiles(files={order: [] for order in orders}, unread=[])
    patterns = {order: _pattern(order) for order in orders}
    for path in _files_below(folders, found.unread):
        try:
            if not path.stat().st_size:
                continue
            with path.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
                for order, pattern in patterns.items():
                    if pattern.search(content):
                        found.files[order].append(path)
        except FileNotFoundError:  # it was taken over meanwhile
            continue
        except OSError:
            found.unread.append(path)
    return found


def _files_below(folders: Iterable[Path], unread: list[Path]) -> Iterator[Path]:
    def note(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            unread.append(Path(error.filename))

    for folder in folders:
        for place, _, names in os.walk(folder, onerror=note):
            yield from (Path(place) / name for name in sorted(names))


def _pattern(order: str) -> re.Pattern[bytes]:
    """The id by itself, and not as a part of another one."""
    either = b"|".join(re.escape(order.encode(encoding)) for encoding in _ENCODINGS)
    return re.compile(rb"(?<![0-9A-Za-z_-])(?:" + either + rb")(?![0-9A-Za-z_-])")
