"""Explains a decision: what was chosen, what it costs, why nothing else, and what would have changed it."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.audit.explanation.case import DecidedCase, ExplainedChoice
from engine.audit.explanation.changes.search import FoundChanges, changes
from engine.audit.explanation.chosen import chosen, costs
from engine.audit.explanation.costs import Costs
from engine.audit.explanation.kept import kept_units
from engine.audit.explanation.places import OtherPlaces
from engine.audit.explanation.questions import Question, questions
from engine.audit.explanation.statement import Names, Rules, Statement, Units, Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """In statements, which are in no language. `changes` is None if nobody asked for it."""

    explained: ExplainedChoice
    chosen: tuple[Statement, ...]
    costs: Costs
    cost: tuple[Statement, ...]
    places: tuple[Statement, ...]
    kept: tuple[Statement, ...]
    questions: tuple[Question, ...]
    changes: FoundChanges | None


def explain(case: DecidedCase, *, why_not: Sequence[str] = (), what_if: bool = False) -> Explanation:
    """Why the case is decided as it is; also why not from the places `why_not`, and if `what_if`, what would have
    changed it. Raises NotFound for a place that the network does not have.
    """
    explained = ExplainedChoice(case)
    places = OtherPlaces(explained)
    return Explanation(
        explained=explained,
        chosen=tuple(chosen(explained)),
        costs=explained.costs,
        cost=tuple(costs(explained)),
        places=tuple(places.statements()),
        kept=tuple(kept(explained)),
        questions=tuple(questions(explained, places, why_not)),
        changes=changes(explained) if what_if else None,
    )


def kept(explained: ExplainedChoice) -> Sequence[Statement]:
    """What rules kept of the stock, and for whom."""
    statements = []
    for item in kept_units(explained):
        kind = "kept.for_channels" if item.channels else "kept.safety" if item.safety else "kept.other"
        if item.channels and item.safety:
            kind = "kept.both"
        values: Values = {"units": Units.of(item.sku, item.units), "nodes": Names(item.nodes)}
        if item.channels:
            values["channels"] = Names(item.channels)
        statements.append(Statement(kind=kind, values=values, count=item.units, rules=Rules(item.rules)))
    return statements
