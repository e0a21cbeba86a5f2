"""Compares transfers with what the log says. Pure."""

from collections.abc import Iterator

from engine.store.keys import Keys
from engine.store.reconcile.drift import Drift, Write
from engine.store.reconcile.expected_state import TransferState
from engine.store.reconcile.log_replay import LogReplay


def transfer_drifts(keys: Keys, replay: LogReplay, name: str, state: TransferState) -> Iterator[Drift]:
    """`state` is its text among the open transfers, and among those that are over."""
    expected = replay.transfers.open.get(name), replay.transfers.ended.get(name)
    writes = Write.each((keys.open_transfers, keys.ended_transfers), name, state, expected)
    if writes:
        yield Drift(
            what=f"transfer {name} as it stands",
            expected=sum(text is not None for text in expected),
            found=sum(text is not None for text in state),
            writes=writes,
            suspect=("transfers", name),
        )
