"""Every change of a clock that tzdata lists, and what is shown around it, read from the files of the zones."""

import functools
import struct
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

EPOCH = 719_163 * 86_400
"""Local seconds at which 1970 begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockChange:
    """At the instant `at`, the clock of `zone` goes from `before` to `after` seconds ahead of UTC. There is no other
    change within two days.
    """

    zone: str
    at: int
    before: int
    after: int

    def local(self, instant: int) -> int:
        return instant + EPOCH + (self.before if instant < self.at else self.after)

    def first(self, local: int) -> int:
        """The first instant at which this local time is shown or has been passed."""
        early, late = local - EPOCH - self.before, local - EPOCH - self.after
        return early if early < self.at else max(late, self.at)

    def last(self, local: int) -> int:
        """The instant from which on only later local times are shown."""
        early, late = local - EPOCH - self.before, local - EPOCH - self.after
        return late if late > self.at else min(early, self.at)


def zones() -> list[str]:
    return sorted(zoneinfo.available_timezones())


def changes(zone: str) -> Iterator[ClockChange]:
    """By time, those that the zone's file lists (TZif, RFC 9636: a block for old readers, then one of 64 bits)."""
    data = next(path.read_bytes() for folder in zoneinfo.TZPATH if (path := Path(folder) / zone).is_file())
    # of the old block: an octet, an octet, a leap second, an instant with its type, a type, a letter
    start = 44 + sum(count * size for count, size in zip(_counts(data, 0), (1, 1, 8, 5, 6, 1), strict=True))
    _, _, _, times, types, _ = _counts(data, start)
    at = start + 44
    instants = struct.unpack(f">{times}q", data[at : at + 8 * times])
    kinds = data[at + 8 * times : at + 9 * times]
    at += 9 * times
    offsets = [struct.unpack(">i", data[at + 6 * kind : at + 6 * kind + 4])[0] for kind in range(types)]
    before = offsets[0] if offsets else 0
    for instant, kind in zip(instants, kinds, strict=True):
        if offsets[kind] != before:
            yield ClockChange(zone=zone, at=instant, before=before, after=offsets[kind])
        before = offsets[kind]


@functools.cache
def _changes(zone: str) -> tuple[ClockChange, ...]:
    return tuple(changes(zone))


def nearest_change(zone: str, local: int) -> ClockChange:
    """The change by which local times around this one are told from each other."""
    utc = local - EPOCH
    return min(_changes(zone), key=lambda change: abs(change.at - utc))


def _counts(data: bytes, start: int) -> tuple[int, ...]:
    """How many there are of each part of the block that begins there."""
    return struct.unpack(">6l", data[start + 20 : start + 44])
