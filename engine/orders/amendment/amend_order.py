"""Amends orders: one call, one atomic commit."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec
from msgspec import UNSET

from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.order_checks import check_order
from engine.decide.order_record import OrderRecord
from engine.decide.record_parts import FollowsRecord
from engine.decide.remainder import Barred, Remainder, barred_record, without_barred
from engine.errors import Contended, OrderChanged
from engine.facts_reader import FactsReader
from engine.idempotency import answered_before, name_reused, operation
from engine.model.facts import Network
from engine.orders.amendment.plan import (
    AmendRequest,
    OrderAmendment,
    PlannedAmendment,
    only_fewer_units,
    plan_amendment,
)
from engine.orders.cancellation.cancel_order import unit_costs
from engine.orders.decide_and_commit import DecideAndCommit
from engine.orders.decision_request import Answer, Decided, DecisionRequest, FollowUp
from engine.orders.same_order import revision_of, written_alike
from engine.store.connection.client import Client
from engine.store.follow_up_commit import Amendment
from engine.store.hold_changes.change_script import MOST_TRIES, ChangeRequest, ChangeScript, LogFields, entry_fields
from engine.store.hold_changes.order_units import OrderUnits, find_first_decision
from engine.store.holds import Holds, Operation
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.decision_chain import barred_nodes
from engine.store.orders.parked import is_parked
from engine.store.outcomes import OperationReused, UnitsChanged
from engine.store.personal.entry_encoder import EntryEncoder


@dataclass(frozen=True, slots=True, kw_only=True)
class Amended:
    """What the amendment changed, and the decision of what it left undecided; None if that is nothing."""

    amendment: OrderAmendment
    decision: Answer | None = None


class Amendments:
    """The amendments of one network."""

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        facts: FactsReader,
        decide_and_commit: DecideAndCommit,
        encoder: EntryEncoder,
        after_waiting: bool,
        after_freeing: Callable[[], None],
        clock: Callable[[], int],
    ) -> None:
        """`after_waiting` as in DecisionRequest; `after_freeing` is called once units were let go."""
        self._after_waiting = after_waiting
        self._after_freeing = after_freeing
        self._client = client
        self._keys = keys
        self._encoder = encoder
        self._holds = Holds(client, keys)
        self._change_script = ChangeScript(client, keys)
        self._facts = facts
        self._decide_and_commit = decide_and_commit
        self._clock = clock

    def amend(self, request: AmendRequest, *, dry_run: bool = False) -> Amended:
        """Make the order another one. Units that have left stay so. Held units stay held where that is still right; all
        others that are ordered are decided by one decision, for which those that the order held are free. With
        `dry_run`, nothing is changed. Raises NotFound, InputInvalid, OrderInvalid, OrderChanged, AlreadyShipped,
        KeyReused, QuotaExceeded, Contended, NotReady, StoreUnavailable.
        """
        first = find_first_decision(self._client, self._keys, request.order.id)
        named = operation(request.fingerprint, request.op)
        for _ in range(MOST_TRIES):
            now = self._clock()
            order = self._change_script.read_order(first, now=now)
            answer = None if dry_run else answered_before(self._holds, first, named, request.op)
            if answer is not None:
                return self._amended(answer)
            request = _written_alike(request, order, self._facts.network())
            _verify_revision(request, order)
            text = self._facts.network().quantity_text
            plan = plan_amendment(request, order, unit_costs(order, self._facts), now=now, text=text)
            if isinstance(plan, OrderAmendment):
                return Amended(amendment=plan)
            act = self._decide if plan.undecided else self._change
            amended = act(request, plan, named, now=now, dry_run=dry_run)
            if amended is not None:
                return amended
        raise Contended(f"order {request.order.id} changes again and again; try again")

    def _decide(
        self, request: AmendRequest, plan: PlannedAmendment, named: Operation, *, now: int, dry_run: bool
    ) -> Amended | None:
        """Decide what is undecided; None if others changed the order meanwhile."""
        reading = plan.order.reading
        barred = _barred(plan)
        caller = reading.entries[0].caller
        outcome = self._decide_and_commit.run(
            DecisionRequest(
                remainder=Remainder(
                    whole_order=request.order,
                    units=plan.undecided,
                    barred=barred,
                    standing_shipments=plan.standing,
                    promised=plan.promised,
                ),
                instant=now,
                caller=caller,
                most_holds=self._most_holds(plan, caller),
                waits=request.waits or bool(reading.waiting),
                after_waiting=self._after_waiting,
                follow_up=FollowUp(
                    first=reading.first,
                    follow_ups=len(reading.entries) - 1,
                    record=FollowsRecord(
                        decision=reading.entries[-1].decision,
                        first=reading.first,
                        because="amended",
                        barred=barred_record(barred),
                    ),
                    amendment=Amendment(
                        changes=plan.changes,
                        order=plan.order,
                        entry=self._log_entry(plan, now),
                        answer=msgspec.json.encode(plan.answer),
                        parked=is_parked(self._client, self._keys, request.order.id),
                    ),
                    operation=named,
                ),
            ),
            dry_run=dry_run,
        )
        match outcome:
            case Decided(answer=decision):
                if not dry_run:
                    self._after_freeing()
                return Amended(amendment=plan.answer, decision=decision)
            case OperationReused():
                raise name_reused(request.op)
        return None

    def _change(
        self, request: AmendRequest, plan: PlannedAmendment, named: Operation, *, now: int, dry_run: bool
    ) -> Amended | None:
        """Change the order where nothing is to be decided; None if others changed it meanwhile."""
        snapshot, matcher = self._facts.read(request.order.skus, now, deciding=request.order.id)
        check_order(request.order, snapshot)
        if dry_run:
            return Amended(amendment=plan.answer)
        if not only_fewer_units(plan.order.reading.order, request.order):
            # what was approved, or needed no approval, may be another thing now
            evaluation = Evaluation(order=request.order, snapshot=snapshot, matcher=matcher, now=now)
            if evaluation.order_outcome.approve:
                plan = plan.parking()
        change = ChangeRequest(
            about=plan.order.reading.first,
            now=now,
            changes=plan.changes,
            entries=[self._log_entry(plan, now)],
            operation=named,
            # without a decision's id on its first line
            answer=b"\n" + msgspec.json.encode(plan.answer),
            order=plan.order,
        )
        match self._change_script.run(change):
            case UnitsChanged():
                self._after_freeing()
                return Amended(amendment=plan.answer)
            case OperationReused():
                raise name_reused(request.op)
        return None

    def _most_holds(self, plan: PlannedAmendment, caller: str) -> int | None:
        """How many open holds the caller may have, those included that end by the amendment."""
        most = self._decide_and_commit.max_holds
        ending = sum(
            change.before.caller == caller and not any(item.lines("held") for item in change.after)
            for change in plan.changes
        )
        return None if most is None else most + ending

    def _log_entry(self, plan: PlannedAmendment, now: int) -> LogFields:
        first = plan.order.reading.first
        return entry_fields("amended", first, now, **self._encoder.amendment(first, plan.body.encode()))

    def _amended(self, answer: str) -> Amended:
        """The answer as it is remembered: the decision's id, if there is one, and on the next line what changed."""
        decision, _, amendment = answer.partition("\n")
        return Amended(
            amendment=msgspec.json.decode(amendment, type=OrderAmendment),
            decision=Answer.logged(decision_log.decided(self._client, self._keys, decision)) if decision else None,
        )


def _written_alike(request: AmendRequest, order: OrderUnits, network: Network) -> AmendRequest:
    reading = order.reading
    took_quote = reading.entries[0].record.quote is not UNSET
    return replace(request, order=written_alike(request.order, reading.order, network, took_quote=took_quote))


def _verify_revision(request: AmendRequest, order: OrderUnits) -> None:
    """Raise OrderChanged if the order is neither as whoever amends it read it, nor as they want it."""
    now = revision_of(OrderRecord.of(order.reading.order))
    if request.revision not in (None, now) and now != revision_of(OrderRecord.of(request.order)):
        raise OrderChanged(
            f"the order {request.order.id} has changed meanwhile: nothing was amended. Read it again, and amend it as"
            " it is now"
        )


def _barred(plan: PlannedAmendment) -> Barred:
    """By SKU, the nodes that rejected it though it was in stock, without those that still had some of it to ship."""
    rejected = barred_nodes((entry.record for entry in plan.order.reading.entries), lasting=True)
    return without_barred(rejected, {(item.sku, item.node) for item in plan.answer.released})
