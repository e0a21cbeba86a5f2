"""Names under which messages are kept: the instant of the message, then what it was called."""

import datetime
import re

from api.connectors.sources.message import Message

_INSTANT = re.compile(r"([0-9]{8}T[0-9]{6})_(.+)", re.ASCII)
UNSAFE = re.compile(r"[^\w.,=@+-]+")
"""Letters that stand in no name of a file."""
_FORM = "%Y%m%dT%H%M%S"
MOST_LETTERS = 120


def kept_name(message: Message) -> str:
    """`20261127T081231_stock.csv`: safe for any file system, and in the order in which they came."""
    return dated_name(message.name, message.received_at)


def dated_name(name: str, instant: int) -> str:
    """The name under which a message of that instant, in UTC seconds, is kept."""
    at = datetime.datetime.fromtimestamp(instant, tz=datetime.UTC)
    safe = UNSAFE.sub("_", name).strip(".") or "message"
    return f"{at.strftime(_FORM)}_{safe[-MOST_LETTERS:]}"


def instant_and_name(kept: str) -> tuple[int | None, str]:
    """When the message of a kept file came, None if its name does not say so, and what it was called."""
    match = _INSTANT.fullmatch(kept)
    if match is None:
        return None, kept
    at = datetime.datetime.strptime(match[1], _FORM).replace(tzinfo=datetime.UTC)
    return int(at.timestamp()), match[2]
