"""The facts of a batch's orders of one priority as the orders decided since left them, without reading them again."""

import dataclasses

from engine.decide.decision import Decision
from engine.decide.evaluation.candidates import Candidates
from engine.decide.evaluation.carry_over import carried_over
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.joint.planned_order import PlannedOrder
from engine.decide.matching.matcher import Matcher
from engine.decide.matching.volatile_facts import volatile_facts
from engine.decide.sourcing.problem import Choice
from engine.model.facts import Order, Snapshot
from rules.vocabulary import Stage


class ProjectedFacts:
    """`snapshot`, which the orders were planned on, less what `take` noted. What others did since is not in it."""

    def __init__(self, snapshot: Snapshot, matcher: Matcher) -> None:
        self._snapshot = snapshot
        self._positions = dict(snapshot.positions)
        self._loads = dict(snapshot.loads)
        self._volatile = volatile_facts(matcher.policies, tuple(Stage))

    def choose(self, planned: PlannedOrder) -> tuple[Evaluation, Choice] | None:
        """An order's evaluation on these facts, and its best choice; None if that does not fill it. The plan's own are
        taken where they still hold.
        """
        if planned.alone.score.unfilled:
            return None
        before = planned.evaluation
        snapshot = self._snapshot_of(before.order)
        if planned.keeps and planned.alone.gap == 0:
            carried = carried_over(before, planned.alone, snapshot, self._volatile)
            if carried is not None:
                return carried, planned.alone
        evaluation = Evaluation(order=before.order, snapshot=snapshot, matcher=before.matcher, now=before.now)
        choice = Candidates(evaluation).choose()
        return None if choice.score.unfilled else (evaluation, choice)

    def take(self, decision: Decision) -> None:
        """Note what a decision took; of positions that were not there before, nothing is known."""
        for claim in decision.claims:
            positions = self._positions[claim.sku]
            before = positions.get(claim.node)
            if before is not None:
                later = before._replace(held=before.held + claim.units)
                self._positions[claim.sku] = {**positions, claim.node: later}
        for load in decision.load_claims:
            self._loads[load.node] = self._loads.get(load.node, 0) + load.shipments

    def _snapshot_of(self, order: Order) -> Snapshot:
        positions = {sku: self._positions[sku] for sku in order.skus}
        return dataclasses.replace(self._snapshot, positions=positions, loads=dict(self._loads))
