"""Adds up days from the log as it grows: each process reads an entry once.

What is kept is of the last days alone, so that it does not grow; a day before them is not known any more.
"""

import datetime
import threading
import zoneinfo
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.audit.days.day_tally import DayTally, day_of, read_decision
from engine.events.payloads import StockLowRecord
from engine.model.facts import Network, Product
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.entry import Entry, EntryId
from engine.store.log.stored_entry import UNREADABLE, kind_of, parse_entry, parse_entry_id

LOGGED_DAYS = 9
"""From the entries of so many days on: a day can be held against that of a week before."""
MOST_DAYS = 60
"""Of those that orders were decided as of: a file of orders may be of any days."""
MOST_ENTRIES = 1_000
"""Of the log, that are read at once: nobody waits long for the first answer, and the next ones have the rest."""
MOST_LOW = 50
"""Positions that ran low, the last ones."""
_A_DAY = 86_400_000
_END_OF_LINE = "end_of_line"


@dataclass(frozen=True, slots=True, kw_only=True)
class RanLow:
    """A position whose available units fell to what is low, as the event stock.low has it. `at` is UTC seconds."""

    sku: str
    node: str
    available: int
    at: int


class LiveDays:
    """The days of one network. `clock` answers UTC seconds. Raises NotReady, StoreUnavailable."""

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        network: Callable[[], Network],
        products: Callable[[Iterable[str]], Mapping[str, Product]],
        low: Callable[[Entry], Iterable[StockLowRecord]],
        clock: Callable[[], int],
    ) -> None:
        """`low` tells the positions that an entry found to be low."""
        self._client = client
        self._keys = keys
        self._network = network
        self._products = products
        self._low = low
        self._clock = clock
        self._ran_low: dict[tuple[str, str], RanLow] = {}
        self._days: dict[datetime.date, DayTally] = {}
        self._zone = ""
        self._last: EntryId | None = None
        self._complete = False
        self._reading = threading.Lock()

    def all(self) -> Mapping[datetime.date, DayTally]:
        """With what has been logged by now or, as long as `complete` is false, the beginning of that."""
        zone = self._network().time_zone
        with self._reading:
            if zone != self._zone or self._was_reset():  # days begin at other instants, or there are others
                self._days, self._zone, self._last, self._ran_low = {}, zone, None, {}
            self._read_on()
            for day in sorted(self._days)[:-MOST_DAYS]:
                del self._days[day]
            return dict(self._days)

    @property
    def complete(self) -> bool:
        """Whether, when `all` was asked last, all of the log was added up."""
        return self._complete

    def ran_low(self) -> Sequence[RanLow]:
        """As of when `all` was asked last: the positions that ran low of late, each once, the last first."""
        return list(reversed(self._ran_low.values()))

    def _was_reset(self) -> bool:
        """Whether what was read last is of a log that was deleted since, with its network."""
        return self._last is not None and not decision_log.knows(self._client, self._keys, self._last)

    def _read_on(self) -> None:
        start = f"{max(0, self._clock() * 1_000 - LOGGED_DAYS * _A_DAY)}" if self._last is None else self._after()
        read, self._complete = 0, False
        for batch in decision_log.batches(self._client, self._keys, start=start):
            if read >= MOST_ENTRIES:
                return
            read += len(batch)
            entries = [entry for raw in batch if (entry := _entry_of(*raw)) is not None]
            decisions = [read_decision(entry.body) for entry in entries if entry.kind == "decided"]
            products = self._products({sku for decision in decisions for sku in decision.shipped_skus})
            end_of_line = {sku for sku, product in products.items() if product.lifecycle == _END_OF_LINE}
            zone = zoneinfo.ZoneInfo(self._zone)
            for decision in decisions:
                self._days.setdefault(day_of(decision, zone), DayTally()).add(decision, end_of_line=end_of_line)
            for entry in entries:
                for low in self._low(entry):
                    self._note_low(low, entry.at)
            self._last = parse_entry_id(batch[-1][0])
        self._complete = True

    def _note_low(self, low: StockLowRecord, at: int) -> None:
        if isinstance(low.sku, str) and isinstance(low.node, str) and isinstance(low.available, int):
            self._ran_low.pop((low.sku, low.node), None)
            self._ran_low[low.sku, low.node] = RanLow(sku=low.sku, node=low.node, available=low.available, at=at)
            if len(self._ran_low) > MOST_LOW:
                del self._ran_low[next(iter(self._ran_low))]

    def _after(self) -> str:
        return "({}-{}".format(*self._last or ())


def _entry_of(entry_id: bytes, fields: dict[bytes, bytes]) -> Entry | None:
    """None if there is nothing in it to add up, or it is damaged, which the check of the ledger tells."""
    try:
        return parse_entry(entry_id, fields) if kind_of(fields) == "decided" or b"levels" in fields else None
    except UNREADABLE:
        return None
