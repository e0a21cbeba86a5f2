"""The feeds of channels, as they are stored: what each says of every SKU, and since which change."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson

from engine.store.connection.client import Client, faults
from engine.store.connection.lease import Leases
from engine.store.keys import Keys
from engine.store.script_keys import PUBLISH_CHANNEL

ANY_NUMBER = -1
"""Units of a product that is not counted."""
LEASE_MILLISECONDS = 30_000
"""How long a process has that works a feed out, until it publishes the next SKUs."""
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """A feed as it stands. `cursor` is that of the availability up to which it is complete, None while it is begun;
    `at` is when it was, in UTC seconds.
    """

    generation: str
    number: int
    cursor: str | None
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What is published at once: units by SKU. `generation`: the feed is begun anew. `cursor`: it is complete up to
    there. `details`: of the entry that says what has changed.
    """

    units: Mapping[str, int]
    generation: str = ""
    cursor: str = ""
    details: Mapping[str, object] | None = None


class ChannelFeedStore:
    """Of one network. Methods raise StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._leases = Leases(client, keys)
        self._publish = client.script("flows/publish_channel")

    def channels(self) -> list[str]:
        """Those that have a feed, sorted."""
        with faults():
            return sorted(name.decode() for name in self._client.redis.smembers(self._keys.channel_feeds))

    def state(self, channel: str) -> FeedState | None:
        """None: nobody has asked for a feed of the channel yet."""
        with faults():
            fields = self._client.redis.hgetall(self._keys.channel_feed(channel))
        if not fields:
            return None
        cursor = fields.get(b"cursor")
        return FeedState(
            generation=fields[b"generation"].decode(),
            number=int(fields[b"number"]),
            cursor=None if cursor is None else cursor.decode(),
            at=int(fields.get(b"at", 0)),
        )

    def take_turn(self, channel: str, name: str) -> bool:
        """Whether it is the turn of the process of that name to work the feed out, from now on."""
        return self._leases.take(self._keys.channel_lease(channel), name, milliseconds=LEASE_MILLISECONDS)

    def end_turn(self, channel: str, name: str) -> None:
        self._leases.give_back(self._keys.channel_lease(channel), name)

    def publish(self, channel: str, name: str, publication: Publication, *, now: int) -> int | None:
        """Publish it; returns the number of the feed's last change, None if it is not the turn of `name` any more."""
        keys = self._keys
        script_keys = PUBLISH_CHANNEL.keys(
            keys,
            channel_feed=keys.channel_feed(channel),
            channel_units=keys.channel_units(channel),
            channel_changes=keys.channel_changes(channel),
            channel_lease=keys.channel_lease(channel),
        )
        details = "" if publication.details is None else orjson.dumps(publication.details)
        arguments: list[str | int | bytes] = [channel, name, LEASE_MILLISECONDS, now]
        arguments += [publication.generation, publication.cursor, details]
        for sku, units in publication.units.items():
            arguments += [sku, units]
        with faults():
            number = self._publish(keys=script_keys, args=arguments)
        return None if number is None else int(number)

    def units(self, channel: str, skus: Sequence[str]) -> list[int | None]:
        """What the feed says of each SKU; None: nothing."""
        if not skus:
            return []
        with faults():
            found = self._client.redis.hmget(self._keys.channel_units(channel), skus)
        return [None if units is None else int(units) for units in found]

    def skus(self, channel: str) -> list[str]:
        """All that the feed says something of, sorted."""
        with faults():
            fields = self._client.redis.hscan_iter(self._keys.channel_units(channel), count=_AT_ONCE)
            return sorted({name.decode() for name, _ in fields})

    def changed_after(self, channel: str, number: int) -> list[str]:
        """The SKUs of which the feed says something else since that change, sorted."""
        with faults():
            members = self._client.redis.zrange(self._keys.channel_changes(channel), f"({number}", "+inf", byscore=True)
        return sorted(member.decode() for member in members)

    def blocks(self, channel: str, skus: Sequence[str]) -> Iterator[list[tuple[str, int]]]:
        """What the feed says of these SKUs, some at a time."""
        for start in range(0, len(skus), _AT_ONCE):
            part = skus[start : start + _AT_ONCE]
            yield list(_known(part, self.units(channel, part)))


def _known(skus: Iterable[str], units: Iterable[int | None]) -> Iterator[tuple[str, int]]:
    for sku, count in zip(skus, units, strict=True):
        if count is not None:
            yield sku, count
