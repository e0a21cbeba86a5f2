"""Where returned units would go, as JSON."""

from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, UnsetType

from engine.decide.order_record import Record
from engine.returns.placement.disposal import Why
from engine.returns.placement.placement import Because, Placement
from engine.returns.placement.places import Place
from engine.returns.placement_question import PlacementAnswer
from rules.effects import Exclusion

Refused: TypeAlias = Literal["excluded", "full"]


class PlaceRecord(Record, frozen=True):
    """A place that the unit could go to, and what it gains there."""

    node: str
    gain_micros: Annotated[int, Meta(description="sales less cost, plus and less what rules say")]
    chance_ppm: Annotated[
        int | None,
        Meta(description="that it sells within the days, in parts per million; null: it is not known what sells there"),
    ]
    days: Annotated[int, Meta(description="of cover")]
    there: Annotated[int, Meta(description="units that are there without it: available, on their way, placed before")]
    in_transit: Annotated[int, Meta(description="units on their way there")]
    shortfall: Annotated[int | None, Meta(description="units that are missing to what should be there")]
    sales_micros: Annotated[int, Meta(description="the chance times the article's margin")]
    cost_micros: Annotated[int, Meta(description="of moving it there, CO2e included")]
    co2_mg: int
    takes_minutes: int
    rules_micros: Annotated[int, Meta(description="what `avoid` takes off less what `prefer` adds")]
    tier: int
    rules: Annotated[list[str], Meta(description="that exclude it, rank it or change its gain")]
    refused: Annotated[
        Refused | UnsetType, Meta(description="why it may not go there; left out of places that it may go to")
    ] = UNSET

    @classmethod
    def of(cls, place: Place, *, refused: bool = False) -> "PlaceRecord":
        need = place.need
        why: Refused = "full" if place.exclude is Exclusion.NO else "excluded"
        return cls(
            node=place.node,
            gain_micros=place.gain,
            chance_ppm=need.chance,
            days=need.days,
            there=need.there,
            in_transit=need.in_transit,
            shortfall=need.shortfall,
            sales_micros=place.sales,
            cost_micros=place.cost,
            co2_mg=place.carbon,
            takes_minutes=place.takes,
            rules_micros=place.adjustment,
            tier=place.tier,
            rules=list(place.rules),
            refused=why if refused else UNSET,
        )


class PlacementRecord(Record, frozen=True):
    """What becomes of a unit, where it goes, and what other places would have gained."""

    quantity: int
    disposition: Annotated[str | None, Meta(description="null: a person has to say what becomes of it")]
    why: Annotated[Why, Meta(description="why it has this disposition, or none")]
    rules: Annotated[list[str], Meta(description="that say so")]
    node: Annotated[str, Meta(description="where it goes; where it lies, if it is not put in stock")]
    because: Annotated[Because, Meta(description="why it goes there, or stays")]
    gain_micros: Annotated[int, Meta(description="what it gains there more than where it lies")]
    margin_micros: Annotated[int | None, Meta(description="of the article; null: it is not known")]
    places: Annotated[
        list[PlaceRecord],
        Meta(description="the one it goes to, where it lies, others, the best first, and those refused"),
    ]
    explanation: Annotated[list[str], Meta(description="all this in sentences")]
    as_sku: Annotated[str | UnsetType, Meta(description="the article that it is put in stock as, if another")] = UNSET

    @classmethod
    def of(cls, placement: Placement, explanation: list[str]) -> "PlacementRecord":
        disposal = placement.disposal
        here = [placement.here] if placement.moves else []
        return cls(
            quantity=placement.quantity,
            disposition=None if disposal.disposition is None else disposal.disposition.word,
            why=disposal.why,
            rules=list(disposal.rules),
            as_sku=UNSET if disposal.sku == placement.unit.sku else disposal.sku,
            node=placement.node,
            because=placement.because,
            gain_micros=placement.gain,
            margin_micros=placement.margin,
            places=[
                *(PlaceRecord.of(place) for place in (placement.chosen, *here, *placement.others)),
                *(PlaceRecord.of(place, refused=True) for place in placement.refused),
            ],
            explanation=explanation,
        )


class PlacementsRecord(Record, frozen=True):
    """Where units of an article would go, one after another: those placed before count."""

    sku: str
    node: Annotated[str, Meta(description="where they lie")]
    language: str
    units: list[PlacementRecord]

    @classmethod
    def of(cls, answer: PlacementAnswer, language: str) -> "PlacementsRecord":
        return cls(
            sku=answer.question.sku,
            node=answer.question.node,
            language=language,
            units=[PlacementRecord.of(item, answer.sentences(item, language)) for item in answer.placements],
        )
