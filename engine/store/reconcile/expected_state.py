"""What is counted of what the log tells: holds with their shipments, days with their loads, units by position."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Place: TypeAlias = tuple[int, int]
"""Of an entry in the log."""
Spot: TypeAlias = tuple[str, str]
"""A position: SKU and node."""
Units: TypeAlias = Counter[Spot]
Base: TypeAlias = tuple[int, Place]
"""Units on hand right after that entry, as `Keys.base` says it."""
Kind: TypeAlias = Literal["holds", "callers", "positions", "loads", "rests", "index", "endings"]
Suspect: TypeAlias = tuple[Kind, Any]
"""A kind of thing, and the name of one that may have drifted: a hold, a caller, a position (SKU, node), a load (day,
node), a node that rests, a decision.
"""

LOAD_SECONDS = 4 * 86_400
"""How long the load of a day is kept after a decision last added to it, as commit.lua does."""
_MILLIS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A shipment that holds units: the SKUs and how many of each."""

    node: str
    service: str
    units: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.units.values())


@dataclass(slots=True, kw_only=True)
class Living:
    """A hold that the log has begun and not ended."""

    caller: str
    day: str
    until: int
    parts: dict[int, Part]
    states: list[str]
    """How each of its shipments ended, as `Keys.endings` says it."""

    @property
    def total(self) -> int:
        return sum(part.total for part in self.parts.values())

    def end(self, number: int, kind: str, at: int) -> None:
        self.states[number] = f"{kind}:{self.until if kind == 'expired' else at}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A decision that took units of a position which were not free at that moment: `free` were, `taken` it took."""

    decision: str
    spot: Spot
    free: int
    taken: int


@dataclass(slots=True, kw_only=True)
class Day:
    """Shipments by node, as the log counts them; and when a decision last added some, in milliseconds of the server."""

    loads: Counter[str] = field(default_factory=Counter)
    added: int = 0

    def over(self, instant: int) -> bool:
        """Whether the server has forgotten it by then."""
        return instant >= self.added + LOAD_SECONDS * _MILLIS


@dataclass(slots=True)
class Late:
    """Of the entries that came since the check was begun: what moved, and all that they changed."""

    moves: dict[Spot, list[tuple[Place, int]]] = field(default_factory=dict)
    changed: set[Suspect] = field(default_factory=set)


def parts_of(record: Mapping[str, Any]) -> Iterator[Part]:
    for shipment in record["shipments"]:
        units: Counter[str] = Counter()
        for line in shipment["lines"]:
            units[line["sku"]] += line["quantity"]
        yield Part(node=shipment["node"], service=shipment["service"], units=units)
