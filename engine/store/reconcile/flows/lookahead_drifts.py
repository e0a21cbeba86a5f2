"""Checks that tables of look-ahead prices are what was hashed, and that the one in force is there."""

from collections.abc import Iterator

from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.lookahead import LookaheadTables
from engine.store.reconcile.drift import Drift

_CAUSE = (
    "it was changed by other means than Pointsman, or lost; learn prices anew, and restore a copy of the server's data"
    " if decisions of that table are to be replayed"
)


def lookahead_drifts(client: Client, keys: Keys) -> Iterator[Drift]:
    """The tables that are not as they were published."""
    for digest in LookaheadTables(client, keys).altered():
        yield Drift(what=f"the look-ahead table {digest[:12]} as it was hashed", expected=1, found=0, cause=_CAUSE)
