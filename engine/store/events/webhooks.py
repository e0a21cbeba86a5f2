"""Webhooks as they are stored: where to send which events, and how far each has come."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec
import orjson

from engine.errors import Contended, NotFound
from engine.store.audit.acts import Act
from engine.store.connection.client import Client, faults
from engine.store.connection.lease import Leases
from engine.store.keys import Keys
from engine.store.script_keys import CHANGE_WEBHOOK, REMOVE_WEBHOOK, KeyLayout


class StoredSecret(msgspec.Struct, frozen=True):
    """A key that signs, until an instant (UTC seconds) if another has taken its place."""

    key: str
    until: int | None = None


class StoredWebhook(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook as people made it; of no `types`: of all."""

    id: str
    url: str
    types: tuple[str, ...]
    secrets: tuple[StoredSecret, ...]
    created_at: int
    by: str
    note: str = ""

    def keys_at(self, now: int) -> list[str]:
        """The keys that sign then, the newest first."""
        return [secret.key for secret in self.secrets if secret.until is None or secret.until > now]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookReading:
    """A webhook and how far it has come, as JSON: `state`, and what waits by lane. `version` tells whether any of it
    has changed since.
    """

    webhook: StoredWebhook
    version: str
    state: bytes
    lanes: Mapping[str, bytes]
    dead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookChange:
    """What is to be stored: of lanes and dead letters None takes them away; `progress` is as `Keys` has it."""

    webhook: StoredWebhook | None = None
    state: bytes | None = None
    progress: str | None = None
    lanes: Mapping[str, bytes | None]
    dead: Mapping[str, bytes | None]


class StoredWebhooks:
    """The webhooks of one network."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._change = client.script("events/change_webhook")
        # nobody is answered by what a deliverer notes, and what a failover loses of it is sent again
        self._note = client.script("events/change_webhook", writes=False)
        self._remove = client.script("events/remove_webhook")
        self._leases = Leases(client, keys)

    def names(self) -> list[str]:
        with faults():
            return sorted(name.decode() for name in self._client.redis.hkeys(self._keys.webhooks))

    def all(self) -> list[StoredWebhook]:
        """In the order in which they were added."""
        with faults():
            stored = self._client.redis.hvals(self._keys.webhooks)
        return sorted((_decode(body) for body in stored), key=lambda webhook: (webhook.created_at, webhook.id))

    def read(self, name: str) -> WebhookReading:
        """Raises NotFound."""
        keys = self._keys
        with faults(), self._client.redis.pipeline(transaction=True) as read:
            read.hget(keys.webhooks, name)
            read.hgetall(keys.webhook(name))
            read.hgetall(keys.webhook_lanes(name))
            read.hlen(keys.webhook_dead(name))
            body, fields, lanes, dead = read.execute()
        if body is None or b"state" not in fields:
            raise NotFound(f"no webhook goes by the id '{name}' (pointsman webhook list)")
        return WebhookReading(
            webhook=_decode(body),
            version=fields[b"version"].decode(),
            state=fields[b"state"],
            lanes={lane.decode(): text for lane, text in lanes.items()},
            dead=dead,
        )

    def dead_letters(self, name: str) -> dict[str, bytes]:
        """By event, JSON of why it is not sent any more."""
        with faults():
            return {
                event.decode(): text
                for event, text in self._client.redis.hgetall(self._keys.webhook_dead(name)).items()
            }

    def add(self, webhook: StoredWebhook, state: bytes) -> None:
        change = WebhookChange(webhook=webhook, state=state, lanes={}, dead={})
        act = Act(kind="webhook_added", subject=webhook.id, details=_details(webhook))
        if not self._store(self._change, webhook.id, "", change, act, at=webhook.created_at):
            raise Contended(f"there is a webhook '{webhook.id}' already")

    def change(self, name: str, version: str, change: WebhookChange, *, what: str, at: int, event: str = "") -> bool:
        """What a person changed, in one word for the log, and of which `event`; False if it is not of that version any
        more.
        """
        details = {"change": what, **({"event": event} if event else {})}
        act = Act(kind="webhook_changed", subject=name, details=details)
        return self._store(self._change, name, version, change, act, at=at)

    def note(self, name: str, version: str, change: WebhookChange) -> bool:
        """What a deliverer did; False if it is not of that version any more."""
        return self._store(self._note, name, version, change)

    def remove(self, name: str, *, at: int) -> bool:
        """False if there is none."""
        act = Act(kind="webhook_removed", subject=name)
        with faults():
            return bool(self._remove(keys=self._script_keys(REMOVE_WEBHOOK, name), args=[name, at, act.body]))

    def lease(self, name: str, who: str, *, milliseconds: int) -> bool:
        """Whether `who` alone sends to it for so long from now on."""
        return self._leases.take(self._keys.webhook_lease(name), who, milliseconds=milliseconds)

    def give_back(self, name: str, who: str) -> None:
        self._leases.give_back(self._keys.webhook_lease(name), who)

    def take_turn(self, *, milliseconds: int) -> bool:
        """Whether this process is the one that sees to what is due, for so long."""
        with faults():
            return bool(self._client.redis.set(self._keys.preparing_events, "1", nx=True, px=milliseconds))

    def _script_keys(self, layout: KeyLayout, name: str) -> list[str]:
        keys = self._keys
        return layout.keys(
            keys,
            webhook=keys.webhook(name),
            webhook_lanes=keys.webhook_lanes(name),
            webhook_dead=keys.webhook_dead(name),
        )

    def _store(
        self, script: Any, name: str, version: str, change: WebhookChange, act: Act | None = None, *, at: int = 0
    ) -> bool:
        request: dict[str, Any] = {"lanes": _texts(change.lanes), "dead": _texts(change.dead)}
        if change.webhook is not None:
            request["webhook"] = msgspec.json.encode(change.webhook).decode()
        if change.state is not None:
            request["state"] = change.state.decode()
        if change.progress is not None:
            request["progress"] = change.progress
        with faults():
            logged = [act.kind, at, act.body] if act else ["", "", ""]
            return bool(
                script(
                    keys=self._script_keys(CHANGE_WEBHOOK, name),
                    args=[name, version, orjson.dumps(request), *logged],
                )
            )


def _details(webhook: StoredWebhook) -> dict[str, Any]:
    """What the log says of a webhook. A path or a query may be a secret of the receiver's, and entries stay."""
    return {"host": urlsplit(webhook.url).hostname, "types": webhook.types, "note": webhook.note}


def _texts(fields: Mapping[str, bytes | None]) -> dict[str, str | bool]:
    return {name: False if text is None else text.decode() for name, text in fields.items()}


def _decode(body: bytes) -> StoredWebhook:
    return msgspec.json.decode(body, type=StoredWebhook)
