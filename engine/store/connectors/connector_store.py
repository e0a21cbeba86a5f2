"""How far each connector has come, which messages came before, and what is wrong with the one that is being read.

A connector's place is stored after the rows before it were applied. Whoever dies in between applies some of them again,
which their operation ids keep from counting twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from engine.store.connection.client import Client, faults
from engine.store.connection.lease import Leases
from engine.store.connection.streams import Streams
from engine.store.connectors.answer_store import AnswerStore
from engine.store.connectors.status import ConnectorStatus
from engine.store.keys import Keys
from engine.store.script_keys import KEEP_PLACE

LEASE_MILLISECONDS = 60_000
"""How long a process has its turn with a connector, until it stores the next step."""

WAITING_MILLISECONDS = 330_000
"""And while it waits for another system: longer than any of those may take to answer."""

_MOST_SENT = 50
"""So many values are remembered of a target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a connector stands: `step` counts what was stored; `fields` are those of its source and of the message that
    it reads.
    """

    step: int
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is stored at once: fields of the place, of which an empty one is deleted; ids of messages that were `seen`;
    `problems`, after those before were deleted if their message is `over`; and of the status what it says by now, and
    by how much its counters grow.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    seen: Sequence[bytes] = ()
    problems: Sequence[bytes] = ()
    over: bool = False
    status: Mapping[str, str | int] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)


class ConnectorStore:
    """Of one network. Methods raise StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._leases = Leases(client, keys)
        self.answers = AnswerStore(client, keys)
        self._keep_place = client.script("connectors/keep_place")

    def take_turn(self, name: str, who: str) -> bool:
        """Whether it is the turn of the process of that name to run the connector, from now on."""
        return self._leases.take(self._keys.connector_lease(name), who, milliseconds=LEASE_MILLISECONDS)

    def hold_turn(self, name: str, who: str, step: int, *, waits: bool = True, replaying: bool = False) -> bool:
        """Whether it is still the turn of `who`, who stored that step last, of the place that `replaying` means. It
        stays so while another system answers, or if `who` waits for none, as long as after a step.
        """
        lease, milliseconds = self._keys.connector_lease(name), WAITING_MILLISECONDS if waits else LEASE_MILLISECONDS
        is_its = self._leases.take(lease, who, milliseconds=milliseconds)
        return is_its and self.place(name, replaying=replaying).step == step

    def end_turn(self, name: str, who: str) -> None:
        self._leases.give_back(self._keys.connector_lease(name), who)

    def place(self, name: str, *, replaying: bool = False) -> Place:
        """`replaying`: that of messages which are sent again, apart from that of what is read."""
        with faults():
            stored = self._client.redis.hgetall(self._place_key(name, replaying=replaying))
        fields = {key.decode(): value.decode() for key, value in stored.items()}
        fields.pop("by", None)
        return Place(step=int(fields.pop("step", "0")), fields=fields)

    def keep(
        self, name: str, who: str, number: int, step: Step, *, now: int, since: int, replaying: bool = False
    ) -> bool:
        """Store a step, the one after `number - 1`; False if it is not the turn of `who` any more: somebody else has
        the lease, or has stored a step since. Ids of messages that came before `since` are forgotten. `replaying`: as
        of `place`.
        """
        keys = self._keys
        script_keys = KEEP_PLACE.keys(
            keys,
            connector=self._place_key(name, replaying=replaying),
            connector_once=keys.connector_once(name),
            connector_problems=self._problems_key(name, replaying=replaying),
            connector_lease=keys.connector_lease(name),
            connector_status=keys.connector_status(name),
        )
        arguments: list[str | int | bytes] = [name, who, LEASE_MILLISECONDS, number, now, since]
        arguments.append("1" if step.over else "")
        for pairs in (step.fields, step.seen, step.problems, step.status, step.counts):
            items = [part for pair in pairs.items() for part in pair] if isinstance(pairs, Mapping) else list(pairs)
            arguments += [len(items), *items]
        with faults():
            return bool(self._keep_place(keys=script_keys, args=arguments))

    def note(self, name: str, step: Step, *, now: int, since: int) -> None:
        """Store what became of a message that was pushed: without a place, as several may come at once."""
        keys = self._keys
        with faults(), self._client.one_connection(keys.connectors) as pipe:
            pipe.sadd(keys.connectors, name)
            if step.seen:
                pipe.zadd(keys.connector_once(name), dict.fromkeys(step.seen, now))
            pipe.zremrangebyscore(keys.connector_once(name), "-inf", f"({since}")
            if step.status:
                pipe.hset(keys.connector_status(name), mapping=dict(step.status))
            for counter, more in step.counts.items():
                pipe.hincrby(keys.connector_status(name), counter, more)
            pipe.execute()

    def seen(self, name: str, ids: Sequence[bytes]) -> list[bool]:
        """Whether each message came before, as far as that is remembered."""
        if not ids:
            return []
        with faults():
            scores = self._client.redis.zmscore(self._keys.connector_once(name), list(ids))
        return [score is not None for score in scores]

    def problems(self, name: str, *, replaying: bool = False) -> list[bytes]:
        """Those of the message that is being read, or sent again."""
        with faults():
            return list(self._client.redis.lrange(self._problems_key(name, replaying=replaying), 0, -1))

    def _place_key(self, name: str, *, replaying: bool) -> str:
        return self._keys.connector_replay(name) if replaying else self._keys.connector(name)

    def _problems_key(self, name: str, *, replaying: bool) -> str:
        return self._keys.connector_replay_problems(name) if replaying else self._keys.connector_problems(name)

    def statuses(self) -> list[ConnectorStatus]:
        """Of every connector that ever ran, by name."""
        with faults():
            names = sorted(name.decode() for name in self._client.redis.smembers(self._keys.connectors))
        return [self.status(name) for name in names]

    def status(self, name: str) -> ConnectorStatus:
        """All 0 if it never ran."""
        with faults():
            fields = self._client.redis.hgetall(self._keys.connector_status(name))
        return ConnectorStatus.of(name, {key.decode(): value.decode() for key, value in fields.items()})

    def streams(self, url: str | None = None) -> Streams:
        """The streams of the server at the URL, or of the installation's own."""
        return Streams.own(self._client) if url is None else Streams.at(url)

    def remember_sent(self, name: str, values: Mapping[str, str], *, now: int, since: int) -> None:
        """What the connector sends of each target, such as a node and SKU, so that its echo can be told. What was sent
        before `since` is forgotten.
        """
        if not values:
            return
        texts = {}
        for (target, value), before in zip(values.items(), self.sent(name, list(values)), strict=True):
            still = [(text, at) for text, at in before if at >= since and text != value]
            texts[target] = orjson.dumps([*still, (value, now)][-_MOST_SENT:])
        with faults():
            self._client.redis.hset(self._keys.connector_sent(name), mapping=texts)

    def sent(self, name: str, targets: Sequence[str]) -> list[list[tuple[str, int]]]:
        """What was sent of each target lately, and when, in UTC seconds, the last at the end."""
        if not targets:
            return []
        with faults():
            found = self._client.redis.hmget(self._keys.connector_sent(name), list(targets))
        return [[(str(value), int(at)) for value, at in orjson.loads(text or b"[]")] for text in found]
