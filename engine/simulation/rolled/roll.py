"""Rolls a variant forward: goes through the log, and decides each order where the log decided it, on the stock as the
variant left it (see stock_difference.py). Nothing is written.

Where the variant and the log part ways, what the log says becomes of units of an order becomes of the variant's units
of the same lines (see order_units.py and logged_units.py). A node rejects in the variant only what that has there, and
an order that waits in the variant alone is offered what comes in, in its rank.
"""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from engine.audit.comparison.contradictions import NOT_REPLAYABLE, contradictions_named
from engine.audit.replay import DecisionFacts, left_to_others
from engine.audit.replays import Replays
from engine.audit.sealing.leaf import id_text
from engine.decide.facts_record import FactsRecord, facts_from_json
from engine.decide.matching.matcher import Matcher
from engine.decide.order_record import order_of, seconds
from engine.decide.record import DecisionRecord
from engine.decide.remainder import Remainder
from engine.errors import OrderInvalid
from engine.model.facts import Product, Snapshot, StockPosition
from engine.model.lots import NO_LOT
from engine.model.receipts import OPEN
from engine.simulation.network_change import NetworkChange
from engine.simulation.outcome import is_parked, recorded
from engine.simulation.rolled.answer_journal import AnswerJournal
from engine.simulation.rolled.answering import Answer, Answering, Question
from engine.simulation.rolled.books import Books
from engine.simulation.rolled.known_stock import KnownStock
from engine.simulation.rolled.logged_units import LoggedOrder, placed, wait, waiting_lines
from engine.simulation.rolled.order_units import OrderUnits
from engine.simulation.rolled.rolled_order import MadeDecision, VariantOrder
from engine.simulation.rolled.stock_difference import StockDifference
from engine.simulation.tried_decision import UntriedDecision
from engine.store.log.entry import Entry

ORDER_KINDS: Final = frozenset(
    {"confirmed", "released", "expired", "rejected", "cancelled", "amended", "undone", "withdrawn", "queued"}
)
STOCK_KINDS: Final = frozenset(
    {"moved", "counted", "return_disposed", "transfer_shipped", "transfer_received", "transfer_cancelled"}
)
KINDS: Final = frozenset({"decided", "received"}) | ORDER_KINDS | STOCK_KINDS
"""The kinds of entries that a roll reads."""
_OFFERED: Final = "~offered"
"""Ends the name of a decision that the variant makes where the log made none."""
_ALL: Final = 1 << 62


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
        self.difference = StockDifference()
        self.known = KnownStock()
        self._answering = Answering(matcher, change, self.difference)
        self._log = Books(difference=self.difference, sign=-1, since=self.known.since, on_change=self._note_changed)
        self._variant = Books(difference=self.difference, sign=1, on_change=self._note_changed)
        self._orders: dict[str, LoggedOrder] = {}
        self._first_of: dict[str, str] = {}
        """By decision, the first one of its order."""
        self._waiting: dict[tuple[str, str], VariantOrder] = {}
        self._with_new_stock: set[str] = set()
        self._waits: dict[str, bool] = {}
        """By channel, whether the last of its orders that fell short in the log was to wait for stock."""
        self._logged_by = ""
        """The policy version of the last decision of the log."""
        self._changed: set[tuple[str, str]] = set()
        self.stock_outs: dict[tuple[str, str], int] = {}
        """By SKU and node of which the variant has none free, since when."""
        self.untried: list[UntriedDecision] = []
        self.decisions = 0
        self.made_as_logged = 0
        """Decisions of the log that the variant makes the same."""

    @property
    def variants(self) -> Iterator[VariantOrder]:
        """The orders as they stand, in the order of the log."""
        for order in self._orders.values():
            yield from order.variants

    def add(self, entry: Entry) -> None:
        """The next entry of the log."""
        if entry.kind == "decided":
            self._decided(entry)
        elif entry.kind in ORDER_KINDS:
            self._units_changed(entry)
        elif entry.kind in STOCK_KINDS:
            for (sku, node), level in entry.levels_by_position:
                self._came(sku, node, level.after - level.before)
        elif entry.kind == "received":
            self._received(entry)
        if self._offers:
            self._offer(entry)
        self._variant.freed.clear()
        self._note_stock_outs(entry.at)

    def position(self, sku: str, node: str) -> StockPosition:
        """What the variant has there now; below 0 on hand, where the log counted fewer units than it shipped."""
        logged = self.known.at(sku, node)
        on_hand, held = self.difference.at(sku, node)
        return logged._replace(on_hand=logged.on_hand + on_hand, held=logged.held + held)

    def end_positions(self) -> Iterator[tuple[Product, StockPosition]]:
        """Of the articles that decisions read, what the variant has now."""
        for product, nodes in self.known.products():
            for node in sorted(nodes.union(self.difference.positions.get(product.sku, ()))):
                yield product, self.position(product.sku, node)

    def _note_changed(self, sku: str, node: str) -> None:
        self._changed.add((sku, node))

    def _note_stock_outs(self, now: int) -> None:
        for sku, node in self._changed:
            if self.position(sku, node).available:
                self.stock_outs.pop((sku, node), None)
            else:
                self.stock_outs.setdefault((sku, node), now)
        self._changed.clear()

    # --- what the log decided

    def _decided(self, entry: Entry) -> None:
        try:
            with contradictions_named(entry.decision):
                record = entry.record
        except NOT_REPLAYABLE as error:
            self.untried.append(UntriedDecision(entry.decision, "not_replayable", str(error)))
            return
        self.decisions += 1
        self._logged_by = record.policy_version
        order = self._order_of(entry, record)
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
                self._place(entry, record, variant, self._from_record(entry, record, None), in_step=True)
        if record.because == "stock" and record.follows:
            order.units.waiting.pop(record.follows.decision, None)
        elif record.because == "amended":
            order.units.waiting.clear()
        order.units.place(self._log, placed(entry, record))
        _fill_without_stock(order.units, record)
        wait(order.units, entry.decision, waiting_lines(record))
        self._note_waiting(order)
        if record.unfilled and record.because is None:
            self._waits[record.order.channel] = record.may_wait

    def _order_of(self, entry: Entry, record: DecisionRecord) -> LoggedOrder:
        """The order as it stands; of one from before the period, as far as this decision is about it."""
        first = self._first_of[entry.decision] = record.first
        order = self._orders.get(first)
        if order is None:
            ordered = Counter({line.id: line.quantity for line in record.order.lines})
            times = self._answering.network.change.times(record.order.id)
            variants = [
                VariantOrder(
                    name=record.order.id if number == 1 else f"{record.order.id}~{number}",
                    first=first,
                    entry=id_text(entry.id),
                    record=record.order,
                    order=None if entry.erased else order_of(record.order),
                    units=OrderUnits(ordered=Counter(ordered)),
                )
                for number in range(1, times + 1)
            ]
            order = self._orders[first] = LoggedOrder(OrderUnits(ordered=ordered), variants)
        return order

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
            self._place(entry, record, variant, self._from_record(entry, record, made_on), in_step=True)
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

    def _answer(self, question: Question, decision: str) -> Answer:
        """Raises one of NOT_REPLAYABLE, or OrderInvalid."""
        if self._journal is not None:
            return self._journal.answer(question, decision, self._answering)
        with contradictions_named(decision):
            return self._answering.answer(question, decision)

    def _is_as_logged(self, record: DecisionRecord, skus: Iterable[str]) -> bool:
        same_policies = record.policy_version == self._answering.matcher.policies.version
        return self._as_logged and same_policies and not self.difference.touches(skus)

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
        remainder = made_on.remainder
        if variant.name != record.order.id:
            order = dataclasses.replace(remainder.whole_order, id=variant.name)
            remainder = dataclasses.replace(remainder, whole_order=order)
        if record.because is not None and not in_step:
            units = _undecided(record, remainder, variant)
            if not units:
                return None
            remainder = dataclasses.replace(
                remainder,
                units=units,
                standing_shipments=variant.units.standing,
                barred=_barred(record, remainder, variant),
            )
        elif record.because is not None:
            alone = self._orders[variant.first].rejected_in_log_alone(variant)
            remainder = dataclasses.replace(remainder, barred=_barred_in_step(record, remainder, variant, alone))
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

    def _with_loads(self, record: DecisionRecord, made_on: DecisionFacts, facts: FactsRecord) -> Snapshot:
        """What the log decided on. It keeps nothing of what nodes were given that may not ship there: those that had
        rejected the order, but may not have in the variant.
        """
        named = {*facts.nodes, (record.follows and record.follows.node) or ""}
        nodes = {node for its in made_on.snapshot.positions.values() for node in its} - named
        return self.known.with_loads(made_on.snapshot, nodes, self._answering.matcher.policies, made_on.now)

    def _from_record(self, entry: Entry, record: DecisionRecord, made_on: DecisionFacts | None) -> Answer:
        """What the log decided, as it is."""
        amounts = record.score.money_micros - record.cost_micros
        fired = tuple(sorted(self._answering.rules.intersection(record.rules.fired)))
        return Answer(
            decided=recorded(record),
            shipments=placed(entry, record),
            waiting=waiting_lines(record),
            policy_amounts=amounts,
            fired=fired,
            rank="",
            not_before=seconds(record.scheduled.reserve_at) if record.scheduled else None,
            network=made_on.snapshot.network if made_on else None,
        )

    def _place(
        self, entry: Entry, record: DecisionRecord, variant: VariantOrder, answer: Answer, *, in_step: bool
    ) -> None:
        """Hold what was decided, and let wait what waits."""
        if record.because == "stock" and record.follows:
            if in_step:
                variant.units.waiting.pop(record.follows.decision, None)
            else:
                variant.units.waiting.clear()
        elif record.because == "amended":
            variant.units.waiting.clear()
        _fill_without_stock(variant.units, record)
        self._take(entry, entry.decision, variant, answer)

    def _take(self, entry: Entry, decision: str, variant: VariantOrder, answer: Answer) -> None:
        variant.units.place(self._variant, answer.shipments)
        wait(variant.units, decision, answer.waiting)
        variant.rank, variant.not_before = answer.rank, answer.not_before
        variant.scheduled, variant.parked = answer.decided.status == "scheduled", answer.decided.parked
        variant.network = answer.network or variant.network
        variant.made.append(MadeDecision.of(id_text(entry.id), decision, answer, offered=decision != entry.decision))

    # --- what else the log says

    def _units_changed(self, entry: Entry) -> None:
        names = [entry.decision]
        if entry.kind not in ("rejected", "withdrawn", "queued") and entry.units is not None:
            names += [hold.decision for hold in entry.units.holds]
        firsts = (self._first_of.get(name) for name in names)
        order = next((self._orders[first] for first in firsts if first in self._orders), None)
        if order is not None:
            order.apply(entry, self._log, self._variant)
            self._note_waiting(order)

    def _came(self, sku: str, node: str, units: int) -> None:
        """The log has so many units more, and so has the variant."""
        self.known.arrive(sku, node, units)
        self._changed.add((sku, node))
        if units > 0:
            self._variant.freed.add(sku)

    def _received(self, entry: Entry) -> None:
        """Units that were promised of it are held of what is on hand, in the variant in the order of the log."""
        body, name = entry.receipt, entry.decision
        self._came(body.sku, body.node, body.units)
        for hold, number, units in (*body.arrived, *body.lost):
            order = self._orders.get(self._first_of.get(hold, ""))
            for shipment in order.units.shipments if order else ():
                if (shipment.decision, shipment.number) == (hold, number):
                    shipment.arrived(self._log, name, units)
        rest = body.units if body.status in OPEN else _ALL
        for variant in self.variants:
            for shipment in variant.units.shipments:
                if rest and shipment.node == body.node:
                    rest -= shipment.arrived(self._variant, name, rest)

    # --- orders that wait

    def _note_waiting(self, order: LoggedOrder) -> None:
        for variant in order.variants:
            if variant.units.waiting and variant.order is not None:
                self._waiting[variant.key] = variant
            else:
                self._waiting.pop(variant.key, None)

    def _offer(self, entry: Entry) -> None:
        """Offer what became free to orders that wait in the variant. To those that wait alike in the log, on the same
        stock and under the same rules, the log offers it.
        """
        freed = frozenset(self._variant.freed)
        other_rules = self._logged_by != self._answering.matcher.policies.version
        waiting = [its for its in self._waiting.values() if its.is_due(entry.at, freed)]
        for variant in sorted(waiting, key=lambda its: its.rank):
            in_step = variant.units.same_as(self._orders[variant.first].units)
            alone = self._orders[variant.first].rejected_in_log_alone(variant)
            if other_rules or not in_step or alone or self.difference.touches(variant.skus):
                self._offer_to(entry, variant)

    def _offer_to(self, entry: Entry, variant: VariantOrder) -> None:
        logged = self.known.facts(variant.skus, self._answering.matcher.policies, entry.at)
        if logged is None or variant.order is None:
            return
        variant.not_before = None
        remainder = Remainder(
            whole_order=variant.order,
            units=dict(variant.units.waiting_units),
            barred=variant.barred(lasting=True),
            standing_shipments=variant.units.standing,
        )
        question = Question(remainder=remainder, logged=logged, now=entry.at, may_wait=True)
        decision = f"{id_text(entry.id)}{_OFFERED}"
        try:
            answer = self._answer(question, decision)
        except (*NOT_REPLAYABLE, OrderInvalid):
            return
        if answer.shipments:
            variant.units.waiting.clear()
            self._take(entry, decision, variant, answer)
            self._note_waiting(self._orders[variant.first])


def _undecided(record: DecisionRecord, remainder: Remainder, variant: VariantOrder) -> dict[str, int]:
    """Units by line that are to be decided of an order which stands otherwise than in the log."""
    units = variant.units
    lines = {line.id for line in remainder.whole_order.lines}
    if record.because == "stock":
        return {line: count for line, count in units.waiting_units.items() if line in lines}
    if record.because == "amended":
        return {line: count for line, count in units.unfilled.items() if line in lines}
    if record.because == "rejected" and record.follows and record.follows.node:
        node = record.follows.node
        there = {line: min(count, units.held_of(line, node)) for line, count in remainder.units.items()}
        return {line: count for line, count in there.items() if count}
    return {}  # the promise at risk was of a shipment that the variant does not have


def _barred(record: DecisionRecord, remainder: Remainder, variant: VariantOrder) -> Mapping[str, frozenset[str]]:
    """By SKU, the nodes that may not ship what is decided again: those that rejected it of the variant."""
    if record.because != "rejected" or not record.follows or not record.follows.node:
        return variant.barred(lasting=True)
    barred = variant.barred(lasting=False)
    rejecting = frozenset({record.follows.node})
    return barred | {line.sku: barred.get(line.sku, frozenset()) | rejecting for line in remainder.order.lines}


def _barred_in_step(
    record: DecisionRecord, remainder: Remainder, variant: VariantOrder, alone: AbstractSet[tuple[str, str]]
) -> Mapping[str, frozenset[str]]:
    """Those of the log, without the nodes that rejected the SKU in the log `alone`."""
    its = variant.barred(lasting=record.because != "rejected")
    rejecting = record.follows.node if record.follows else ""
    barred = {
        sku: frozenset(
            node for node in nodes if (sku, node) not in alone or node in its.get(sku, ()) or node == rejecting
        )
        for sku, nodes in remainder.barred.items()
    }
    return {sku: nodes for sku, nodes in barred.items() if nodes}


def _fill_without_stock(units: OrderUnits, record: DecisionRecord) -> None:
    for item in record.not_counted or ():
        units.not_counted[item.line] += item.quantity
