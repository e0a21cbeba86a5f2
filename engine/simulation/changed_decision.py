"""Why a draft decides an order otherwise: what each side ships, and why not as the other does."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.audit.deciding import decides_choice
from engine.audit.explanation.case import DecidedCase, ExplainedChoice
from engine.audit.explanation.chosen import costs
from engine.audit.explanation.other_service import cheaper_service
from engine.audit.explanation.places import OtherPlaces
from engine.audit.explanation.questions import unfilled_answers
from engine.audit.explanation.record import StatementRecord
from engine.audit.explanation.statement import Statement
from engine.audit.explanation.wording import Wording
from engine.audit.replay import ChoiceAgain, DecisionFacts, left_to_others
from engine.decide.matching.matcher import Matcher
from engine.decide.record import DecisionRecord
from engine.model.facts import Network
from engine.simulation.outcome import Decided
from rules.diff.compare import compare
from rules.wording.catalogue import load_catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedSide:
    """What one side decided, and why not as the other. `rules` are those that the other side has not, or has otherwise,
    and without which this side would have chosen otherwise.
    """

    decided: Decided
    rules: tuple[str, ...]
    why: tuple[StatementRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedChange:
    """A decision that a draft changes, by the baseline and by the draft."""

    record: DecisionRecord
    baseline: DecidedSide
    draft: DecidedSide


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one side's policies decide on the facts of a decision, as that side has them."""

    made_on: DecisionFacts
    matcher: Matcher
    again: ChoiceAgain
    decided: Decided


def explain_change(record: DecisionRecord, baseline: Side, draft: Side, *, language: str) -> ExplainedChange:
    """In sentences of a language that has a catalogue."""
    return ExplainedChange(
        record=record,
        baseline=_explained(record, baseline, draft, language),
        draft=_explained(record, draft, baseline, language),
    )


def _explained(record: DecisionRecord, side: Side, other: Side, language: str) -> DecidedSide:
    left, made_on = left_to_others(record), side.made_on
    case = DecidedCase(
        remainder=made_on.remainder,
        snapshot=made_on.snapshot,
        matcher=side.matcher,
        now=made_on.now,
        left=left,
        terms=made_on.terms,
    )
    wording = Wording(
        catalogue=load_catalogue(language), network=made_on.snapshot.network, policies=side.matcher.policies
    )
    own = _own_rules(side, other)
    statements = _why_not(ExplainedChoice(case), side.decided, other.decided, own, made_on.snapshot.network)
    return DecidedSide(
        decided=side.decided,
        rules=tuple(rule for rule in sorted(own) if decides_choice(rule, made_on, side.again, side.matcher, left)),
        why=tuple(StatementRecord.of(statement, wording) for statement in statements),
    )


def _own_rules(side: Side, other: Side) -> frozenset[str]:
    """The rules that the other side has not, or has otherwise."""
    changes = compare(other.matcher.policies, side.matcher.policies)
    return frozenset(change.rule for kind in ("added", "changed") for change in changes.of(kind))


def _why_not(
    explained: ExplainedChoice, made: Decided, other: Decided, own: frozenset[str], network: Network
) -> Iterator[Statement]:
    """Why not from the places of the other side that the side's network has, nor by its services; what is unfilled, if
    the sides differ in that; and what the side's own rules count for.
    """
    places = OtherPlaces(explained)
    for node in sorted((other.nodes - made.nodes).intersection(network.nodes)):
        yield from places.of(node)
    theirs = {(shipment.node, shipment.service) for shipment in other.shipments}
    for key in dict.fromkeys(key for key, _ in explained.choice.units):
        if key.node in other.nodes and (key.node, key.service) not in theirs:
            yield cheaper_service(explained, key)
    if made.unfilled != other.unfilled:
        yield from unfilled_answers(explained)
    yield from (statement for statement in costs(explained) if own.intersection(statement.rules.rules))
