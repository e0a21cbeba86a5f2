"""Names under which messages are kept: the instant of the message, then what it was called."""

import datetime
import hashlib
import re

from api.connectors.sources.message import Message

_INSTANT = re.compile(r"([0-9]{8}T[0-9]{6})_(.+)", re.ASCII)
UNSAFE = re.compile(r"[^\w.,=@+-]+")
"""Letters that stand in no name of a file."""
_FORM = "%Y%m%dT%H%M%S"
_MOST_BYTES = 200
"""Of a name without its instant: with that, and with `.problems.txt` behind it, any file system takes it."""
_BEGINNING, _END = 100, 80
CUT = "~"
"""Stands in a name only where its middle was cut out, on both sides of what tells it from others."""


def kept_name(message: Message) -> str:
    """`20261127T081231_stock.csv`: safe for any file system, and in the order in which they came."""
    return dated_name(message.name, message.received_at)


def dated_name(name: str, instant: int) -> str:
    """The name under which a message of that instant, in UTC seconds, is kept."""
    at = datetime.datetime.fromtimestamp(instant, tz=datetime.UTC)
    safe = UNSAFE.sub("_", name).strip(".") or "message"
    return f"{at.strftime(_FORM)}_{_bounded(safe, name)}"


def _bounded(safe: str, name: str) -> str:
    """A name that is too long, without its middle: its beginning and its end say whose it is, and a digest of all of it
    tells it from others of the same beginning and end.
    """
    text = safe.encode()
    if len(text) <= _MOST_BYTES:
        return safe
    digest = hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()[:12]
    beginning, end = text[:_BEGINNING].decode(errors="ignore"), text[-_END:].decode(errors="ignore")
    return f"{beginning}{CUT}{digest}{CUT}{end}"


def instant_and_name(kept: str) -> tuple[int | None, str]:
    """When the message of a kept file came, None if its name does not say so, and what it was called."""
    match = _INSTANT.fullmatch(kept)
    if match is None:
        return None, kept
    at = datetime.datetime.strptime(match[1], _FORM).replace(tzinfo=datetime.UTC)
    return int(at.timestamp()), match[2]
