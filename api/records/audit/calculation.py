"""How the cost and the CO2e of a decision come about, as JSON and as rows of a table."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Annotated, TypeAlias

from msgspec import UNSET, Meta, UnsetType

from api.shapes.quantities import Quantities
from engine.audit.calculation import (
    Calculation,
    CostPart,
    CostRow,
    DistanceBy,
    EmissionPart,
    EmissionRow,
    LineEmission,
    ShipmentCalculation,
)
from engine.decide.order_record import Record, Timestamp
from rules.tables.formulas import guarded

Cells: TypeAlias = Mapping[str, object]
"""Of a line of a table, by column."""


class CostRowRecord(Record, frozen=True):
    """A part of what a shipment costs: of units of a line at so many micros each, or of the shipment. handling and
    unit_handling are the place's, all others the service's.
    """

    part: CostPart
    amount_micros: int
    line: str | UnsetType = UNSET
    sku: str | UnsetType = UNSET
    quantity: int | UnsetType = UNSET
    each_micros: int | UnsetType = UNSET

    @classmethod
    def of(cls, row: CostRow) -> "CostRowRecord":
        if row.line is None or row.sku is None:
            return cls(part=row.part, amount_micros=row.amount)
        return cls(part=row.part, amount_micros=row.amount, line=row.line, quantity=row.units, each_micros=row.each)


class EmissionRowRecord(Record, frozen=True):
    """A part of what a shipment emits: the transport of units of a line, or the last mile of the shipment. What one
    unit emits is rounded to the milligram.
    """

    part: EmissionPart
    amount_mg: int
    line: str | UnsetType = UNSET
    sku: str | UnsetType = UNSET
    quantity: int | UnsetType = UNSET
    weight_g: Annotated[int | UnsetType, Meta(description="of a whole unit")] = UNSET
    tonne_km: Annotated[str | UnsetType, Meta(description="the transport activity, a decimal number")] = UNSET
    each_mg: int | UnsetType = UNSET

    @classmethod
    def of(cls, row: EmissionRow) -> "EmissionRowRecord":
        if row.line is None or row.sku is None:
            return cls(part=row.part, amount_mg=row.amount)
        return cls(
            part=row.part,
            amount_mg=row.amount,
            line=row.line,
            sku=row.sku,
            quantity=row.units,
            weight_g=row.weight,
            tonne_km=tonne_km(row.activity),
            each_mg=row.each,
        )


class LineEmissionRecord(Record, frozen=True):
    """What of a shipment's CO2e is allocated to a line: its transport, by tonne-km, and its share of the last mile, by
    mass.
    """

    line: str
    sku: str
    transport_mg: int
    last_mile_mg: int
    co2_mg: int

    @classmethod
    def of(cls, line: LineEmission) -> "LineEmissionRecord":
        return cls(
            line=line.line,
            sku=line.sku,
            transport_mg=line.transport,
            last_mile_mg=line.last_mile,
            co2_mg=line.transport + line.last_mile,
        )


class ShipmentCalculationRecord(Record, frozen=True):
    """Of one shipment."""

    node: str
    service: str
    mode: str
    distance_m: int
    distance_by: Annotated[
        DistanceBy,
        Meta(
            description="great_circle: times the detour; lane: as a lane of the network says; unknown: where it goes"
            " was erased"
        ),
    ]
    detour: Annotated[str, Meta(description="times the great circle, a decimal number")]
    weight_g: int
    factor_g_per_tonne_km: Annotated[str, Meta(description="emission intensity, well to wheel; a decimal number")]
    costs: list[CostRowRecord]
    cost_micros: int
    emissions: list[EmissionRowRecord]
    co2_mg: int
    lines: list[LineEmissionRecord]
    source: Annotated[str | UnsetType, Meta(description="of the factor, as the network says")] = UNSET

    @classmethod
    def of(cls, shipment: ShipmentCalculation) -> "ShipmentCalculationRecord":
        return cls(
            node=shipment.node,
            service=shipment.service,
            mode=shipment.mode,
            distance_m=shipment.distance,
            distance_by=shipment.distance_by,
            detour=thousandths(shipment.detour),
            weight_g=shipment.weight,
            factor_g_per_tonne_km=thousandths(shipment.factor),
            costs=list(map(CostRowRecord.of, shipment.costs)),
            cost_micros=shipment.cost,
            emissions=list(map(EmissionRowRecord.of, shipment.emissions)),
            co2_mg=shipment.co2,
            lines=list(map(LineEmissionRecord.of, shipment.lines)),
            source=shipment.source or UNSET,
        )


class CalculationRecord(Record, frozen=True):
    """How the cost and the CO2e of a decision come about, by ISO 14083. A scheduled order has its planned shipments."""

    decision: str
    order: str
    decided_at: Timestamp
    shipments: list[ShipmentCalculationRecord]
    cost_micros: int
    co2_mg: int
    policies_micros: Annotated[
        int,
        Meta(description="what the policies counted beside cost: carbon, preferences, look-ahead prices and penalties"),
    ]
    agrees: Annotated[bool, Meta(description="whether the rows add up to what the decision says")]
    lookahead_micros: Annotated[
        int | UnsetType, Meta(description="of that, what look-ahead prices added; left out if it is 0")
    ] = UNSET
    lookahead_table: Annotated[
        str | UnsetType, Meta(description="the digest of the table of look-ahead prices that counted, if any did")
    ] = UNSET

    @classmethod
    def of(cls, calculation: Calculation) -> "CalculationRecord":
        record = calculation.record
        return cls(
            decision=record.id or "",
            order=record.order.id,
            decided_at=record.decided_at,
            shipments=list(map(ShipmentCalculationRecord.of, calculation.shipments)),
            cost_micros=sum(item.cost for item in calculation.shipments),
            co2_mg=sum(item.co2 for item in calculation.shipments),
            policies_micros=calculation.policy_amounts,
            agrees=calculation.agrees,
            lookahead_micros=calculation.lookahead or UNSET,
            lookahead_table=record.lookahead.used_table if record.lookahead else UNSET,
        )


COLUMNS = (
    "decided_at",
    "decision",
    "order",
    "shipment",
    "node",
    "service",
    "mode",
    "part",
    "line",
    "sku",
    "quantity",
    "weight_g",
    "distance_m",
    "distance_by",
    "tonne_km",
    "factor_g_per_tonne_km",
    "source",
    "cost_micros",
    "co2_mg",
)
"""Of a table of calculations: a row for each part of cost or CO2e."""


def heading() -> str:
    """The first line of such a table as CSV."""
    return _line(COLUMNS)


def table_lines(calculation: Calculation, quantities: Quantities) -> Iterator[str]:
    """The lines of a calculation as CSV. The last mile has a line for each line of the order that a share of it is
    allocated to.
    """
    record = calculation.record
    for number, shipment in enumerate(calculation.shipments):
        shared = {
            "decided_at": record.decided_at,
            "decision": record.id,
            "order": record.order.id,
            "shipment": number,
            "node": shipment.node,
            "service": shipment.service,
            "mode": shipment.mode,
            "distance_m": shipment.distance,
            "distance_by": shipment.distance_by,
        }
        for own in (*_cost_cells(shipment, quantities), *_emission_cells(shipment, quantities)):
            cells = {**shared, **own}
            yield _line([str(cells.get(name, "")) for name in COLUMNS])


def _cost_cells(shipment: ShipmentCalculation, quantities: Quantities) -> Iterator[Cells]:
    for row in shipment.costs:
        yield {"part": row.part, "cost_micros": row.amount, **_of_line(row, quantities)}


def _emission_cells(shipment: ShipmentCalculation, quantities: Quantities) -> Iterator[Cells]:
    factor = {"factor_g_per_tonne_km": thousandths(shipment.factor), "source": shipment.source or ""}
    for row in shipment.emissions:
        if row.part == "transport":
            activity = {"weight_g": row.weight, "tonne_km": tonne_km(row.activity)}
            yield {"part": row.part, "co2_mg": row.amount, **activity, **factor, **_of_line(row, quantities)}
    for line in shipment.lines:
        if line.last_mile:
            yield {"part": "last_mile", "co2_mg": line.last_mile, "line": line.line, "sku": line.sku}


def _of_line(row: CostRow | EmissionRow, quantities: Quantities) -> Cells:
    if row.line is None or row.sku is None:
        return {}
    return {"line": row.line, "sku": row.sku, "quantity": quantities.show_units(row.sku, row.units)}


def _line(values: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(map(guarded, values))
    return text.getvalue()


def tonne_km(activity: int) -> str:
    """Gram-metres as tonne-km, a decimal number without zeros at its end."""
    return decimal_text(activity, 9)


def thousandths(value: int) -> str:
    return decimal_text(value, 3)


def decimal_text(value: int, digits: int) -> str:
    """`value` times 10**-`digits`, exactly and without zeros at its end."""
    text = f"{Decimal(value).scaleb(-digits):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
