"""The rows of a position in a file of stock: one for each of its lots, and one for its units that are of no lot."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.errors import Mistake
from engine.model.lots import LotUnits, name_of


@dataclass(slots=True)
class PositionRows:
    """What the rows of one position have said so far."""

    on_hand: int = 0
    units: dict[str, int] = field(default_factory=dict)
    """Of its lots, by label."""
    _has_rest: bool = False

    @property
    def lots(self) -> LotUnits:
        return tuple(sorted(self.units.items()))

    def add(self, label: str | None, on_hand: int) -> None:
        """Another row: of the lot of that label, or of units that are of no lot."""
        self.on_hand += on_hand
        if label is None:
            self._has_rest = True
        else:
            self.units[label] = on_hand

    def mistakes(self, label: str | None, *, node: str, sku: str, where: str) -> Iterator[Mistake]:
        """What would be wrong with another row."""
        here = f"'{sku}' at '{node}'"
        if label is None:
            if self._has_rest:
                yield Mistake(where=where, field="sku", message=f"{here} stands here a second time")
        elif name_of(label) in map(name_of, self.units):
            message = f"lot '{name_of(label)}' of {here} stands here a second time"
            yield Mistake(where=where, field="lot", message=message)
