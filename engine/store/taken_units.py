"""What channels took in the periods of their allotments: the keys that count it, and how long these are kept."""

import datetime
from collections.abc import Iterable, Iterator, Sequence

from engine.store.keys import Keys

_DAY = 86_400
DAYS_KEPT = 4
"""How long after its end, at least, what was taken in a period is kept: holds of that time may end or be confirmed."""
_DAYS = {"day": DAYS_KEPT, "week": 7 + DAYS_KEPT}


class TakenKeys:
    """Numbers, from 1, the keys of what was taken that one call of a script is given."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._numbers: dict[tuple[str, str], int] = {}

    def number(self, period: str, sku: str) -> int:
        """The number of the key of a period (see `Keys.taken`) and a SKU."""
        return self._numbers.setdefault((period, sku), len(self._numbers) + 1)

    def __iter__(self) -> Iterator[tuple[str]]:
        return ((self._keys.taken(period, sku),) for period, sku in self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


def taken_keys(keys: Keys, skus: Sequence[str], periods: Iterable[str]) -> Iterator[tuple[str]]:
    """Of each SKU, the key of each period."""
    names = tuple(periods)
    return ((keys.taken(period, sku),) for sku in skus for period in names)


def seconds_kept(period: str, now: int) -> int | None:
    """For how long after units were taken at `now` it is kept what was taken in the period; None: for ever."""
    kind, _, rest = period.partition(":")
    if kind in _DAYS:
        return _DAYS[kind] * _DAY
    window, _, _ = rest.rpartition(":")
    _, _, until = window.partition("..")
    if not until:
        return None
    end = datetime.datetime.fromisoformat(until)
    # a date is the whole day; the time zone makes less than a day's difference
    seconds = int(end.replace(tzinfo=end.tzinfo or datetime.UTC).timestamp()) + _DAY
    return max(0, seconds - now) + DAYS_KEPT * _DAY
