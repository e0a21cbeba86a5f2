"""What each sales channel may take of the stock: shown, published as feeds, and recomputed when it changes."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.channels.allocation import SkuAllocation, allocations
from engine.channels.feeds import ChannelFeeds
from engine.channels.low_stock import LowStock, LowStockFound
from engine.decide.availability.free_units import channels as channels_of
from engine.decide.order_checks import check_channel
from engine.errors import Contended, InputInvalid, NotReady
from engine.facts_reader import FactsReader
from engine.inventory.availability_feed import AvailabilityFeed
from engine.model.facts import Network
from engine.model.feed_steps import EVERY_RISE, FeedStep
from engine.stock_snapshot import StockState
from engine.store.connection.client import Client
from engine.store.flows.channel_feeds import ChannelFeedStore, FeedState
from engine.store.flows.low_positions import LowPositions
from engine.store.keys import Keys
from engine.store.stock import Stock
from engine.turn_thread import TurnThread
from rules.policy import PolicySet
from rules.reserves import Allotment, Cap, Protection

TURN_SECONDS = 5.0
"""How often a process that goes on for long brings feeds and low positions up to date, whoever reads them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSummary:
    """A channel: its feed, None if nobody asked for one yet, from which step on that says that there are more units,
    and the rules that put units aside for it or cap what it is offered.
    """

    channel: str
    feed: FeedState | None
    step: FeedStep
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelAllocation:
    """What the channel may take of SKUs by now, under the policies of that version; what its feed said last of those,
    None for any number; and those asked for that no product goes by.
    """

    summary: ChannelSummary
    policy_version: str
    skus: Sequence[SkuAllocation]
    published: Mapping[str, int | None]
    unknown: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recomputed:
    """Of how many SKUs each feed says something else than before, and what became low or rose again."""

    changed: Mapping[str, int]
    low: LowStockFound


class Channels:
    """`Pointsman.flows.channels`. `clock` answers UTC seconds."""

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        facts: FactsReader,
        new_id: Callable[[], str],
        clock: Callable[[], int],
    ) -> None:
        self._store = ChannelFeedStore(client, keys)
        self._facts = facts
        self._clock = clock
        availability = AvailabilityFeed(client, keys, facts=facts, clock=clock)
        self.feeds = ChannelFeeds(self._store, availability, facts=facts, new_id=new_id, clock=clock)
        self.low = LowStock(LowPositions(client, keys), Stock(client, keys), facts=facts, new_id=new_id, clock=clock)
        self._thread: TurnThread | None = None

    def all(self) -> list[ChannelSummary]:
        """Those that the network lists, or if it lists none, those that rules name or that have a feed; by name."""
        state = self._state()
        return [self._summary(name, state.network, state.matcher.policies) for name in self._names(state)]

    def show(self, channel: str, skus: Sequence[str]) -> ChannelAllocation:
        """What the channel may take of these SKUs, where, and why not more. Raises InputInvalid if the network lists no
        such channel, NotReady, StoreUnavailable.
        """
        now = self._clock()
        read = self._facts.read_stock(skus, now)
        check_channel(channel, read.state.network)
        return ChannelAllocation(
            summary=self._summary(channel, read.state.network, read.state.matcher.policies),
            policy_version=read.state.matcher.policies.version,
            skus=allocations(read.facts, read.state.matcher, channel, now),
            published=self.feeds.published(channel, [item.sku for item in read.facts.products]),
            unknown=read.unknown,
        )

    def recompute(self, names: Sequence[str] = ()) -> Recomputed:
        """Bring the feeds of these channels up to date, by default of all that `all` has; and find what has become
        low. Raises as `ChannelFeeds.read`.
        """
        every = names or self._names(self._state())
        return Recomputed(changed={name: self.feeds.refresh(name).changed for name in every}, low=self.low.look())

    def take_turn(self) -> None:
        """Bring the feeds that somebody asked for up to date, and find what has become low."""
        try:
            for name in self._store.channels():
                with contextlib.suppress(Contended, InputInvalid):  # the network may list it no more
                    self.feeds.refresh(name)
            self.low.look()
        except NotReady:
            return  # there is no network yet, or no policies

    def start(self) -> None:
        """From here on, and until it is closed, take a turn every few seconds. A process that goes on for long does."""
        self._thread = TurnThread(
            self.take_turn, name="channels", seconds=TURN_SECONDS, later="feeds of channels are brought up to date"
        )
        self._thread.start()

    def close(self) -> None:
        if self._thread is not None:
            self._thread.stop()

    def _state(self) -> StockState:
        return self._facts.read_stock([], self._clock()).state

    def _names(self, state: StockState) -> list[str]:
        """As `all` has them."""
        return sorted(state.network.channels or {*channels_of(state.matcher.policies), *self._store.channels()})

    def _summary(self, channel: str, network: Network, policies: PolicySet) -> ChannelSummary:
        named = (
            rule.id
            for rule in policies.rules.values()
            for effect in rule.effects
            if isinstance(effect.value, Protection | Allotment | Cap) and effect.value.channel == channel
        )
        return ChannelSummary(
            channel=channel,
            feed=self._store.state(channel),
            step=network.feed_steps.get(channel, EVERY_RISE),
            rules=tuple(sorted(set(named))),
        )
