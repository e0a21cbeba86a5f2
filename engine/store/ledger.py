"""The two round trips of a decision: one script reads everything it needs, one takes its holds and logs it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import orjson

from engine.decide.decision import Claim, Decision
from engine.store.connection.client import Client, faults
from engine.store.decision_log import packed
from engine.store.follow_up_commit import FollowUpCommit, LinkedWrites
from engine.store.holds import Hold, Holds, hold_fields, sku_units
from engine.store.keys import Keys
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
from engine.store.reading import Reading, StockReading, reading_of, stock_reading_of, without_holds
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
class SetAside:
    """What a commit does, at `now`, with units set aside for the decision. `earlier` is the hold of those set aside at
    an earlier try. If stock has changed again, as much of what the decision claims as is still there is set aside until
    the instant `until`, in the hold `name`; if there is no name, nothing is.
    """

    now: int
    earlier: Hold | None
    name: str | None
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeOrderCommit:
    """A decision of a whole order, filled, that is to be committed with nothing beside it; see `Ledger.commit`."""

    decision: Decision
    decision_id: str
    body: bytes
    facts: bytes
    key: RequestKey | None
    policies_at: int
    caller: str
    max_holds: int | None


NOTHING_SET_ASIDE = SetAside(now=0, earlier=None, name=None, until=0)


class Ledger:
    """The two round trips of a decision."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._holds = Holds(client, keys)
        self._snapshot = client.script("snapshot", writes=False)
        self._commit = client.script("commit")
        self._follow_up_commit = FollowUpCommit(client, keys)

    def hold(self, name: str) -> Hold | None:
        """The hold of that name, if it is open."""
        return self._holds.find(name)[0]

    def release_set_aside(self, hold: Hold, *, now: int) -> None:
        """Let others have units that were set aside."""
        self._holds.release_set_aside(hold, now=now)

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
        set_aside: Hold | None = None,
    ) -> Reading:
        """The snapshot of `skus` at `now`; holds whose time is over are ended first. `day` is that of the loads.

        `policies_at` is the instant for which the active policy version and the resting nodes are read, if not `now`.
        The units of `set_aside` are read as if they were not held.
        """
        decided_at = now if policies_at is None else policies_at
        script_keys = self._snapshot_keys(skus, day, key)
        reading = reading_of(self._sweep_and_read(script_keys, [now, decided_at], now), skus, decided_at)
        return reading if set_aside is None else without_holds(reading, [set_aside], day)

    def read_stock(self, skus: Sequence[str], *, day: str, now: int) -> StockReading:
        """The stock of many SKUs at `now`; holds whose time is over are ended first."""
        answer = self._sweep_and_read(
            self._snapshot_keys(skus, day), [now, now, *stamp_arguments(self._keys, skus)], now
        )
        return stock_reading_of(answer, now)

    def read_stamps(self, skus: Sequence[str], *, day: str, now: int) -> StockReading | None:
        """As `read_stock`, but for the stock; None if there are holds to be ended first."""
        with faults():
            answer = self._snapshot(
                keys=self._snapshot_keys((), day), args=[now, now, *stamp_arguments(self._keys, skus)]
            )
        return None if answer[0] == b"expired" else stock_reading_of(answer, now)

    def _snapshot_keys(self, skus: Iterable[str], day: str, key: RequestKey | None = None) -> list[str]:
        keys = self._keys
        idempotency = keys.idempotency(*((key.caller, key.name) if key else _NO_KEY))
        return SNAPSHOT.keys(keys, sku_keys(keys, skus), idempotency=idempotency, load=keys.load(day))

    def _sweep_and_read(self, script_keys: Sequence[str], arguments: Sequence[str | int], now: int) -> list[Any]:
        """What snapshot.lua answers once the holds are ended whose time is over at `now`."""
        with faults():
            answer: list[Any] = self._snapshot(keys=script_keys, args=arguments)
            while answer[0] == b"expired":
                self._holds.sweep([hold.decode() for hold in answer[1]], now=now)
                answer = self._snapshot(keys=script_keys, args=arguments)
        return answer

    def decided_before(self, requests: Sequence[RequestKey]) -> list[bool]:
        """Of each idempotency key, whether a decision was made under it."""
        if not requests:
            return []
        with faults():
            names = [self._keys.idempotency(request.caller, request.name) for request in requests]
            answers: list[bytes | None] = self._client.redis.mget(names)
        return [answer is not None for answer in answers]

    def commit(
        self,
        decision: Decision,
        decision_id: str,
        body: bytes,
        key: RequestKey | None = None,
        *,
        facts: bytes = b"",
        policies_at: int | None = None,
        caller: str = "",
        max_holds: int | None = None,
        linked: LinkedWrites | None = None,
        set_aside: SetAside = NOTHING_SET_ASIDE,
    ) -> CommitOutcome:
        """Take the holds and log `body` with its `facts`, all of it or nothing, if the stock that the decision claims,
        the capacity that it needs, and the versions of network and policies that it was made with are still there.

        The policy version must be the one active at `policies_at`, by default the decision's instant; no node that
        ships may rest then. A `caller` has at most `max_holds` open holds; None: any number. `linked` is what else is
        written in the same commit.
        """
        keys, earlier = self._keys, set_aside.earlier
        own = self._commit_keys(decision, decision_id, key) | {
            "set_aside": keys.hold(set_aside.name or ""),
            "earlier_set_aside": keys.hold(earlier.id if earlier else ""),
            "earlier_load": keys.load(earlier.day if earlier else ""),
        }
        claims = list(sku_keys(keys, [*(claim.sku for claim in decision.claims), *(earlier.skus if earlier else ())]))
        request = _request(
            decision,
            decision.decided_at if policies_at is None else policies_at,
            caller=caller,
            max_holds=max_holds,
            has_key=key is not None,
        )
        if set_aside is not NOTHING_SET_ASIDE:
            _add_set_aside(request, set_aside, decision)
        arguments = [decision_id, packed(body, facts), orjson.dumps(request)]
        with faults():
            answer = (
                self._commit(keys=COMMIT.keys(keys, claims, **own), args=arguments)
                if linked is None
                else self._follow_up_commit.run(linked, claims, own, arguments)
            )
        return _outcome(answer)

    def commit_together(self, commits: Sequence[WholeOrderCommit]) -> list[CommitOutcome]:
        """Commit each as `commit` does, by itself, but all in one round trip."""
        with faults():
            answers = self._client.run_together(self._commit, [self._commit_call(item) for item in commits])
        return [_outcome(answer) for answer in answers]

    def _commit_call(self, item: WholeOrderCommit) -> tuple[list[str], list[Any]]:
        """Keys and arguments of commit.lua."""
        decision, keys = item.decision, self._keys
        request = _request(
            decision, item.policies_at, caller=item.caller, max_holds=item.max_holds, has_key=item.key is not None
        )
        claims = sku_keys(keys, (claim.sku for claim in decision.claims))
        return (
            COMMIT.keys(keys, claims, **self._commit_keys(decision, item.decision_id, item.key)),
            [item.decision_id, packed(item.body, item.facts), orjson.dumps(request)],
        )

    def _commit_keys(self, decision: Decision, decision_id: str, key: RequestKey | None) -> dict[str, str]:
        """The keys of a commit that are its own, if nothing is set aside for it."""
        keys = self._keys
        return {
            "idempotency": keys.idempotency(*((key.caller, key.name) if key else _NO_KEY)),
            "load": keys.load(decision.day),
            "hold": keys.hold(decision_id),
            "set_aside": keys.hold(""),
            "earlier_set_aside": keys.hold(""),
            "earlier_load": keys.load(""),
        }


def sku_keys(keys: Keys, skus: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Of each SKU, the keys of what is on hand and what is held."""
    return ((keys.on_hand(sku), keys.held(sku)) for sku in skus)


def stamp_arguments(keys: Keys, skus: Sequence[str]) -> list[str | int]:
    """The arguments with which snapshot.lua answers the stamps of the facts and of the SKUs."""
    return [1 + len(skus), keys.facts, *map(keys.on_hand, skus)]


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


def _request(
    decision: Decision, policies_at: int, *, caller: str, max_holds: int | None, has_key: bool
) -> dict[str, Any]:
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
        "caller": caller,
        "max_holds": _or_false(max_holds),
        "key_seconds": IDEMPOTENCY_SECONDS if has_key else False,
    }


def _add_set_aside(request: dict[str, Any], set_aside: SetAside, decision: Decision) -> None:
    """Say in a request to commit.lua what is, or may be, set aside.

    `earlier` has the id of its hold, the units as index of the SKU's keys, node and units, and the node of each
    shipment. A claim then has, last, those of its units that were set aside, and a room the shipments. `set_aside` has
    the decision's shipments as node, service and [index of the claim, SKU, units] of each of its SKUs.
    """
    index_of = {(claim.sku, claim.node): index for index, claim in enumerate(decision.claims, start=1)}
    now, earlier = str(set_aside.now), set_aside.earlier
    if set_aside.name is not None:
        request["set_aside"] = {
            "id": set_aside.name,
            "now": now,
            "until": str(set_aside.until),
            "shipments": [
                [
                    shipment.node,
                    shipment.service,
                    [[index_of[sku, shipment.node], sku, units] for sku, units in sku_units(shipment)],
                ]
                for shipment in decision.shipments
            ],
        }
    if earlier is None:
        return
    key_index = {sku: index for index, sku in enumerate(earlier.skus, start=len(decision.claims) + 1)}
    request["earlier"] = {
        "id": earlier.id,
        "now": now,
        "units": [[key_index[sku], node, units] for (sku, node), units in earlier.units.items()],
        "nodes": [shipment.node for shipment in earlier.shipments],
    }
    for claim, listed in zip(decision.claims, request["claims"], strict=True):
        listed.append(earlier.units[claim.sku, claim.node])
    loads = Counter(shipment.node for shipment in earlier.shipments if earlier.day == decision.day)
    for load_claim, listed in zip(decision.load_claims, request["rooms"], strict=True):
        listed.append(loads[load_claim.node])


def _floor(claim: Claim) -> int | list[tuple[int, int]]:
    return [(reserve.units, reserve.share) for reserve in claim.shares] or claim.floor


def _or_false(value: _T | None) -> _T | Literal[False]:
    # JSON's null becomes a value of its own in a script, which counts as true
    return False if value is None else value
