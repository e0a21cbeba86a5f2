"""Rolls a variant forward: goes through the log, and decides each order where the log decided it, on the stock as the
variant left it (see stock_difference.py). Nothing is written.

Where the variant and the log part ways, what the log says becomes of units of an order becomes of the variant's units
of the same lines (see order_units.py and logged_units.py). A node rejects in the variant only what that has there, and
an order that waits in the variant alone is offered what comes in, in its rank.
"""

from collections.abc import Iterable, Iterator

from engine.audit.comparison.contradictions import NOT_REPLAYABLE, contradictions_named
from engine.audit.replay import DecisionFacts, left_to_others
from engine.audit.replays import Replays
from engine.audit.sealing.leaf import id_text
from engine.decide.facts_record import FactsRecord, facts_from_json
from engine.decide.matching.matcher import Matcher
from engine.decide.record import DecisionRecord
from engine.errors import OrderInvalid
from engine.model.facts import Product, Snapshot, StockPosition
from engine.model.lots import NO_LOT
from engine.simulation.network_change import NetworkChange
from engine.simulation.outcome import is_parked, recorded
from engine.simulation.rolled.answer_journal import AnswerJournal
from engine.simulation.rolled.answering import Answer, Answering, Question
from engine.simulation.rolled.logged_answer import logged_answer
from engine.simulation.rolled.rolled_order import MadeDecision, VariantOrder
from engine.simulation.rolled.units.kinds import ORDER_KINDS, STOCK_KINDS
from engine.simulation.rolled.units.logged_orders import LoggedOrders
from engine.simulation.rolled.units.logged_units import fill_without_stock, placed, wait, waiting_lines
from engine.simulation.rolled.units.variant_stock import VariantStock
from engine.simulation.rolled.variant_remainder import variant_remainder
from engine.simulation.rolled.waiting_orders import WaitingOrders, WaitingUnits
from engine.simulation.tried_decision import UntriedDecision
from engine.store.log.decision_chain import GIVEN_UP
from engine.store.log.entry import Entry


class Roll:
    """One variant from the beginning of a period: the policies of `matcher`, on the network as it is changed.
    `offers`: orders that wait are offered what comes in. `as_logged`: decisions by these very policies, of which
    nothing differs, are taken from the log and not made again. What the `journal` has is not decided again.
    """

    def __init__(
        self,
        replays: Replays,
        matcher: Matcher,
        change: NetworkChange,
        *,
        offers: bool,
        as_logged: bool,
        journal: AnswerJournal | None = None,
    ) -> None:
        self._replays = replays
        self._offers = offers
        self._as_logged = as_logged and change.changes_nothing
        self._journal = journal
        self._stock = VariantStock()
        self.difference, self.known, self.stock_outs = self._stock.difference, self._stock.known, self._stock.outs
        self._answering = Answering(matcher, change, self.difference)
        self._orders = LoggedOrders(change.times)
        self._waiting = WaitingOrders(self._orders, self._stock, matcher.policies)
        self._with_new_stock: set[str] = set()
        self._waits: dict[str, bool] = {}
        """By channel, whether the last of its orders that fell short in the log was to wait for stock."""
        self.untried: list[UntriedDecision] = []
        self.decisions = 0
        self.made_as_logged = 0
        """Decisions of the log that the variant makes the same."""

    @property
    def variants(self) -> Iterator[VariantOrder]:
        """The orders as they stand, in the order of the log."""
        return self._orders.variants

    def add(self, entry: Entry) -> None:
        """The next entry of the log."""
        if entry.kind == "decided":
            self._decided(entry)
        elif entry.kind in ORDER_KINDS:
            self._units_changed(entry)
        elif entry.kind in STOCK_KINDS:
            for (sku, node), level in entry.levels_by_position:
                self._stock.came(sku, node, level.after - level.before)
        elif entry.kind == "received":
            self._received(entry)
        if self._offers:
            self._offer(entry)
        self._stock.end_entry(entry.at)

    def position(self, sku: str, node: str) -> StockPosition:
        """What the variant has there now."""
        return self._stock.position(sku, node)

    def end_positions(self) -> Iterator[tuple[Product, StockPosition]]:
        """Of the articles that decisions read, what the variant has now."""
        return self._stock.end_positions()

    # --- what the log decided

    def _decided(self, entry: Entry) -> None:
        try:
            with contradictions_named(entry.decision):
                record = entry.record
        except NOT_REPLAYABLE as error:
            self.untried.append(UntriedDecision(entry.decision, "not_replayable", str(error)))
            return
        self.decisions += 1
        self._waiting.log_decided(entry.decision, record.policy_version)
        order = self._orders.of_decision(entry, record)
        made_on, facts = self._made_on(entry, record)
        same = [its.units.same_as(order.units) for its in order.variants]
        if made_on is not None and facts is not None and record.because != "rejected":
            # of a rejection, the facts have as free already what is rejected
            policies = self._answering.matcher.policies
            self.known.read(made_on.snapshot, facts.stock.keys(), facts.nodes, policies, made_on.now)
        for variant, in_step in zip(order.variants, same, strict=True):
            if made_on is not None and facts is not None:
                self._decide(entry, record, made_on, facts, variant, in_step=in_step)
            elif in_step:
                self._place(entry, record, variant, self._as_in_log(entry, record, None), in_step=True)
        if record.because == "stock" and record.follows:
            order.units.waiting.pop(record.follows.decision, None)
        elif record.because == "amended":
            order.units.waiting.clear()
        order.units.place(self._stock.log, placed(entry, record))
        fill_without_stock(order.units, record)
        wait(order.units, entry.decision, waiting_lines(record))
        self._waiting.note(order)
        if record.unfilled and record.because is None:
            self._waits[record.order.channel] = record.may_wait

    def _made_on(self, entry: Entry, record: DecisionRecord) -> tuple[DecisionFacts | None, FactsRecord | None]:
        """What the decision was made on; None if that can't be known: it is then taken over as it was logged."""
        if entry.erased:
            why = "the order's personal values were erased"
            self.untried.append(UntriedDecision(entry.decision, "erased", why))
            return None, None
        try:
            with contradictions_named(entry.decision):
                facts = facts_from_json(entry.facts)
                looks_ahead = self._answering.matcher.policies.looks_ahead
                made_on = self._replays.facts_of(record, facts, looks_ahead=looks_ahead)
        except NOT_REPLAYABLE as error:
            self.untried.append(UntriedDecision(entry.decision, "not_replayable", str(error)))
            return None, None
        for sku in made_on.snapshot.products if self._answering.network.change.other else ():
            if sku not in self._with_new_stock:
                self._with_new_stock.add(sku)
                for node, units in self._answering.network.new_stock(sku, made_on.snapshot.network).items():
                    self.difference.change_position(sku, node, NO_LOT, units, 0)
        return made_on, facts

    def _decide(
        self,
        entry: Entry,
        record: DecisionRecord,
        made_on: DecisionFacts,
        facts: FactsRecord,
        variant: VariantOrder,
        *,
        in_step: bool,
    ) -> None:
        skus = made_on.snapshot.products
        variant.products.update(skus)
        variant.logged_by.add(record.policy_version)
        alone = self._orders[variant.first].rejected_in_log_alone(variant)
        if in_step and not alone and self._is_as_logged(record, skus):
            self._place(entry, record, variant, self._as_in_log(entry, record, made_on), in_step=True)
            variant.order = made_on.remainder.whole_order
            self.made_as_logged += 1
            return
        question = self._question(record, made_on, facts, variant, in_step=in_step)
        if question is None:
            return
        try:
            answer = self._answer(question, entry.decision)
        except (*NOT_REPLAYABLE, OrderInvalid) as error:
            self.untried.append(UntriedDecision(entry.decision, "not_replayable", str(error)))
            return
        if record.because == "stock" and not answer.shipments:
            return
        if answer.decided != recorded(record):
            variant.differences[id_text(entry.id)] = self.difference.part(skus)
        else:
            self.made_as_logged += variant.name == record.order.id
        self._place(entry, record, variant, answer, in_step=in_step)

    def _question(
        self,
        record: DecisionRecord,
        made_on: DecisionFacts,
        facts: FactsRecord,
        variant: VariantOrder,
        *,
        in_step: bool,
    ) -> Question | None:
        """What the variant decides there; None if there is nothing to decide."""
        order = self._orders[variant.first]
        remainder = variant_remainder(record, made_on.remainder, order, variant, in_step=in_step)
        if remainder is None:
            return None
        variant.order = remainder.whole_order
        return Question(
            remainder=remainder,
            logged=self._with_loads(record, made_on, facts),
            now=made_on.now,
            may_wait=record.may_wait or (not record.unfilled and self._waits.get(record.order.channel, False)),
            may_park=is_parked(record, facts, approve=True),
            parked=is_parked(record, facts, approve=False),
            left=left_to_others(record),
            terms=made_on.terms,
        )

    def _answer(self, question: Question, decision: str) -> Answer:
        """Raises one of NOT_REPLAYABLE, or OrderInvalid."""
        if self._journal is not None:
            return self._journal.answer(question, decision, self._answering)
        with contradictions_named(decision):
            return self._answering.answer(question, decision)

    def _is_as_logged(self, record: DecisionRecord, skus: Iterable[str]) -> bool:
        same_policies = record.policy_version == self._answering.matcher.policies.version
        return self._as_logged and same_policies and not self.difference.touches(skus)

    def _with_loads(self, record: DecisionRecord, made_on: DecisionFacts, facts: FactsRecord) -> Snapshot:
        """What the log decided on. It keeps nothing of what nodes were given that may not ship there: those that had
        rejected the order, but may not have in the variant.
        """
        named = {*facts.nodes, (record.follows and record.follows.node) or ""}
        nodes = {node for its in made_on.snapshot.positions.values() for node in its} - named
        return self.known.with_loads(made_on.snapshot, nodes, self._answering.matcher.policies, made_on.now)

    def _as_in_log(self, entry: Entry, record: DecisionRecord, made_on: DecisionFacts | None) -> Answer:
        return logged_answer(entry, record, self._answering, made_on)

    def _place(
        self, entry: Entry, record: DecisionRecord, variant: VariantOrder, answer: Answer, *, in_step: bool
    ) -> None:
        """Hold what was decided, and let wait what waits."""
        if record.because == "stock" and record.follows:
            if variant.units.waiting.pop(record.follows.decision, None) is None and not in_step:
                variant.units.waiting.clear()
        elif record.because == "amended":
            variant.units.waiting.clear()
        elif record.because in GIVEN_UP and not answer.shipments:
            variant.owed.add(entry.decision)
        fill_without_stock(variant.units, record)
        self._take(entry, entry.decision, variant, answer)

    def _take(self, entry: Entry, decision: str, variant: VariantOrder, answer: Answer) -> None:
        variant.units.place(self._stock.variant, answer.shipments)
        wait(variant.units, decision, answer.waiting)
        variant.rank, variant.not_before = answer.rank, answer.not_before
        variant.scheduled, variant.parked = answer.decided.status == "scheduled", answer.decided.parked
        variant.network = answer.network or variant.network
        variant.made.append(MadeDecision.of(id_text(entry.id), decision, answer, offered=decision != entry.decision))

    # --- what else the log says

    def _units_changed(self, entry: Entry) -> None:
        order = self._orders.of_units(entry)
        if order is not None:
            order.apply(entry, self._stock.log, self._stock.variant)
            self._waiting.note(order)

    def _received(self, entry: Entry) -> None:
        body = entry.receipt
        self._stock.came(body.sku, body.node, body.units)
        self._orders.receive(entry, self._stock)

    # --- orders that wait

    def _offer(self, entry: Entry) -> None:
        amended = self._orders.of_units(entry) if entry.kind == "amended" else None
        if amended is not None and amended.units.unfilled:
            return  # what the order lets go of is its own first: the next entry decides it, in the shop's same step
        for waiting in self._waiting.to_be_offered(entry.at):
            self._offer_to(entry, waiting)
        self._stock.variant.freed.clear()

    def _offer_to(self, entry: Entry, waiting: WaitingUnits) -> None:
        question = self._waiting.question(waiting, entry.at)
        if question is None:
            return
        variant = waiting.variant
        variant.not_before = None
        decision = self._waiting.new_decision()
        try:
            answer = self._answer(question, decision)
        except (*NOT_REPLAYABLE, OrderInvalid):
            return
        if answer.shipments:
            variant.units.waiting.pop(waiting.decision)
            self._take(entry, decision, variant, answer)
            self._waiting.note(self._orders[variant.first])
