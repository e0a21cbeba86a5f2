"""What was made of the last small files is kept: of policies that people work on, most files are read again and again
as they were.
"""

import functools
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

FILES, MOST_BYTES = 64, 32_768
"""How many files are kept, each of at most so many bytes. Parsed, a file takes some fifteen times as many."""

_More = TypeVarTuple("_More")
_Made = TypeVar("_Made")


def keep_recent(make: Callable[[str, bytes, *_More], _Made]) -> Callable[[str, bytes, *_More], _Made]:
    """A function that makes the same as `make` of a file's name and content, which nobody changes afterwards."""
    kept: Callable[[str, bytes, *_More], _Made]
    kept = functools.lru_cache(maxsize=FILES)(make)  # type: ignore[assignment]  # it takes what `make` takes

    @functools.wraps(make)
    def made(name: str, content: bytes, *more: *_More) -> _Made:
        return (kept if len(content) <= MOST_BYTES else make)(name, content, *more)

    return made
