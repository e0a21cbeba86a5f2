"""Finds the entries of an order in which personal values stand in clear."""

from collections.abc import Collection, Sequence

from engine.store.connection.client import Client
from engine.store.entry_codec.personal_values import PersonalField, take_out
from engine.store.keys import Keys
from engine.store.log import decision_log


def entries_in_clear(
    client: Client, keys: Keys, decisions: Sequence[str], fields: Collection[PersonalField]
) -> tuple[str, ...]:
    """Of an order's decisions, those whose entry has values of these fields that no key encrypts."""
    entries = decision_log.find_all(client, keys, decisions)
    return tuple(entry.decision for entry in entries if take_out(entry.body, fields)[1])
