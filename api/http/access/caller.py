"""Who the running request is from."""

from contextvars import ContextVar
from dataclasses import dataclass

from engine.model.scopes import ALL_NETWORKS, ROLE_SCOPES, Scope, permits_network
from engine.store.api_keys import StoredKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls. `name` is what log entries and quotas have: it comes from the key or the token, never from a header
    that anybody could write. `key_id` is the id of the API key, no secret; empty if there is none.
    """

    name: str
    key_id: str
    role: str
    scopes: frozenset[Scope]
    networks: tuple[str, ...]
    ends_at: int | None = None
    """When the key or token does, in UTC seconds."""

    @classmethod
    def of_key(cls, key: StoredKey) -> "Caller":
        return cls(
            name=key.client,
            key_id=key.id,
            role=key.role,
            scopes=ROLE_SCOPES[key.role],
            networks=key.networks,
            ends_at=key.expires_at,
        )

    def may_use(self, network: str) -> bool:
        return permits_network(self.networks, network)


NOBODY = Caller(name="", key_id="", role="", scopes=frozenset(), networks=())
"""Who asks for what is open to all, such as /healthz."""
ANYBODY_HERE = Caller(name="http", key_id="", role="admin", scopes=ROLE_SCOPES["admin"], networks=(ALL_NETWORKS,))
"""Who asks without a key where POINTSMAN_OPEN lets everybody on this machine do everything."""

_CALLER: ContextVar[Caller] = ContextVar("caller", default=NOBODY)


def caller() -> Caller:
    """The caller of the request that this thread handles. While an answer is streamed, it stays the same."""
    return _CALLER.get()


def begin_request_of(who: Caller) -> None:
    """From here on, until the next request, this thread works for `who`."""
    _CALLER.set(who)
