"""Counts, moves and shows stock: what is on hand, held, and free to each channel."""

import datetime
import functools
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from engine.decide.availability.allotments_left import AllotmentLeft, allotments_left
from engine.decide.availability.free_units import SkuAvailability, StockFacts, channels
from engine.decide.availability.largest_order import most_units
from engine.decide.availability.offer import by_sku, offer
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.incoming.incoming import begin_of
from engine.decide.matching.matcher import Matcher
from engine.decide.order_checks import check_channel, check_order
from engine.decide.order_record import timestamp
from engine.errors import InputInvalid, Mistake, NotFound, StockConflict
from engine.facts_reader import FactsReader
from engine.inventory.position_checks import position_mistake
from engine.inventory.positions import PositionUnits, positions
from engine.inventory.stated_instants import MICROSECONDS, instant_mistake
from engine.model.facts import Line, Network, Order, Snapshot, StockPosition
from engine.model.lots import Lot, expired_units
from engine.model.receipts import Receipt
from engine.stock_snapshot import StockState
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.network import load
from engine.store.outcomes import (
    CountContradicts,
    CountForgotten,
    CountOlder,
    CountOutcome,
    CountSet,
    MovementOutcome,
    NetworkChanged,
    StampKindDiffers,
)
from engine.store.replica import Replica
from engine.store.stock import Count, Movement, SetApart, Stock

OTHER_CHANNEL = "*"
"""Stands for every channel that no rule names."""
MOST_AT_ONCE = 500
"""How many counts or movements one script takes."""
_MOST_RELOADS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """What one channel can have of SKUs, as it is now; `unknown` are those asked for that no product goes by. With
    `age`, as a replica answered that last heard of its primary at most so many seconds ago. `tag` tells whether the
    answer would be another one now (see `NetworkStock.tag`); None if a replica left out holds whose time was over.
    """

    channel: str
    policy_version: str
    skus: Sequence[SkuAvailability]
    unknown: Sequence[str] = ()
    age: int | None = None
    tag: str | None = None
    by: int | None = None
    """The date, as an ordinal, until whose end what is to come counts, too. None: only what is there counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStock:
    """A position, how many of its units are free to each channel, how many more are there and may not be sold (those
    blocked, those in quarantine, which came back, and those that have expired), and what channels have of their
    allotments there. `lots` are all that are there, first expired first.
    """

    node: str
    position: StockPosition
    free: Mapping[str, int]
    blocked: int = 0
    quarantine: int = 0
    allotments: Sequence[AllotmentLeft] = ()
    expired: int = 0
    lots: Sequence[Lot] = ()
    coming: Sequence[Receipt] = ()
    """Its open receipts, the next to arrive first."""

    @property
    def incoming(self) -> int:
        """Units to come that are not on their way yet."""
        return sum(receipt.to_come for receipt in self.coming if receipt.status != "in_transit")

    @property
    def in_transit(self) -> int:
        """Units to come that are on their way."""
        return sum(receipt.to_come for receipt in self.coming if receipt.status == "in_transit")

    @property
    def promised(self) -> int:
        """Of the units to come, those that are held for orders."""
        return sum(receipt.promised for receipt in self.coming)


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuStock:
    """A SKU at every node that has it, for the channels that rules name and for OTHER_CHANNEL. `age` as in
    `Availability`.
    """

    sku: str
    policy_version: str
    channels: tuple[str, ...]
    nodes: tuple[NodeStock, ...]
    age: int | None = None
    counted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CountResult:
    """What became of a count. `applied`: the position has it from now on, with what came and left since; `older`: the
    position already had a newer one, or was loaded later. If neither, the same message came before. `position` is what
    is there now.
    """

    applied: bool
    older: bool
    position: StockPosition


@dataclass(frozen=True, slots=True, kw_only=True)
class _StockRead:
    """Stock as the primary has it, or as a replica of a certain `age`. `state` as in `ReplicaFacts`."""

    facts: StockFacts
    matcher: Matcher
    unknown: Sequence[str]
    state: StockState | None = None
    age: int | None = None


class NetworkStock:
    """The stock positions of one network. `after_freeing` is called once units may have arrived; `clock` answers UTC
    seconds, `micros` microseconds.
    """

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        facts: FactsReader,
        replica: Replica,
        after_freeing: Callable[[], None],
        clock: Callable[[], int],
        micros: Callable[[], int],
    ) -> None:
        self._client = client
        self._replica = replica
        self._micros = micros
        self._stock = Stock(client, keys)
        self._facts = facts
        self._after_freeing = after_freeing
        self._clock = clock

    def set_count(self, count: Count) -> CountResult:
        """Set a position to what its source counted, and what came and left since, unless it has a newer count.

        Raises NotFound, StockConflict if it contradicts an earlier message or what came and left since is not
        remembered any more, InputInvalid if its time is still to come, StoreUnavailable.
        """
        mistakes, _ = self._check([count])
        if mistakes[0] is not None:
            raise NotFound(mistakes[0].message)
        outcome = self.set_counts([count])[0]
        if isinstance(outcome, CountContradicts):
            raise StockConflict(
                f"'{count.sku}' at '{count.node}': another number of units came before with the same"
                f" {_stamp_name(count)}; send what is so now with a later one"
            )
        if isinstance(outcome, StampKindDiffers):
            other = "sequence" if count.stamp.kind == "t" else "at"
            raise StockConflict(
                f"'{count.sku}' at '{count.node}' is counted by '{other}', and this message says"
                f" '{_stamp_name(count)}': nobody can tell which is newer; send '{other}', or load the"
                f" stock anew (pointsman load --counts)"
            )
        if isinstance(outcome, CountForgotten):
            since = timestamp(-(-outcome.since // MICROSECONDS))
            raise StockConflict(
                f"'{count.sku}' at '{count.node}': what came and left of it is remembered since {since} only, and this"
                " count is older; count anew"
            )
        position = StockPosition(on_hand=outcome.on_hand, held=outcome.held)
        applied, older = isinstance(outcome, CountSet), isinstance(outcome, CountOlder)
        return CountResult(applied=applied, older=older, position=position)

    def set_counts(self, counts: Sequence[Count]) -> list[CountOutcome]:
        """Set at most MOST_AT_ONCE positions in one step; raises InputInvalid if a node or SKU is unknown, or the time
        of a count is still to come.
        """
        early = [mistake for count in counts if (mistake := self.check_time(count)) is not None]
        if early:
            raise InputInvalid(early)
        for attempt in range(_MOST_RELOADS):
            mistakes, version = self._check(counts, fresh=attempt > 0)
            unknown = [mistake for mistake in mistakes if mistake is not None]
            if unknown:
                raise InputInvalid(unknown)
            set_counts = functools.partial(self._stock.set_counts, counts, version=version, micros=self._micros())
            outcomes = self._client.retry_if_revived(set_counts)
            if not isinstance(outcomes, NetworkChanged):
                self._after_freeing()
                return outcomes
        raise load.loaded_over_and_over()

    def move(self, movements: Sequence[Movement]) -> list[MovementOutcome | Mistake]:
        """Apply at most MOST_AT_ONCE movements; returns each outcome, a mistake if its node or SKU is unknown or its
        instant is still to come.
        """
        for attempt in range(_MOST_RELOADS):
            mistakes, version = self._check(movements, fresh=attempt > 0)
            early = (self._check_instant(item.at, "write when they came or left") for item in movements)
            mistakes = [mistake or later for mistake, later in zip(mistakes, early, strict=True)]
            valid = [item for item, mistake in zip(movements, mistakes, strict=True) if mistake is None]
            batch = uuid.uuid4().hex
            instants = {"now": self._clock(), "micros": self._micros()}
            move = functools.partial(self._stock.move, valid, version=version, **instants, batch=batch)
            outcomes = self._client.retry_if_revived(move) if valid else []
            if not isinstance(outcomes, NetworkChanged):
                self._after_freeing()
                remaining = iter(outcomes)
                return [mistake or next(remaining) for mistake in mistakes]
        raise load.loaded_over_and_over()

    def applied(self, operations: Sequence[str]) -> list[bool]:
        """Whether a movement of each operation id was applied, today or yesterday."""
        return self._stock.applied(operations, now=self._clock())

    def check_time(self, count: Count) -> Mistake | None:
        """A mistake if the count was made, by its source's clock, more than MINUTES_AHEAD after now."""
        stamp = count.stamp
        return None if stamp.kind == "s" else self._check_instant(stamp.number, "write when it was counted")

    def show(self, sku: str, *, max_stale: int | None = None) -> SkuStock:
        """What each node has of the SKU, and what of it is free to each channel; raises NotFound, NotReady. With
        `max_stale`, a replica may answer that heard of its primary in the last so many seconds.
        """
        now = self._clock()
        read = self._read([sku], now, max_stale)
        if not read.facts.products:
            raise _nobody_knows([sku])
        names = (*channels(read.matcher.policies), OTHER_CHANNEL)
        stock, free = read.facts.stock, [offer(read.facts, read.matcher, name, now).free for name in names]
        rows = zip(*(column.tolist() for column in (stock.node, stock.on_hand, stock.held, *free)), strict=True)
        allotments = allotments_left(read.facts, read.matcher, now)
        apart = self._set_apart(sku, None if read.age is None else max_stale)
        today = read.facts.snapshot.network.local(now).date().toordinal()
        lots = {
            node: tuple(lot for lot in of_node if lot.on_hand or lot.held)
            for (_, node), of_node in read.facts.lots.items()
        }
        nodes = [
            NodeStock(
                node=node,
                position=StockPosition(on_hand=on_hand, held=held),
                free=dict(zip(names, units, strict=True)),
                blocked=apart.blocked.get(node, 0),
                quarantine=apart.quarantine.get(node, 0),
                coming=apart.coming.get(node, ()),
                allotments=allotted,
                expired=expired_units(lots.get(node, ()), today),
                lots=lots.get(node, ()),
            )
            for (number, on_hand, held, *units), allotted in zip(rows, allotments, strict=True)
            for node in [read.facts.ways.node_ids[number]]
        ]
        # nodes that have nothing else of it; one that is not of the network any more is left out, as its stock is
        nodes += [
            NodeStock(
                node=node,
                position=StockPosition(on_hand=0),
                free=dict.fromkeys(names, 0),
                blocked=apart.blocked.get(node, 0),
                quarantine=apart.quarantine.get(node, 0),
                coming=apart.coming.get(node, ()),
            )
            for node in sorted(apart.nodes - {item.node for item in nodes})
            if node in read.facts.ways.node_index
        ]
        version = read.matcher.policies.version
        counted = read.facts.products[0].counted
        return SkuStock(
            sku=sku, policy_version=version, channels=names, nodes=tuple(nodes), age=read.age, counted=counted
        )

    def skus(self) -> list[str]:
        """Of all products of the network, sorted."""
        return self._facts.skus()

    def positions(self, skus: Sequence[str]) -> Iterator[Sequence[PositionUnits]]:
        """What is on hand of these SKUs at every node, a part of them at a time."""
        return positions(self._facts, skus, self._clock)

    def availability(self, skus: Sequence[str], channel: str, *, max_stale: int | None = None) -> Availability:
        """What an order on `channel` may still take of each SKU, all by one snapshot. Raises NotFound if no product
        goes by any of the SKUs, InputInvalid if the network lists no such channel, NotReady. `max_stale` as in `show`.
        """
        now, skus = self._clock(), list(dict.fromkeys(skus))
        read = self._read(skus, now, max_stale)
        check_channel(channel, read.facts.snapshot.network)
        if not read.facts.products:
            raise _nobody_knows(skus)
        return Availability(
            channel=channel,
            policy_version=read.matcher.policies.version,
            skus=by_sku(read.facts, offer(read.facts, read.matcher, channel, now)),
            unknown=read.unknown,
            age=read.age,
            tag=None if read.state is None else read.state.tag(skus, channel, now),
        )

    def availability_by(self, skus: Sequence[str], channel: str, by: int) -> Availability:
        """The same of what is there until the end of the date `by`, an ordinal, by the installation's clock: with what
        is to come and rules let be promised. Raises as `availability`, and InputInvalid if the date is over.
        """
        now, skus = self._clock(), list(dict.fromkeys(skus))
        snapshot, matcher = self._facts.read_many(skus, now)
        check_channel(channel, snapshot.network)
        until = _end_of(by, snapshot.network, now)
        if not snapshot.products:
            raise _nobody_knows(skus)
        facts = StockFacts.of(_with_places_to_come(snapshot), now)
        return Availability(
            channel=channel,
            policy_version=matcher.policies.version,
            skus=by_sku(facts, offer(facts, matcher, channel, now, until=until)),
            unknown=[sku for sku in skus if sku not in snapshot.products],
            by=by,
        )

    def availability_at(self, skus: Sequence[str], order: Order, *, by: int | None = None) -> Availability:
        """What an order like `order`, to its destination, may take of each SKU by itself; `order` has no lines, and is
        placed now. With `by` as `availability_by`. Raises as these, and OrderInvalid.
        """
        now, skus = self._clock(), list(dict.fromkeys(skus))
        snapshot, matcher = self._facts.read(skus, now)
        known = [sku for sku in skus if sku in snapshot.products]
        if not known:
            raise _nobody_knows(skus)
        order, columns = replace(order, placed_at=now), SnapshotColumns(snapshot, matcher, now)
        check_order(replace(order, lines=(Line(id="1", sku=known[0], quantity=1),)), snapshot, now=now)
        until = None if by is None else _end_of(by, snapshot.network, now)
        return Availability(
            channel=order.channel,
            policy_version=matcher.policies.version,
            skus=[most_units(order, sku, snapshot, columns, matcher, until=until) for sku in known],
            unknown=[sku for sku in skus if sku not in snapshot.products],
            by=by,
        )

    def tag(self, skus: Sequence[str], channel: str) -> str | None:
        """The tag that `availability` would have now, in one small read. None if that takes reading the stock."""
        now, skus = self._clock(), list(dict.fromkeys(skus))
        state = self._facts.read_state(skus, now)
        return None if state is None else state.tag(skus, channel, now)

    def _check_instant(self, instant: int | None, what_to_do: str) -> Mistake | None:
        return instant_mistake(instant, self._clock(), field="at", what_to_do=what_to_do)

    def _set_apart(self, sku: str, max_stale: int | None) -> SetApart:
        """`max_stale` as in `show`, if a replica answered that."""
        set_apart = None if max_stale is None else self._replica.set_apart(sku, most=max_stale)
        return self._stock.set_apart(sku) if set_apart is None else set_apart

    def _read(self, skus: Sequence[str], now: int, max_stale: int | None) -> _StockRead:
        replica = None if max_stale is None else self._facts.read_from_replica(skus, now, max_age=max_stale)
        if replica is None:
            stock = self._facts.read_stock(skus, now)
            return _StockRead(facts=stock.facts, matcher=stock.state.matcher, unknown=stock.unknown, state=stock.state)
        facts = StockFacts.of(replica.snapshot)
        unknown = tuple(sku for sku in skus if sku not in replica.snapshot.products)
        return _StockRead(facts=facts, matcher=replica.matcher, unknown=unknown, state=replica.state, age=replica.age)

    def _check(
        self, items: Sequence[Count] | Sequence[Movement], *, fresh: bool = False
    ) -> tuple[list[Mistake | None], str]:
        """For each item a mistake if its node or SKU is unknown, and the network version it was checked against.
        `fresh`: not the network that is cached, but the one that is loaded now.
        """
        network, products = self._facts.network_and_products([item.sku for item in items], fresh=fresh)
        mistakes = [position_mistake(item.node, item.sku, network, products) for item in items]
        if any(mistakes) and not fresh:
            # a network that was loaded since may have it
            return self._check(items, fresh=True)
        return mistakes, network.version


def _end_of(day: int, network: Network, now: int) -> int:
    """The last second of a date by the installation's clock; raises InputInvalid if it is over."""
    end = begin_of(day + 1, network) - 1
    if end < now:
        date = datetime.date.fromordinal(day).isoformat()
        raise InputInvalid([Mistake(field="by", message=f"{date} is over; ask for today or a later day")])
    return end


def _with_places_to_come(snapshot: Snapshot) -> Snapshot:
    """With a position where goods are to come that never had any."""
    known = snapshot.network.nodes
    positions = {
        sku: {
            **{node: StockPosition(0) for node in snapshot.receipts.get(sku, ()) if node in known},
            **snapshot.positions.get(sku, {}),
        }
        for sku in snapshot.products
    }
    return replace(snapshot, positions=positions)


def _nobody_knows(skus: Sequence[str]) -> NotFound:
    return NotFound("; ".join(f"no product goes by the SKU '{sku}'" for sku in skus))


def _stamp_name(count: Count) -> str:
    return "at" if count.stamp.kind == "t" else "sequence"
