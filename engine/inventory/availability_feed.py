"""What a channel can have of every SKU, for a catalogue: all of it once, then only what may have changed since.

A cursor says up to which change a catalogue is complete. Stock is read in blocks while the answer is sent, each block
at a moment of its own; what changes meanwhile comes after the answer's cursor and so with the next answer.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias

from engine.decide.availability.offer import by_sku, offer
from engine.decide.order_checks import check_channel
from engine.errors import Contended
from engine.facts_reader import FactsReader
from engine.inventory.stated_instants import MICROSECONDS
from engine.model.facts import Network
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.stock import Stock

MOST_SKUS_AT_ONCE = 500
"""How many SKUs one script reads at most."""
_MOST_POSITIONS_AT_ONCE = 25_000
"""And how many positions, if every node has every SKU: no script runs long, and little is in memory at a time."""
_CURSOR = re.compile(r"([0-9]{1,16})-([0-9]{1,16})-([0-9]{1,16})-([0-9a-f]{32})", re.ASCII)

WhyFull: TypeAlias = Literal["no_cursor", "network", "policies", "cursor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The answer with this cursor has what changed after the stamp `after` (see `Keys.changed`), everything if that is
    0, up to `until`. `loaded` is the stamp of the last load or repair, `circumstances` a hash of what else
    it depends on.
    """

    after: int
    until: int
    loaded: int
    circumstances: str

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """None if the text is no cursor."""
        match = _CURSOR.fullmatch(text)
        if match is None:
            return None
        after, until, loaded = map(int, match.groups()[:3])
        return cls(after=after, until=until, loaded=loaded, circumstances=match[4])

    def __str__(self) -> str:
        return f"{self.after}-{self.until}-{self.loaded}-{self.circumstances}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuUnits:
    """Units of a SKU free to the channel, None if it is not counted; how many of them only where nothing else has any;
    `by_node` where there are any, if that was asked for.
    """

    sku: str
    free: int | None
    unless_needed: int
    by_node: Mapping[str, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """An answer: the SKUs in their order, in `blocks` that are read as they are asked for, at most `size` in all.

    `why_full` is None if these are only the SKUs that may have changed. If not, no cursor was given; or since it was,
    the network was loaded or stock repaired; or other policies decide, a rule of theirs has begun or ended with the
    time or a node's load, a node became full or has room again, or a rest began or ended; or the cursor is newer than
    all that the server has, which was restored to an older state.

    Iterating `blocks` raises Contended if any of these happens meanwhile, and StoreUnavailable.
    """

    cursor: Cursor
    why_full: WhyFull | None
    size: int
    blocks: Iterator[Sequence[SkuUnits]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StockChanges:
    """SKUs by the stamp of the last change of what is on hand or held of them, in the order of these; `newest` is the
    stamp of the last of all changes, `loaded` that of the last load or repair.
    """

    loaded: int
    newest: int
    stamps: Sequence[tuple[str, int]]

    @property
    def since(self) -> int:
        """When the first of them changed, in UTC seconds by the server's clock; 0 if there are none."""
        return self.stamps[0][1] // MICROSECONDS if self.stamps else 0

    def first(self, most: int, until: int) -> tuple[list[str], int]:
        """At most so many of them (but all that changed at once), up to the stamp `until`; and the stamp up to which
        these are all.
        """
        meant = [(sku, stamp) for sku, stamp in self.stamps if stamp <= until]
        if len(meant) <= most:
            return [sku for sku, _ in meant], until
        last = meant[most - 1][1]
        return [sku for sku, stamp in meant if stamp <= last], last


class AvailabilityFeed:
    """The feed of one network. `clock` answers UTC seconds."""

    def __init__(self, client: Client, keys: Keys, *, facts: FactsReader, clock: Callable[[], int]) -> None:
        self._stock = Stock(client, keys)
        self._facts = facts
        self._clock = clock

    def changes(self, after: int) -> StockChanges:
        """The SKUs of which another number is on hand or held since the change of that stamp, once holds are ended
        whose time is over. Raises NotReady, StoreUnavailable.
        """
        loaded = self._facts.read_stock([], self._clock()).state.loaded
        newest = self._stock.newest_change()
        return StockChanges(loaded=loaded, newest=newest, stamps=self._stock.stamps_after(after))

    def read(
        self, channel: str, *, since: Cursor | None = None, after: str | None = None, by_node: bool = False
    ) -> Feed:
        """What changed since the answer with the cursor `since`; everything without one, or if that can't be told. With
        `after`, the answer with that very cursor again, from the SKU that follows. Raises InputInvalid if the network
        lists no such channel, NotReady, StoreUnavailable.
        """
        now = self._clock()
        state = self._facts.read_stock([], now).state
        check_channel(channel, state.network)
        newest = self._stock.newest_change()
        fresh = Cursor(after=0, until=newest, loaded=state.loaded, circumstances=state.circumstances(channel, now))
        why_full = _why_full(since, fresh)
        if since is None or why_full is not None:
            cursor, after = fresh, None
        elif after is None:
            cursor = Cursor(after=since.until, until=newest, loaded=fresh.loaded, circumstances=fresh.circumstances)
        else:
            cursor = since
        skus = self._stock.changed_after(cursor.after) if cursor.after else self._facts.skus()
        skus = [sku for sku in skus if after is None or sku > after]
        blocks = self._blocks(parts_of(skus, state.network), cursor, channel, by_node=by_node)
        return Feed(cursor=cursor, why_full=why_full, size=len(skus), blocks=blocks)

    def _blocks(
        self, parts: Sequence[Sequence[str]], cursor: Cursor, channel: str, *, by_node: bool
    ) -> Iterator[Sequence[SkuUnits]]:
        for skus in parts:
            now = self._clock()
            read = self._facts.read_stock(skus, now, cached=False)
            if (read.state.loaded, read.state.circumstances(channel, now)) != (cursor.loaded, cursor.circumstances):
                raise Contended("network or rules have changed since this answer began; ask again")
            facts, offered = read.facts, offer(read.facts, read.state.matcher, channel, now)
            nodes: list[Mapping[str, int] | None] = [None] * len(facts.products)
            if by_node:
                nodes = [_where_free(item.nodes, item.free_by_node) for item in by_sku(facts, offered)]
            rows = zip(facts.products, offered.totals, offered.totals_unless_needed, nodes, strict=True)
            yield [
                SkuUnits(sku=product.sku, free=units if product.counted else None, unless_needed=needed, by_node=where)
                for product, units, needed, where in rows
            ]


def parts_of(skus: Sequence[str], network: Network) -> list[Sequence[str]]:
    """The SKUs in parts whose stock may be read at once."""
    size = min(MOST_SKUS_AT_ONCE, max(1, _MOST_POSITIONS_AT_ONCE // max(1, len(network.nodes))))
    return [skus[start : start + size] for start in range(0, len(skus), size)]


def _why_full(since: Cursor | None, fresh: Cursor) -> WhyFull | None:
    if since is None:
        return "no_cursor"
    if since.loaded != fresh.loaded:
        return "network"
    if since.circumstances != fresh.circumstances:
        return "policies"
    return "cursor" if since.until > fresh.until else None


def _where_free(nodes: Sequence[str], units: Sequence[int]) -> dict[str, int]:
    return {node: number for node, number in zip(nodes, units, strict=True) if number}
