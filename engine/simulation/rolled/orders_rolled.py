"""The orders of a file by the baseline and by each draft, order beside order, and why a draft decides one otherwise."""

import functools
from collections.abc import Sequence

from engine.audit.deciding import decides_choice
from engine.audit.replay import ChoiceAgain, DecisionFacts, evaluation_of
from engine.decide.decide import choose, decision
from engine.decide.decision import NOTHING_LEFT
from engine.decide.evaluation.candidates import Candidates
from engine.decide.facts_record import FactsRecord, facts_to_json
from engine.decide.record import DecisionRecord
from engine.model.facts import Order
from engine.orders.decision_request import whole_order
from engine.parallel.work import Task
from engine.simulation.changed_decision import ExplainedChange, Side, explain_change
from engine.simulation.comparison import ChangedDecision, Comparison
from engine.simulation.draft import facts_not_kept
from engine.simulation.one_step import OneStep
from engine.simulation.outcome import decided_by_choice
from engine.simulation.rolled.answering import as_variant
from engine.simulation.rolled.merging import pairs, tried
from engine.simulation.rolled.order_roll import OrderRoll
from engine.simulation.rolled.orders_to_try import OrderFacts
from engine.simulation.rolled.rolling import Rolled, RolledPart
from engine.simulation.rolled.units.stock_difference import StockDifference
from engine.version import VERSION


class OrdersRolled(Rolled):
    """The orders, each on its facts, by what `one_step` compares. `rolls` are the baseline and then the drafts."""

    def __init__(self, orders: Sequence[Order], facts: OrderFacts, rolls: Sequence[OrderRoll]) -> None:
        baseline, *drafts = [its.run() for its in rolls]
        super().__init__([RolledPart(baseline, drafts, [None] * len(drafts))])
        self._orders = orders
        self._facts = facts
        self._rolls = rolls

    def add_each(self, comparisons: Sequence[Comparison], one_step: OneStep) -> None:
        """Each draft to its comparison, order by order, with the facts that it asks for and that were not read."""
        (part,) = self.parts
        for number, (comparison, run) in enumerate(zip(comparisons, part.drafts, strict=True)):
            read_for, policies = self._facts.read_for, one_step.matcher(number).policies
            not_read = () if read_for is None else tuple(facts_not_kept(policies, read_for))
            for pair in pairs(part.baseline, run):
                decision_, its = tried(pair)
                comparison.add(decision_, its._replace(not_kept=not_read))

    def explain(self, draft: int, changed: ChangedDecision, language: str) -> Task:
        return functools.partial(self._explained, draft=draft, changed=changed, language=language)

    def weigh(self, draft: int, rule: str, entries: Sequence[str]) -> Task:
        return functools.partial(self._weighed, draft=draft, rule=rule, entries=entries)

    def _explained(self, one_step: OneStep, draft: int, changed: ChangedDecision, language: str) -> ExplainedChange:
        sides = []
        for side in (None, draft):
            before = self._roll(side).differences_before({changed.order})
            sides.append(self._side(one_step, side, changed.entry, before[changed.order]))
        baseline, its = sides
        made = decision(baseline.again.evaluation, baseline.again.choice, held_from=baseline.made_on.now)
        kept = facts_to_json(FactsRecord.of(made, policies_at=None))
        return explain_change(DecisionRecord.of(made, None, VERSION, kept), baseline, its, language=language)

    def _weighed(self, one_step: OneStep, draft: int, rule: str, entries: Sequence[str]) -> tuple[bool, int]:
        names = {self._orders[place_of(entry)].id: entry for entry in reversed(entries)}
        before = self._roll(draft).differences_before(names)
        for weighed, (name, entry) in enumerate(names.items(), start=1):
            if name not in before:
                continue
            side = self._side(one_step, draft, entry, before[name])
            if decides_choice(rule, side.made_on, side.again, side.matcher, NOTHING_LEFT):
                return True, weighed
        return False, len(names)

    def _roll(self, draft: int | None) -> OrderRoll:
        return self._rolls[0 if draft is None else draft + 1]

    def _side(self, one_step: OneStep, draft: int | None, entry: str, before: StockDifference) -> Side:
        """What is decided of the order at that place, as those before it left the stock."""
        order, facts = self._orders[place_of(entry)], self._facts.snapshots[place_of(entry)]
        matcher, now = one_step.matcher(draft), order.placed_at
        snapshot = as_variant(facts, now, one_step.network(draft), before, matcher)
        made_on = DecisionFacts(snapshot=snapshot, remainder=whole_order(order), now=now, terms=None)
        evaluation = evaluation_of(made_on, matcher)
        candidates = Candidates(evaluation, NOTHING_LEFT)
        again = ChoiceAgain(evaluation=evaluation, candidates=candidates, choice=choose(candidates, None))
        made = decided_by_choice(again, may_wait=False, parked=evaluation.order_outcome.approve)
        return Side(made_on=made_on, matcher=matcher, again=again, decided=made)


def entry_of(place: int) -> str:
    """How the order at a place of the file, from 0, is named among log entries."""
    return f"{place + 1}-0"


def place_of(entry: str) -> int:
    return int(entry.partition("-")[0]) - 1
