"""A file that was fetched from another machine, and how it is known again there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self, TypeAlias

Listing: TypeAlias = Mapping[str, tuple[int, str]]
"""The size of each file on the other machine, and its time as a listing shows it, by its name."""
_FRESH_SECONDS = 120
"""For so long after a file was written, another one of its size could have the same time in a listing, which shows
minutes.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedFile:
    """`written` is its own time, to the second; `fetched` when it was fetched; both in UTC seconds. `shown` is how the
    listing shows its time: minutes, and after half a year days.
    """

    size: int
    written: int
    fetched: int
    shown: str

    @property
    def mark(self) -> str:
        return f"{self.size} {self.written} {self.fetched} {self.shown}"

    @classmethod
    def of_mark(cls, mark: str) -> Self:
        size, written, fetched, shown = mark.split(" ", 3)
        return cls(size=int(size), written=int(written), fetched=int(fetched), shown=shown)

    def is_known_by(self, entry: tuple[int, str], now: int) -> bool:
        """Whether the listing alone says that it is still this one; otherwise its own time has to be looked at."""
        is_sure = self.fetched - self.written >= _FRESH_SECONDS or now - self.written < _FRESH_SECONDS
        return entry == (self.size, self.shown) and is_sure
