"""Stock and holds: one script reads all that a decision needs, one takes its holds and logs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from engine.decide.decision import Decision
from engine.facts import Position
from engine.store.client import Client, faults
from engine.store.keys import Keys
from engine.store.log import packed
from engine.store.policies import split_entry

IDEMPOTENCY_SECONDS = 24 * 60 * 60
"""How long a caller's key is remembered."""


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
    stock: Mapping[str, Mapping[str, tuple[int, int]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """What became of a commit: done; or `stale`, what changed since the snapshot; or `answered`, the key's decision."""

    stale: str | None = None
    answered: str | None = None


class Ledger:
    """The two round trips of a decision."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._keys = keys
        self._snapshot = client.script("snapshot")
        self._commit = client.script("commit")

    def read(
        self, skus: Sequence[str], *, day: str, now: int, policies_at: int | None = None, key: Key | None = None
    ) -> Reading:
        """The snapshot of `skus` at `now`, holds ended by then released first. `day` is that of the loads.

        `policies_at` is the instant whose policy version is read, if not `now`.
        """
        keys = self._keys
        named = [keys.facts, keys.active_policy, _idempotency(keys, key), keys.load(day), keys.expiring, keys.log]
        named += [keys.scheduled_policies]
        named += [name for sku in skus for name in (keys.on_hand(sku), keys.held(sku))]
        decided_at = now if policies_at is None else policies_at
        with faults():
            found: list[Any] = [b"more"]
            while found == [b"more"]:
                found = self._snapshot(keys=named, args=[now, keys.hold_prefix, keys.held_prefix, decided_at])
        version, policy, answered, loads, *stocks = found
        policy_version, policy_since = split_entry(policy.decode()) if policy else (None, None)
        return Reading(
            network_version=version and version.decode(),
            policy_version=policy_version,
            policy_since=policy_since,
            answered=answered and answered.decode(),
            loads=_counts(loads),
            stock={
                sku: _both(_counts(stocks[2 * index]), _counts(stocks[2 * index + 1])) for index, sku in enumerate(skus)
            },
        )

    def commit(
        self,
        decision: Decision,
        decision_id: str,
        body: bytes,
        key: Key | None = None,
        *,
        policies_at: int | None = None,
        any_policy: bool = False,
    ) -> Commit:
        """Take the holds and log `body`, if the claims, rooms and versions still stand: all of it or none.

        The policy version stands if it is the one that decides at `policies_at`, by default the decision's instant;
        with `any_policy` it is enough that it was so when the snapshot was read.
        """
        keys = self._keys
        named = [keys.decisions, keys.log, keys.facts, keys.active_policy, _idempotency(keys, key)]
        named += [keys.load(decision.day), keys.expiring, keys.hold(decision_id), keys.scheduled_policies]
        named += [name for claim in decision.claims for name in (keys.on_hand(claim.sku), keys.held(claim.sku))]
        held = orjson.dumps([[claim.sku, claim.node, claim.units] for claim in decision.claims])
        policy, instant = decision.policy_version, decision.decided_at if policies_at is None else policies_at
        arguments = [decision_id, decision.decided_at, packed(body), decision.network_version]
        arguments += ["" if any_policy else policy, IDEMPOTENCY_SECONDS if key else 0, decision.hold_until, held]
        arguments += [instant, len(decision.claims)]
        for claim in decision.claims:
            arguments += [claim.node, claim.units, claim.floor]
        for room in decision.rooms:
            arguments += [room.node, room.shipments, -1 if room.most is None else room.most]
        with faults():
            state, *said = self._commit(keys=named, args=arguments)
        if state == b"done":
            return Commit()
        word = said[0].decode()
        return Commit(answered=word) if state == b"key" else Commit(stale=word)


def positions(stock: Mapping[str, tuple[int, int]], paces: Mapping[str, int]) -> dict[str, Position]:
    """By node, from (on hand, held) and the pace of sale."""
    return {node: Position(on_hand=on_hand, held=held, pace=paces.get(node)) for node, (on_hand, held) in stock.items()}


def _idempotency(keys: Keys, key: Key | None) -> str:
    # a name that is never written, where the caller gave no key
    return keys.idempotency(key.caller, key.name) if key else keys.idempotency("", "")


def _counts(flat: Sequence[bytes]) -> dict[str, int]:
    """HGETALL as a script answers it: name, count, name, count."""
    return {flat[index].decode(): int(flat[index + 1]) for index in range(0, len(flat), 2)}


def _both(on_hand: Mapping[str, int], held: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    return {node: (units, held.get(node, 0)) for node, units in on_hand.items()}
