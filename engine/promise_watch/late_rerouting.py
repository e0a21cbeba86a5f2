"""Ships from elsewhere what would come too late: its units are no longer held there, and decided again in one commit,
if that arrives in time, or earlier than it would.

A rule asks for it (`reroute_if_late`), once for each shipment. A shipment whose receipt is late or short is always
looked at.
"""

from collections.abc import Callable, Sequence

from engine.decide import rule_facts
from engine.decide.decision import Decision, PromiseTerms
from engine.decide.order_record import order_of, timestamp
from engine.decide.priority import Rank, order_outcome, rank
from engine.decide.record_parts import FollowsRecord, LateRecord
from engine.decide.remainder import Barred, Remainder, barred_record
from engine.decide.shipping.calendar import EVER
from engine.errors import Contended, HoldEnded, InputInvalid, NotFound
from engine.facts_reader import FactsReader
from engine.idempotency import operation
from engine.inventory.hold_requests import hold_ended
from engine.model.milestones import RECEIPT_CAUSES
from engine.orders.decide_and_commit import DecideAndCommit
from engine.orders.decision_request import Decided, DecisionRequest, FollowUp, NotAccepted, Outcome
from engine.orders.rejection import LATE, RejectionRequest, plan_rejection
from engine.promise_watch.at_risk import AtRisk
from engine.promise_watch.raising import Rerouted
from engine.store.connection.client import Client
from engine.store.hold_changes.change_script import ChangeScript
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.decision_chain import Chain, read_chain
from engine.store.orders.parked import is_parked
from engine.store.orders.stored_order import amended_order
from rules.effects import DEFAULT_PRIORITY, PromiseOutcome
from rules.vocabulary import Stage

LAST = EVER - 1
"""Whenever it arrives."""


class LateRerouting:
    """Of one network. `after_freeing` is called once units were given up; `clock` answers UTC seconds, `micros`
    microseconds.
    """

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        facts: FactsReader,
        decide_and_commit: DecideAndCommit,
        undo_seconds: int,
        after_freeing: Callable[[], None],
        clock: Callable[[], int],
        micros: Callable[[], int],
    ) -> None:
        self._client = client
        self._keys = keys
        self._facts = facts
        self._change_script = ChangeScript(client, keys)
        self._decide_and_commit = decide_and_commit
        self._undo_seconds = undo_seconds
        self._after_freeing = after_freeing
        self._clock = clock
        self._micros = micros

    def is_asked_for(self, risk: AtRisk) -> bool:
        """Whether a rule says so, or its receipt is late or short."""
        if risk.cause in RECEIPT_CAUSES:
            return True
        order, shipment, now = risk.shipment.order, risk.shipment, self._clock()
        snapshot, matcher = self._facts.read(order.skus, now)
        network = snapshot.network
        if not matcher.policies.reroutes_late or any(sku not in snapshot.products for sku in order.skus):
            return False
        node, service = network.nodes.get(shipment.node), network.services.get(shipment.service)
        if node is None or service is None:
            return False
        facts = {
            **rule_facts.order_facts(order, snapshot.products, network),
            **rule_facts.node_facts(node, snapshot.loads.get(node.id, 0)),
            **rule_facts.service_facts(service),
            **rule_facts.now_facts(network, now),
            **rule_facts.node_clock_facts(network.clock_of(node), now),
            **rule_facts.promise_facts(risk.cause, late=risk.late),
        }
        outcome = matcher.judge(Stage.PROMISE, facts).outcome
        return isinstance(outcome, PromiseOutcome) and outcome.reroute_if_late

    def ranked(self, risks: Sequence[AtRisk]) -> list[AtRisk]:
        """By the priority of their orders, as the policies give it now."""
        if len(risks) < 2:  # noqa: PLR2004  # there is nothing to put in order
            return list(risks)
        now = self._clock()
        skus = list(dict.fromkeys(sku for risk in risks for sku in risk.shipment.order.skus))
        snapshot, matcher = self._facts.read_many(skus, now)

        def rank_of(risk: AtRisk) -> Rank:
            order = risk.shipment.order
            outcome = order_outcome(order, snapshot, matcher, now)
            return rank(order, DEFAULT_PRIORITY if outcome is None else outcome.priority, risk.shipment.decision)

        return sorted(risks, key=rank_of)

    def run(self, risk: AtRisk) -> Rerouted:
        """Decide the shipment's units again, and have them ship as decided if all of them arrive in time or, if nothing
        does, all of them earlier than they would.
        """
        promised, expected = risk.shipment.promised, risk.expected
        limits: list[int | None] = [promised]
        if expected is None:
            limits = [promised, None]
        elif expected - 1 > promised:
            limits = [promised, expected - 1]
        try:
            for limit in limits:
                match self._decide_again(risk, limit):
                    case Decided():
                        self._after_freeing()
                        return "moved"
                    case NotAccepted():
                        continue
                    case _:  # something of the order or its hold has changed meanwhile
                        return "later"
        except (Contended, HoldEnded):
            return "later"
        except (InputInvalid, NotFound):  # the network has something of the order no more
            return "stays"
        return "stays"

    def _decide_again(self, risk: AtRisk, limit: int | None) -> Outcome:
        """Commit the best choice that arrives by then (None: whenever), together with giving up the shipment;
        NotAccepted if there is none.
        """
        shipment, now = risk.shipment, self._clock()
        entry = decision_log.decided(self._client, self._keys, shipment.decision)
        record = entry.record
        if is_parked(self._client, self._keys, record.order.id):
            return NotAccepted()
        stored = self._change_script.read([entry], now=now)[0]
        if not any(item.number == shipment.number for item in stored.held):
            raise hold_ended(stored)
        rejection = plan_rejection(
            RejectionRequest(decision=shipment.decision, node=shipment.node, shipment=shipment.number, reason=LATE),
            stored,
            now=now,
            micros=self._micros(),
            undo_seconds=self._undo_seconds,
            text=self._facts.network().quantity_text,
        )
        chain = read_chain(self._client, self._keys, record.first)
        order = order_of(amended_order(self._client, self._keys, record.order.id) or chain.links[0].record.order)
        # what comes in late may still ship from there, on what there is on hand
        late_node = risk.cause not in RECEIPT_CAUSES
        skus = {line.sku for line in order.lines if line.id in rejection.units} if late_node else set()
        barred = _barred_nodes(chain, shipment.node, skus)
        late = LateRecord(
            shipment=shipment.number,
            cause=risk.cause,
            promised_by=timestamp(shipment.promised),
            expected_at=None if risk.expected is None else timestamp(risk.expected),
            sought=None if limit is None else timestamp(limit),
        )
        follows = FollowsRecord(
            decision=shipment.decision,
            first=chain.first,
            because="late",
            node=shipment.node,
            skus=sorted(skus),
            barred=barred_record(barred),
            late=late,
        )
        return self._decide_and_commit.run(
            DecisionRequest(
                remainder=Remainder(
                    whole_order=order,
                    units=rejection.units,
                    barred=barred,
                    standing_shipments=chain.kept - rejection.writes.change.ended,
                    promised=True,
                    rejected=rejection.positions,
                ),
                instant=now,
                caller=entry.caller,
                most_holds=None,  # it is not the caller who asks
                follow_up=FollowUp(
                    first=chain.first,
                    follow_ups=chain.follow_ups,
                    record=follows,
                    rejection=rejection.writes,
                    operation=operation(f"late {shipment.number}", None),
                ),
                terms=None if limit is None else PromiseTerms(arrives_by=limit),
                accepts=lambda decision: _arrives_by(decision) <= (LAST if limit is None else limit),
            )
        )


def _arrives_by(decision: Decision) -> int:
    """When the last of it arrives; EVER, if some of it does not ship."""
    if decision.unfilled or decision.scheduled:
        return EVER
    return max((shipment.arrives_by for shipment in decision.shipments), default=EVER)


def _barred_nodes(chain: Chain, node: str, skus: set[str]) -> Barred:
    """By SKU, the nodes that gave up units of it before, and this one for those that it gives up now."""
    barred = dict(chain.barred(lasting=False))
    return barred | {sku: barred.get(sku, frozenset()) | {node} for sku in skus}
