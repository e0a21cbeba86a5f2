"""The two round trips of a decision: one script reads everything it needs, one takes its holds and logs it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Literal, TypeVar

import orjson

from engine.decide.decision import Claim, Decision
from engine.model.facts import NodeRest, StockPosition
from engine.store.connection.client import Client, faults
from engine.store.decision_log import packed
from engine.store.follow_up_commit import FollowUpCommit, LinkedWrites
from engine.store.holds import Holds, hold_fields
from engine.store.keys import Keys
from engine.store.node_rests import rests_after
from engine.store.outcomes import (
    AnsweredBefore,
    BacklogFull,
    ChainChanged,
    CommitOutcome,
    Committed,
    HoldChanged,
    NetworkChanged,
    NoLongerWaiting,
    OperationReused,
    PoliciesChanged,
    QuotaReached,
    StockChanged,
)
from engine.store.policy_versions import split_version
from engine.store.script_keys import COMMIT, SNAPSHOT

IDEMPOTENCY_SECONDS = 24 * 60 * 60
"""How long a caller's idempotency key is remembered."""
_T = TypeVar("_T")
_NO_KEY = ("", "")
"""Caller and name that no caller's key has, so that nothing is ever stored under them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKey:
    """A caller's idempotency key: names one request, so that sent again it is answered and not done again."""

    caller: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The stored facts at one moment. `stock` is (on hand, held) by node, by SKU; `earlier_decision` the one that the
    idempotency key was used for before.
    """

    network_version: str | None
    policy_version: str | None
    policy_since: int | None
    """The instant from which the version was scheduled; None if it was activated at once."""
    earlier_decision: str | None
    loads: Mapping[str, int]
    resting: Mapping[str, NodeRest]
    stock: Mapping[str, Mapping[str, tuple[int, int]]]


class Ledger:
    """The two round trips of a decision."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._holds = Holds(client, keys)
        self._snapshot = client.script("snapshot", writes=False)
        self._commit = client.script("commit")
        self._follow_up_commit = FollowUpCommit(client, keys)

    def verify_writable(self) -> None:
        """Raise StoreUnavailable if the server takes no writes: it is a replica, full, or can't write to its disk."""
        with faults():
            # writing nothing into a key that does not exist changes nothing, but is refused where any write would be
            self._client.redis.setrange(self._keys.never_written, 0, b"")

    def verify_replicated(self) -> None:
        """Raise StoreUnavailable if what was answered before could still be lost with its server."""
        self._client.verify_replicated(self._keys.log)

    def read(
        self,
        skus: Sequence[str],
        *,
        day: str,
        now: int,
        policies_at: int | None = None,
        key: RequestKey | None = None,
    ) -> Reading:
        """The snapshot of `skus` at `now`; holds whose time is over are ended first. `day` is that of the loads.

        `policies_at` is the instant for which the active policy version and the resting nodes are read, if not `now`.
        """
        keys, decided_at = self._keys, now if policies_at is None else policies_at
        idempotency = keys.idempotency(*((key.caller, key.name) if key else _NO_KEY))
        script_keys = SNAPSHOT.keys(keys, sku_keys(keys, skus), idempotency=idempotency, load=keys.load(day))
        with faults():
            answer: list[Any] = self._snapshot(keys=script_keys, args=[now, decided_at])
            while answer[0] == b"expired":
                self._holds.sweep([hold.decode() for hold in answer[1]], now=now)
                answer = self._snapshot(keys=script_keys, args=[now, decided_at])
        return reading_of(answer, skus, decided_at)

    def commit(
        self,
        decision: Decision,
        decision_id: str,
        body: bytes,
        key: RequestKey | None = None,
        *,
        policies_at: int | None = None,
        caller: str = "",
        max_holds: int | None = None,
        linked: LinkedWrites | None = None,
    ) -> CommitOutcome:
        """Take the holds and log `body`, all of it or nothing, if the stock that the decision claims, the capacity that
        it needs, and the versions of network and policies that it was made with are still there.

        The policy version must be the one active at `policies_at`, by default the decision's instant; no node that
        ships may rest then. A `caller` has at most `max_holds` open holds; None: any number. `linked` is what else is
        written in the same commit.
        """
        keys = self._keys
        own = {
            "idempotency": keys.idempotency(*((key.caller, key.name) if key else _NO_KEY)),
            "load": keys.load(decision.day),
            "hold": keys.hold(decision_id),
        }
        claims = list(sku_keys(keys, [claim.sku for claim in decision.claims]))
        request = _request(decision, decision.decided_at if policies_at is None else policies_at) | {
            "caller": caller,
            "max_holds": _or_false(max_holds),
            "key_seconds": IDEMPOTENCY_SECONDS if key else False,
        }
        arguments = [decision_id, packed(body), orjson.dumps(request)]
        with faults():
            answer = (
                self._commit(keys=COMMIT.keys(keys, claims, **own), args=arguments)
                if linked is None
                else self._follow_up_commit.run(linked, claims, own, arguments)
            )
        return _outcome(answer)


def sku_keys(keys: Keys, skus: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Of each SKU, the keys of what is on hand and what is held."""
    return ((keys.on_hand(sku), keys.held(sku)) for sku in skus)


def reading_of(answer: Sequence[Any], skus: Sequence[str], decided_at: int) -> Reading:
    """What snapshot.lua answered, for `skus` and the instant whose policies decide."""
    version, policy, earlier, loads, resting, *stock = answer
    policy_version, policy_since = split_version(policy.decode()) if policy else (None, None)
    return Reading(
        network_version=version and version.decode(),
        policy_version=policy_version,
        policy_since=policy_since,
        earlier_decision=earlier and earlier.decode(),
        loads=_counts(loads),
        resting=rests_after(decided_at, _lines(resting)),
        stock={sku: _by_node(*stock[2 * index : 2 * index + 2]) for index, sku in enumerate(skus)},
    )


def positions(stock: Mapping[str, tuple[int, int]], paces: Mapping[str, int]) -> dict[str, StockPosition]:
    """By node, from (on hand, held) and the pace of sale; see `Reading.stock`."""
    return {
        node: StockPosition(on_hand=on_hand, held=held, pace=paces.get(node)) for node, (on_hand, held) in stock.items()
    }


_OUTCOMES: Mapping[bytes, CommitOutcome] = {
    b"done": Committed(),
    b"network": NetworkChanged(),
    b"policies": PoliciesChanged(),
    b"crowded": BacklogFull(),
    b"chain": ChainChanged(),
    b"hold": HoldChanged(),
    b"gone": NoLongerWaiting(),
    b"reused": OperationReused(),
}
"""Those that say no more than which of them it is."""


def _outcome(answer: Sequence[bytes]) -> CommitOutcome:
    """What commit.lua or commit_follow_up.lua answered."""
    match answer:
        case b"key", decision:
            return AnsweredBefore(decision=decision.decode())
        case b"stale", node:
            return StockChanged(node=node.decode())
        case b"full", open_holds:
            return QuotaReached(open_holds=int(open_holds))
    return _OUTCOMES[answer[0]]


def _request(decision: Decision, policies_at: int) -> dict[str, Any]:
    """As commit.lua reads it.

    A claim is node, units, floor, and the ranges in which must be what is on hand, held and available. The floor may be
    a list of reserves that it is the sum of, each the larger of so many units and so many basis points of what is on
    hand. A room is node, shipments, the most there may be in the day, and the range in which the load must be. False
    stands for no bound, or for any value.
    """
    return {
        "now": str(decision.decided_at),
        "policies": decision.policy_version,
        "policies_at": str(policies_at),
        "network": decision.network_version,
        "day": decision.day,
        "hold_until": str(decision.hold_until),
        "shipments": hold_fields(decision),
        "claims": [
            [
                claim.node,
                str(claim.units),
                _floor(claim),
                _or_false(claim.ranges.on_hand),
                _or_false(claim.ranges.held),
                _or_false(claim.ranges.available),
            ]
            for claim in decision.claims
        ],
        "rooms": [
            [claim.node, str(claim.shipments), _or_false(claim.most), _or_false(claim.load)]
            for claim in decision.load_claims
        ],
    }


def _floor(claim: Claim) -> int | list[tuple[int, int]]:
    return [(reserve.units, reserve.share) for reserve in claim.shares] or claim.floor


def _or_false(value: _T | None) -> _T | Literal[False]:
    # JSON's null becomes a value of its own in a script, which counts as true
    return False if value is None else value


def _lines(text: bytes) -> list[str]:
    """A hash as snapshot.lua answers it: a field's name and its value on a line each."""
    return text.decode().split("\n") if text else []


def _counts(text: bytes) -> dict[str, int]:
    lines = _lines(text)
    return dict(zip(lines[::2], map(int, lines[1::2]), strict=True))


def _by_node(on_hand: bytes, held: bytes) -> dict[str, tuple[int, int]]:
    """(on hand, held) by node. Most positions have no hold, so 0 is set for all first, then what is held at a few."""
    lines = _lines(on_hand)
    # without a Python loop over the nodes, because this is done for every SKU of every order
    by_node = dict(zip(lines[::2], zip(map(int, lines[1::2]), repeat(0), strict=False), strict=True))
    for node, units in _counts(held).items():
        if node in by_node:
            by_node[node] = (by_node[node][0], units)
    return by_node
