"""Compares the index of who waits for which SKU with the backlog, of which it is made."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.store.backlog import BacklogEntry
from engine.store.connection.client import Client, faults
from engine.store.keys import Keys
from engine.store.reconcile.drift import Drift, Write
from engine.store.reconcile.expected_state import Suspect


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingState:
    """What is stored of an entry: its `body`, None if it does not wait; `members` of the index that may be its own; and
    the instant from which it is to be offered stock, if it is in `due`.
    """

    body: bytes | None
    members: Sequence[str]
    due: int | None


def parse_waiting(body: bytes | None, members: Sequence[bytes], due: float | None) -> WaitingState:
    return WaitingState(
        body=body, members=[member.decode() for member in members], due=None if due is None else int(due)
    )


def suspects(client: Client, keys: Keys) -> Iterator[Suspect]:
    """The SKUs and decisions for which the index, read at one moment with the backlog, is not as it should be."""
    with faults(), client.redis.pipeline(transaction=True) as read:
        read.hgetall(keys.backlog)
        read.zrange(keys.waiting, 0, -1)
        read.zrange(keys.due, 0, -1, withscores=True)
        bodies, members, due = read.execute()
    by_place: dict[tuple[str, str], list[bytes]] = {}
    for member in members:
        name, _, rank = member.decode().partition("\n")
        if " " in rank.rpartition("\n")[2]:  # a shipment, of an index that is no part of the ledger
            continue
        by_place.setdefault((name.removeprefix(keys.on_hand("")), rank.rpartition("\n")[2]), []).append(member)
    instants: Mapping[str, float] = {decision.decode(): instant for decision, instant in due}
    expected = {
        (sku, decision.decode())
        for decision, body in bodies.items()
        for sku in BacklogEntry.of(decision.decode(), body).waiting_members(keys)
    }
    for place in (
        expected | by_place.keys() | {("", decision) for decision in instants if decision.encode() not in bodies}
    ):
        body = bodies.get(place[1].encode())
        state = parse_waiting(body, by_place.get(place, ()), instants.get(place[1]))
        if any(waiting_drifts(keys, place, state)):
            yield "waiting", place


def waiting_drifts(keys: Keys, place: tuple[str, str], state: WaitingState) -> Iterator[Drift]:
    """`place` is the SKU and the decision whose entry waits for it."""
    sku, decision = place
    entry = None if state.body is None else BacklogEntry.of(decision, state.body)
    expected = entry.waiting_members(keys).get(sku) if entry else None
    found = {member for member in state.members if member.endswith(f"\n{decision}")}
    may_be_due = entry is not None and entry.not_before is not None
    stray = found - {expected}
    missing = {expected} - found - {None} if not may_be_due else set()
    if stray or missing:
        writes = [Write(key=keys.waiting, field=member, before="0", after=None) for member in sorted(stray)]
        writes += [Write(key=keys.waiting, field=str(member), before=None, after="0") for member in missing]
        yield Drift(
            what=f"decision {decision} among those that wait for it",
            sku=sku,
            node="any node",
            expected=int(expected is not None),
            found=len(found),
            writes=tuple(writes),
            suspect=("waiting", place),
        )
    instant = entry.not_before if entry and may_be_due and expected not in found else None
    if state.due != instant:
        before, after = (None if number is None else str(number) for number in (state.due, instant))
        yield Drift(
            what=f"the instant from which decision {decision} is offered stock",
            expected=instant or 0,
            found=state.due or 0,
            writes=(Write(key=keys.due, field=decision, before=before, after=after),),
            suspect=("waiting", place),
        )
