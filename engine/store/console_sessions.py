"""The sessions of people who are signed in to the console. They belong to the installation, not to one network.

A session is found by the random id in its cookie. Stored is only a digest of that: who reads the store can't take up a
session. Nothing that anybody signed in with is stored.
"""

import hashlib

import msgspec

from engine.decide.order_record import Record
from engine.model.scopes import Scope
from engine.store.connection.client import Client, faults
from engine.store.keys import INSTALLATION, Keys


class SessionMessage(Record, frozen=True):
    """What the next page tells of what was done: `good` or `bad`, and one sentence."""

    tone: str
    text: str


class StoredSession(Record, frozen=True, omit_defaults=True):
    """Who is signed in, until when at the latest (UTC seconds), and which network is looked at. `key_id` is the id of
    the API key; without one it was a token or, if `open_here`, no credential at all. `csrf` is in every form.
    """

    name: str
    role: str
    scopes: tuple[Scope, ...]
    networks: tuple[str, ...]
    csrf: str
    began_at: int
    ends_at: int
    key_id: str = ""
    open_here: bool = False
    network: str = ""
    messages: tuple[SessionMessage, ...] = ()


class StoredSessions:
    """Reads and writes them; each is forgotten after `idle` seconds without use. Raises StoreUnavailable."""

    def __init__(self, client: Client, *, idle: int) -> None:
        self._client = client
        self._idle = idle

    def put(self, session_id: str, session: StoredSession) -> None:
        with faults():
            self._client.redis.set(_key(session_id), msgspec.json.encode(session), ex=self._idle)

    def find(self, session_id: str, *, used: bool) -> StoredSession | None:
        """`used`: the time without use begins anew."""
        with faults():
            if used:
                record = self._client.redis.getex(_key(session_id), ex=self._idle)
            else:
                record = self._client.redis.get(_key(session_id))
        return None if record is None else msgspec.json.decode(record, type=StoredSession)

    def replace(self, session_id: str, session: StoredSession) -> None:
        """Nothing is written if the session has ended meanwhile."""
        with faults():
            self._client.redis.set(_key(session_id), msgspec.json.encode(session), xx=True, keepttl=True)

    def remove(self, session_id: str) -> None:
        with faults():
            self._client.redis.delete(_key(session_id))

    def put_link(self, token: str, key_id: str, *, seconds: int) -> None:
        with faults():
            self._client.redis.set(_link(token), key_id, ex=seconds)

    def take_link(self, token: str) -> str | None:
        """The id of its key, once; None if there is none, any more."""
        with faults():
            key_id = self._client.redis.getdel(_link(token))
        return None if key_id is None else key_id.decode()


def _key(session_id: str) -> str:
    return Keys(INSTALLATION).console_session(_digest(session_id))


def _link(token: str) -> str:
    return Keys(INSTALLATION).console_link(_digest(token))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
