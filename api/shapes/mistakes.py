"""marshmallow's messages as mistakes, each with its field."""

from collections.abc import Iterator, Mapping
from typing import Any

from engine.errors import Mistake


def mistakes_of(messages: Any, *, where: str = "") -> list[Mistake]:
    """Marshmallow's nested messages, in the order of fields; `where` is the file or line that was read."""
    return [Mistake(where=where, field=".".join(path), message=text) for path, text in _by_field(messages, ())]


def _by_field(messages: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from _by_field(inner, path if key == "_schema" else (*path, str(key)))
        return
    for message in messages if isinstance(messages, list) else [messages]:
        yield path, str(message).removesuffix(".")  # some of marshmallow's own messages end in a full stop, ours don't
