"""The questions that people ask of a decision, each with its answer as statements."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from engine.audit.explanation.case import ExplainedChoice
from engine.audit.explanation.comparison import loss
from engine.audit.explanation.forced import with_at_most
from engine.audit.explanation.other_service import cheaper_service
from engine.audit.explanation.places import OtherPlaces
from engine.audit.explanation.statement import (
    Coded,
    Count,
    Distance,
    Instant,
    Names,
    Quantity,
    Rules,
    Statement,
    Units,
    Value,
    Values,
)
from engine.decide.decide import unfilled_of
from engine.decide.decision import Estimate, Unfilled
from engine.decide.rejected_stock import after_rejection, count_rejected_stock

QuestionCode: TypeAlias = Literal["parcels", "farther", "stock", "service", "unfilled", "place"]
"""Why so many parcels; why from farther away; what stock was there; why by a dearer service; why units are unfilled;
why not from a place that was named.
"""
_MOST_ASKED: Final = 5
"""Shipments of which it is said why they come from farther and by a dearer service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question and its answer; `place` is what was asked for, if that is what the question is about."""

    code: QuestionCode
    answers: tuple[Statement, ...]
    place: str | None = None


def questions(explained: ExplainedChoice, places: OtherPlaces, why_not: Sequence[str] = ()) -> Iterator[Question]:
    """Those that have an answer; raises NotFound for a place that there is not."""
    for name in why_not:
        yield Question(code="place", answers=tuple(places.of(name)), place=name)
    answers: dict[QuestionCode, Iterator[Statement]] = {
        "parcels": _parcels(explained),
        "farther": _farther(explained, places),
        "stock": _stock(explained),
        "service": _service(explained),
        "unfilled": unfilled_answers(explained),
    }
    for code, statements in answers.items():
        given = tuple(statements)
        if given:
            yield Question(code=code, answers=given)


def _parcels(explained: ExplainedChoice) -> Iterator[Statement]:
    """What it would have meant had there been one parcel fewer."""
    parcels = len(explained.shipments)
    if not parcels:
        return
    standing = explained.evaluation.standing_shipments
    values: Values = {"parcels": Count(parcels), "standing": Count(standing)}
    yield Statement(kind="parcels.beside" if standing else "parcels.number", values=values, count=parcels)
    if parcels > 1:
        outcome = loss(explained, with_at_most(explained, parcels - 1))
        yield Statement(
            kind="parcels.fewer", values={"parcels": Count(parcels - 1), "outcome": outcome}, count=parcels - 1
        )


def _farther(explained: ExplainedChoice, places: OtherPlaces) -> Iterator[Statement]:
    """Of each shipment, whether a place lies nearer that had free units of what it carries, and why not from there."""
    evaluation, out = explained.evaluation, explained.evaluation.reach
    line_of = {line.id: index for index, line in enumerate(evaluation.order.lines)}
    for shipment in explained.shipments[:_MOST_ASKED]:
        node = evaluation.ways.node_index[shipment.node]
        rows = np.unique(np.concatenate([evaluation.options[line_of[parcel.line]].reach for parcel in shipment.lines]))
        if not shipment.distance:
            continue
        nearest = rows[np.lexsort((out.node[rows], out.distance[rows]))[0]]
        name, distance = evaluation.ways.node_ids[int(out.node[nearest])], int(out.distance[nearest])
        values: Values = {"node": Names.of(shipment.node), "distance": Distance(shipment.distance)}
        if int(out.node[nearest]) == node or distance >= shipment.distance:
            yield Statement(kind="farther.nearest", values=values)
        else:
            yield Statement(
                kind="farther.other", values={**values, "nearest": Names.of(name), "nearer": Distance(distance)}
            )
            lines = {line_of[parcel.line] for parcel in shipment.lines}
            yield from places.of(name, lines, whatever_it_takes=False)


def _stock(explained: ExplainedChoice) -> Iterator[Statement]:
    """By SKU, the units that there were, and which of them the order could take."""
    evaluation, seen = explained.evaluation, set[str]()
    for line, positions in zip(evaluation.order.lines, evaluation.positions, strict=True):
        if line.sku in seen:
            continue
        seen.add(line.sku)
        stock, scale = positions.stock, positions.stock.scale
        on_hand, available = np.maximum(stock.on_hand, 0), stock.available
        free = np.minimum(positions.free, available)
        there = int((on_hand > 0).sum())
        values: Values = {
            "sku": Names.of(line.sku),
            "on_hand": Quantity(int(on_hand.sum()), scale),
            "places": Count(there),
            "held": Quantity(int((on_hand - available).sum()), scale),
            "kept": Quantity(int((available - free).sum()), scale),
            "free": Quantity(int(free.sum()), scale),
        }
        if there:
            yield Statement(kind="stock.there", values=values, count=there)
        else:
            yield Statement(kind="stock.none", values={"sku": Names.of(line.sku)})
        to_come = _to_come(explained, line.sku)
        if to_come:
            yield Statement(kind="stock.to_come", values={"units": Units.of(line.sku, to_come)}, count=to_come)
        oversold = int((positions.free - free).sum())
        if oversold:
            yield Statement(kind="stock.oversold", values={"units": Units.of(line.sku, oversold)})


def _to_come(explained: ExplainedChoice, sku: str) -> int:
    receipts = explained.evaluation.snapshot.receipts.get(sku, {})
    return sum(receipt.to_come for its in receipts.values() for receipt in its)


def _service(explained: ExplainedChoice) -> Iterator[Statement]:
    """Of each shipment, whether its place has a cheaper service for it, and why not by that."""
    for key in list(dict.fromkeys(key for key, _ in explained.choice.units))[:_MOST_ASKED]:
        yield cheaper_service(explained, key)


def unfilled_answers(explained: ExplainedChoice) -> Iterator[Statement]:
    """Why units of lines stay unfilled, by line and reason."""
    for item in unfilled(explained):
        values: Values = {"units": Units.of(item.sku, item.quantity), "line": Names.of(item.line)}
        yield Statement(kind="unfilled.line", values=values, count=item.quantity)
        for reason in item.reasons:
            resting = explained.evaluation.resting.values() if reason.code == "resting" else ()
            because = {rule: texts for rest in resting for rule, texts in rest.because.items()}
            yield Statement(
                kind="unfilled.reason",
                values={
                    "units": Units.of(item.sku, reason.units),
                    "reason": Coded(reason.code, f"reasons.{reason.code}"),
                },
                rules=Rules(reason.rules, because),
            )
        if item.estimate is not None:
            yield _estimate(item.sku, item.estimate)
        if item.backorder:
            yield Statement(kind="unfilled.backorder", values={"line": Names.of(item.line)})


def _estimate(sku: str, estimate: Estimate) -> Statement:
    names = tuple(name for name, _ in estimate.receipts)
    values: dict[str, Value] = {"units": Units.of(sku, estimate.units), "receipts": Names(names)}
    if estimate.arrives_by is None:
        values["expected"] = Instant(max(estimate.expected[name] for name in names))
        return Statement(kind="unfilled.late", values=values, count=estimate.units)
    values["arrives_by"] = Instant(estimate.arrives_by)
    return Statement(kind="unfilled.estimate", values=values, count=estimate.units)


def unfilled(explained: ExplainedChoice) -> Sequence[Unfilled]:
    """What the choice leaves unfilled, as the decision has it."""
    case = explained.case
    items = tuple(unfilled_of(explained.evaluation, explained.choice, case.left))
    if not case.remainder.barred:
        return items
    freed = after_rejection(case.snapshot, case.remainder.rejected)
    return count_rejected_stock(items, freed, case.remainder.barred)
