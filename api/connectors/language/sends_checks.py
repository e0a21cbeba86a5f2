"""What of a connector is wrong though each key has a value that it may have: paths, and where messages go."""

import re
from collections.abc import Iterable

from api.connectors.fields.paths import path_mistake
from api.connectors.formats.format import FormatOptions
from api.connectors.language.connector import Sends
from api.connectors.language.places import Folder, HttpCall, Sftp
from rules.syntax.condition_parser import Notes

JSON = FormatOptions(format="json")
"""What paths of a connector that sends are about: records of ours."""
_IN_BRACES = re.compile(r"\{[A-Za-z_][\w.]*\}")


def note_path_mistakes(
    paths_by_key: Iterable[tuple[str, tuple[str, ...]]], source: FormatOptions, notes: Notes
) -> None:
    """Note each path that is not written as paths of the format are."""
    for key, paths in paths_by_key:
        for path in paths:
            message = "" if path.startswith("$") else path_mistake(path, source)
            if message:
                notes.add((key,), "bad-path", message)


def check_sends(sends: Sends, kind: str, notes: Notes) -> None:
    """Note what would lose messages, or never find one."""
    target = sends.target
    if kind == "availability_feed" and sends.channel is None:
        notes.add(("sends",), "missing-key", "'channel' is missing: of which channel the availability is sent")
    if sends.again_after and kind != "stock_feed":
        notes.add(("sends", "again_after"), "unknown-key", "'again_after' is of a stock_feed")
    if sends.each:
        note_path_mistakes([("sends", (sends.each,))], JSON, notes)
    if isinstance(target, Folder | Sftp) and not sends.whole and "$number" not in sends.file:
        message = "write $number into the name, or the next file would take the place of one that nobody has read yet"
        notes.add(("sends", "file"), "bad-value", message)
    if isinstance(target, HttpCall):
        note_path_mistakes([("sends", tuple(path for path in (target.errors, target.busy) if path))], JSON, notes)
        if sends.ask is not None:
            ask = sends.ask
            if target.most_a_minute == 1:
                message = "the target is asked before each message, which makes two requests: write 2 or more"
                notes.add(("sends", "most_a_minute"), "bad-value", message)
            paths = tuple(path for path in (ask.done, ask.call.errors, ask.call.busy) if path)
            note_path_mistakes([("sends", paths)], JSON, notes)
        if isinstance(target.url, str) and _IN_BRACES.search(target.url) and sends.most != 1:
            message = "the address has fields in it, so each message is of one record: write most: 1"
            notes.add(("sends", "most"), "missing-key", message)
