"""Commits a decision together with what it changes beside stock: the backlog, its order's chain, a rejected hold, an
amended order.

`commit_follow_up.lua` runs `commit.lua` as a part of it, so that everything is written or nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from msgspec.structs import replace

from engine.model.facts import NodeRest
from engine.model.lots import LotUnits
from engine.store.commit_request import CommitCall
from engine.store.connection.client import Client, faults
from engine.store.entry_codec.codec import encode
from engine.store.hold_changes.change_script import Confirmed, LogFields, changed_hold_keys, changed_sku_keys
from engine.store.hold_changes.freed_stock import FreedStock
from engine.store.hold_changes.hold_change import HoldChange, ScriptIndex
from engine.store.hold_changes.order_change import OrderChange
from engine.store.holds import Operation
from engine.store.keys import Keys
from engine.store.log.entry_bodies import RejectionBody
from engine.store.node_rests import stored_rest
from engine.store.script_keys import COMMIT_FOLLOW_UP
from engine.store.taken_units import TakenKeys

MOST_WAITING = 10_000
"""Entries of a network's backlog: all of them are read to tell which comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """What `node` rejects of a decision, as a change of its hold.

    `counts` are the units on hand there by SKU, as the node says; None stands for as many as are then still promised
    from it. `blocked` are units by SKU that are there and may not be sold from now on. `micros` is the instant at which
    the rejection arrives, in UTC microseconds, and `at` the one of which it speaks, if that is stated: units left or
    were damaged then, and the node counted. `body` is that of the log entry, without the rest that begins. In a short
    pick, units have left: they are `confirmed`, and logged by `entries`.
    """

    change: HoldChange
    node: str
    counts: Mapping[str, int | None]
    blocked: Mapping[str, int]
    micros: int
    body: RejectionBody
    entries: Sequence[LogFields] = ()
    confirmed: Confirmed | None = None
    blocked_lots: Mapping[str, LotUnits] = field(default_factory=dict)
    """By SKU, which of the blocked units are of lots."""
    at: int | None = None

    def record(self, taken: TakenKeys) -> dict[str, Any]:
        """As commit_follow_up.lua reads it."""
        index = ScriptIndex.of([self.change])
        record: dict[str, Any] = {
            "id": self.change.before.decision,
            "node": self.node,
            "holds": [self.change.record(index, taken)],
            "entries": self.entries,
            "micros": self.micros,
            "blocked": [
                {"index": index.skus[sku], "count": count, "lots": self.blocked_lots.get(sku, ())}
                for sku, count in self.blocked.items()
            ],
            "counts": [
                {"sku": sku, "index": index.skus[sku]} | ({} if on_hand is None else {"on_hand": on_hand})
                for sku, on_hand in self.counts.items()
            ],
        }
        if self.at is not None:
            record["at"] = self.at
        if self.confirmed:
            record["confirmed"] = {"units": self.confirmed.units, "seconds": self.confirmed.seconds}
        return record


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What is written of an order that is amended: changes of its holds, whose units the decision decides again or the
    order does not need, and of itself, logged as `entry`. It is answered by `answer`. `parked`: the order waits for a
    person to approve it.
    """

    changes: Sequence[HoldChange]
    order: OrderChange
    entry: LogFields
    answer: bytes
    parked: bool

    @property
    def skus(self) -> list[str]:
        return list(dict.fromkeys(sku for change in self.changes for sku in change.skus))

    @property
    def freed(self) -> FreedStock:
        return FreedStock.of_changes(self.changes)

    def record(self, taken: TakenKeys, *, parks: bool) -> dict[str, Any]:
        """As commit_follow_up.lua reads it; `parks`: until a person approves the order."""
        index = ScriptIndex.of(self.changes)
        record: dict[str, Any] = {
            "holds": [change.record(index, taken) for change in self.changes],
            "order": self.order.record,
            "entry": self.entry,
        }
        order = self.order.reading.order
        return record | ({"parks": order.id, "placed_at": str(order.placed_at)} if parks else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedWrites:
    """What is written with a decision at `now`: a new backlog entry (`waiting`), and of a follow-up decision what it
    changes of others. What is left unfilled was so on the stock as of the stamp `seen` (see `Keys.changed`).

    A follow-up decides again a part of the order that `first` was the first decision of, after `follow_ups` others that
    did so: the units that wait under `waiting_decision`, whose entry was `waiting_before`; or those of a `rejection`,
    after which the node has `node_rest`; or those of an `amendment`, after which the order may be parked (`parks`).
    `operation` identifies the caller's request.
    """

    now: int
    waiting: bytes | None = None
    seen: int = 0
    waiting_decision: str | None = None
    waiting_before: bytes = b""
    first: str | None = None
    follow_ups: int = 0
    rejection: Rejection | None = None
    node_rest: NodeRest | None = None
    amendment: Amendment | None = None
    parks: bool = False
    operation: Operation | None = None

    @property
    def changes(self) -> Sequence[HoldChange]:
        """Of holds of the order."""
        if self.amendment:
            return self.amendment.changes
        return [self.rejection.change] if self.rejection else []

    @property
    def rejection_body(self) -> bytes:
        """The body of the rejection's log entry, as it is stored; empty without a rejection."""
        if self.rejection is None:
            return b""
        body = self.rejection.body
        return encode((replace(body, rest=self.node_rest) if self.node_rest else body).encode())


class FollowUpCommit:
    """Commits decisions together with their linked writes."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._keys = keys
        self._script = client.script("commit_follow_up", commit="commit")

    def run(
        self,
        linked: LinkedWrites,
        commit: CommitCall,
    ) -> list[bytes]:
        """What commit_follow_up.lua answers."""
        keys, changes = self._keys, linked.changes
        taken, index = TakenKeys(keys), ScriptIndex.of(changes)
        record = orjson.dumps(_record(linked, taken))
        about = linked.rejection.change.before.decision if linked.rejection else linked.first or ""
        script_keys = COMMIT_FOLLOW_UP.keys(
            keys,
            commit.loads,
            commit.claims,
            commit.taken,
            commit.receipts,
            changed_hold_keys(keys, [change.before.decision for change in changes]),
            [(keys.load(period),) for period in index.periods],
            changed_sku_keys(keys, list(index.skus)),
            taken,
            **commit.own,
            chain=keys.chain(linked.first or ""),
            operation=keys.operation(about, linked.operation.name if linked.operation else ""),
        )
        counts = map(
            len,
            (commit.loads, commit.claims, commit.taken, commit.receipts, changes, index.periods, index.skus),
        )
        arguments = [*commit.arguments, record, linked.rejection_body, *counts]
        with faults():
            return list(self._script(keys=script_keys, args=arguments))


def _record(linked: LinkedWrites, taken: TakenKeys) -> dict[str, Any]:
    fields = {
        "waiting": None if linked.waiting is None else linked.waiting.decode(),
        "seen": str(linked.seen),
        "waiting_decision": linked.waiting_decision,
        "waiting_before": linked.waiting_before.decode() or None,
        "follow_ups": None if linked.first is None else linked.follow_ups,
        "rejection": linked.rejection and linked.rejection.record(taken),
        "amendment": linked.amendment and linked.amendment.record(taken, parks=linked.parks),
        "answer": linked.amendment and f"\n{linked.amendment.answer.decode()}",
        "node_rest": linked.node_rest and {"until": linked.node_rest.until, "stored": stored_rest(linked.node_rest)},
        "request": linked.operation and linked.operation.request,
        "seconds": linked.operation and linked.operation.seconds,
    }
    given = {name: value for name, value in fields.items() if value is not None}
    return {"now": str(linked.now), "most_waiting": MOST_WAITING, **given}
