"""Where the units of a shipment are, by line: held, or how they ended. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Self, TypeAlias

import orjson
from msgspec import UNSET, UnsetType

from engine.decide.record import DecisionRecord
from engine.decide.record_parts import ShipmentRecord
from engine.model.lots import LotUnits, first_of, joined, without
from engine.store.holds import NO_LOTS, endings_of
from engine.store.outcomes import Ending, UnitState

LineUnits: TypeAlias = Mapping[str, int]
"""Units by line; none of a line that is not in it."""
_FIRST_EXPIRED: frozenset[UnitState] = frozenset({"confirmed", "rejected"})
"""States into which the lots come first that expire first."""
ShipmentName: TypeAlias = tuple[str, str]
"""(node, service): of the shipments of a decision that leave this node by this service. There are several only if they
go to several places, because lines of the order have a `collect_at` of their own; no two of them have a line in common.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentUnits:
    """The shipment with this number in its decision, from 0. Each unit is in one of the states of `units`, which has no
    empty ones. `ending` is how and when the last of its units ended; None while some are held.
    """

    number: int
    node: str
    service: str
    skus: Mapping[str, str]
    """By line."""
    units: Mapping[UnitState, LineUnits]
    ending: Ending | None
    collect_at: str | UnsetType | None = UNSET
    """As its decision says, if it goes elsewhere than its order."""
    lots: Mapping[str, LotUnits] = field(default_factory=dict)
    """By SKU, which of the units that are held are of lots."""
    lots_left: Mapping[str, LotUnits] = field(default_factory=dict)
    """The same of units that were held when this was read and have left since."""

    @classmethod
    def of(
        cls,
        number: int,
        shipment: ShipmentRecord,
        ending: Ending | None,
        outcomes: bytes | None,
        lots: Mapping[str, LotUnits] = NO_LOTS,
    ) -> Self:
        """A decided shipment; `outcomes` as `Keys.shipment_units` has them, `lots` as its hold does."""
        units: dict[UnitState, dict[str, int]] = {}
        ended = _parsed(outcomes)
        for line in shipment.lines:
            left = line.quantity
            for state, count in ended.get(line.line, {}).items():
                units.setdefault(state, {})[line.line] = count
                left -= count
            if left:
                others = units.setdefault(ending.kind if ending else "held", {})
                others[line.line] = others.get(line.line, 0) + left
        return cls(
            number=number,
            node=shipment.node,
            service=shipment.service,
            skus={line.line: line.sku for line in shipment.lines},
            units=units,
            ending=ending,
            collect_at=shipment.collect_at,
            lots=lots,
        )

    @property
    def name(self) -> ShipmentName:
        return self.node, self.service

    def lines(self, state: UnitState) -> LineUnits:
        """The units in this state."""
        return self.units.get(state, {})

    def by_sku(self, state: UnitState) -> tuple[tuple[str, int], ...]:
        """The units in this state by SKU, each SKU once."""
        return self.sku_units(self.lines(state))

    def sku_units(self, lines: LineUnits) -> tuple[tuple[str, int], ...]:
        """Units of the shipment's lines by SKU, each SKU once, in the order of the lines."""
        units: dict[str, int] = {}
        for line, sku in self.skus.items():
            if lines.get(line):
                units[sku] = units.get(sku, 0) + lines[line]
        return tuple(units.items())

    def moved(self, lines: LineUnits, source: UnitState, target: UnitState, *, at: int) -> Self:
        """With these units of the state `source`, all of which it must have, in the state `target` from `at` on."""
        left = {line: count - lines.get(line, 0) for line, count in self.lines(source).items()}
        there = dict(self.lines(target))
        for line, count in lines.items():
            there[line] = there.get(line, 0) + count
        units = {**self.units, source: {line: count for line, count in left.items() if count}, target: there}
        units = {state: by_line for state, by_line in units.items() if by_line}
        moved = replace(self, units=units, ending=None if "held" in units else Ending(kind=target, at=at))
        if not self.lots or source != "held":
            return moved
        kept, lots_left = dict[str, LotUnits](), dict(self.lots_left)
        held_before, held = dict(self.by_sku("held")), dict(moved.by_sku("held"))
        for sku, of_sku in self.lots.items():
            kept[sku] = _kept_lots(of_sku, held_before.get(sku, 0), held.get(sku, 0), target)
            if target == "confirmed":
                lots_left[sku] = joined(lots_left.get(sku, ()), without(of_sku, kept[sku]))
        return replace(moved, lots={sku: of_sku for sku, of_sku in kept.items() if of_sku}, lots_left=lots_left)

    def with_lots(self, lots: Mapping[str, LotUnits]) -> Self:
        """With these units of lots that are held again."""
        held = {sku: joined(self.lots.get(sku, ()), lots.get(sku, ())) for sku in {**self.lots, **lots}}
        return replace(self, lots=held)

    @property
    def counts(self) -> bool:
        """Whether it counts in the load of its node's day: some of its units are held, or have left."""
        return "held" in self.units or "confirmed" in self.units

    @property
    def counted(self) -> list[tuple[str, int]]:
        """The units that count in what its node ships on that day, by SKU: those held, and those that have left."""
        return [*self.by_sku("held"), *self.by_sku("confirmed")]

    @property
    def outcomes(self) -> str:
        """As `Keys.shipment_units` has it; empty if all units are held, or all have ended in the same way."""
        told_by_ending = self.ending.kind if self.ending else "held"
        by_line: dict[str, dict[str, int]] = {}
        for state, lines in self.units.items():
            for line, count in lines.items() if state != told_by_ending else ():
                by_line.setdefault(line, {})[state] = count
        return orjson.dumps(by_line).decode() if by_line else ""


def shipments_of(
    record: DecisionRecord,
    endings: bytes | None,
    outcomes: Sequence[bytes | None],
    lots: Mapping[int, Mapping[str, LotUnits]] = MappingProxyType({}),
) -> tuple[ShipmentUnits, ...]:
    """The shipments of a decision; `endings` and `outcomes`, by number, as `Keys.endings` and `Keys.shipment_units`
    have them, and `lots`, by number, as its hold does.
    """
    ended = endings_of(endings.decode()) if endings else (None,) * len(record.shipments)
    # there is an outcome even if there is no shipment, because a command must name one field
    each = enumerate(zip(record.shipments, ended, outcomes, strict=False))
    return tuple(ShipmentUnits.of(number, *parts, lots.get(number, NO_LOTS)) for number, parts in each)


def endings_text(shipments: Iterable[ShipmentUnits]) -> str:
    """As `Keys.endings` has how the shipments of a decision ended; empty if none has."""
    endings = [shipment.ending for shipment in shipments]
    if not any(endings):
        return ""
    return " ".join(f"{ending.kind}:{ending.at}" if ending else "-" for ending in endings)


def _kept_lots(lots: LotUnits, held: int, left: int, target: UnitState) -> LotUnits:
    """The lots of the units that are still held, `left` of so many, when the others come into a state. What a node
    picks, or can't find, is of the lots that expire first; what nobody needs any more is of those that expire last.
    """
    return without(lots, first_of(lots, held - left)) if target in _FIRST_EXPIRED else first_of(lots, left)


def _parsed(outcomes: bytes | None) -> dict[str, dict[UnitState, int]]:
    """By line and state. Earlier releases stored rejected units alone."""
    stored = orjson.loads(outcomes) if outcomes else {}
    return {line: units if isinstance(units, dict) else {"rejected": units} for line, units in stored.items()}
