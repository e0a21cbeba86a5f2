"""The feeds of channels: how many units of each SKU a channel may take, published so that they don't flap.

A feed is worked out of the availability feed, from where it was complete on: of SKUs whose stock has changed, or of all
if rules, network or time changed what channels may take. It says what fell at once, and what rose by a step (see
`hysteresis.published`). One process at a time works a feed out; what it publishes is there for all.
"""

import hashlib
import itertools
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Self, TypeAlias

from engine.channels.hysteresis import published
from engine.decide.order_checks import check_channel
from engine.errors import Contended, InputInvalid, Mistake
from engine.facts_reader import FactsReader
from engine.inventory.availability_feed import MOST_SKUS_AT_ONCE, AvailabilityFeed, Cursor, Feed
from engine.model.facts import Network
from engine.model.feed_steps import EVERY_RISE, FeedStep
from engine.store.flows.channel_feeds import ANY_NUMBER, ChannelFeedStore, FeedState, Publication

MOST_FEEDS = 100
"""Where the network does not list its channels, any word may be one."""
MOST_LISTED = 50
"""Of the SKUs that changed, so many are in the entry of the log, and in its event."""
_WAIT_SECONDS = 0.02
_MOST_WAITS = 1_500
"""For as long as another process works the feed out, a process asks so often whether its turn has come."""
_MOST_TRIES = 5
_CURSOR = re.compile(r"([0-9]{1,16})-([0-9a-f]{32})", re.ASCII)

WhyAll: TypeAlias = Literal["no_cursor", "begun_anew"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCursor:
    """The feed of this generation, up to the change of this number."""

    number: int
    generation: str

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """None if the text is no cursor."""
        match = _CURSOR.fullmatch(text)
        return None if match is None else cls(number=int(match[1]), generation=match[2])

    @classmethod
    def of(cls, state: FeedState) -> Self:
        return cls(number=state.number, generation=state.generation)

    def __str__(self) -> str:
        return f"{self.number}-{self.generation}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFeed:
    """An answer: SKUs in their order with the units that the channel may take, None for any number, in `blocks` that
    are read as they are asked for, `size` in all. `why_all` is None if these are only the SKUs that changed since the
    cursor that was given.
    """

    cursor: ChannelCursor
    why_all: WhyAll | None
    size: int
    blocks: Iterator[Sequence[tuple[str, int | None]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """A feed that is up to date, and of how many SKUs it says something else than before."""

    state: FeedState
    changed: int


@dataclass(slots=True)
class _Changes:
    """What a feed says otherwise than before: by SKU, the units before and now."""

    units: dict[str, tuple[int | None, int]] = field(default_factory=dict)

    def add(self, before: Mapping[str, int | None], units: Mapping[str, int]) -> None:
        for sku, now in units.items():
            first = self.units[sku][0] if sku in self.units else before[sku]
            self.units[sku] = first, now

    @property
    def count(self) -> int:
        return sum(before != now for before, now in self.units.values())

    @property
    def listed(self) -> list[tuple[str, int | None, int | None]]:
        """The first of them."""
        changed = ((sku, before, now) for sku, (before, now) in self.units.items() if before != now)
        return [
            (sku, _any_number_is_none(before), _any_number_is_none(now))
            for sku, before, now in itertools.islice(changed, MOST_LISTED)
        ]


class ChannelFeeds:
    """The feeds of one network. `clock` answers UTC seconds."""

    def __init__(
        self,
        store: ChannelFeedStore,
        availability: AvailabilityFeed,
        *,
        facts: FactsReader,
        new_id: Callable[[], str],
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._availability = availability
        self._facts = facts
        self._new_id = new_id
        self._clock = clock

    def read(self, channel: str, *, since: ChannelCursor | None = None) -> ChannelFeed:
        """What the channel may take by now; of SKUs that changed after the answer with that cursor. Raises InputInvalid
        if the network lists no such channel, NotReady, Contended, StoreUnavailable.
        """
        state = self.refresh(channel).state
        cursor = ChannelCursor.of(state)
        why_all: WhyAll | None = None
        if since is None:
            why_all = "no_cursor"
        elif since.generation != cursor.generation or since.number > cursor.number:
            why_all = "begun_anew"
        if since is None or why_all is not None:
            skus = self._store.skus(channel)
        else:
            skus = self._store.changed_after(channel, since.number)
        blocks = (
            [(sku, _any_number_is_none(units)) for sku, units in block] for block in self._store.blocks(channel, skus)
        )
        return ChannelFeed(cursor=cursor, why_all=why_all, size=len(skus), blocks=blocks)

    def published(self, channel: str, skus: Sequence[str]) -> dict[str, int | None]:
        """What the feed said last of those of the SKUs that it says something of, None for any number."""
        pairs = zip(skus, self._store.units(channel, skus), strict=True)
        return {sku: _any_number_is_none(units) for sku, units in pairs if units is not None}

    def refresh(self, channel: str) -> Refreshed:
        """Bring the feed up to date; it begins if there was none. Raises as `read`."""
        network = self._facts.network()
        check_channel(channel, network)
        if not network.channels:
            self._verify_few(channel)
        name, changes = self._new_id(), _Changes()
        for _ in range(_MOST_TRIES):
            self._wait_for_turn(channel, name)
            try:
                refreshed = self._work_out(channel, name, changes)
            except Contended:
                continue  # rules or network changed meanwhile
            finally:
                self._store.end_turn(channel, name)
            if refreshed is not None:
                return refreshed
        raise Contended(f"the feed of {channel} changed faster than it could be worked out; ask again")

    def _verify_few(self, channel: str) -> None:
        begun = self._store.channels()
        if channel not in begun and len(begun) >= MOST_FEEDS:
            message = f"there are {MOST_FEEDS} feeds already; list the channels that there are in network.yaml"
            raise InputInvalid([Mistake(field="channel", message=message)])

    def _wait_for_turn(self, channel: str, name: str) -> None:
        for _ in range(_MOST_WAITS):
            if self._store.take_turn(channel, name):
                return
            time.sleep(_WAIT_SECONDS)
        raise Contended(f"the feed of {channel} is being worked out for long; ask again")

    def _work_out(self, channel: str, name: str, changes: _Changes) -> Refreshed | None:
        """None if it was not the turn of `name` any more. `changes` has those of tries before."""
        state = self._store.state(channel)
        since = None if state is None or state.cursor is None else Cursor.parse(state.cursor)
        feed = self._availability.read(channel, since=since)
        if state is not None and state.cursor == str(feed.cursor) and not feed.size:
            return Refreshed(state=state, changed=changes.count)
        begins = state is None
        if begins and self._publish(channel, name, Publication(units={}, generation=self._generation(name))) is None:
            return None
        if not self._publish_blocks(channel, name, feed, changes):
            return None
        details = None
        if changes.count and since is not None:
            details = {"changed": changes.count, "skus": changes.listed}
        last = Publication(units={}, cursor=str(feed.cursor), details=details)
        if self._publish(channel, name, last) is None:
            return None
        after = self._store.state(channel)
        return None if after is None else Refreshed(state=after, changed=changes.count)

    def _publish_blocks(self, channel: str, name: str, feed: Feed, changes: _Changes) -> bool:
        """Whether it was the turn of `name` all the time."""
        network = self._facts.network()
        step, seen = network.feed_steps.get(channel, EVERY_RISE), set[str]()
        for block in feed.blocks:
            skus = [item.sku for item in block]
            seen.update(skus)
            units = {item.sku: ANY_NUMBER if item.free is None else item.free for item in block}
            if not self._publish_units(channel, name, units, changes, lambda sku: _in_smallest(step, sku, network)):
                return False
        if feed.why_full is None:
            return True
        gone = [sku for sku in self._store.skus(channel) if sku not in seen]
        parts = (gone[start : start + MOST_SKUS_AT_ONCE] for start in range(0, len(gone), MOST_SKUS_AT_ONCE))
        return all(
            self._publish_units(channel, name, dict.fromkeys(part, 0), changes, lambda _: EVERY_RISE) for part in parts
        )

    def _publish_units(
        self, channel: str, name: str, units: Mapping[str, int], changes: _Changes, step: Callable[[str], FeedStep]
    ) -> bool:
        before = dict(zip(units, self._store.units(channel, list(units)), strict=True))
        published_units = {sku: _published(before[sku], count, step(sku)) for sku, count in units.items()}
        changed = {sku: count for sku, count in published_units.items() if count != before[sku]}
        if changed and self._publish(channel, name, Publication(units=changed)) is None:
            return False
        changes.add(before, changed)
        return True

    def _publish(self, channel: str, name: str, publication: Publication) -> int | None:
        return self._store.publish(channel, name, publication, now=self._clock())

    def _generation(self, name: str) -> str:
        return hashlib.sha256(name.encode()).hexdigest()[:32]


def _published(before: int | None, units: int, step: FeedStep) -> int:
    """What is published, where either may be any number."""
    return units if ANY_NUMBER in (before, units) else published(before, units, step)


def _in_smallest(step: FeedStep, sku: str, network: Network) -> FeedStep:
    """The step in the smallest part of a unit of the SKU, in which units are counted."""
    return FeedStep(units=int(step.units * 10 ** network.decimals.get(sku, 0)), share=step.share)


def _any_number_is_none(units: int | None) -> int | None:
    return None if units == ANY_NUMBER else units
