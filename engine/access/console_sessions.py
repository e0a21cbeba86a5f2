"""Who is signed in to the console: sessions have ids of their own, end by themselves, and end with their API key."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec import structs

from engine.access.api_keys import ApiKeys
from engine.model.scopes import ROLE_SCOPES, Scope
from engine.store.console_sessions import SessionMessage, StoredSession, StoredSessions

IDLE_SECONDS = 30 * 60
"""Without use (NIST SP 800-63B, 4.2.3: 30 minutes)."""
LONGEST_SECONDS = 12 * 60 * 60
"""However much it is used (the same: 12 hours)."""
LINK_SECONDS = 10 * 60
"""For which an address may be opened that signs in."""
SIGN_IN_SECONDS = 10 * 60
"""For which somebody may be at the OpenID provider's page."""
_ID_BYTES = 32
"""OWASP asks for 16 at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who signs in: `ends_at` is when the key or token does, in UTC seconds; `key_id` is empty without an API key."""

    name: str
    role: str
    scopes: Sequence[Scope]
    networks: Sequence[str]
    key_id: str
    open_here: bool
    ends_at: int | None


class ConsoleSessions:
    """The sessions of one installation. `clock` answers UTC seconds."""

    def __init__(self, stored: StoredSessions, *, api_keys: ApiKeys, clock: Callable[[], int]) -> None:
        self._stored = stored
        self._api_keys = api_keys
        self._clock = clock

    def begin(self, person: Person) -> str:
        """The id of a new session. Raises StoreUnavailable."""
        session_id, now = secrets.token_urlsafe(_ID_BYTES), self._clock()
        session = StoredSession(
            name=person.name,
            role=person.role,
            scopes=tuple(person.scopes),
            networks=tuple(person.networks),
            csrf=secrets.token_urlsafe(_ID_BYTES),
            began_at=now,
            ends_at=min(filter(None, (now + LONGEST_SECONDS, person.ends_at))),
            key_id=person.key_id,
            open_here=person.open_here,
        )
        self._stored.put(session_id, session)
        return session_id

    def make_link(self, key_id: str) -> str:
        """A token by which a session of that API key begins, once."""
        token = secrets.token_urlsafe(_ID_BYTES)
        self._stored.put_link(token, key_id, seconds=LINK_SECONDS)
        return token

    def follow_link(self, token: str) -> str | None:
        """The id of a new session; None if the token was used before, is too old or was never made."""
        key_id = self._stored.take_link(token)
        key = None if key_id is None else self._api_keys.current(key_id)
        if key is None:
            return None
        person = Person(
            name=key.client,
            role=key.role,
            scopes=tuple(ROLE_SCOPES[key.role]),
            networks=key.networks,
            key_id=key.id,
            open_here=False,
            ends_at=key.expires_at,
        )
        return self.begin(person)

    def find(self, session_id: str, *, used: bool) -> StoredSession | None:
        """The session, with the rights that its key has now; None if it has ended, or its key has. `used`: somebody
        does something, so that it goes on. Raises StoreUnavailable.
        """
        session = self._stored.find(session_id, used=used)
        if session is None:
            return None
        if session.ends_at <= self._clock():
            self._stored.remove(session_id)
            return None
        if not session.key_id:
            return session
        key = self._api_keys.current(session.key_id)
        if key is None:
            self._stored.remove(session_id)
            return None
        scopes = tuple(sorted(ROLE_SCOPES[key.role]))
        return structs.replace(session, name=key.client, role=key.role, scopes=scopes, networks=key.networks)

    def choose_network(self, session_id: str, session: StoredSession, network: str) -> None:
        """Whether it may be used is verified by whatever is asked of it."""
        self._stored.replace(session_id, structs.replace(session, network=network))

    def leave_message(self, session_id: str, session: StoredSession, *, tone: str, text: str) -> StoredSession:
        """The next page has it. Answers the session with the message."""
        messages = (*session.messages, SessionMessage(tone=tone, text=text))
        changed = structs.replace(session, messages=messages)
        self._stored.replace(session_id, changed)
        return changed

    def take_messages(self, session_id: str, session: StoredSession) -> Sequence[SessionMessage]:
        """They are shown once."""
        if session.messages:
            self._stored.replace(session_id, structs.replace(session, messages=()))
        return session.messages

    def end(self, session_id: str) -> None:
        """Again, nothing changes."""
        self._stored.remove(session_id)
