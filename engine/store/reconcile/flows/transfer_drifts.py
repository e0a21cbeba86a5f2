"""Compares transfers with what the log says. Pure."""

from collections.abc import Iterator

from engine.store.flows.transfers import parse
from engine.store.keys import Keys
from engine.store.reconcile.drift import Drift, Write
from engine.store.reconcile.expected_state import TransferState
from engine.store.reconcile.log_replay import LogReplay


def transfer_drifts(keys: Keys, replay: LogReplay, name: str, state: TransferState) -> Iterator[Drift]:
    """`state` is as stored."""
    ended = replay.transfers.ended.get(name)
    expected = replay.transfers.open.get(name), ended, None if ended is None else str(-parse(ended).made_at)
    places = (keys.open_transfers, keys.ended_transfers, keys.ended_transfers_made)
    writes = Write.each(places, name, state, expected)
    if writes:
        yield Drift(
            what=f"transfer {name} as it stands",
            expected=int(any(expected)),
            found=int(any(state)),
            writes=writes,
            suspect=("transfers", name),
        )
