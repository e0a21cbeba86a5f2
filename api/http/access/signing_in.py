"""Records who signs in to the console, and out."""

import contextvars
from collections.abc import Sequence

from flask import Request

from api.http.access.origin import origin_of
from engine.actor import act_as
from engine.model.scopes import permits_network
from engine.service import Pointsman
from engine.store.console_sessions import StoredSession


def record_signing_in(
    served: Sequence[Pointsman], request: Request, session: StoredSession, what: str, how: str
) -> None:
    """In the access log of the network that the person sees, or of the first that is served: that they signed in or out
    (`what`), and how. Raises StoreUnavailable.
    """
    permitted = [one for one in served if permits_network(session.networks, one.settings.network)]
    chosen = [one for one in permitted if one.settings.network == session.network]
    pointsman = (*chosen, *permitted, *served)[0]
    origin = origin_of(request, proxied=pointsman.settings.access.proxied)

    def record() -> None:
        act_as(session.name, through="console", origin=origin)
        pointsman.accesses.note(what, query=how)

    contextvars.copy_context().run(record)
