"""Decides one order and commits the decision: again, on fresh facts, whenever others changed the facts in between."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from msgspec import UNSET, UnsetType, structs

from engine.decide.decision import NOTHING_LEFT, Decision, LeftToOthers, Unfilled
from engine.decide.facts_record import FactsRecord, facts_to_json
from engine.decide.matching.matcher import Matcher
from engine.decide.node_rest import resting_record
from engine.decide.order_checks import check_order
from engine.decide.order_record import OrderRecord
from engine.decide.priority import newcomer_text, rank, rank_text
from engine.decide.promises.taken_promise import TakenPromise
from engine.decide.promises.taken_quote_record import TakenQuoteRecord
from engine.decide.record import (
    DecisionRecord,
    FollowsRecord,
    LackedRecord,
    facts_of,
    from_json,
    id_in,
    to_json,
    with_facts,
)
from engine.decide.remainder import Remainder, decide_remainder
from engine.errors import Contended, QuotaExceeded
from engine.facts_reader import AlreadyDecided, FactsReader
from engine.model.facts import NodeRest, Order, Snapshot
from engine.orders.set_aside import UnitsSetAside
from engine.settings import Settings
from engine.store.backlog import BacklogEntry
from engine.store.decision_log import Entry
from engine.store.follow_up_commit import MOST_WAITING, Amendment, LinkedWrites, Rejection
from engine.store.hold_changes.freed_stock import FreedStock
from engine.store.holds import Operation
from engine.store.ledger import Ledger, RequestKey
from engine.store.outcomes import (
    AnsweredBefore,
    BacklogFull,
    ChainChanged,
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
from engine.version import VERSION

MOST_STOCK_CHANGES = 10
"""How often one decision is made again because others took its stock: each time, somebody else's decision succeeded."""
MOST_WITH_SET_ASIDE = 30
"""The same where units are set aside for it: each try has less to lose than the one before."""
MOST_OFFERS = 100
"""How often one decision is made again because units it would take were first to be offered to orders that wait."""
MOST_POLICY_CHANGES = 1_000
"""How often one decision is made again because another policy version became active. They are counted apart, so that
activating policies makes no decision fail, and no decision is committed under policies that are active no more.
"""

OrdersAhead: TypeAlias = Callable[[Decision, Snapshot, Matcher], list[LackedRecord]]
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
    `only_if_ships`: nothing is committed if nothing ships. What is `left` to other orders of a batch is not taken.
    `most_holds` is how many open holds the `caller` may have; None: any number. The units are held for `hold_minutes`,
    if the caller asked for so many. `promise` is what the order takes up of a quote.
    """

    remainder: Remainder
    instant: int
    caller: str
    most_holds: int | None
    key: RequestKey | None = None
    waits: bool = False
    not_before: int | None = None
    after_waiting: bool = False
    follow_up: FollowUp | None = None
    orders_ahead: OrdersAhead | None = None
    left: LeftToOthers = NOTHING_LEFT
    only_if_ships: bool = False
    hold_minutes: int | None = None
    promise: TakenPromise | None = None

    def rank_for(self, decision: Decision) -> str | None:
        """The `rank` of the decision's commit, as `Ledger.commit` says."""
        if not self.after_waiting:
            return None
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

    def parks(self, decision: Decision) -> bool:
        """Whether an amended order waits for a person to approve it, as this decision or an earlier one says."""
        return self.amends is not None and (self.amends.parked or decision.awaiting_approval)


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
    | ChainChanged
    | HoldChanged
    | NoLongerWaiting
    | OfferedFirst
    | OperationReused
    | UnitsOnBackorder
)
"""OrderTaken only comes of requests without a follow-up, PromiseNotKept of those with a promise, those after it only of
requests with a follow-up.
"""
Decide: TypeAlias = Callable[[DecisionRequest], Outcome]
OfferFirst: TypeAlias = Callable[[OfferedFirst, str, Decide], None]
"""Makes the offers that a commit was refused for, as far as they go to orders that rank before the text; given how an
order that waits is decided.
"""
_FactsChanged: TypeAlias = StockChanged | NetworkChanged | PoliciesChanged | OfferedFirst


def whole_order(order: Order) -> Remainder:
    """All of an order, as the remainder that is to be decided."""
    return Remainder(whole_order=order, units={line.id: line.quantity for line in order.lines})


class DecideAndCommit:
    """Decides and commits, on one network."""

    def __init__(
        self,
        ledger: Ledger,
        settings: Settings,
        *,
        facts: FactsReader,
        offer_first: OfferFirst,
        clock: Callable[[], int],
        new_id: Callable[[], str],
    ) -> None:
        self._offer_first = offer_first
        self._ledger = ledger
        self._settings = settings
        self._facts = facts
        self._clock = clock
        self._new_id = new_id

    @property
    def max_holds(self) -> int | None:
        """Open holds that a caller may have."""
        return self._settings.max_holds

    def run(self, request: DecisionRequest, *, dry_run: bool = False) -> Outcome:
        """Decide and, unless `dry_run`, commit; raises OrderInvalid, NotReady, QuotaExceeded, Contended,
        StoreUnavailable.
        """
        decision_id = self._new_id()
        stock_changes = policy_changes = offers = 0
        with UnitsSetAside(self._ledger, decision_id, clock=self._clock) as set_aside:
            while (
                stock_changes < (MOST_WITH_SET_ASIDE if set_aside.hold else MOST_STOCK_CHANGES)
                and policy_changes < MOST_POLICY_CHANGES
                and offers < MOST_OFFERS
            ):
                set_aside.begin_try()
                outcome = self._try(request, decision_id, set_aside, dry_run=dry_run)
                match outcome:
                    case StockChanged():
                        stock_changes += 1
                        if not request.amends:  # which has units of its own that are held already
                            set_aside.lost()
                    case NetworkChanged():
                        stock_changes += 1
                    case PoliciesChanged():
                        policy_changes += 1
                    case OfferedFirst() if request.is_newcomer:
                        offers += 1
                    case _:
                        return outcome
        order = request.remainder.whole_order.id
        if policy_changes == MOST_POLICY_CHANGES:
            raise Contended(
                f"policies were activated {MOST_POLICY_CHANGES} times while order {order} was decided; try again"
            )
        if offers == MOST_OFFERS:
            raise Contended(
                f"units that order {order} needs arrived {MOST_OFFERS} times and went to orders that wait for them; try"
                " again"
            )
        raise Contended(f"others took the stock of order {order} {stock_changes} times in a row; try again")

    def _try(
        self, request: DecisionRequest, decision_id: str, set_aside: UnitsSetAside, *, dry_run: bool
    ) -> Outcome | _FactsChanged:
        """Decide on the facts of now, and commit if they are still the same then."""
        policies_at = max(request.instant, self._clock())
        try:
            snapshot, matcher = self._facts.read(
                request.remainder.whole_order.skus,
                request.instant,
                None if dry_run else request.key,
                order=None if dry_run or request.follow_up else request.remainder.whole_order.id,
                policies_at=policies_at,
                freed=_freed(request, set_aside),
                stamped=request.waits,
            )
        except AlreadyDecided as earlier:
            return earlier.outcome
        decision = self._decide(request, snapshot, matcher)
        if request.only_if_ships and not decision.fills_some:
            return NothingShips(unfilled=decision.unfilled)
        quote = request.promise.record(decision) if request.promise else None
        if quote and not quote.kept and request.promise and request.promise.only_if_kept:
            return PromiseNotKept(quote=quote)
        node_rest = _node_rest(request, snapshot, matcher)
        name = None if dry_run else decision_id
        facts = facts_to_json(FactsRecord.of(decision))
        body = to_json(
            _record(request, decision, name, snapshot, matcher, facts=facts, node_rest=node_rest, quote=quote)
        )
        answer = Answer(body=body, logged_facts=facts, new=True)
        if dry_run:
            return Decided(answer=answer, decision=decision)
        return self._commit(
            request,
            decision,
            decision_id,
            answer,
            policies_at,
            set_aside=set_aside,
            node_rest=node_rest,
            seen=snapshot.stamp,
        )

    def _decide(self, request: DecisionRequest, snapshot: Snapshot, matcher: Matcher) -> Decision:
        check_order(request.remainder.whole_order, snapshot, now=None if request.follow_up else request.instant)
        held_from = max(request.instant, self._clock())
        return decide_remainder(
            request.remainder,
            snapshot,
            matcher,
            request.instant,
            held_from=held_from,
            requested_minutes=request.hold_minutes,
            left=request.left,
            terms=request.promise.terms if request.promise else None,
        )

    def _commit(
        self,
        request: DecisionRequest,
        decision: Decision,
        decision_id: str,
        answer: Answer,
        policies_at: int,
        *,
        set_aside: UnitsSetAside,
        node_rest: NodeRest | None,
        seen: int,
    ) -> Outcome | _FactsChanged:
        outcome = self._ledger.commit(
            decision,
            decision_id,
            answer.body,
            request.key,
            facts=answer.logged_facts,
            policies_at=policies_at,
            caller=request.caller,
            max_holds=request.most_holds,
            rank=request.rank_for(decision),
            now=self._clock(),
            linked=self._linked_writes(request, decision, decision_id, node_rest, seen=seen),
            set_aside=set_aside.for_commit(),
        )
        match outcome:
            case Committed():
                set_aside.committed()
                return Decided(answer=answer, decision=decision)
            case QuotaReached(open_holds=open_holds):
                raise QuotaExceeded(
                    f"'{request.caller}' has {open_holds} open holds and may have {request.most_holds}"
                    " (POINTSMAN_MAX_HOLDS); confirm or release some, or wait until they expire"
                )
            case OfferedFirst() if request.is_newcomer:
                self._offer_first(outcome, newcomer_text(decision.priority), self.run)
                return outcome
            case BacklogFull():
                raise backlog_full()
            case _:
                return outcome

    def _linked_writes(
        self,
        request: DecisionRequest,
        decision: Decision,
        decision_id: str,
        node_rest: NodeRest | None,
        *,
        seen: int,
    ) -> LinkedWrites | None:
        follow_up = request.follow_up
        waiting = None
        if _waits(request, decision):
            waiting = self._backlog_entry(request, decision, decision_id).body
        if follow_up is None:
            return None if waiting is None else LinkedWrites(now=self._clock(), waiting=waiting, seen=seen)
        return LinkedWrites(
            now=request.instant,
            waiting=waiting,
            seen=seen,
            waiting_decision=follow_up.waiting.decision if follow_up.waiting else None,
            waiting_before=follow_up.waiting.stored if follow_up.waiting else b"",
            first=follow_up.first,
            follow_ups=follow_up.follow_ups,
            rejection=follow_up.rejection,
            node_rest=node_rest,
            amendment=follow_up.amendment,
            parks=request.parks(decision),
            operation=follow_up.operation,
        )

    def _backlog_entry(self, request: DecisionRequest, decision: Decision, decision_id: str) -> BacklogEntry:
        order = request.remainder.whole_order
        return BacklogEntry(
            decision=decision_id,
            first=request.follow_up.first if request.follow_up else decision_id,
            order=order,
            units=decision.waiting_units,
            since=self._clock(),
            caller=request.caller,
            rank=rank_text(rank(order, decision.priority, decision_id)),
            not_before=decision.scheduled.reserve_at if decision.scheduled else request.not_before,
        )


def _waits(request: DecisionRequest, decision: Decision) -> bool:
    """Whether units of it go on the backlog: of a scheduled order always, or nobody would come back to it."""
    return decision.scheduled is not None or (request.waits and bool(decision.unfilled))


def backlog_full() -> QuotaExceeded:
    """The error for units that can't wait."""
    return QuotaExceeded(
        f"{MOST_WAITING} decisions wait for stock already, and no more can; run the backlog, withdraw some of them, or"
        " leave these units unfilled"
    )


def _freed(request: DecisionRequest, set_aside: UnitsSetAside) -> FreedStock | None:
    """What is held for this very request."""
    if request.amends:
        return request.amends.freed
    return FreedStock.of_holds([set_aside.hold]) if set_aside.hold else None


def _node_rest(request: DecisionRequest, snapshot: Snapshot, matcher: Matcher) -> NodeRest | None:
    """The rest of the node that rejects, by the policies that decide."""
    rest_after_rejection = request.follow_up.rest_after_rejection if request.follow_up else None
    return rest_after_rejection(snapshot, matcher) if rest_after_rejection else None


def _record(
    request: DecisionRequest,
    decision: Decision,
    decision_id: str | None,
    snapshot: Snapshot,
    matcher: Matcher,
    *,
    facts: bytes,
    node_rest: NodeRest | None,
    quote: TakenQuoteRecord | None,
) -> DecisionRecord:
    """What is answered and logged. Keys of special cases are there only in such a case."""
    follows: FollowsRecord | UnsetType = UNSET
    if request.follow_up is not None:
        follows = request.follow_up.record
        if node_rest is not None and request.follow_up.rejection is not None:
            rest_record = resting_record(request.follow_up.rejection.node, node_rest, snapshot.network)
            follows = structs.replace(follows, rest=rest_record)
    record = DecisionRecord.of(
        decision,
        decision_id,
        VERSION,
        facts,
        waiting=_waits(request, decision) and decision_id is not None,
        follows=follows,
        lacked=UNSET if request.orders_ahead is None else request.orders_ahead(decision, snapshot, matcher),
        quote=quote or UNSET,
    )
    if not request.amends:
        return record
    # it has the order as it is from then on, with lines of which it decides nothing
    order = OrderRecord.of(request.remainder.whole_order)
    return structs.replace(record, order=order, awaiting_approval=request.parks(decision) or UNSET)
