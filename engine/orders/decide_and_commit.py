"""One decision from its facts to its commit: decided again on fresh facts for as long as others are faster."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from engine import __version__
from engine.decide.decision import Decision
from engine.decide.matching.matcher import Matcher
from engine.decide.node_rest import resting_record
from engine.decide.order_checks import check_order
from engine.decide.record import canonical, record
from engine.decide.remainder import Remainder, decide_remainder
from engine.errors import Contended, QuotaExceeded
from engine.facts_reader import Answered, FactsReader
from engine.model.facts import Order, Resting, Snapshot
from engine.settings import Settings
from engine.store.backlog import Waiting
from engine.store.follow_up_commit import MOST_WAITING, Along, Rejection
from engine.store.holds import Operation
from engine.store.ledger import Commit, Key, Ledger

MOST_ATTEMPTS = 10
"""Tries of one decision whose stock others keep taking. Each failed try is somebody else's success."""
MOST_OUTDATED = 1_000
"""Tries of one decision that other policies took over from. They count by themselves, so that no decision fails of an
activation, and none is committed under policies that decide no more.
"""

Told = Callable[[Decision, Snapshot, Matcher], Mapping[str, Any]]
Rests = Callable[[Snapshot, Matcher], Resting | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A decision's bytes, and whether they were made for this very call or had been before."""

    body: bytes
    new: bool

    @property
    def record(self) -> dict[str, Any]:
        return dict(orjson.loads(self.body))


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """The decision follows another of the chain that `first` began, of which `seen` follow-ups were known. `record` is
    what it says of that. `claims` is the decision whose waiting units it takes up; or `rejection` what it replaces,
    and `rests` how long the node that rejects then rests. `operation` is what a caller's request for it is known by.
    """

    first: str
    seen: int
    record: Mapping[str, Any]
    claims: str | None = None
    rejection: Rejection | None = None
    rests: Rests | None = None
    operation: Operation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be decided as of `instant`: all of an order, or a remainder of it. `waits`: its unfilled units wait
    for stock. `told` adds to its record. `if_any`: nothing is committed if nothing ships. `most_holds` of `caller`;
    None: any number.
    """

    remainder: Remainder
    instant: int
    caller: str
    most_holds: int | None
    key: Key | None = None
    waits: bool = False
    follow: Follow | None = None
    told: Told | None = None
    if_any: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The decision made; or the id of one made `before`; or `refused`, a word of commit_follow_up.lua; or none of
    them, if nothing could ship.
    """

    answer: Answer | None = None
    before: str | None = None
    refused: str | None = None


def whole(order: Order) -> Remainder:
    """All of an order."""
    return Remainder(whole=order, units={line.id: line.quantity for line in order.lines})


class Settling:
    """Decides and commits, on one network."""

    def __init__(
        self,
        ledger: Ledger,
        settings: Settings,
        *,
        facts: FactsReader,
        clock: Callable[[], int],
        new_id: Callable[[], str],
    ) -> None:
        self._ledger = ledger
        self._settings = settings
        self._facts = facts
        self._clock = clock
        self._new_id = new_id

    @property
    def max_holds(self) -> int | None:
        """Open holds that a caller may have."""
        return self._settings.max_holds

    def settle(self, wanted: Wanted, *, dry_run: bool = False) -> Settled:
        """Decide and commit; raises OrderInvalid, NotReady, QuotaExceeded, Contended, StoreUnavailable."""
        decision_id = self._new_id()
        tries = outdated = 0
        while tries < MOST_ATTEMPTS and outdated < MOST_OUTDATED:
            policies_at = max(wanted.instant, self._clock())
            try:
                found = self._facts.read(
                    wanted.remainder.whole.skus,
                    wanted.instant,
                    None if dry_run else wanted.key,
                    policies_at=policies_at,
                )
            except Answered as earlier:
                return Settled(before=earlier.decision)
            decision = self._decided(wanted, *found)
            if wanted.if_any and not decision.shipments:
                return Settled()
            rest = _rest(wanted, *found)
            body = canonical(_record(wanted, decision, None if dry_run else decision_id, *found, rest=rest))
            if dry_run:
                return Settled(answer=Answer(body=body, new=True))
            done = self._commit(wanted, decision, decision_id, body, policies_at, rest=rest)
            if done.answered is not None:
                return Settled(before=done.answered)
            if done.refused is not None:
                return Settled(refused=done.refused)
            if done.stale is None and not done.outdated:
                return Settled(answer=Answer(body=body, new=True))
            tries, outdated = tries + (not done.outdated), outdated + done.outdated
        raise Contended(
            f"others took the stock of order {wanted.remainder.whole.id} {MOST_ATTEMPTS} times in a row; try again"
        )

    def _decided(self, wanted: Wanted, snapshot: Snapshot, matcher: Matcher) -> Decision:
        check_order(wanted.remainder.whole, snapshot)
        held_from = max(wanted.instant, self._clock())
        return decide_remainder(wanted.remainder, snapshot, matcher, wanted.instant, held_from=held_from)

    def _commit(
        self, wanted: Wanted, decision: Decision, name: str, body: bytes, policies_at: int, *, rest: Resting | None
    ) -> Commit:
        done = self._ledger.commit(
            decision,
            name,
            body,
            wanted.key,
            policies_at=policies_at,
            caller=wanted.caller,
            max_holds=wanted.most_holds,
            along=self._along(wanted, decision, name, rest),
        )
        if done.full is not None:
            raise QuotaExceeded(
                f"'{wanted.caller}' has {done.full} open holds and may have {wanted.most_holds}"
                " (POINTSMAN_MAX_HOLDS); confirm or release some, or wait until they expire"
            )
        if done.refused == "crowded":
            raise QuotaExceeded(
                f"{MOST_WAITING} decisions wait for stock already, and no more can; run the backlog, withdraw some of"
                " them, or decide this order without letting it wait"
            )
        return done

    def _along(self, wanted: Wanted, decision: Decision, name: str, rest: Resting | None) -> Along | None:
        follow = wanted.follow
        waits = self._waiting(wanted, decision, name).body if wanted.waits and decision.unfilled else None
        if follow is None:
            return None if waits is None else Along(now=self._clock(), waits=waits)
        return Along(
            now=self._clock(),
            waits=waits,
            claims=follow.claims,
            first=follow.first,
            seen=follow.seen,
            rejection=follow.rejection,
            rest=rest,
            operation=follow.operation,
        )

    def _waiting(self, wanted: Wanted, decision: Decision, name: str) -> Waiting:
        return Waiting(
            decision=name,
            first=wanted.follow.first if wanted.follow else name,
            order=wanted.remainder.whole,
            units={item.line: item.quantity for item in decision.unfilled},
            since=self._clock(),
            caller=wanted.caller,
        )


def _rest(wanted: Wanted, snapshot: Snapshot, matcher: Matcher) -> Resting | None:
    """That of the node which rejects, by the policies that decide."""
    return wanted.follow.rests(snapshot, matcher) if wanted.follow and wanted.follow.rests else None


def _record(
    wanted: Wanted,
    decision: Decision,
    name: str | None,
    snapshot: Snapshot,
    matcher: Matcher,
    *,
    rest: Resting | None,
) -> dict[str, Any]:
    """What is answered and logged. A decision that nothing special is to be said of has no key for it."""
    made = record(decision, name, __version__)
    if wanted.waits and decision.unfilled and name is not None:
        made["waiting"] = True
    if wanted.follow is not None:
        made["follows"] = dict(wanted.follow.record)
        if rest is not None and wanted.follow.rejection is not None:
            node = wanted.follow.rejection.node
            said = resting_record(node, rest, snapshot.network)
            made["follows"]["rest"] = said
            # these rules are of the version that decides, which speaks before any that gave other rests
            made["rules"]["because"] |= said["rules"]
    if wanted.told is not None:
        made |= wanted.told(decision, snapshot, matcher)
    return made
