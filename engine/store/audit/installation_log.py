"""Reads the log of the installation: what happened to API keys, and which networks were reset."""

from collections.abc import Callable, Iterator

from engine.model.scopes import permits_network
from engine.store.connection.client import Client
from engine.store.keys import INSTALLATION, Keys
from engine.store.log.decision_log import entries as log_entries
from engine.store.log.entry import Entry
from engine.store.log.stored_entry import UNREADABLE


def entries(client: Client, network: str, *, on_damaged: Callable[[str], None]) -> Iterator[Entry]:
    """Those that are about the network: that it was reset, and what happened to keys that may use it. Oldest first."""
    for entry in log_entries(client, Keys(INSTALLATION), on_damaged=on_damaged):
        try:
            if _is_about(entry, network):
                yield entry
        except UNREADABLE:
            on_damaged("{}-{}".format(*entry.id))


def _is_about(entry: Entry, network: str) -> bool:
    if entry.kind == "reset":
        return entry.decision == network
    return permits_network(tuple(entry.details.get("networks", ())), network)
