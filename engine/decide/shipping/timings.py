"""When shipments leave and arrive, remembered across orders for as long as it is computed alike.

Ways of one schedule that take equally long leave and arrive together. A timing is when those do: a few hundred for a
whole network. Each holds for a stretch of instants, so most orders find all of theirs computed.
"""

import bisect
from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from engine.decide.shipping.calendar import EVER, Calendar
from engine.decide.shipping.columns import NOWHERE, Integers, any_of
from engine.decide.shipping.schedule import Departures, travel
from rules.syntax.literals import SECONDS_A_DAY

Schedule: TypeAlias = tuple[Departures, Calendar | None]
"""When shipments leave, and the calendar on which they make headway; None: all the time."""

_LONGEST: Final = 1 << 24
"""More minutes than any way takes."""
_MOST_KEPT, _MOST_PAIRS = 10_000, 256
_FARTHEST_AHEAD = 800 * SECONDS_A_DAY
"""A shipment that would take longer is planned for no day."""
NEVER: Final = -1
"""Stands for an instant that does not come."""
_SINCE, _UNTIL, _LEAVES, _ARRIVES, _LEAVES_MOVES, _ARRIVES_MOVES, _ROWS = range(7)
"""The rows of a table of timings: from when up to when it holds, without the last; see `Stretch` for the others."""
_NEVER_AT_ALL = (-EVER, EVER, NEVER, NEVER, 0, 0)


class _Table(NamedTuple):
    """`keys` are sorted; all `timings`, a column each, hold from `since` up to and without `until`."""

    keys: Integers
    timings: Integers
    since: int
    until: int


_MOST_LATE = 16
"""Tables of orders that came in before a cut-off and are decided after it: one for each of the last cut-offs."""
_EMPTY = _Table(np.empty(0, dtype=np.int64), np.empty((_ROWS, 0), dtype=np.int64), -EVER, EVER)


class Timings:
    """The timings of a network's schedules. Where orders are brought to a node to be collected, `hours` is when it is
    open; None: always, or they are not collected.
    """

    def __init__(self, schedules: Sequence[Schedule], hours: Calendar | None) -> None:
        self._schedules = schedules
        self._hours = hours
        self._tables: dict[int | None, _Table] = {}
        """By the last cut-off before orders came in, if that is not the last before they are decided."""
        self._between: list[tuple[int, int]] = []
        """Pairs of successive cut-offs, over all schedules, that were asked about; sorted, none overlapping."""
        self._latest: dict[tuple[int, int, int], tuple[int, int, int]] = {}
        self._later: dict[tuple[int, int], tuple[int, int]] = {}

    def at(
        self, now: int, schedule: Integers, minutes: Integers, came_in: int | None = None
    ) -> tuple[Integers, Integers, Integers]:
        """Of shipments decided `now`, when each ships and arrives, in UTC seconds, or NEVER; and the instant up to
        which that is computed alike of later decisions: the same, or as much later as they are. `schedule` is the
        number of each one's schedule, `minutes` what it takes, or NOWHERE. Their order came in at `came_in`, by default
        `now`.
        """
        keys = schedule * _LONGEST + minutes
        missed = None if came_in is None or came_in >= now else self.cut_off_missed(came_in, now)
        came_in = None if missed is None else came_in
        table = self._tables.get(missed, _EMPTY)
        if not table.since <= now < table.until:
            table = self._keep(missed, _table(table.keys, self._renewed(table, now, came_in)))
        places = table.keys.searchsorted(keys)
        if not len(table.keys) or any_of(table.keys.take(places, mode="clip") != keys):
            table = self._keep(missed, self._with(table, keys, now, came_in))
            places = table.keys.searchsorted(keys)
        timings = table.timings.take(places, axis=1)
        ships, arrives = timings[_LEAVES:_LEAVES_MOVES] + timings[_LEAVES_MOVES:] * now
        return ships, arrives, timings[_UNTIL]

    def cut_off_missed(self, came_in: int, now: int) -> int | None:
        """The last cut-off before the order came in, if there is another before `now`."""
        since, _ = self._around(now)
        return None if since <= came_in else self._around(came_in)[0]

    def _around(self, instant: int) -> tuple[int, int]:
        """The last cut-off of any schedule until the instant, and the first after it."""
        between = self._between
        place = bisect.bisect_right(between, (instant, EVER)) - 1
        if place >= 0 and instant < between[place][1]:
            return between[place]
        around = [departures.cut_offs_around(instant) for departures in {its for its, _ in self._schedules}]
        found = (
            max([since for since, _, _ in around], default=-EVER),
            min([until for _, until, _ in around], default=EVER),
        )
        kept = between if len(between) < _MOST_PAIRS else []
        # a new list, as another thread may be reading the one before
        self._between = [*kept[: place + 1], found, *kept[place + 1 :]]
        return found

    def _keep(self, missed: int | None, table: _Table) -> _Table:
        if missed not in self._tables and len(self._tables) >= _MOST_LATE:
            self._tables.clear()
        self._tables[missed] = table
        return table

    def latest(self, first: int, last: int, schedule: Integers, minutes: Integers) -> tuple[Integers, ...]:
        """Of shipments that are to arrive from the minute `first` to the minute `last`: the latest minute at which each
        may be decided, when it then ships and arrives; NEVER if it can't arrive between them.
        """
        keys, rows = np.unique(schedule * _LONGEST + minutes, return_inverse=True)
        each = [self._latest_of(key, first, last) for key in keys.tolist()]
        return tuple(np.array(each, dtype=np.int64).reshape(-1, 3)[rows].T)

    def later(self, instant: int, schedule: Integers, minutes: Integers) -> tuple[Integers, Integers]:
        """Of shipments whose goods are there at a later instant than now, when each ships and arrives, or NEVER. They
        are remembered by that instant, as many orders wait for the same goods, beside what is remembered for `now`.
        """
        keys, rows = np.unique(schedule * _LONGEST + minutes, return_inverse=True)
        each = [self._later_of(key, instant) for key in keys.tolist()]
        ships, arrives = np.array(each, dtype=np.int64).reshape(-1, 2)[rows].T
        return ships, arrives

    def _later_of(self, key: int, instant: int) -> tuple[int, int]:
        later = self._later.get((key, instant))
        if later is None:
            if len(self._later) >= _MOST_KEPT:
                self._later.clear()
            _, _, leaves, arrives, leaves_moves, arrives_moves = self._timing(key, instant)
            later = leaves + leaves_moves * instant, arrives + arrives_moves * instant
            self._later[key, instant] = later
        return later

    def _latest_of(self, key: int, first: int, last: int) -> tuple[int, int, int]:
        latest = self._latest.get((key, first, last))
        if latest is None:
            if len(self._latest) >= _MOST_KEPT:
                self._latest.clear()
            latest = self._latest[key, first, last] = self._search_latest(key, first, last)
        return latest

    def _search_latest(self, key: int, first: int, last: int) -> tuple[int, int, int]:
        """A later decision never leads to an earlier arrival, so the latest minute is found by halving."""

        def times(now: int) -> tuple[int, int]:
            _, _, leaves, arrives, leaves_moves, arrives_moves = self._timing(key, now)
            return leaves + leaves_moves * now, EVER if arrives == NEVER else arrives + arrives_moves * now

        begins = range(last - _FARTHEST_AHEAD, last + 1, 60)
        place = bisect.bisect_right(begins, last, key=lambda now: times(now)[1]) - 1
        ships, arrives = times(begins[place]) if place >= 0 else (NEVER, NEVER)
        return (begins[place], ships, arrives) if arrives >= first else (NEVER, NEVER, NEVER)

    def _renewed(self, table: _Table, now: int, came_in: int | None) -> Integers:
        """The timings, those computed anew that don't hold `now`."""
        timings = table.timings.copy()
        over = (now < timings[_SINCE]) | (now >= timings[_UNTIL])
        for place in over.nonzero()[0].tolist():
            timings[:, place] = self._timing(int(table.keys[place]), now, came_in)
        return timings

    def _with(self, table: _Table, keys: Integers, now: int, came_in: int | None) -> _Table:
        """The table with the timings of all `keys`."""
        if len(table.keys) >= _MOST_KEPT:
            table = _EMPTY
        new = np.setdiff1d(keys, table.keys)
        timings = np.array([self._timing(key, now, came_in) for key in new.tolist()], dtype=np.int64)
        every = np.concatenate([table.keys, new])
        order = every.argsort()
        both = np.concatenate([table.timings, timings.reshape(-1, _ROWS).T], axis=1)
        return _table(every[order], both.take(order, axis=1))

    def _timing(self, key: int, now: int, came_in: int | None = None) -> tuple[int, ...]:
        """A column of the table."""
        number, minutes = divmod(key + 1, _LONGEST)
        minutes -= 1  # NOWHERE is -1: what would be the last key of the schedule before
        if minutes == NOWHERE:
            return _NEVER_AT_ALL
        departures, travels = self._schedules[number]
        leaving = departures.stretch(now, came_in)
        arriving = leaving and leaving.then(travel(travels, leaving.at(now), minutes * 60))
        if arriving and self._hours is not None:
            arriving = arriving.then(self._hours.stretch(arriving.at(now), 0))
        if leaving is None or arriving is None:
            return now, now + 1, NEVER, NEVER, 0, 0
        return (
            max(leaving.since, arriving.since),
            min(leaving.until, arriving.until),
            leaving.over,
            arriving.over,
            leaving.moves,
            arriving.moves,
        )


def _table(keys: Integers, timings: Integers) -> _Table:
    since, until = int(timings[_SINCE].max(initial=-EVER)), int(timings[_UNTIL].min(initial=EVER))
    return _Table(keys, timings, since, until)
