"""Explains logged decisions: rebuilds what each was made on, decides again, and says why it came out so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.audit.comparison.contradictions import contradictions_named
from engine.audit.explanation.case import DecidedCase
from engine.audit.explanation.explain import Explanation, explain
from engine.audit.explanation.history import history
from engine.audit.explanation.questions import unfilled
from engine.audit.explanation.record import DecisionExplanationRecord
from engine.audit.explanation.wording import Wording
from engine.audit.replay import left_to_others
from engine.audit.replays import Replays
from engine.decide.decision import Shipment
from engine.decide.order_record import timestamp
from engine.decide.record import DecisionRecord
from engine.decide.record_parts import ShipmentRecord
from engine.errors import FactsForgotten, OrderErased
from engine.facts_reader import FactsReader
from engine.orders.order_state import OrderState
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.entry import Entry
from rules.wording.catalogue import load_catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedDecision:
    """A decision's record, and why it is as it is."""

    record: DecisionRecord
    explanation: Explanation

    def in_language(self, language: str) -> DecisionExplanationRecord:
        """The explanation in sentences of a language that has a catalogue; raises RecordContradictory."""
        case = self.explanation.explained.case
        wording = Wording(
            catalogue=load_catalogue(language), network=case.snapshot.network, policies=case.matcher.policies
        )
        with contradictions_named(self.record.id or ""):
            return DecisionExplanationRecord.of(
                self.explanation,
                history(self.record),
                wording,
                record=self.record,
            )


class Explanations:
    """The explanations of one network's decisions. `show_order` answers how an order stands."""

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        replays: Replays,
        facts: FactsReader,
        show_order: Callable[[str], OrderState],
    ) -> None:
        self._client = client
        self._keys = keys
        self._replays = replays
        self._facts = facts
        self._show_order = show_order

    def of_decision(self, decision: str, *, why_not: Sequence[str] = (), what_if: bool = False) -> ExplainedDecision:
        """Also why not from the places `why_not`, and if `what_if`, what would have changed it. Raises NotFound for a
        decision or place that there is not; FactsForgotten if what it was made on is not kept, so that it comes out
        otherwise; OrderErased, DecisionUnreadable, RecordContradictory, StoreUnavailable.
        """
        entry = decision_log.decided(self._client, self._keys, decision)
        if entry.erased:
            raise OrderErased(
                f"decision {decision} can't be explained: the order's personal values were erased, and with them where"
                " it goes"
            )
        with contradictions_named(decision):
            return self._explained(entry, why_not, what_if=what_if)

    def _explained(self, entry: Entry, why_not: Sequence[str], *, what_if: bool) -> ExplainedDecision:
        record, made_on = entry.record, self._replays.made_on(entry)
        case = DecidedCase(
            remainder=made_on.remainder,
            snapshot=made_on.snapshot,
            matcher=self._facts.matcher(record.policy_version),
            now=made_on.now,
            left=left_to_others(record),
            terms=made_on.terms,
        )
        explanation = explain(case, why_not=why_not, what_if=what_if)
        if not agrees(explanation, record):
            raise FactsForgotten(
                f"decision {entry.decision} can't be explained: decided again, it comes out otherwise; pointsman replay"
                f" {entry.decision} says where, and why that may be"
            )
        return ExplainedDecision(record=record, explanation=explanation)

    def newest_decision(self, order: str) -> str:
        """The id of the order's newest decision; raises NotFound."""
        return [record.id or "" for record in self._show_order(order).decisions][-1]


def agrees(explanation: Explanation, record: DecisionRecord) -> bool:
    """Whether what is explained is what was decided."""
    explained = explanation.explained
    recorded = record.scheduled.shipments if record.scheduled else record.shipments
    missing = [(item.line, item.quantity) for item in unfilled(explained)]
    return list(map(_of_record, recorded)) == list(map(_of_shipment, explained.shipments)) and missing == [
        (item.line, item.quantity) for item in record.unfilled
    ]


def _of_record(shipment: ShipmentRecord) -> tuple[object, ...]:
    lines = [(line.line, line.quantity) for line in shipment.lines]
    times = shipment.ships_at, shipment.arrives_by, shipment.late
    return shipment.node, shipment.service, shipment.cost_micros, shipment.co2_mg, times, lines


def _of_shipment(shipment: Shipment) -> tuple[object, ...]:
    lines = [(line.line, line.quantity) for line in shipment.lines]
    times = timestamp(shipment.ships_at), timestamp(shipment.arrives_by), shipment.late
    return shipment.node, shipment.service, shipment.cost, shipment.co2, times, lines
