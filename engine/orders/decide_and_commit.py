"""Decides one order and commits the decision: again, on fresh facts, whenever others changed the facts in between."""

from collections.abc import Callable
from typing import TypeAlias

from msgspec import UNSET, UnsetType, structs

from engine.decide.decision import Decision
from engine.decide.facts_record import facts_to_json
from engine.decide.matching.matcher import Matcher
from engine.decide.node_rest import resting_record
from engine.decide.order_checks import check_order
from engine.decide.priority import newcomer_text, rank, rank_text
from engine.decide.promises.taken_quote_record import TakenQuoteRecord
from engine.decide.record import DecisionRecord, to_json
from engine.decide.record_parts import FollowsRecord
from engine.decide.remainder import decide_remainder
from engine.errors import Contended, QuotaExceeded
from engine.facts_reader import AlreadyDecided, FactsReader
from engine.meter import NO_METER, Meter, deciding
from engine.model.facts import NodeRest, Snapshot
from engine.orders.decision_request import (
    Answer,
    Decide,
    Decided,
    DecisionRequest,
    NotAccepted,
    NothingShips,
    Outcome,
    PromiseNotKept,
)
from engine.orders.set_aside import UnitsSetAside
from engine.settings import Settings
from engine.store.backlog import BacklogEntry
from engine.store.follow_up_commit import MOST_WAITING, LinkedWrites
from engine.store.hold_changes.freed_stock import FreedStock
from engine.store.ledger import Ledger
from engine.store.outcomes import (
    BacklogFull,
    Committed,
    NetworkChanged,
    OfferedFirst,
    PoliciesChanged,
    QuotaReached,
    StockChanged,
)
from engine.version import VERSION

MOST_STOCK_CHANGES = 30
"""How often one decision is made again because others took its stock: each time, somebody else's decision succeeded.
A large order has units set aside from the third try on, so each has less to lose than the one before; where nothing can
be set aside, as of one article whose last units are contended or are still to come, a try takes little.
"""
MOST_OFFERS = 100
"""How often one decision is made again because units it would take were first to be offered to orders that wait."""
MOST_POLICY_CHANGES = 1_000
"""How often one decision is made again because another policy version became active. They are counted apart, so that
activating policies makes no decision fail, and no decision is committed under policies that are active no more.
"""

OfferFirst: TypeAlias = Callable[[OfferedFirst, str, Decide], None]
"""Makes the offers that a commit was refused for, as far as they go to orders that rank before the text; given how an
order that waits is decided.
"""
_FactsChanged: TypeAlias = StockChanged | NetworkChanged | PoliciesChanged | OfferedFirst


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
        meter: Meter = NO_METER,
    ) -> None:
        self._meter = meter
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
            while stock_changes < MOST_STOCK_CHANGES and policy_changes < MOST_POLICY_CHANGES and offers < MOST_OFFERS:
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
                deciding=request.remainder.whole_order.id,
                policies_at=policies_at,
                freed=_freed(request, set_aside),
                stamped=request.waits,
                stamped_for_backorders=not dry_run,
            )
        except AlreadyDecided as earlier:
            return earlier.outcome
        decision = self._decide(request, snapshot, matcher)
        if request.only_if_ships and not decision.fills_some:
            return NothingShips(unfilled=decision.unfilled)
        if request.accepts and not request.accepts(decision):
            return NotAccepted()
        quote = request.promise.record(decision) if request.promise else None
        if quote and not quote.kept and request.promise and request.promise.only_if_kept:
            return PromiseNotKept(quote=quote)
        node_rest = _node_rest(request, snapshot, matcher)
        name = None if dry_run else decision_id
        facts = facts_to_json(request.facts_of(decision, snapshot, policies_at))
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
        with deciding(self._meter):
            return decide_remainder(
                request.remainder,
                snapshot,
                matcher,
                request.instant,
                held_from=held_from,
                requested_minutes=request.hold_minutes,
                left=request.left,
                terms=request.promise.terms if request.promise else request.terms,
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
        if request.puts_on_backlog(decision):
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
            units=decision.waiting_units(may_wait=request.waits),
            since=self._clock(),
            caller=request.caller,
            rank=rank_text(rank(order, decision.priority, decision_id)),
            not_before=decision.scheduled.reserve_at if decision.scheduled else request.not_before,
        )


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
        may_wait=request.waits,
        follows=follows,
        lacked=UNSET if request.orders_ahead is None else request.orders_ahead(decision, snapshot, matcher),
        quote=quote or UNSET,
    )
    if not request.amends:
        return record
    return record.as_amendment(request.remainder.whole_order, parked=request.parks(decision))
