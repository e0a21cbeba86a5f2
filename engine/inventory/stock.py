"""What is on hand and what of it is free: counted anew, moved, and shown."""

import functools
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.decide.availability import Available, available, channels
from engine.decide.matching.matcher import Matcher
from engine.decide.order_record import timestamp
from engine.errors import Contended, InputInvalid, Mistake, NotFound, StockConflict
from engine.facts_reader import FactsReader
from engine.model.facts import Network, Product, Snapshot, StockPosition
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.outcomes import (
    CountContradicts,
    CountOlder,
    CountOutcome,
    CountSet,
    MovementOutcome,
    NetworkChanged,
    StampKindDiffers,
)
from engine.store.stock import Count, Movement, Stock

OTHER_CHANNEL = "*"
"""Stands for any channel that no rule names."""
MOST_AT_ONCE = 500
"""Positions that one script takes on."""
MINUTES_AHEAD = 5
"""How far a source's clock may be ahead of ours. Later, no honest count would be newer for so long."""
_MICROSECONDS = 1_000_000
_MOST_RELOADS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """A SKU as one channel sees it now; or, if a replica told, which heard of its primary at most
    `age` seconds ago, as far as it has heard.
    """

    sku: str
    channel: str
    policy_version: str
    nodes: Sequence[Available]
    age: int | None = None

    @property
    def free(self) -> int:
        return sum(item.free for item in self.nodes)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStock:
    """A position, and the units of it that are free to each channel."""

    node: str
    position: StockPosition
    free: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuStock:
    """A SKU at every node that has it, for the channels that rules name and for OTHER_CHANNEL, as it is now; or, if a
    replica told, which heard of its primary at most `age` seconds ago, as far as it has heard.
    """

    sku: str
    policy_version: str
    channels: tuple[str, ...]
    nodes: tuple[NodeStock, ...]
    age: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What became of a count: whether it is now, or by the same message was before, what counts; and what is there."""

    applied: bool
    older: bool
    position: StockPosition


class Stockroom:
    """The stock positions of one network: counted, moved, shown. `clock` answers UTC seconds."""

    def __init__(self, client: Client, keys: Keys, *, facts: FactsReader, clock: Callable[[], int]) -> None:
        self._client = client
        self._stock = Stock(client, keys)
        self._facts = facts
        self._clock = clock

    def put(self, count: Count) -> Placed:
        """What the source counted, unless it said something newer before.

        Raises NotFound, StockConflict if two messages contradict each other, InputInvalid if its time is still to come,
        StoreUnavailable.
        """
        unknown = self.unknown([count])[0]
        if unknown is not None:
            raise NotFound(unknown.message)
        outcome = self.place([count])[0]
        if isinstance(outcome, CountContradicts):
            raise StockConflict(
                f"'{count.sku}' at '{count.node}': another number of units came before with the same"
                f" {_stamp_name(count)}; send what is so now with a later one"
            )
        if isinstance(outcome, StampKindDiffers):
            other = "sequence" if count.stamp.kind == "t" else "at"
            raise StockConflict(
                f"'{count.sku}' at '{count.node}' is counted by '{other}', and this message says"
                f" '{_stamp_name(count)}': nobody can tell which is newer; send '{other}', or load the stock anew"
            )
        position = StockPosition(on_hand=outcome.on_hand, held=outcome.held)
        applied, older = isinstance(outcome, CountSet), isinstance(outcome, CountOlder)
        return Placed(applied=applied, older=older, position=position)

    def place(self, counts: Sequence[Count]) -> list[CountOutcome]:
        """Counts, at most MOST_AT_ONCE, at one moment; raises InputInvalid if a node or SKU is unknown, or the time of
        a count still to come.
        """
        early = [mistake for count in counts if (mistake := self.ahead(count)) is not None]
        if early:
            raise InputInvalid(early)
        for attempt in range(_MOST_RELOADS):
            mistakes, version = self._checked(counts, anew=attempt > 0)
            unknown = [mistake for mistake in mistakes if mistake is not None]
            if unknown:
                raise InputInvalid(unknown)
            outcomes = self._client.twice(functools.partial(self._stock.set_counts, counts, version=version))
            if not isinstance(outcomes, NetworkChanged):
                return outcomes
        raise Contended("the network is being loaded over and over; try again")

    def move(self, movements: Sequence[Movement]) -> list[MovementOutcome | Mistake]:
        """What became of each movement, at most MOST_AT_ONCE; a mistake if its node or SKU is unknown."""
        for attempt in range(_MOST_RELOADS):
            mistakes, version = self._checked(movements, anew=attempt > 0)
            good = [item for item, mistake in zip(movements, mistakes, strict=True) if mistake is None]
            batch = uuid.uuid4().hex
            act = functools.partial(self._stock.move, good, version=version, now=self._clock(), batch=batch)
            outcomes = self._client.twice(act) if good else []
            if not isinstance(outcomes, NetworkChanged):
                each = iter(outcomes)
                return [mistake or next(each) for mistake in mistakes]
        raise Contended("the network is being loaded over and over; try again")

    def ahead(self, count: Count) -> Mistake | None:
        """That the source's time of the count is more than MINUTES_AHEAD after ours."""
        now, stamp = self._clock(), count.stamp
        if stamp.kind == "s" or stamp.number <= (now + 60 * MINUTES_AHEAD) * _MICROSECONDS:
            return None
        told = (
            f"{timestamp(stamp.number // _MICROSECONDS)} is more than {MINUTES_AHEAD} minutes ahead of the clock here"
            f" ({timestamp(now)}); write when it was counted"
        )
        return Mistake(field="at", message=told)

    def unknown(self, items: Sequence[Count] | Sequence[Movement]) -> list[Mistake | None]:
        """For each, what of it nobody knows."""
        return self._checked(items)[0]

    def show(self, sku: str, *, max_stale: int | None = None) -> SkuStock:
        """The SKU by node: what is there, and free to each channel. Raises NotFound, NotReady. With `max_stale`, a
        replica may tell that heard of its primary in the last so many seconds.
        """
        now = self._clock()
        snapshot, matcher, age = self._of([sku], now, max_stale)
        names = (*channels(matcher.policies), OTHER_CHANNEL)
        by_channel = {name: available(snapshot, matcher, sku, name, now) for name in names}
        nodes = (
            NodeStock(
                node=item.node,
                position=item.position,
                free={name: by_channel[name][index].free for name in names},
            )
            for index, item in enumerate(by_channel[OTHER_CHANNEL])
        )
        return SkuStock(sku=sku, policy_version=matcher.policies.version, channels=names, nodes=tuple(nodes), age=age)

    def availability(self, skus: Sequence[str], channel: str, *, max_stale: int | None = None) -> list[Availability]:
        """What an order on `channel` may still take of each SKU, at one moment; raises NotFound, NotReady. `max_stale`
        as in `show`.
        """
        now = self._clock()
        snapshot, matcher, age = self._of(list(dict.fromkeys(skus)), now, max_stale)
        return [
            Availability(
                sku=sku,
                channel=channel,
                policy_version=matcher.policies.version,
                nodes=available(snapshot, matcher, sku, channel, now),
                age=age,
            )
            for sku in dict.fromkeys(skus)
        ]

    def _of(self, skus: Sequence[str], now: int, max_stale: int | None) -> tuple[Snapshot, Matcher, int | None]:
        age: int | None = None
        stale = None if max_stale is None else self._facts.read_from_replica(skus, now, max_age=max_stale)
        if stale is None:
            snapshot, matcher = self._facts.read(skus, now)
        else:
            snapshot, matcher, age = stale.snapshot, stale.matcher, stale.age
        missing = [sku for sku in skus if sku not in snapshot.products]
        if missing:
            raise NotFound("; ".join(f"no product goes by the SKU '{sku}'" for sku in missing))
        return snapshot, matcher, age

    def _checked(
        self, items: Sequence[Count] | Sequence[Movement], *, anew: bool = False
    ) -> tuple[list[Mistake | None], str]:
        """What of each item nobody knows, and in which version of the network."""
        network, products = self._facts.network_and_products([item.sku for item in items], fresh=anew)
        found = [next(_mistakes(item, network, products), None) for item in items]
        if any(found) and not anew:
            # it may have come with a load since
            return self._checked(items, anew=True)
        return found, network.version


def _mistakes(item: Count | Movement, network: Network, products: Mapping[str, Product]) -> Iterator[Mistake]:
    if item.node not in network.nodes:
        yield Mistake(field="node", message=f"no node goes by the id '{item.node}'")
    if item.sku not in products:
        yield Mistake(field="sku", message=f"no product goes by the SKU '{item.sku}'")


def _stamp_name(count: Count) -> str:
    return "at" if count.stamp.kind == "t" else "sequence"
