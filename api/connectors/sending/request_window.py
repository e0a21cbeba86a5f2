"""Which requests a target got lately, so that no sixty seconds have more of them than it takes."""

from dataclasses import dataclass
from typing import Self

SECONDS = 60
"""A request of one second may have gone out at its end, and one of this second may go out at its beginning: those of
sixty seconds ago count, too.
"""


@dataclass(frozen=True, slots=True)
class RequestWindow:
    """How many requests went out in which second, in UTC seconds: those that count still."""

    by_second: tuple[tuple[int, int], ...] = ()

    @classmethod
    def read(cls, text: str, now: int) -> Self:
        """Those of a text that `text` made. Requests that a clock which was wrong put more than a window ahead are
        forgotten, or nothing would go out until then.
        """
        pairs = (pair.split(":") for pair in text.split())
        counted = ((int(second), int(count)) for second, count in pairs)
        return cls(tuple((second, count) for second, count in counted if abs(now - second) <= SECONDS))

    @property
    def requests(self) -> int:
        return sum(count for _, count in self.by_second)

    @property
    def text(self) -> str:
        return " ".join(f"{second}:{count}" for second, count in self.by_second)

    def with_one_more(self, now: int) -> "RequestWindow":
        """After a request at that instant."""
        counts = dict(self.by_second)
        counts[now] = counts.get(now, 0) + 1
        return RequestWindow(tuple(sorted(counts.items())))
