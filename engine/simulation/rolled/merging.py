"""Puts the orders of the baseline and of a variant side by side, in the order of the log. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

from engine.simulation.cause import cause_of
from engine.simulation.outcome import NOTHING, Decided, Outcome
from engine.simulation.rolled.rolled_order import RolledOrder
from engine.simulation.rolled.run import RolledRun
from engine.simulation.tried_decision import TriedDecision, TriedDraft

NOT_PLACED = Outcome(amounts=NOTHING, nodes=(), fired=())
"""Of an order that one side does not have: it is one of those that are left out, or repeated."""
_NOT_PLACED = Decided(status="unfilled", shipments=(), unfilled={}, units_waiting=0, waits=False, parked=False)


class OrderPair(NamedTuple):
    """An order on both sides; None: it is not there. `known` is that of the first side that has it."""

    known: RolledOrder
    baseline: RolledOrder | None
    draft: RolledOrder | None


def pairs(baseline: RolledRun, draft: RolledRun) -> Iterator[OrderPair]:
    """The orders of both, but for those that one of them could not decide."""
    left_out = baseline.left_out | draft.left_out
    before = {order.key: order for order in baseline.orders}
    after = {order.key: order for order in draft.orders}
    for key, known in sorted((after | before).items(), key=lambda item: _place(item[1])):
        if key not in left_out:
            yield OrderPair(known, before.get(key), after.get(key))


def tried(pair: OrderPair) -> tuple[TriedDecision, TriedDraft]:
    """The pair as a comparison adds it up: an order is one decision, with what came of it in the end. One that a side
    does not have adds to the sums, and is no order that comes out otherwise.
    """
    known, before, after = pair.known, _decided(pair.baseline), _decided(pair.draft)
    changed = None not in (pair.baseline, pair.draft) and before != after
    decision = TriedDecision(
        entry=first_difference(pair) or known.entry,
        decision=known.decision,
        order=known.order,
        first="\n".join(known.key),
        channel=known.channel,
        segment=known.segment,
        baseline=_outcome(pair.baseline),
        made_again=False,
        drafts=(),
        destination=known.destination,
    )
    return decision, TriedDraft(
        outcome=_outcome(pair.draft),
        changed=changed,
        same_bytes=None,
        not_kept=pair.draft.not_kept if pair.draft else (),
        cause=cause_of(before, after) if changed else None,
    )


def first_difference(pair: OrderPair) -> str | None:
    """The entry of the log's first decision of which both sides made one, and not the same; None: there is none."""
    if pair.baseline is None or pair.draft is None:
        return None
    made = dict(pair.draft.made)
    return next((entry for entry, digest in pair.baseline.made if made.get(entry, digest) != digest), None)


def _place(order: RolledOrder) -> tuple[int, int, str]:
    millis, _, number = order.entry.partition("-")
    return int(millis), int(number), order.order


def _decided(order: RolledOrder | None) -> Decided:
    return _NOT_PLACED if order is None else order.decided


def _outcome(order: RolledOrder | None) -> Outcome:
    return NOT_PLACED if order is None else order.outcome
