"""A JSON text that is read from its beginning to its end in pieces, and held only as far as one value needs."""

import io
import re
from typing import Any

from api.connectors.formats.format import LARGEST_ROW
from api.connectors.formats.json_value import BadJson, decode_at

_CHUNK = 1 << 16
_BLANKS = " \t\r\n"
_UNFINISHED = re.compile(r"[0-9.eE+-]*\Z", re.ASCII)
"""Behind a value, the end of what is read, or letters with which a number may go on there."""


class JsonText:
    """Where in the text one is. Its methods raise BadJson."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._buffer = ""
        self._at = 0
        self._ended = False
        self._lines_before = 0

    @property
    def line(self) -> int:
        return self._lines_before + self._buffer.count("\n", 0, self._at) + 1

    def peek(self) -> str:
        """The next letter that is no blank; empty at the end."""
        while True:
            while self._at < len(self._buffer):
                letter = self._buffer[self._at]
                if letter not in _BLANKS:
                    return letter
                self._at += 1
            if not self._read(_CHUNK):
                return ""

    def take(self, *letters: str) -> str:
        """The next letter, which has to be one of these."""
        letter = self.peek()
        if letter not in letters or not letter:
            found = f"'{letter}'" if letter else "the end"
            raise BadJson(f"{' or '.join(letters)} is expected, not {found}", at_end=not letter)
        self._at += 1
        return letter

    def value(self) -> tuple[Any, str]:
        """The value that begins here, and its text. At most LARGEST_ROW letters are read for it."""
        self.peek()
        size = _CHUNK
        while True:
            try:
                value, end = decode_at(self._buffer, self._at)
            except BadJson as error:
                if len(self._buffer) - self._at > LARGEST_ROW:
                    raise BadJson(f"a value has more than {LARGEST_ROW:,} letters, or is none: {error}") from None
                if not self._read(size):
                    self._at = max(self._at, min(error.at, len(self._buffer)))
                    raise
                size *= 2
                continue
            # a number may go on in what is not read yet, as that of 1. and 1e does
            if _UNFINISHED.match(self._buffer, end) and self._read(size):
                continue
            raw = self._buffer[self._at : end]
            self._at = end
            return value, raw

    def _read(self, size: int) -> bool:
        """Read on; False at the end."""
        more = "" if self._ended else self._text.read(size)
        self._ended = not more
        self._lines_before += self._buffer.count("\n", 0, self._at)
        self._buffer = self._buffer[self._at :] + more
        self._at = 0
        return bool(more)
