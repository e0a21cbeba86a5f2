"""Adds up the emissions of decisions by service, and of these what has left."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.audit.calculation import Calculation, ShipmentCalculation
from engine.audit.evidence.record import EmissionsRecord, EmissionSumRecord
from engine.store.hold_changes.shipment_units import LineUnits, ShipmentUnits


@dataclass(slots=True, kw_only=True)
class _Sum:
    factors: set[int] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    shipments: int = 0
    weight: int = 0
    activity: int = 0
    transport: int = 0
    last_mile: int = 0
    shipments_left: int = 0
    activity_left: int = 0
    co2_left: int = 0

    def add(self, shipment: ShipmentCalculation, left: LineUnits) -> None:
        """`left` are the units that have left, by line. The last mile counts whole if anything has."""
        self.factors.add(shipment.factor)
        if shipment.source:
            self.sources.add(shipment.source)
        self.shipments += 1
        self.weight += shipment.weight
        self.shipments_left += bool(left)
        for row in shipment.emissions:
            if row.part == "last_mile":
                self.last_mile += row.amount
                self.co2_left += row.amount if left else 0
                continue
            self.activity += row.activity
            self.transport += row.amount
            units = min(left.get(row.line or "", 0), row.units)
            self.activity_left += row.activity * units // row.units
            self.co2_left += row.each * units


class EmissionSums:
    """The sums of a period's decisions."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str], _Sum] = {}
        self._decisions = 0
        self._differing = 0
        self._not_calculated = 0
        self._contradictory = 0

    def leave_out(self) -> None:
        """Count a decision whose emissions can't be calculated any more."""
        self._not_calculated += 1

    def leave_out_contradictory(self) -> None:
        """Count a decision whose record contradicts its facts, so that it may have been altered."""
        self._contradictory += 1

    def add(self, calculation: Calculation, shipments: Sequence[ShipmentUnits]) -> None:
        """`shipments` are those of the decision, with where their units are. What is scheduled is no shipment yet."""
        self._decisions += 1
        self._differing += not calculation.agrees
        if calculation.record.scheduled:
            return
        for made, where in zip(calculation.shipments, shipments, strict=True):
            self._sums.setdefault((made.mode, made.service), _Sum()).add(made, where.lines("confirmed"))

    @property
    def record(self) -> EmissionsRecord:
        return EmissionsRecord(
            services=[
                EmissionSumRecord(
                    mode=mode,
                    service=service,
                    factors_mg_per_tonne_km=sorted(its.factors),
                    sources=sorted(its.sources),
                    shipments=its.shipments,
                    weight_g=its.weight,
                    activity=its.activity,
                    transport_mg=its.transport,
                    last_mile_mg=its.last_mile,
                    shipments_left=its.shipments_left,
                    activity_left=its.activity_left,
                    co2_left_mg=its.co2_left,
                )
                for (mode, service), its in sorted(self._sums.items())
            ],
            decisions=self._decisions,
            not_calculated=self._not_calculated,
            contradictory=self._contradictory,
            differing=self._differing,
        )
