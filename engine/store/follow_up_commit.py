"""Commits a decision together with what it changes beside stock: the backlog, its order's chain, a rejected hold.

`commit_follow_up.lua` runs `commit.lua` as a part of it, so that everything is written or nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from msgspec.structs import replace

from engine.model.facts import NodeRest
from engine.store.connection.client import Client, faults
from engine.store.decision_log import RejectionBody, Units, packed
from engine.store.holds import HeldShipment, Operation, shipment_json
from engine.store.keys import Keys
from engine.store.node_rests import stored_rest
from engine.store.script_keys import COMMIT_FOLLOW_UP

MOST_WAITING = 10_000
"""Entries of a network's backlog: all of them are read to tell which comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedPart:
    """What a node rejects of one held shipment. `before` is the shipment as the hold had it when it was read; `units`
    what of it is rejected now, by SKU; `left` what stays held; `rejections` all that was ever rejected of it, by line.
    """

    number: int
    before: bytes
    units: Units
    left: Units
    rejections: Mapping[str, int]

    @property
    def after(self) -> str | None:
        """The shipment as the hold has it afterwards; None if nothing of it stays held."""
        if not self.left:
            return None
        shipment = HeldShipment.of(self.number, self.before)
        return shipment_json(shipment.node, shipment.service, self.left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """What `node` rejects of the decision `decision`, which has so many `shipments`.

    `day` is the day in whose load the shipments count; `full`: the node is too busy, so the day gets no capacity back.
    `counts` are the units on hand there by SKU, as the node says; None stands for as many as are then still promised
    from it. `body` is that of the log entry, without the rest that begins.
    """

    decision: str
    node: str
    shipments: int
    day: str
    full: bool
    parts: Sequence[RejectedPart]
    counts: Mapping[str, int | None]
    body: RejectionBody

    @property
    def skus(self) -> list[str]:
        return list(dict.fromkeys(sku for part in self.parts for sku, _ in part.units))

    @property
    def record(self) -> dict[str, Any]:
        """As commit_follow_up.lua reads it."""
        index_of = {sku: index for index, sku in enumerate(self.skus, start=1)}
        return {
            "id": self.decision,
            "node": self.node,
            "shipments": self.shipments,
            "full": self.full,
            "parts": [_part_record(part, index_of) for part in self.parts],
            "counts": [
                {"sku": sku, "index": index_of[sku]} | ({} if on_hand is None else {"on_hand": on_hand})
                for sku, on_hand in self.counts.items()
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedWrites:
    """What is written with a decision at `now`: a new backlog entry (`waiting`), and of a follow-up decision what it
    changes of others. What is left unfilled was so on the stock as of the stamp `seen` (see `Keys.changed`).

    A follow-up decides again a part of the order that `first` was the first decision of, after `follow_ups` others that
    did so: of the units that wait under `waiting_decision`, or of those of a `rejection`, after which the node has
    `node_rest`. `operation` identifies the caller's request.
    """

    now: int
    waiting: bytes | None = None
    seen: int = 0
    waiting_decision: str | None = None
    first: str | None = None
    follow_ups: int = 0
    rejection: Rejection | None = None
    node_rest: NodeRest | None = None
    operation: Operation | None = None

    @property
    def rejection_body(self) -> bytes:
        """The body of the rejection's log entry, as it is stored; empty without a rejection."""
        if self.rejection is None:
            return b""
        body = self.rejection.body
        return packed((replace(body, rest=self.node_rest) if self.node_rest else body).encode())


class FollowUpCommit:
    """Commits decisions together with their linked writes."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._keys = keys
        self._script = client.script("commit_follow_up", commit="commit")

    def run(
        self,
        linked: LinkedWrites,
        claims: Sequence[tuple[str, str]],
        commit_keys: Mapping[str, str],
        arguments: Sequence[Any],
    ) -> list[bytes]:
        """What commit_follow_up.lua answers. `claims`, `commit_keys` and `arguments` are what commit.lua is given."""
        keys, rejection = self._keys, linked.rejection
        hold = rejection.decision if rejection else ""
        rejected = [
            (keys.on_hand(sku), keys.held(sku), keys.stamp(sku), keys.base(sku))
            for sku in (rejection.skus if rejection else ())
        ]
        script_keys = COMMIT_FOLLOW_UP.keys(
            keys,
            claims,
            rejected,
            **commit_keys,
            chain=keys.chain(linked.first or ""),
            operation=keys.operation(hold, linked.operation.name if linked.operation else ""),
            rejected_hold=keys.hold(hold),
            rejected_load=keys.load(rejection.day if rejection else ""),
        )
        arguments = [*arguments, orjson.dumps(_record(linked)), linked.rejection_body, len(claims)]
        with faults():
            return list(self._script(keys=script_keys, args=arguments))


def _record(linked: LinkedWrites) -> dict[str, Any]:
    fields = {
        "waiting": None if linked.waiting is None else linked.waiting.decode(),
        "seen": str(linked.seen),
        "waiting_decision": linked.waiting_decision,
        "follow_ups": None if linked.first is None else linked.follow_ups,
        "rejection": linked.rejection and linked.rejection.record,
        "node_rest": linked.node_rest and {"until": linked.node_rest.until, "stored": stored_rest(linked.node_rest)},
        "request": linked.operation and linked.operation.request,
        "seconds": linked.operation and linked.operation.seconds,
    }
    given = {name: value for name, value in fields.items() if value is not None}
    return {"now": str(linked.now), "most_waiting": MOST_WAITING, **given}


def _part_record(part: RejectedPart, index_of: Mapping[str, int]) -> dict[str, Any]:
    after = part.after
    return {
        "number": str(part.number),
        "before": part.before.decode(),
        "units": [[index_of[sku], units] for sku, units in part.units],
        "rejections": orjson.dumps(part.rejections).decode(),
    } | ({} if after is None else {"after": after})
