"""Ships from elsewhere what would come too late: its units are no longer held there, and decided again in one commit,
if that arrives in time, or earlier than it would.

A rule asks for it (`reroute_if_late`), once: of each shipment, and of what ships from elsewhere since no more. A
shipment whose receipt is late or short is always looked at.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Sequence

from engine.decide import rule_facts
from engine.decide.decision import Decision, PromiseTerms
from engine.decide.matching.matcher import Matcher
from engine.decide.order_record import timestamp
from engine.decide.priority import rank_text
from engine.decide.record_parts import FollowsRecord, LateRecord
from engine.decide.remainder import barred_record
from engine.decide.shipping.calendar import EVER
from engine.errors import Contended, HoldEnded, InputInvalid, NotFound
from engine.facts_reader import FactsReader
from engine.idempotency import operation
from engine.model.facts import Snapshot
from engine.model.milestones import RECEIPT_CAUSES
from engine.orders.decide_and_commit import DecideAndCommit, OfferFirst
from engine.orders.decision_request import Decided, NotAccepted, Outcome
from engine.orders.given_up_units import GivenUpReader
from engine.orders.rejection import LATE, RejectionRequest
from engine.promise_watch.at_risk import AtRisk
from engine.promise_watch.held_shipments import ShipmentKey
from engine.promise_watch.promise_rank import promise_rank
from engine.promise_watch.raising import Rerouted
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.orders.parked import is_parked
from engine.store.outcomes import OfferedFirst
from rules.effects import PromiseOutcome
from rules.vocabulary import Stage

_MOST_OFFERS = 10
"""How often a shipment is looked at anew because what it would take was first to be offered to others."""
LAST = EVER - 1
"""Whenever it arrives."""


class LateRerouting:
    """Of one network. `after_waiting`: units that are first to be offered to orders that wait and rank before the late
    ones are not taken; `offer_first` makes these offers. `after_freeing` is called once units were given up; `clock`
    answers UTC seconds, `micros` microseconds.
    """

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        facts: FactsReader,
        decide_and_commit: DecideAndCommit,
        undo_seconds: int,
        after_waiting: bool,
        offer_first: OfferFirst,
        after_freeing: Callable[[], None],
        clock: Callable[[], int],
        micros: Callable[[], int],
    ) -> None:
        self._client = client
        self._keys = keys
        self._facts = facts
        self._reader = GivenUpReader(client, keys, undo_seconds=undo_seconds)
        self._decide_and_commit = decide_and_commit
        self._after_waiting = after_waiting
        self._offer_first = offer_first
        self._after_freeing = after_freeing
        self._clock = clock
        self._micros = micros

    def asked_for(self, risks: Sequence[AtRisk]) -> set[ShipmentKey]:
        """Those for which a rule says so, unless that was done before; and those whose receipt is late or short."""
        keys = {risk.key for risk in risks if risk.cause in RECEIPT_CAUSES}
        others = [
            risk for risk in risks if risk.key not in keys and not (risk.shipment.state.rerouted or risk.shipment.moved)
        ]
        now = self._clock()
        if not others or not self._facts.read([], now)[1].policies.reroutes_late:
            return keys
        snapshot, matcher = self._facts.read_many(_skus(others), now)
        return keys | {risk.key for risk in others if _says_so(risk, snapshot, matcher, now)}

    def ranked(self, risks: Sequence[AtRisk]) -> list[AtRisk]:
        """By the priority of their orders, as the policies give it now."""
        if len(risks) < 2:  # noqa: PLR2004  # there is nothing to put in order
            return list(risks)
        now = self._clock()
        snapshot, matcher = self._facts.read_many(_skus(risks), now)

        return sorted(risks, key=lambda risk: promise_rank(risk.shipment, snapshot, matcher, now))

    def run(self, risk: AtRisk) -> Rerouted:
        """Decide the shipment's units again, and have them ship as decided if all of them arrive in time or, if nothing
        does, all of them earlier than they would.
        """
        now = self._clock()
        snapshot, matcher = self._facts.read(risk.shipment.order.skus, now)
        rank = rank_text(promise_rank(risk.shipment, snapshot, matcher, now))
        for _ in range(_MOST_OFFERS):
            match self.run_offered(risk, rank):
                case OfferedFirst() as offered:
                    with contextlib.suppress(Contended):
                        self._offer_first(offered, rank, self._decide_and_commit.run)
                case "moved":
                    self._after_freeing()
                    return "moved"
                case outcome:
                    return outcome
        return "later"

    def run_offered(self, risk: AtRisk, rank: str) -> Rerouted | OfferedFirst:
        """The same, once: what has to be offered first to those before the `rank`, the caller sees to, and to what the
        shipment frees.
        """
        try:
            for limit in _limits(risk):
                match self._decide_again(risk, limit, rank):
                    case Decided():
                        return "moved"
                    case OfferedFirst() as offered:
                        return offered
                    case NotAccepted():
                        continue
                    case _:  # something of the order or its hold has changed meanwhile
                        return "later"
        except (Contended, HoldEnded):
            return "later"
        except (InputInvalid, NotFound):  # the network has something of the order no more
            return "stays"
        return "stays"

    def _decide_again(self, risk: AtRisk, limit: int | None, rank: str) -> Outcome:
        """Commit the best choice that arrives by then (None: whenever), together with giving up the shipment;
        NotAccepted if there is none.
        """
        shipment, now = risk.shipment, self._clock()
        entry = decision_log.decided(self._client, self._keys, shipment.decision)
        if is_parked(self._client, self._keys, entry.record.order.id):
            return NotAccepted()
        request = RejectionRequest(
            decision=shipment.decision, node=shipment.node, shipment=shipment.number, reason=LATE
        )
        given_up = self._reader.read(
            entry, request, now=now, micros=self._micros(), text=self._facts.network().quantity_text
        )
        # what comes in late may still ship from there, on what there is on hand
        skus = set() if risk.cause in RECEIPT_CAUSES else given_up.skus
        barred = given_up.barred(skus)
        late = LateRecord(
            shipment=shipment.number,
            cause=risk.cause,
            promised_by=timestamp(shipment.promised),
            expected_at=None if risk.expected is None else timestamp(risk.expected),
            sought=None if limit is None else timestamp(limit),
        )
        follows = FollowsRecord(
            decision=shipment.decision,
            first=given_up.chain.first,
            because="late",
            node=shipment.node,
            skus=sorted(skus),
            barred=barred_record(barred),
            late=late,
        )
        decided_again = given_up.request(
            barred=barred, record=follows, operation=operation(f"late {shipment.number}", None)
        )
        return self._decide_and_commit.run(
            dataclasses.replace(
                decided_again,
                after_waiting=self._after_waiting,
                rank=rank,
                terms=None if limit is None else PromiseTerms(arrives_by=limit),
                accepts=lambda decision: _arrives_by(decision) <= (LAST if limit is None else limit),
            )
        )


def _limits(risk: AtRisk) -> list[int | None]:
    """By when it is to arrive so that it is better, the best first; None: whenever. Of a receipt of which nobody knows
    when it comes, what arrives as early as if that came now is better.
    """
    promised, expected, mark = risk.shipment.promised, risk.expected, risk.shipment.mark
    if expected is None:
        return [promised, None]
    is_unknown = mark is not None and mark.expected_at is None
    limit = expected if is_unknown else expected - 1
    return [promised, limit] if limit > promised else [promised]


def _skus(risks: Sequence[AtRisk]) -> list[str]:
    return list(dict.fromkeys(sku for risk in risks for sku in risk.shipment.order.skus))


def _says_so(risk: AtRisk, snapshot: Snapshot, matcher: Matcher, now: int) -> bool:
    """Whether the policies say that the shipment is to come from elsewhere if that is better."""
    order, shipment, network = risk.shipment.order, risk.shipment, snapshot.network
    node, service = network.nodes.get(shipment.node), network.services.get(shipment.service)
    if node is None or service is None or any(sku not in snapshot.products for sku in order.skus):
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


def _arrives_by(decision: Decision) -> int:
    """When the last of it arrives; EVER, if some of it does not ship."""
    if decision.unfilled or decision.scheduled:
        return EVER
    return max((shipment.arrives_by for shipment in decision.shipments), default=EVER)
