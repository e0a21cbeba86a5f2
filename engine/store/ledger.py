"""The two round trips of a decision: one script reads everything it needs, one takes its holds and logs it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from engine.decide.decision import Decision
from engine.errors import NotReplicated
from engine.meter import NO_METER, Meter, taking
from engine.model.order_share import order_number
from engine.store.commit_request import (
    NOTHING_SET_ASIDE,
    CommitCall,
    SetAside,
    add_freed,
    add_set_aside,
    commit_request,
    load_names,
    receipt_skus,
)
from engine.store.connection.client import Client, faults
from engine.store.follow_up_commit import FollowUpCommit, LinkedWrites
from engine.store.hold_changes.change_script import ChangeScript
from engine.store.hold_changes.freed_stock import FreedStock
from engine.store.holds import Hold, Holds
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
    OfferedFirst,
    OperationReused,
    OrderTaken,
    PoliciesChanged,
    QuotaReached,
    StockChanged,
    UnitsOnBackorder,
)
from engine.store.personal.entry_encoder import EntryEncoder
from engine.store.personal.order_keys import stored_secret
from engine.store.reading import (
    NO_PERIODS,
    Reading,
    StockReading,
    newest_stamp,
    reading_of,
    stock_reading_of,
    without_holds,
)
from engine.store.script_keys import SNAPSHOT
from engine.store.taken_units import TakenKeys, taken_keys
from rules.reserves import Tally

IDEMPOTENCY_SECONDS = 24 * 60 * 60
"""How long a caller's idempotency key is remembered."""
_NO_KEY = ("", "")
"""Caller and name that no caller's key has, so that nothing is ever stored under them."""
_NO_ORDER = ""
"""The id of no order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKey:
    """A caller's idempotency key: names one request, so that sent again it is answered and not done again."""

    caller: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A decision that is to be committed, as `Ledger.commit` says."""

    decision: Decision
    decision_id: str
    body: bytes
    facts: bytes
    key: RequestKey | None
    policies_at: int
    caller: str
    max_holds: int | None
    first: str | None = None
    """The order's first decision; None: it is that itself, and takes the order's id."""
    rank: str | None = None
    now: int = 0
    freed: FreedStock | None = None
    """What of its claims it holds itself, in holds that it replaces."""


class Ledger:
    """The two round trips of a decision. `meter` is told how long they take and what came of them."""

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        meter: Meter = NO_METER,
        encoder: EntryEncoder | None = None,
    ) -> None:
        self._meter = meter
        self._encoder = encoder or EntryEncoder(client, keys)
        self._client = client
        self._keys = keys
        self._holds = Holds(client, keys)
        self._change_script = ChangeScript(client, keys)
        self._snapshot = client.script("snapshot", writes=False)
        self._commit = client.script("commit")
        self._follow_up_commit = FollowUpCommit(client, keys)

    def hold(self, name: str) -> Hold | None:
        """The hold of that name, if it is open."""
        return self._holds.find(name)[0]

    def release_set_aside(self, hold: Hold, *, now: int) -> None:
        """Let others have units that were set aside."""
        self._change_script.release_set_aside(hold, now=now)

    def verify_writable(self) -> None:
        """Raise StoreUnavailable if the server takes no writes: it is a replica, full, or can't write to its disk."""
        with faults():
            # writing nothing into a key that does not exist changes nothing, but is refused where any write would be
            self._client.redis.setrange(self._keys.never_written, 0, b"")

    def read(
        self,
        skus: Sequence[str],
        *,
        loads: Sequence[str],
        now: int,
        policies_at: int | None = None,
        key: RequestKey | None = None,
        order: str | None = None,
        deciding: str | None = None,
        freed: FreedStock | None = None,
        stamped: bool = False,
        periods: Mapping[Tally, str] = NO_PERIODS,
    ) -> Reading:
        """The snapshot of `skus` at `now`; holds whose time is over are ended first. `loads` names their periods
        (see load_periods.py); the decisions that answered `key`, and that `order` began with, are looked up.

        `policies_at` is the instant for which the active policy version and the resting nodes are read, if not `now`.
        The version is that which decides the order of the id `deciding`, which may be a canary's; without one it is the
        active one. What is `freed` is read as if it were not held. If `stamped`, the reading has its `stamp`. What was
        taken is read of these `periods` of allotments.
        """
        decided_at = now if policies_at is None else policies_at
        script_keys = self._snapshot_keys(skus, loads, key, order, periods)
        stamps = stamp_arguments(self._keys, skus) if stamped else [0]
        number = "" if deciding is None else order_number(deciding)
        arguments = [now, decided_at, number, *stamps, len(loads), len(skus)]
        answer = self._sweep_and_read(script_keys, arguments, now)
        stamp = newest_stamp(answer.pop()) if stamped else 0
        reading = replace(reading_of(answer, skus, decided_at, loads, periods), stamp=stamp)
        return reading if freed is None else without_holds(reading, freed)

    def read_stock(
        self, skus: Sequence[str], *, loads: Sequence[str], now: int, periods: Mapping[Tally, str] = NO_PERIODS
    ) -> StockReading:
        """The stock of many SKUs at `now`; holds whose time is over are ended first."""
        arguments = [now, now, "", *stamp_arguments(self._keys, skus), len(loads), len(skus)]
        answer = self._sweep_and_read(self._snapshot_keys(skus, loads, periods=periods), arguments, now)
        return stock_reading_of(answer, now, loads, len(skus), periods)

    def read_stamps(self, skus: Sequence[str], *, loads: Sequence[str], now: int) -> StockReading | None:
        """As `read_stock`, but for the stock; None if there are holds to be ended first."""
        with faults():
            answer = self._snapshot(
                keys=self._snapshot_keys((), loads),
                args=[now, now, "", *stamp_arguments(self._keys, skus), len(loads), 0],
            )
        return None if answer[0] == b"expired" else stock_reading_of(answer, now, loads, 0)

    def _snapshot_keys(
        self,
        skus: Sequence[str],
        loads: Sequence[str],
        key: RequestKey | None = None,
        order: str | None = None,
        periods: Mapping[Tally, str] = NO_PERIODS,
    ) -> list[str]:
        keys = self._keys
        return SNAPSHOT.keys(
            keys,
            ([keys.load(name)] for name in loads),
            snapshot_sku_keys(keys, skus),
            taken_keys(keys, skus, periods.values()),
            idempotency=keys.idempotency(*((key.caller, key.name) if key else _NO_KEY)),
            order=keys.order(order or _NO_ORDER),
        )

    def _sweep_and_read(self, script_keys: Sequence[str], arguments: Sequence[str | int], now: int) -> list[Any]:
        """What snapshot.lua answers once the holds are ended whose time is over at `now`."""
        with taking(self._meter, "read"), faults():
            answer: list[Any] = self._snapshot(keys=script_keys, args=arguments)
            while answer[0] == b"expired":
                self._change_script.sweep([hold.decode() for hold in answer[1]], now=now)
                answer = self._snapshot(keys=script_keys, args=arguments)
        return answer

    def decided_before(self, orders: Sequence[str]) -> list[bool]:
        """Of each order id, whether it is taken."""
        with faults(), self._client.redis.pipeline(transaction=False) as read:
            for order in orders:
                read.hexists(self._keys.order(order), "first")
            return [bool(taken) for taken in read.execute()]

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
        rank: str | None = None,
        now: int = 0,
        linked: LinkedWrites | None = None,
        set_aside: SetAside = NOTHING_SET_ASIDE,
    ) -> CommitOutcome:
        """Take the holds and log `body` with its `facts`, all of it or nothing, if the stock that the decision claims,
        the capacity that it needs, and the versions of network and policies that it was made with are still there.

        The policy version must be the one active at `policies_at`, by default the decision's instant; no node that
        ships may rest then. A `caller` has at most `max_holds` open holds; None: any number. `linked` is what else is
        written in the same commit. With a `rank`, nothing is taken that is first to be offered to orders that wait and
        sort before it (see `rank_text` and `newcomer_text`), nor anything while orders are due at `now` to be offered
        stock from then on.
        """
        commit = Commit(
            decision=decision,
            decision_id=decision_id,
            body=body,
            facts=facts,
            key=key,
            policies_at=decision.decided_at if policies_at is None else policies_at,
            caller=caller,
            max_holds=max_holds,
            first=linked.first if linked else None,
            rank=rank,
            now=now,
            freed=linked.amendment.freed if linked and linked.amendment else None,
        )
        parts = self._parts(commit, set_aside)
        try:
            with taking(self._meter, "commit"), faults():
                answer = (
                    self._commit(**parts.call(self._keys))
                    if linked is None
                    else self._follow_up_commit.run(linked, parts)
                )
        except NotReplicated as error:
            (answer,) = error.answers
            if answer[0] == b"done":
                raise error.of(f"decision '{decision_id}' of order '{decision.order.id}'") from None
            # a commit that is refused writes nothing that a replica would have to have
        outcome = self._outcome(answer, linked.rejection.change.skus if linked and linked.rejection else ())
        self._tell(decision, outcome)
        return outcome

    def commit_together(self, commits: Sequence[Commit]) -> list[CommitOutcome]:
        """Commit each as `commit` does, by itself, but all in one round trip."""
        calls = []
        for commit in commits:
            call = self._parts(commit).call(self._keys)
            calls.append((call["keys"], call["args"]))
        with taking(self._meter, "commit"), faults():
            answers = self._client.run_together(self._commit, calls)
        outcomes = [self._outcome(answer) for answer in answers]
        for commit, outcome in zip(commits, outcomes, strict=True):
            self._tell(commit.decision, outcome)
        return outcomes

    def _tell(self, decision: Decision, outcome: CommitOutcome) -> None:
        """Tell the meter what became of a commit."""
        if isinstance(outcome, Committed):
            self._meter.decided(
                status=decision.status, policies=decision.policy_version, channel=decision.order.channel
            )
        elif (kind := _CONFLICTS.get(type(outcome))) is not None:
            self._meter.conflicted(kind)

    def _outcome(self, answer: Sequence[bytes], rejected: Sequence[str] = ()) -> CommitOutcome:
        """What commit.lua or commit_follow_up.lua answered; `rejected` are the SKUs of which units are rejected."""
        match answer:
            case b"key", decision:
                return AnsweredBefore(decision=decision.decode())
            case b"order", first:
                return OrderTaken(first=first.decode())
            case b"stale", node:
                return StockChanged(node=node.decode())
            case b"offer", name:
                return OfferedFirst(sku=name.decode().removeprefix(self._keys.on_hand("")) or None)
            case b"full", open_holds:
                return QuotaReached(open_holds=int(open_holds))
            case b"backorder" | b"awaited", *_:
                return UnitsOnBackorder.of(answer, rejected)
        return _OUTCOMES[answer[0]]

    def _parts(self, commit: Commit, set_aside: SetAside = NOTHING_SET_ASIDE) -> CommitCall:
        keys, decision, key, earlier = self._keys, commit.decision, commit.key, set_aside.earlier
        own = {
            "idempotency": keys.idempotency(*((key.caller, key.name) if key else _NO_KEY)),
            "order": keys.order(decision.order.id),
            "hold": keys.hold(commit.decision_id),
            "set_aside": keys.hold(set_aside.name or ""),
            "earlier_set_aside": keys.hold(earlier.id if earlier else ""),
        }
        skus = [*(claim.sku for claim in decision.claims), *(earlier.skus if earlier else ())]
        taken = TakenKeys(keys)
        request = commit_request(
            decision,
            commit.decision_id,
            commit.policies_at,
            taken,
            first=commit.first is None,
            caller=commit.caller,
            max_holds=commit.max_holds,
            key_seconds=IDEMPOTENCY_SECONDS if key else None,
            rank=commit.rank,
            now=commit.now,
            freed=commit.freed,
        )
        if set_aside is not NOTHING_SET_ASIDE:
            add_set_aside(request, set_aside, decision)
        if commit.freed is not None:
            add_freed(request, commit.freed, decision)
        encoded = self._encoder.decision(commit.decision_id, commit.first, commit.body, commit.facts)
        if encoded.new_key is not None:
            request["order_key"] = stored_secret(encoded.new_key)
        arguments = [commit.decision_id, encoded.stored, orjson.dumps(request)]
        return CommitCall(
            loads=[(keys.load(name),) for name in load_names(decision, earlier)],
            claims=list(sku_keys(keys, skus)),
            taken=list(taken),
            receipts=[(keys.receipts(sku), keys.pegs(sku)) for sku in receipt_skus(decision)],
            own=own,
            arguments=arguments,
        )


def sku_keys(keys: Keys, skus: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Of each SKU, the keys of what is on hand and what is held."""
    return ((keys.on_hand(sku), keys.held(sku)) for sku in skus)


def snapshot_sku_keys(keys: Keys, skus: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Of each SKU, the keys of what is on hand, what is held and what is to come."""
    return ((keys.on_hand(sku), keys.held(sku), keys.receipts(sku)) for sku in skus)


def stamp_arguments(keys: Keys, skus: Sequence[str]) -> list[str | int]:
    """The arguments with which snapshot.lua answers the stamps of the facts and of the SKUs."""
    return [1 + len(skus), keys.facts, *map(keys.on_hand, skus)]


_CONFLICTS: Mapping[type, str] = {
    StockChanged: "stock",
    NetworkChanged: "network",
    PoliciesChanged: "policies",
    OfferedFirst: "offered_first",
    ChainChanged: "order",
    HoldChanged: "hold",
    NoLongerWaiting: "backlog",
}
"""What was no more as it had been read, of the commits that are tried again."""
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
