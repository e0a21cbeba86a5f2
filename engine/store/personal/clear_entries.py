"""Finds the entries of an order in which personal values stand in clear."""

from collections.abc import Collection, Sequence

from engine.store.connection.client import Client, faults
from engine.store.entry_codec.personal_values import PersonalField, take_out
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.entry import EntryId


def entries_in_clear(
    client: Client, keys: Keys, decisions: Sequence[str], fields: Collection[PersonalField]
) -> tuple[str, ...]:
    """Of an order's decisions, those whose entry has values of these fields that no key encrypts."""
    entries = decision_log.find_all(client, keys, decisions)
    return tuple(entry.decision for entry in entries if take_out(entry.body, fields)[1])


def amendments_in_clear(
    client: Client, keys: Keys, first: str, fields: Collection[PersonalField]
) -> tuple[EntryId, ...]:
    """The entries of amendments of the order that the decision `first` began which have values of these fields that no
    key encrypts. No index has them: the log is read from that decision on. What is damaged is left to the ledger check.
    """
    with faults():
        start = client.redis.hget(keys.decisions, first)
    if start is None:
        return ()
    about = decision_log.entries_about(client, keys, {first}, start=start.decode(), on_damaged=lambda _entry: None)
    return tuple(entry.id for entry in about if entry.kind == "amended" and take_out(entry.body, fields)[1])
