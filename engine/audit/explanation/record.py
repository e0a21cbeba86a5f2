"""An explanation as JSON: each thing that is said as a sentence in one language, and the figures that it is made of."""

import datetime
from collections.abc import Iterable
from typing import Annotated, Any, Literal, TypeAlias

from msgspec import UNSET, Meta, UnsetType

from engine.audit.explanation.changes.search import FoundChange
from engine.audit.explanation.comparison import Loss, Part
from engine.audit.explanation.costs import Costs
from engine.audit.explanation.explain import Explanation
from engine.audit.explanation.questions import Question, QuestionCode
from engine.audit.explanation.statement import (
    Co2,
    Coded,
    Count,
    Date,
    Distance,
    Duration,
    EffectClause,
    Instant,
    Money,
    Names,
    Parts,
    Quantity,
    Statement,
    Units,
    Value,
)
from engine.audit.explanation.wording import Wording
from engine.decide.order_record import Record, timestamp
from engine.decide.record import DecisionRecord

Figure: TypeAlias = int | str | list[str] | Annotated[dict[str, int], Meta(title="NumbersByName")]


class CostsRecord(Record, frozen=True):
    """Money in micros, by what it is for; of a comparison, how much more of each."""

    carriage_micros: int
    handling_micros: int
    carbon_micros: Annotated[int, Meta(description="what the policies' price of CO2e adds")]
    rules_micros: Annotated[int, Meta(description="what `avoid` adds less what `prefer` takes away")]
    splits_micros: Annotated[int, Meta(description="what the shipments after the order's first add")]
    paid_micros: Annotated[int, Meta(description="carriage and handling: the cost of the decision")]
    compared_micros: Annotated[int, Meta(description="all of it: what choices are compared by")]
    lookahead_micros: Annotated[
        int | UnsetType, Meta(description="what look-ahead prices add, which nobody pays; left out if it is 0")
    ] = UNSET

    @classmethod
    def of(cls, costs: Costs) -> "CostsRecord":
        return cls(
            carriage_micros=costs.carriage,
            handling_micros=costs.handling,
            carbon_micros=costs.carbon,
            rules_micros=costs.rules,
            splits_micros=costs.splits,
            paid_micros=costs.paid,
            compared_micros=costs.total,
            lookahead_micros=costs.lookahead or UNSET,
        )


class LossRecord(Record, frozen=True):
    """How another choice compares with the one that was made."""

    part: Annotated[
        Part,
        Meta(
            description="the first part of the comparison in which they differ; tie: none; unproven: the other is"
            " better, and the search stopped before it found it"
        ),
    ]
    by: Annotated[
        int, Meta(description="by so much it is worse: units, parcels, tiers summed over units, micros or mg of CO2e")
    ]
    more: Annotated[CostsRecord, Meta(description="how much more it costs, whatever it lost on")]
    co2_mg: Annotated[int, Meta(description="how much more it emits")]

    @classmethod
    def of(cls, loss: Loss) -> "LossRecord":
        return cls(part=loss.part, by=loss.by, more=CostsRecord.of(loss.costs), co2_mg=loss.co2)


class StatementRecord(Record, frozen=True):
    """One thing that is said."""

    kind: str
    sentence: str
    figures: Annotated[
        dict[str, Figure],
        Meta(
            description="what the sentence is made of: names, units by SKU, and amounts in the unit their name ends in"
        ),
    ]
    rules: Annotated[list[str] | UnsetType, Meta(description="behind it")] = UNSET
    loss: Annotated[LossRecord | UnsetType, Meta(description="of a choice that is compared with the one made")] = UNSET

    @classmethod
    def of(cls, statement: Statement, wording: Wording) -> "StatementRecord":
        return cls(kind=statement.kind, sentence=wording.sentence(statement), **_data(statement))


class AnsweredQuestionRecord(Record, frozen=True):
    """A question that people ask of a decision, and its answer."""

    question: QuestionCode
    asks: str
    answers: list[StatementRecord]
    place: Annotated[str | UnsetType, Meta(description="that was asked for")] = UNSET

    @classmethod
    def of(cls, question: Question, wording: Wording) -> "AnsweredQuestionRecord":
        return cls(
            question=question.code,
            asks=wording.question(question),
            answers=_records(question.answers, wording),
            place=UNSET if question.place is None else question.place,
        )


class WouldShipRecord(Record, frozen=True):
    node: str
    service: str
    units: Annotated[dict[str, int], Meta(description="by SKU")]


class DecisiveChangeRecord(Record, frozen=True):
    """A single change under which the order would have been decided otherwise, and what would have shipped then."""

    kind: Literal[
        "change.rule_off",
        "change.amount",
        "change.units",
        "change.parcels",
        "change.earlier",
        "change.later",
    ]
    sentence: str
    figures: dict[str, Figure]
    ships: list[WouldShipRecord]
    unfilled: Annotated[dict[str, int], Meta(description="units by SKU")]
    rules: Annotated[list[str] | UnsetType, Meta(description="that are changed")] = UNSET

    @classmethod
    def of(cls, found: FoundChange, wording: Wording) -> "DecisiveChangeRecord":
        ships: dict[tuple[str, str], dict[str, int]] = {}
        for shipment in found.then.shipments:
            units = ships.setdefault((shipment.node, shipment.service), {})
            for parcel in shipment.lines:
                units[parcel.sku] = units.get(parcel.sku, 0) + parcel.quantity
        data = _data(found.statement)
        return cls(
            kind=found.statement.kind,  # type: ignore[arg-type]  # those of changes are these
            sentence=wording.change(found),
            ships=[
                WouldShipRecord(node=node, service=service, units=units) for (node, service), units in ships.items()
            ],
            unfilled=dict(found.then.missing_by_sku),
            **data,
        )


class DecisionExplanationRecord(Record, frozen=True):
    """Why a decision is as it is, in one language."""

    decision: str
    order: str
    language: str
    chosen: Annotated[list[StatementRecord], Meta(description="what ships, and what the decision follows")]
    costs: CostsRecord
    cost: Annotated[list[StatementRecord], Meta(description="what it costs and how it was compared")]
    places: Annotated[list[StatementRecord], Meta(description="why not from the places that ship nothing")]
    kept: Annotated[list[StatementRecord], Meta(description="what rules kept of the stock, and for whom")]
    questions: list[AnsweredQuestionRecord]
    lookahead_table: Annotated[
        str | UnsetType, Meta(description="the digest of the table of look-ahead prices that counted, if any did")
    ] = UNSET
    changes: Annotated[
        list[DecisiveChangeRecord] | UnsetType,
        Meta(description="what would have changed it; left out unless it is asked for"),
    ] = UNSET
    some_untried: Annotated[
        bool | UnsetType,
        Meta(description="true: not all changes were tried, as it takes too many decisions; otherwise left out"),
    ] = UNSET

    @classmethod
    def of(
        cls, explanation: Explanation, history: Iterable[Statement], wording: Wording, *, record: DecisionRecord
    ) -> "DecisionExplanationRecord":
        changes = explanation.changes
        return cls(
            decision=record.id or "",
            order=record.order.id,
            language=wording.catalogue.language,
            chosen=_records((*history, *explanation.chosen), wording),
            costs=CostsRecord.of(explanation.costs),
            cost=_records(explanation.cost, wording),
            places=_records(explanation.places, wording),
            kept=_records(explanation.kept, wording),
            questions=[AnsweredQuestionRecord.of(question, wording) for question in explanation.questions],
            lookahead_table=record.lookahead.used_table if record.lookahead else UNSET,
            changes=UNSET if changes is None else [DecisiveChangeRecord.of(found, wording) for found in changes.each],
            some_untried=(changes is not None and not changes.complete) or UNSET,
        )


def _records(statements: Iterable[Statement], wording: Wording) -> list[StatementRecord]:
    return [StatementRecord.of(statement, wording) for statement in statements]


def _data(statement: Statement) -> dict[str, Any]:
    """What a statement is made of, as the fields of its record."""
    figures: dict[str, Figure] = {}
    data: dict[str, Any] = {"figures": figures}
    for name, value in statement.values.items():
        if isinstance(value, Loss):
            data["loss"] = LossRecord.of(value)
        elif isinstance(value, Parts):
            figures.update({f"{part}_micros": micros for part, micros in value.by_name.items()})
        else:
            figures.update([_figure(name, value)])
    if statement.rules.rules:
        data["rules"] = list(statement.rules.rules)
    return data


def _when(value: Date | Instant) -> str:
    if isinstance(value, Date):
        return datetime.date.fromordinal(value.ordinal).isoformat()
    return timestamp(value.seconds)


def _figure(name: str, value: Value) -> tuple[str, Figure]:  # noqa: PLR0911  # a case for each kind of value
    match value:
        case Money(micros=micros):
            return f"{name}_micros", micros
        case Co2(milligrams=milligrams):
            return f"{name}_mg", milligrams
        case Distance(metres=metres):
            return f"{name}_m", metres
        case Duration(minutes=minutes):
            return f"{name}_minutes", minutes
        case Date() | Instant():
            return name, _when(value)
        case Units(by_sku=by_sku):
            return name, dict(by_sku)
        case Quantity(units=number) | Count(number=number) | EffectClause(number=number):
            return name, number
        case Names(names=names, single=single):
            return name, names[0] if single else list(names)
        case Coded(code=code):
            return name, code
    raise AssertionError(f"{name} has no figure")
