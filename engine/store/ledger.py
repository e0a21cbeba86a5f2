"""Stock and holds: one script reads all that a decision needs, one takes its holds and logs it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Literal

import orjson

from engine.decide.decision import Claim, Decision
from engine.model.facts import Position, Resting
from engine.store.connection.client import Client, faults
from engine.store.decision_log import packed
from engine.store.follow_up_commit import FollowUpCommit, LinkedWrites
from engine.store.holds import Holds, hold_fields
from engine.store.keys import Keys
from engine.store.node_rests import rests
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
from engine.store.policy_versions import split_entry
from engine.store.script_keys import COMMIT, SNAPSHOT

IDEMPOTENCY_SECONDS = 24 * 60 * 60
"""How long a caller's key is remembered."""
_NO_KEY = ("", "")
"""Caller and name that no caller's key has, so that nothing is ever stored under them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a caller calls one request, so that sending it again is answered and not done again."""

    caller: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One moment of the store. `stock` is (on hand, held) by node, by SKU; `answered` the key's earlier decision."""

    network_version: str | None
    policy_version: str | None
    policy_since: int | None
    """The instant for which the version was scheduled; None if it was activated at once."""
    answered: str | None
    loads: Mapping[str, int]
    resting: Mapping[str, Resting]
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
            # nothing put into a string that isn't there: it stays so, but this is a write that needs memory
            self._client.redis.setrange(self._keys.never_written, 0, b"")

    def verify_replicated(self) -> None:
        """Raise StoreUnavailable if an answer of before could still be lost with its server."""
        self._client.verify_replicated(self._keys.log)

    def read(
        self, skus: Sequence[str], *, day: str, now: int, policies_at: int | None = None, key: Key | None = None
    ) -> Reading:
        """The snapshot of `skus` at `now`, holds whose time has come ended first. `day` is that of the loads.

        `policies_at` is the instant whose policy version is read, and whose rests, if not `now`.
        """
        keys, decided_at = self._keys, now if policies_at is None else policies_at
        idempotency = keys.idempotency(*((key.caller, key.name) if key else _NO_KEY))
        named = SNAPSHOT.keys(keys, sku_keys(keys, skus), idempotency=idempotency, load=keys.load(day))
        with faults():
            answer: list[Any] = self._snapshot(keys=named, args=[now, decided_at])
            while answer[0] == b"expired":
                self._holds.sweep([hold.decode() for hold in answer[1]], now=now)
                answer = self._snapshot(keys=named, args=[now, decided_at])
        return reading_of(answer, skus, decided_at)

    def commit(
        self,
        decision: Decision,
        decision_id: str,
        body: bytes,
        key: Key | None = None,
        *,
        policies_at: int | None = None,
        caller: str = "",
        max_holds: int | None = None,
        linked: LinkedWrites | None = None,
    ) -> CommitOutcome:
        """Take the holds and log `body`, if the claims, rooms and versions still stand: all of it or none.

        The policy version stands if it is the one that decides at `policies_at`, by default the decision's instant; no
        node that ships may rest then. A `caller` has at most `max_holds` open holds; None: any number. `linked` is what
        is written with it.
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
    version, policy, answered, loads, resting, *stocks = answer
    policy_version, policy_since = split_entry(policy.decode()) if policy else (None, None)
    return Reading(
        network_version=version and version.decode(),
        policy_version=policy_version,
        policy_since=policy_since,
        answered=answered and answered.decode(),
        loads=_counts(loads),
        resting=rests(_lines(resting), decided_at),
        stock={sku: _both(*stocks[2 * index : 2 * index + 2]) for index, sku in enumerate(skus)},
    )


def positions(stock: Mapping[str, tuple[int, int]], paces: Mapping[str, int]) -> dict[str, Position]:
    """By node, from (on hand, held) and the pace of sale."""
    return {node: Position(on_hand=on_hand, held=held, pace=paces.get(node)) for node, (on_hand, held) in stock.items()}


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
    """As commit.lua reads it. A claim is node, units and floor, or the reserves that a floor is the sum of, each the
    larger of so many units and so many basis points of what is on hand; a room is node, shipments and the most there
    may be. What follows in each is what must be as it was. False is: none, or whatever it is.
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
            [claim.node, str(claim.units), _floor(claim), _or_false(claim.on_hand), _or_false(claim.held)]
            for claim in decision.claims
        ],
        "rooms": [
            [room.node, str(room.shipments), _or_false(room.most), _or_false(room.load)] for room in decision.rooms
        ],
    }


def _floor(claim: Claim) -> int | list[tuple[int, int]]:
    return [(reserve.units, reserve.share) for reserve in claim.shares] or claim.floor


def _or_false(units: int | None) -> int | Literal[False]:
    # JSON's null is a value of its own to a script, and true
    return False if units is None else units


def _lines(said: bytes) -> list[str]:
    """A hash as snapshot.lua answers it: a name, then what it has, a line each."""
    return said.decode().split("\n") if said else []


def _counts(said: bytes) -> dict[str, int]:
    lines = _lines(said)
    return dict(zip(lines[::2], map(int, lines[1::2]), strict=True))


def _both(on_hand: bytes, held: bytes) -> dict[str, tuple[int, int]]:
    """(on hand, held) by node. Most positions have no hold, so those that do come after."""
    lines = _lines(on_hand)
    # no step of Python for each of them: there are as many as there are nodes, for every SKU of every order
    found = dict(zip(lines[::2], zip(map(int, lines[1::2]), repeat(0), strict=False), strict=True))
    for node, units in _counts(held).items():
        if node in found:
            found[node] = (found[node][0], units)
    return found
