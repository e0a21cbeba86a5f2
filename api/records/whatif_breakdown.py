"""What a what-if says of flows, days, products and causes, as JSON."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Final

from msgspec import Meta

from engine.decide.order_record import Record
from engine.model.facts import MICRODEGREES, Node
from engine.simulation.breakdown import (
    NO_UNITS,
    NONE_SHIPPED,
    Area,
    Breakdown,
    CauseAmounts,
    OfProducts,
    Shipped,
)
from engine.simulation.cause import CAUSES, Cause
from engine.simulation.whatif import WhatIf

MOST_FLOWS: Final = 500
MOST_NODES_BY_DAY: Final = 100


class WhatIfShippedRecord(Record, frozen=True):
    """What leaves a node."""

    shipments: int
    units: int

    @classmethod
    def of(cls, shipped: Shipped) -> "WhatIfShippedRecord":
        return cls(*shipped)


class WhatIfFlowRecord(Record, frozen=True):
    """What a node ships to an area, by the baseline and by the draft."""

    node: str
    area: Annotated[str, Meta(description="one of the areas of `places`")]
    baseline: WhatIfShippedRecord
    draft: WhatIfShippedRecord

    @classmethod
    def each(cls, breakdown: Breakdown) -> "list[WhatIfFlowRecord]":
        rows = _paired(breakdown.baseline.flows, breakdown.draft.flows)
        shown = sorted(rows, key=lambda key: (*_weight([rows[key]]), key))[:MOST_FLOWS]
        return [cls(*key, *map(WhatIfShippedRecord.of, rows[key])) for key in sorted(shown)]


class WhatIfDayRecord(Record, frozen=True):
    """What leaves a node on a date of its clock, by the baseline and by the draft."""

    node: str
    date: str
    baseline: WhatIfShippedRecord
    draft: WhatIfShippedRecord

    @classmethod
    def each(cls, breakdown: Breakdown) -> "list[WhatIfDayRecord]":
        rows = _paired(breakdown.baseline.days, breakdown.draft.days)
        by_node: dict[str, list[tuple[Shipped, Shipped]]] = {}
        for (node, _), pair in rows.items():
            by_node.setdefault(node, []).append(pair)
        shown = set(sorted(by_node, key=lambda node: (*_weight(by_node[node]), node))[:MOST_NODES_BY_DAY])
        return [cls(*key, *map(WhatIfShippedRecord.of, rows[key])) for key in sorted(rows) if key[0] in shown]


class WhatIfProductUnitsRecord(Record, frozen=True):
    """Units that ship, now or later, and units that stay unfilled."""

    shipped: int
    unfilled: int


class WhatIfProductsRecord(Record, frozen=True):
    """Units of products of a lifecycle or a category, by the baseline and by the draft."""

    baseline: WhatIfProductUnitsRecord
    draft: WhatIfProductUnitsRecord

    @classmethod
    def each(
        cls, baseline: Mapping[str, OfProducts], draft: Mapping[str, OfProducts]
    ) -> "dict[str, WhatIfProductsRecord]":
        return {
            name: cls(
                baseline=WhatIfProductUnitsRecord(*baseline.get(name, NO_UNITS)),
                draft=WhatIfProductUnitsRecord(*draft.get(name, NO_UNITS)),
            )
            for name in sorted({*baseline, *draft})
        }


class WhatIfCauseRecord(Record, frozen=True):
    """How many decisions differ first by a cause, and how much more these come to by the draft."""

    decisions: int
    cost_micros: int
    carriage_micros: int
    handling_micros: int
    policy_amounts_micros: int
    co2_mg: int
    shipments: int
    units_unfilled: int

    @classmethod
    def of(cls, amounts: CauseAmounts) -> "WhatIfCauseRecord":
        more = amounts.more
        return cls(
            decisions=amounts.decisions,
            cost_micros=more.cost,
            carriage_micros=more.carriage,
            handling_micros=more.handling,
            policy_amounts_micros=more.policy_amounts,
            co2_mg=more.co2,
            shipments=more.shipments,
            units_unfilled=more.units_unfilled,
        )

    @classmethod
    def each(cls, breakdown: Breakdown) -> "dict[Cause, WhatIfCauseRecord]":
        return {cause: cls.of(breakdown.causes[cause]) for cause in CAUSES if cause in breakdown.causes}


class WhatIfNodePlaceRecord(Record, frozen=True):
    """Where a node lies."""

    type: str
    latitude: float | None
    longitude: float | None

    @classmethod
    def of(cls, node: Node) -> "WhatIfNodePlaceRecord":
        place = node.place
        return cls(
            type=node.type,
            latitude=None if place is None else place.latitude / MICRODEGREES,
            longitude=None if place is None else place.longitude / MICRODEGREES,
        )


class WhatIfAreaRecord(Record, frozen=True):
    """Where many orders go: a region, the beginning of a postcode, or the node at which they are collected."""

    decisions: int
    latitude: Annotated[float | None, Meta(description="of their middle, to a tenth of a degree: no address")]
    longitude: float | None

    @classmethod
    def of(cls, area: Area) -> "WhatIfAreaRecord":
        latitude, longitude = (None, None) if area.middle is None else map(_tenth, area.middle)
        return cls(decisions=area.decisions, latitude=latitude, longitude=longitude)


class WhatIfPlacesRecord(Record, frozen=True):
    """Where the flows begin and end."""

    nodes: Annotated[dict[str, WhatIfNodePlaceRecord], Meta(description="that ship something, as they are now")]
    areas: dict[str, WhatIfAreaRecord]

    @classmethod
    def of(cls, made: WhatIf) -> "WhatIfPlacesRecord":
        ship = sorted({node for result in made.drafts for node in result.comparison.nodes})
        areas = made.drafts[0].comparison.breakdown.areas if made.drafts else {}
        return cls(
            nodes={name: WhatIfNodePlaceRecord.of(made.nodes[name]) for name in ship if name in made.nodes},
            areas={name: WhatIfAreaRecord.of(area) for name, area in sorted(areas.items())},
        )


def _paired(
    baseline: Mapping[tuple[str, str], Shipped], draft: Mapping[tuple[str, str], Shipped]
) -> dict[tuple[str, str], tuple[Shipped, Shipped]]:
    return {
        key: (baseline.get(key, NONE_SHIPPED), draft.get(key, NONE_SHIPPED))
        for key in dict.fromkeys((*baseline, *draft))
    }


def _weight(pairs: Iterable[tuple[Shipped, Shipped]]) -> tuple[int, int]:
    """What changes most comes first, then what is the most."""
    changed = total = 0
    for before, after in pairs:
        changed += abs(after.units - before.units)
        total += before.units + after.units
    return -changed, -total


def _tenth(microdegrees: int) -> float:
    return round(microdegrees / MICRODEGREES, 1)
