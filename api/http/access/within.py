"""Requests that the console makes of the same process, for somebody who is signed in there.

Who calls stands in the environment of WSGI, under a name that no client can send: what clients send has names that
begin with HTTP_, and a value from there is a text, never a Caller.
"""

from collections.abc import Mapping
from typing import Any

from api.http.access.caller import Caller
from engine.store.console_sessions import StoredSession

_KEY = "pointsman.caller"


def environ_of(session: StoredSession) -> Mapping[str, Any]:
    """What a request of this session has in its environment."""
    who = Caller(
        name=session.name,
        key_id=session.key_id,
        role=session.role,
        scopes=frozenset(session.scopes),
        networks=session.networks,
        ends_at=session.ends_at,
    )
    return {_KEY: who}


def caller_within(environ: Mapping[str, Any]) -> Caller | None:
    """Who calls, if the console does; None if it is anybody else."""
    who = environ.get(_KEY)
    return who if isinstance(who, Caller) else None
