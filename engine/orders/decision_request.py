"""What is asked to be decided, and what may come of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from msgspec import UNSET, UnsetType

from engine.decide.decision import NOTHING_LEFT, Decision, LeftToOthers, PromiseTerms, Unfilled
from engine.decide.facts_record import FactsRecord
from engine.decide.kept_facts.remainder_record import RemainderRecord
from engine.decide.matching.judge import PolicyJudge
from engine.decide.matching.matcher import Matcher
from engine.decide.priority import newcomer_text
from engine.decide.promises.taken_promise import TakenPromise
from engine.decide.promises.taken_quote_record import TakenQuoteRecord
from engine.decide.record import DecisionRecord, facts_of, from_json, id_in, order_id_in, with_facts
from engine.decide.record_parts import FollowsRecord, LackedRecord
from engine.decide.remainder import Remainder
from engine.model.facts import NodeRest, Order, Snapshot
from engine.store.backlog import BacklogEntry
from engine.store.follow_up_commit import Amendment, Rejection
from engine.store.holds import Operation
from engine.store.ledger import RequestKey
from engine.store.log.entry import Entry
from engine.store.outcomes import (
    AnsweredBefore,
    ChainChanged,
    HoldChanged,
    NoLongerWaiting,
    OfferedFirst,
    OperationReused,
    OrderTaken,
    UnitsOnBackorder,
)

OrdersAhead: TypeAlias = Callable[[Decision, Snapshot, PolicyJudge], list[LackedRecord]]
"""Works out what other orders of a batch took that a decision lacks."""
RestAfterRejection: TypeAlias = Callable[[Snapshot, Matcher], NodeRest | None]
"""Works out how long the node that rejected units rests, by the policies; None if it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A decision's bytes and those of its facts, as they are logged; `new` if this very request made them, and no
    earlier one with the same key.
    """

    body: bytes
    logged_facts: bytes
    new: bool

    @classmethod
    def logged(cls, entry: Entry) -> "Answer":
        """Of an earlier request's decision."""
        return cls(body=entry.body, logged_facts=entry.logged_facts, new=False)

    @property
    def id(self) -> str | None:
        """None: a dry run."""
        return id_in(self.body)

    @property
    def order_id(self) -> str:
        return order_id_in(self.body)

    @property
    def record(self) -> DecisionRecord:
        """Decoded anew at each call."""
        return from_json(self.body)

    @property
    def facts(self) -> bytes:
        """As `facts_of` says."""
        return facts_of(self.body, self.logged_facts)

    @property
    def whole(self) -> bytes:
        """The body with the facts in it: made anew at each call, the same bytes each time."""
        return with_facts(self.body, self.logged_facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """Makes a request one that decides again some units of the order whose first decision is `first`, and that is only
    right after `follow_ups` earlier requests of that kind. `record` becomes the decision's `follows`.

    The units are those of the entry `waiting`, or those that a node rejects: then `rejection` is what is rejected, and
    `rest_after_rejection` works out how long the node rests; or those of an `amendment` that nothing ships yet.
    `operation` identifies the caller's request.
    """

    first: str
    follow_ups: int
    record: FollowsRecord
    waiting: BacklogEntry | None = None
    rejection: Rejection | None = None
    rest_after_rejection: RestAfterRejection | None = None
    amendment: Amendment | None = None
    operation: Operation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRequest:
    """What is to be decided as of `instant`: all of an order, or a remainder of it.

    `waits`: units left unfilled wait for stock in the backlog, and are offered none before the instant `not_before`.
    `after_waiting`: units that are first to be offered to orders that wait and rank before this one are not taken.
    `rank` is the `rank_text` of units that are held and late, which neither wait in the backlog nor are a newcomer's.
    `only_if_ships`: nothing is committed if nothing ships. What is `left` to other orders of a batch is not taken.
    `most_holds` is how many open holds the `caller` may have; None: any number. The units are held for `hold_minutes`,
    if the caller asked for so many. `promise` is what the order takes up of a quote; `terms` are those of an earlier
    promise, which the best choice that keeps it is to keep. Nothing is committed that is not what the caller `accepts`.
    """

    remainder: Remainder
    instant: int
    caller: str
    most_holds: int | None
    key: RequestKey | None = None
    waits: bool = False
    not_before: int | None = None
    after_waiting: bool = False
    rank: str | None = None
    follow_up: FollowUp | None = None
    orders_ahead: OrdersAhead | None = None
    left: LeftToOthers = NOTHING_LEFT
    only_if_ships: bool = False
    hold_minutes: int | None = None
    promise: TakenPromise | None = None
    terms: PromiseTerms | None = None
    accepts: Callable[[Decision], bool] | None = None

    def rank_for(self, decision: Decision) -> str | None:
        """The `rank` of the decision's commit, as `Ledger.commit` says."""
        if not self.after_waiting:
            return None
        if self.rank is not None:
            return self.rank
        if self.follow_up is not None and self.follow_up.waiting is not None:
            return self.follow_up.waiting.rank
        return newcomer_text(decision.priority)

    @property
    def is_newcomer(self) -> bool:
        """Whether it decides units that did not wait, and that orders that wait are offered before it."""
        return self.follow_up is None or self.amends is not None

    @property
    def amends(self) -> Amendment | None:
        return self.follow_up.amendment if self.follow_up else None

    def facts_of(self, decision: Decision, snapshot: Snapshot, policies_at: int) -> FactsRecord:
        """What is kept of the facts that `decision` was made on, by the policies of that instant."""
        rejects = self.follow_up.rejection.node if self.follow_up and self.follow_up.rejection else None
        remainder: RemainderRecord | UnsetType = UNSET
        if self.follow_up is not None:
            amends = self.amends
            remainder = RemainderRecord.of(
                self.remainder,
                snapshot,
                amends=amends is not None,
                parked=amends is not None and amends.parked,
                rejecting=rejects,
            )
        rests = {rejects: snapshot.resting[rejects]} if rejects and rejects in snapshot.resting else {}
        return FactsRecord.of(decision, policies_at=policies_at, remainder=remainder, rejecting=rests)

    def parks(self, decision: Decision) -> bool:
        """Whether an amended order waits for a person to approve it, as this decision or an earlier one says."""
        return self.amends is not None and (self.amends.parked or decision.awaiting_approval)

    def puts_on_backlog(self, decision: Decision) -> bool:
        """Whether units of it go on the backlog."""
        return decision.waits(may_wait=self.waits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The decision was made and, unless it was a dry run, committed."""

    answer: Answer
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingShips:
    """Nothing was committed: nothing would have shipped, and only a decision that ships was asked for. Units would have
    stayed `unfilled` for the reasons given there.
    """

    unfilled: tuple[Unfilled, ...]


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """Nothing was committed: the decision was not what was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseNotKept:
    """Nothing was committed: the promise can't be kept, and only then was the order to be decided."""

    quote: TakenQuoteRecord


Outcome: TypeAlias = (
    Decided
    | AnsweredBefore
    | OrderTaken
    | PromiseNotKept
    | NothingShips
    | NotAccepted
    | ChainChanged
    | HoldChanged
    | NoLongerWaiting
    | OfferedFirst
    | OperationReused
    | UnitsOnBackorder
)
"""OrderTaken only comes of requests without a follow-up, PromiseNotKept of those with a promise, NotAccepted of those
that say what they accept, those after it only of requests with a follow-up.
"""
Decide: TypeAlias = Callable[[DecisionRequest], Outcome]


def whole_order(order: Order) -> Remainder:
    """All of an order, as the remainder that is to be decided."""
    return Remainder(whole_order=order, units={line.id: line.quantity for line in order.lines})
