"""Compares stored returns, and what orders have of them, with the state that the log says they should have. Pure."""

from collections.abc import Iterator

import msgspec

from engine.store.flows.stored_return import (
    StoredReturn,
    order_returns_text,
    parse_order_returns,
    units_returned,
)
from engine.store.keys import Keys
from engine.store.reconcile.drift import Drift, Write
from engine.store.reconcile.log_replay import LogReplay


def return_drifts(
    keys: Keys, replay: LogReplay, name: str, stored: str | None, opened_at: str | None
) -> Iterator[Drift]:
    """`stored` is a return as it is stored, `opened_at` its score in the list of returns; None if it is not there."""
    expected = replay.returns.by_id.get(name)
    writes = []
    if _parse(stored) != expected:
        after = expected.encode().decode() if expected else None
        writes.append(Write(key=keys.returns, field=name, before=stored, after=after))
    score = str(expected.opened_at) if expected else None
    if opened_at != score:
        writes.append(Write(key=keys.returns_opened, field=name, before=opened_at, after=score))
    if writes:
        exists = int(expected is not None)
        what = f"return {name}, as the log has it"
        yield Drift(what=what, expected=exists, found=1 - exists, writes=tuple(writes), suspect=("returns", name))


def order_return_drifts(keys: Keys, replay: LogReplay, order: str, stored: str | None) -> Iterator[Drift]:
    """`stored` is what the order's hash has of its returns; None if it has nothing."""
    expected = replay.returns.of_order.get(order, {})
    try:
        found = parse_order_returns(stored)
    except msgspec.MsgspecError:
        found = None
    if found != expected:
        after = order_returns_text(expected) or None
        yield Drift(
            what=f"returned units of order {order}",
            expected=units_returned(expected).total(),
            found=units_returned(found).total() if found else 0,
            writes=(Write(key=keys.order(order), field="returns", before=stored, after=after),),
            suspect=("order_returns", order),
        )


def _parse(stored: str | None) -> StoredReturn | None:
    """None if there is none, or if it is damaged."""
    try:
        return StoredReturn.decode(stored) if stored else None
    except msgspec.MsgspecError:
        return None
